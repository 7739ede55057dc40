// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.emulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.Command;

/**
 * The musl overlay: one file runs as a Linux process and under a kernel that names its entry in the
 * auxiliary vector. {@code pretend-kernel.c} is that kernel.
 */
@Tag("emulator")
final class CLibraryTest {
  /** What a shell reports for SIGSYS (31), Linux's answer to a forbidden system call. */
  private static final int BAD_SYSTEM_CALL = 128 + 31;

  @TempDir static Path directory;
  private static Path compiler;
  private static Path program;
  private static Path kernel;

  @BeforeAll
  static void compile() throws IOException {
    compiler =
        BuiltEmulator.build(CacheDirectory.ofUser(), 2)
            .installToolchain(directory.resolve("toolchain"));
    program = directory.resolve("c-library");
    crossCompile(BuiltEmulator.resource("c-library.c", directory), program);
    kernel = directory.resolve("pretend-kernel");
    Command.of("gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-static", "-no-pie")
        .args("-Wl,-Ttext-segment=0x60000000", "-o", kernel.toString())
        .args(BuiltEmulator.resource("pretend-kernel.c", directory).toString())
        .run();
  }

  private static void crossCompile(Path source, Path output) {
    Command.of(compiler.toString(), "-O2", "-Wall", "-Wextra", "-Wno-clobbered", "-Werror")
        .args("-o", output.toString(), source.toString())
        .run();
  }

  private static Command.Result execute(String... line) {
    return Command.of(line).capture().timeout(Duration.ofMinutes(2)).execute();
  }

  @Test
  void worksAsALinuxProcess() {
    Command.Result result = execute(program.toString());
    assertEquals(0, result.status(), result::output);
    assertEquals(
        List.of(
            "ok threads",
            "ok detached",
            "ok signals",
            "ok contexts",
            "ok cancellation",
            "ok processes",
            "done"),
        result.output().lines().toList());
  }

  @Test
  void usesOnlyTheKernelsEntry() {
    Command.Result result = execute(kernel.toString(), program.toString(), "kernel");
    assertEquals(0, result.status(), result::output);
    assertEquals(
        List.of(
            "ok threads", "ok detached", "ok signals", "ok contexts", "ok no processes", "done"),
        result.output().lines().toList());
  }

  /** The pretended kernel does notice a system call that goes past it. */
  @Test
  void aRawSystemCallIsCaught() throws IOException {
    Path source = directory.resolve("raw.c");
    Files.writeString(
        source,
        """
        int main(void)
        {
            long result;
            __asm__ volatile("syscall" : "=a"(result) : "a"(39L) : "rcx", "r11", "memory");
            return result < 0;
        }
        """);
    Path raw = directory.resolve("raw");
    crossCompile(source, raw);
    assertEquals(0, execute(raw.toString()).status());
    assertEquals(BAD_SYSTEM_CALL, execute(kernel.toString(), raw.toString()).status());
  }

  @Test
  void theEmulatorStartsUnderTheKernelsEntry() throws IOException {
    Command.Result result =
        execute(kernel.toString(), BuiltEmulator.get().program().toString(), "--version");
    assertEquals(0, result.status(), result::output);
    assertTrue(result.output().startsWith("QEMU emulator version "), result::output);
  }
}
