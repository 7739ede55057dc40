// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.util;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Ends a process with everything it started. */
final class ProcessTree {
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
   * Java has no call for a process group; the shell's own kill has. Signal 0 only asks whether the
   * group still has members: the kernel ends processes after the call that killed them returned.
   */
  private static void endGroup(long group) {
    String target = " -- -" + group;
    try {
      Process shell =
          new ProcessBuilder(
                  "/bin/sh",
                  "-c",
                  "kill -s KILL" + target + "; while kill -s 0" + target + "; do sleep 0.01; done")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (!shell.waitFor(2, TimeUnit.SECONDS)) {
        // Zombies whose parent does not collect them count as members, and run nothing.
        shell.destroyForcibly();
      }
    } catch (IOException e) {
      // Without a shell the descendants known to Java are killed one by one by our caller.
      return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
