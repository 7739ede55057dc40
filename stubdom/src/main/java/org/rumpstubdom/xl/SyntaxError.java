// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

/** A configuration that xl would refuse to read. */
final class SyntaxError extends Exception {
  private static final long serialVersionUID = 1L;

  private final int line;

  SyntaxError(int line, String reason) {
    super(reason);
    this.line = line;
  }

  int line() {
    return line;
  }
}
