// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import java.nio.file.Path;

/**
 * Something in a configuration that does not work, or not as it seems.
 *
 * @param severity whether it prevents the guest from running as configured
 * @param file the configuration
 * @param line where, counted from 1; 0 when something is absent
 * @param reason what is wrong
 * @param fix what to do about it
 */
public record Problem(Severity severity, Path file, int line, String reason, String fix) {
  /** How bad a problem is. */
  public enum Severity {
    /** The guest will not start like this. */
    ERROR,
    /** The guest starts, but a part of it will not work. */
    WARNING,
    /** The guest starts and works, but something is not as it is written. */
    NOTE
  }

  /** The same as an error when it is a warning; notes stay notes. */
  public Problem strict() {
    return severity == Severity.WARNING
        ? new Problem(Severity.ERROR, file, line, reason, fix)
        : this;
  }

  /** File with line, reason and fix, in one line. */
  public String text() {
    return where() + ": " + reason + "; " + fix;
  }

  /** "FILE:LINE", or the file alone when the problem has no line. */
  String where() {
    return line > 0 ? file + ":" + line : file.toString();
  }
}
