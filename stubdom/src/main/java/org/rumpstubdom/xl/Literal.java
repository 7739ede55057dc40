// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import org.rumpstubdom.util.StubdomException;

/** Writes values so that xl reads them back as they were. */
public final class Literal {
  private Literal() {}

  /** A quoted string. */
  public static String of(String text) {
    if (text.indexOf('\0') >= 0) {
      throw StubdomException.usage(
          "a configuration value", "cannot hold a NUL character", "use another path");
    }
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
  }

  /** A quoted string, or a list of literals in brackets. */
  public static String of(Value value) {
    if (value instanceof Value.Text text) {
      return of(text.text());
    }
    return "[ "
        + String.join(", ", ((Value.Items) value).values().stream().map(Literal::of).toList())
        + " ]";
  }
}
