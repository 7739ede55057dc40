// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.linux;

/** How a test of the POSIX suite ended, in the suite's own words; its exit status says which. */
enum PosixOutcome {
  PASS,
  FAIL,
  UNRESOLVED,
  UNSUPPORTED,
  UNTESTED,
  /** It did not end. */
  HANG,
  /** A signal, a fault or the kernel's panic ended it. */
  CRASH;

  /** A shell adds this to the number of the signal that ended a program. */
  private static final int SIGNALLED = 128;

  /** What an exit status stands for ({@code posixtest.h}); a shell's 128 + n is a signal. */
  static PosixOutcome ofStatus(int status) {
    return switch (status) {
      case 0 -> PASS;
      case 1 -> FAIL;
      case 2 -> UNRESOLVED;
      case 4 -> UNSUPPORTED;
      case 5 -> UNTESTED;
      default -> {
        if (status <= SIGNALLED) {
          throw new IllegalStateException("the suite knows no exit status " + status);
        }
        yield CRASH;
      }
    };
  }
}
