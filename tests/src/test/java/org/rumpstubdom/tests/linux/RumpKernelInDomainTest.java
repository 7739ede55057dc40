// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.lab.guest.PvRun;
import org.rumpstubdom.lab.host.Lab;
import org.rumpstubdom.lab.host.LabClock;
import org.rumpstubdom.lab.host.LabOptions;
import org.rumpstubdom.progress.Progress;

/** A rump kernel from libraries starts in a domain, and programs find on it what they expect. */
@Tag("lab")
final class RumpKernelInDomainTest {
  private static final int MEMORY_MIB = 32;
  private static final String PROGRAM = "files";

  @TempDir Path directory;

  @Test
  void programsRunOnLibraries() throws IOException {
    agree(RumpKernels.bundled(directory), List.of(PROGRAM));
  }

  @Test
  void programsRunOnNetbsds() throws IOException {
    agree(RumpKernels.netbsd(), TestPrograms.names());
  }

  private void agree(Path libraries, List<String> names) throws IOException {
    TestPrograms programs = new TestPrograms(directory);
    Path kernel = RumpKernels.build(libraries, List.of()).file();
    try (Lab lab = Lab.open(LabOptions.of(LabClock.WALL), Progress.silent())) {
      for (String name : names) {
        PvRun.Plan plan =
            new PvRun.Plan(
                name,
                kernel,
                programs.ramdisk(name, programs.compile(name)),
                "",
                MEMORY_MIB,
                null,
                Duration.ofMinutes(10),
                "");
        PvRun.Result result = new PvRun(lab, plan).run();
        assertEquals(
            List.of(TestPrograms.success(name)),
            TestPrograms.verdicts(result.console()),
            result::toString);
        assertEquals("poweroff", result.shutdown(), result::toString);
      }
    }
  }
}
