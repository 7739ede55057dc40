// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.rumpstubdom.lab.guest.PvRun;
import org.rumpstubdom.lab.host.Lab;
import org.rumpstubdom.lab.host.LabClock;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.tests.lab.TestHost;

/** The programs of {@link ProgramsTest}, each as a PV domain of its own under stock xl. */
@Tag("lab")
final class ProgramsInDomainTest {
  private static final int MEMORY_MIB = 32;
  private static final Duration LIMIT = Duration.ofMinutes(10);

  @TempDir static Path directory;
  private static TestPrograms programs;
  private static Path kernel;
  private static Lab lab;

  @BeforeAll
  static void build() throws IOException {
    programs = new TestPrograms(directory);
    kernel = TestPrograms.kernel();
    lab = Lab.open(TestHost.of(LabClock.WALL).withL1tf(), Progress.silent());
  }

  @AfterAll
  static void close() {
    if (lab != null) {
      lab.close();
    }
  }

  static List<String> names() throws IOException {
    return TestPrograms.names();
  }

  @ParameterizedTest
  @MethodSource("names")
  void agrees(String name) throws IOException {
    PvRun.Result result =
        new PvRun(
                lab,
                new PvRun.Plan(
                    name,
                    kernel,
                    programs.ramdisk(name, programs.compile(name)),
                    "",
                    MEMORY_MIB,
                    null,
                    LIMIT,
                    ""))
            .run();
    assertEquals(
        List.of(TestPrograms.success(name)),
        TestPrograms.verdicts(result.console()),
        result::toString);
    assertEquals(PvRun.Ending.ENDED, result.ending(), result::toString);
    assertEquals("poweroff", result.shutdown(), result::toString);
    List<String> named =
        lab.hypervisorLog().lines().filter(line -> line.contains("L1TF-vulnerable")).toList();
    assertEquals(List.of(), named, "memory named by an entry that is not present");
  }
}
