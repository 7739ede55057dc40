// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import java.nio.charset.StandardCharsets;

/**
 * Text with one char per byte, so that a file of any encoding survives editing, and back. Only
 * values are decoded for use; what is not UTF-8 in them turns into replacement characters.
 */
final class Bytes {
  private Bytes() {}

  static String of(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** What the bytes mean in UTF-8. */
  static String decode(String text) {
    return new String(bytes(text), StandardCharsets.UTF_8);
  }

  /** A text as bytes in UTF-8, one per char. */
  static String encode(String text) {
    return of(text.getBytes(StandardCharsets.UTF_8));
  }
}
