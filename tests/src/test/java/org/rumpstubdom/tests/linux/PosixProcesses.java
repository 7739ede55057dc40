// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalInt;

/** Runs programs of the POSIX suite on our kernel as a process, each in one of its own. */
record PosixProcesses(PosixSuite suite, ProcessPlatform process, Path directory)
    implements PosixComparison.Platform {
  @Override
  public PosixOutcome run(String test, Duration limit) throws IOException {
    Path ramdisk = directory.resolve("ramdisks").resolve(test + ".cpio");
    Files.createDirectories(ramdisk.getParent());
    suite.ramdisk(test, ramdisk);
    OptionalInt status = PosixComparison.status(process.command(ramdisk), limit);
    Files.delete(ramdisk);
    if (status.isEmpty()) {
      return PosixOutcome.HANG;
    }
    return switch (status.getAsInt()) {
      case ProcessPlatform.STUCK -> PosixOutcome.HANG;
      case ProcessPlatform.USAGE -> throw new IllegalStateException(test + ": no such ramdisk");
      default -> PosixOutcome.ofStatus(status.getAsInt());
    };
  }
}
