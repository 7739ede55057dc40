// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.rumpstubdom.util.Command;

/**
 * The same file gives the same verdict as a Linux process and on our system-call layer, which runs
 * as a process here too ({@code stubdom-process}).
 */
@Tag("programs")
final class ProgramsTest {
  @TempDir static Path directory;
  private static TestPrograms programs;
  private static ProcessPlatform process;

  @BeforeAll
  static void build() throws IOException {
    programs = new TestPrograms(directory);
    process = ProcessPlatform.build(directory.resolve("build"));
  }

  static List<String> names() throws IOException {
    return TestPrograms.names();
  }

  @Test
  void thereArePrograms() throws IOException {
    assertFalse(names().isEmpty());
  }

  @ParameterizedTest
  @MethodSource("names")
  void agrees(String name) throws IOException {
    Path program = programs.compile(name);
    Path ramdisk = programs.ramdisk(name, program);
    assertSuccess(name, "on Linux", Command.of(program.toString()));
    assertSuccess(name, "on the layer", process.command(ramdisk));
  }

  /** NetBSD's rump kernel tells nobody of changes: a thread that waits in its poll does. */
  @ParameterizedTest
  @MethodSource("names")
  void agreesWithoutTheBundledKernelsNotices(String name) throws IOException {
    Path ramdisk = programs.ramdisk(name, programs.compile(name));
    assertSuccess(name, "on the layer", process.command(ramdisk, "rump.RUMP_STUBDOM_POLL=thread"));
  }

  static void assertSuccess(String name, String where, Command command) {
    Command.Result result = command.capture().timeout(Duration.ofMinutes(5)).execute();
    assertEquals(
        List.of(TestPrograms.success(name)),
        TestPrograms.verdicts(result.output()),
        () -> where + ":\n" + result.output());
    assertEquals(0, result.status(), where);
  }
}
