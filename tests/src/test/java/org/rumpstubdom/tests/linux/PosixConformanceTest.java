// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The Open POSIX Test Suite gives the same on Linux and on our system-call layer, which runs as a
 * process here; {@code docs/conformance.md}.
 */
@Tag("programs")
@Tag("long")
final class PosixConformanceTest {
  @TempDir static Path directory;
  private static PosixSuite suite;
  private static ProcessPlatform process;
  private static PosixComparison comparison;

  @BeforeAll
  static void run() throws IOException {
    suite = PosixSuite.prepare();
    process = ProcessPlatform.build(directory.resolve("build"));
    comparison =
        new PosixComparison(suite, directory, PosixConformanceTest::run, PosixComparison.PROCESSES);
  }

  private static PosixOutcome run(String test, Duration limit) throws IOException {
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

  @Test
  void differsFromLinuxAsListed() {
    comparison.assertAsListed();
  }

  @Test
  void agreesWithLinux() {
    comparison.assertAgreement();
  }
}
