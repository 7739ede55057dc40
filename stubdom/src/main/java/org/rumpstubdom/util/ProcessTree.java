// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.util;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Ends a process with everything it started. */
final class ProcessTree {
  private static final long GROUP_END_NANOS = 2_000_000_000L;

  private ProcessTree() {}

  /**
   * Kills the process, its descendants and its process group, and waits for its end. Harmless when
   * the process has ended; the group may still have members then, which are killed too.
   */
  static void kill(Process process) {
    List<ProcessHandle> descendants = process.descendants().toList();
    // Not Process.destroyForcibly, which would also close the streams with output still in them.
    process.toHandle().destroyForcibly();
    descendants.forEach(ProcessHandle::destroyForcibly);
    endGroup(process.pid());
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Kills what is left of a process group, and waits until nothing in it runs: the kernel ends
   * processes after the call that killed them returned. Java has no such call; the shell's own kill
   * has.
   */
  private static void endGroup(long group) {
    try {
      Process shell =
          new ProcessBuilder("/bin/sh", "-c", "kill -s KILL -- -" + group)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      shell.waitFor();
      long end = System.nanoTime() + GROUP_END_NANOS;
      while (runs(group) && System.nanoTime() < end) {
        Thread.sleep(2);
      }
    } catch (IOException e) {
      // Without a shell the descendants known to Java are killed one by one by our caller.
      return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether a process group has a member that is not a zombie: some inits never collect those. */
  private static boolean runs(long group) throws IOException {
    try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
      return processes
          .filter(process -> Character.isDigit(process.getFileName().toString().charAt(0)))
          .anyMatch(process -> runsIn(process, group));
    }
  }

  /** Reads /proc/PID/stat, see proc(5): "pid (name) state ppid pgrp ...". */
  private static boolean runsIn(Path process, long group) {
    try {
      String stat = Files.readString(process.resolve("stat"), StandardCharsets.ISO_8859_1);
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", 4);
      return !fields[0].equals("Z") && Long.parseLong(fields[2]) == group;
    } catch (IOException e) {
      // It has ended meanwhile.
      return false;
    }
  }
}
