// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.linux;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@link PosixConformanceTest} with NetBSD's rump kernel below our layer: the same table holds. */
@Tag("programs")
@Tag("long")
final class PosixConformanceOnNetbsdTest {
  @TempDir static Path directory;
  private static PosixComparison comparison;

  @BeforeAll
  static void run() throws IOException {
    RumpKernels.Kernel kernel = RumpKernels.build(RumpKernels.netbsd(), List.of());
    PosixSuite suite = PosixSuite.prepare();
    ProcessPlatform process = ProcessPlatform.build(directory.resolve("build"), kernel);
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
