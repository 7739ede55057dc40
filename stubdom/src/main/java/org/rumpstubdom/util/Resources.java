// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.util;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The files that belong to this program and are in its jar. */
public final class Resources {
  private Resources() {}

  /**
   * A file beside a class.
   *
   * @param near the class
   * @param name the file's name in the class's package
   * @throws IllegalStateException when the program was packed without it
   */
  public static byte[] bytes(Class<?> near, String name) {
    try (InputStream in = near.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(
            "the program lacks its file " + near.getPackageName().replace('.', '/') + "/" + name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The same as UTF-8 text. */
  public static String text(Class<?> near, String name) {
    return new String(bytes(near, name), StandardCharsets.UTF_8);
  }
}
