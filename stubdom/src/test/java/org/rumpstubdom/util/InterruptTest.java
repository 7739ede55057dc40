// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.util;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a signal does to a whole program, seen from outside. */
class InterruptTest {
  @TempDir Path directory;

  /**
   * A program with a temporary directory, something that cannot be removed and a child with one.
   */
  static final class Program {
    private Program() {}

    public static void main(String[] args) throws IOException {
      Interrupts.install(() -> {});
      try (TemporaryDirectory temporary = TemporaryDirectory.create("interrupted")) {
        String stubborn =
            Interrupts.acquire(
                    "stubborn",
                    () -> "what cannot be removed",
                    thing -> {
                      throw new IllegalStateException(thing);
                    })
                .value();
        Command.of("sh", "-c", "(sleep 1000 & echo $!); echo $$; sleep 1000")
            .describe(stubborn)
            .onLine(
                line -> {
                  System.out.println(line);
                  System.out.println(temporary.path());
                })
            .run();
      }
      System.out.println("not interrupted");
    }
  }

  private final List<Long> children = new ArrayList<>();
  private Path temporary;

  /** Starts the program and waits until it and its children run. */
  private Process start() throws IOException {
    Process process =
        // A shell starts background jobs with SIGINT ignored, and nohup SIGHUP; Java keeps that.
        new ProcessBuilder(
                "env",
                "--default-signal",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "-Djava.io.tmpdir=" + directory,
                Program.class.getName())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    BufferedReader reader = process.inputReader();
    while (children.size() < 2) {
      children.add(Long.parseLong(reader.readLine()));
      temporary = Path.of(reader.readLine());
    }
    assertTrue(Files.isDirectory(temporary));
    return process;
  }

  @ParameterizedTest
  @ValueSource(strings = {"INT", "TERM", "HUP"})
  void leavesNothingBehindAndExitsWith130(String signal) throws Exception {
    Process process = start();
    try {
      new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
      assertEquals(130, process.waitFor());
    } finally {
      process.destroyForcibly();
    }
    assertFalse(Files.exists(temporary));
    for (long child : children) {
      assertFalse(runs(child), "process " + child + " still runs");
    }
  }

  @Test
  void theNextProgramDeletesWhatAKilledOneLeft() throws Exception {
    Process killed = start();
    Path left = temporary;
    killed.destroyForcibly().waitFor();
    assertTrue(Files.isDirectory(left));
    children.clear();
    Process first = start();
    assertFalse(Files.exists(left));
    Path used = temporary;
    children.clear();
    Process second = start();
    try {
      assertTrue(Files.isDirectory(used));
    } finally {
      for (Process process : List.of(first, second)) {
        process.destroy();
        process.waitFor();
      }
    }
  }

  @Test
  void leavesNoProcessBehindWhenKilledOutright() throws Exception {
    start().destroyForcibly().waitFor();
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    for (long child : children) {
      while (runs(child)) {
        assertTrue(System.nanoTime() < end, "process " + child + " still runs");
        Thread.sleep(20);
      }
    }
  }

  /** Whether a process exists and is not a zombie. */
  private static boolean runs(long process) throws IOException {
    try {
      return !Files.readString(Path.of("/proc/" + process + "/stat")).contains(") Z ");
    } catch (NoSuchFileException e) {
      return false;
    }
  }
}
