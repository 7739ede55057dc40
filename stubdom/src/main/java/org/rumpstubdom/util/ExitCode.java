// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.util;

/** The exit codes of every command, in the one place where they are defined. */
public enum ExitCode {
  OK(0, "done as asked"),
  INTERNAL(1, "a fault in this program"),
  USAGE(2, "the command line is wrong"),
  INPUT(3, "an input is missing, broken or not supported"),
  BUILD(4, "a build step failed"),
  TEST(5, "a guest or its emulated host failed"),
  TIMEOUT(6, "something took longer than allowed"),
  INTERRUPTED(130, "stopped by Ctrl-C or SIGTERM");

  private final int status;
  private final String meaning;

  ExitCode(int status, String meaning) {
    this.status = status;
    this.meaning = meaning;
  }

  /** The process exit status, 0 to 255. */
  public int status() {
    return status;
  }

  /** What the status tells the user, as a phrase for help and manual. */
  public String meaning() {
    return meaning;
  }
}
