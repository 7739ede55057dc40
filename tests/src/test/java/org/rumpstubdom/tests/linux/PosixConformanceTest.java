// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.linux;

import java.io.IOException;
import java.nio.file.Path;
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
  private static PosixComparison comparison;

  @BeforeAll
  static void run() throws IOException {
    PosixSuite suite = PosixSuite.prepare();
    ProcessPlatform process = ProcessPlatform.build(directory.resolve("build"));
    comparison =
        new PosixComparison(
            suite,
            directory,
            new PosixProcesses(suite, process, directory),
            PosixComparison.PROCESSES);
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
