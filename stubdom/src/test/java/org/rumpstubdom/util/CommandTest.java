// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.util;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandTest {
  @TempDir Path directory;

  @Test
  void runReturnsOutputLinesAndStatus() {
    List<String> lines = Collections.synchronizedList(new ArrayList<>());
    Command.Result result =
        Command.of("sh", "-c", "echo one; echo two >&2; exit 3").onLine(lines::add).execute();
    assertEquals(3, result.status());
    assertEquals(List.of("one", "two"), lines);
    assertEquals(List.of("one", "two"), result.lastLines());
  }

  @Test
  void captureSeparatesOutputFromLines() {
    Command.Result result =
        Command.of("sh", "-c", "printf 'a\\nb'; echo warned >&2").capture().run();
    assertEquals("a\nb", result.output());
    assertEquals(List.of("warned"), result.lastLines());
  }

  /** An ordinary user's PATH has no chroot on Debian, which a build runs inside of unshare. */
  @Test
  void programsFindThoseOfAdministrators() {
    Command command = Command.of("sh", "-c", "echo \"$PATH\"").capture();
    String usual = System.getenv("PATH") + ":/usr/local/sbin:/usr/sbin:/sbin";
    assertEquals(usual, command.run().output().strip());
    assertEquals("/bin", command.env("PATH", "/bin").run().output().strip());
    assertEquals("/bin:/usr/local/sbin:/usr/sbin:/sbin", Programs.path("/bin"));
    assertEquals("/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin", Programs.path(null));
  }

  @Test
  void nothingOfALargeOutputIsLost() {
    Command.Result result = Command.of("seq", "200000").capture().run();
    assertEquals(200000, result.output().lines().count());
  }

  @Test
  void filesFeedAndTakeTheStreams() throws IOException {
    Path in = Files.writeString(directory.resolve("in"), "text\n");
    Path out = directory.resolve("out");
    Path log = directory.resolve("logs/log");
    Command.of("sh", "-c", "echo note >&2; cat").input(in).outputTo(out).log(log).run();
    assertEquals("text\n", Files.readString(out));
    assertEquals("+ sh -c echo note >&2; cat\nnote\n", Files.readString(log));
  }

  @Test
  void standardInputIsEmptyUnlessGiven() {
    assertEquals("", Command.of("cat").capture().run().output());
  }

  @Test
  void theProgramHasNoChildItDidNotStart() {
    Command.of("perl", "-MPOSIX", "-e", "exit(waitpid(-1, WNOHANG) == -1 ? 0 : 1)").run();
  }

  @Test
  void environmentAndDirectoryAreAsSet() {
    String output =
        Command.of("sh", "-c", "pwd; echo $A; env | grep -c HOME || true")
            .in(directory)
            .cleanEnv()
            .env("A", "b")
            .capture()
            .run()
            .output();
    assertEquals(directory + "\nb\n0\n", output);
  }

  @Test
  void aFailureShowsTheLastLinesAndTheLog() {
    Path log = directory.resolve("log");
    StubdomException failure =
        assertThrows(
            StubdomException.class,
            () ->
                Command.of("sh", "-c", "seq 100; echo 'it broke'; exit 9")
                    .describe("compile")
                    .log(log)
                    .failsWith(ExitCode.TEST)
                    .run());
    assertEquals(ExitCode.TEST, failure.exitCode());
    assertEquals("compile: exit status 9: it broke; see " + log, failure.getMessage());
    assertEquals(Command.LAST_LINES, failure.details().size());
    assertEquals("90", failure.details().get(0));
  }

  @Test
  void aMissingProgramIsNamedWithItsFix() {
    StubdomException failure =
        assertThrows(
            StubdomException.class,
            () -> Command.of("no-such-program-x").whenMissing("apt-get install x").run());
    assertEquals(ExitCode.INPUT, failure.exitCode());
    assertEquals(
        "no-such-program-x: program not found on this machine; apt-get install x",
        failure.getMessage());
  }

  @Test
  void aTimeLimitKillsEverythingTheCommandStarted() throws IOException {
    Path pids = directory.resolve("pids");
    StubdomException failure =
        assertThrows(
            StubdomException.class,
            () ->
                Command.of("sh", "-c", "sleep 1000 & echo $! > " + pids + "; echo on; wait")
                    .timeout(Duration.ofMillis(500))
                    .run());
    assertEquals(ExitCode.TIMEOUT, failure.exitCode());
    assertEquals(List.of("on"), failure.details());
    assertGone(pids);
  }

  @Test
  void closingKillsEvenWhatHasLostItsParent() throws Exception {
    Path pids = directory.resolve("pids");
    Command command =
        Command.of("sh", "-c", "(sleep 1000 & echo $! > " + pids + "); echo ready; sleep 1000");
    CountDownLatch ready = new CountDownLatch(1);
    try (Command.Running running = command.onLine(line -> ready.countDown()).start()) {
      ready.await();
      assertTrue(running.isAlive());
    }
    assertGone(pids);
  }

  @Test
  void aDaemonDoesNotOutliveItsCommand() throws IOException {
    Path pids = directory.resolve("pids");
    Command.of("sh", "-c", "sleep 1000 & echo $! > " + pids).run();
    assertGone(pids);
  }

  private static void assertGone(Path pids) throws IOException {
    long pid = Long.parseLong(Files.readString(pids).strip());
    // A killed orphan may stay a zombie until init collects it: a zombie runs nothing.
    Path status = Path.of("/proc/" + pid + "/stat");
    boolean runs = Files.exists(status) && !Files.readString(status).contains(") Z ");
    assertFalse(runs, "process " + pid + " still runs");
  }
}
