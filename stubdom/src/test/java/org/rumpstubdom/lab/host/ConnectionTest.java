// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;

/** The connections to the emulator when something goes wrong: nobody must wait for ever. */
@Timeout(60)
final class ConnectionTest {
  private static final int OUTPUT = 17;

  @TempDir Path directory;

  private FakeEmulator emulator() throws IOException {
    return new FakeEmulator(directory.resolve("s"));
  }

  @Test
  void aListenersFaultReachesWhoWaits() throws IOException {
    try (FakeEmulator emulator = emulator();
        AgentChannel channel = new AgentChannel(emulator.host())) {
      RemoteCommand other = channel.start(List.of("other"), false, (error, data, nanos) -> {});
      RemoteCommand command =
          channel.start(
              List.of("command"),
              false,
              (error, data, nanos) -> {
                throw new StackOverflowError("deep");
              });
      emulator.frame(OUTPUT, command.id(), "text");
      IOException problem = assertThrows(IOException.class, other::await);
      assertTrue(problem.getMessage().contains("deep"), problem.getMessage());
      assertTrue(channel.isBroken());
    }
  }

  @Test
  void aCommandThatDoesNotEndIsATimeout() throws IOException {
    try (FakeEmulator emulator = emulator();
        AgentChannel channel = new AgentChannel(emulator.host(), Duration.ofMillis(50))) {
      StubdomException failure =
          assertThrows(StubdomException.class, () -> new Dom0(channel).run("xl", "list"));
      assertEquals(ExitCode.TIMEOUT, failure.exitCode());
      assertEquals("xl list", failure.what());
    }
  }

  @Test
  void aMonitorThatDoesNotAnswerIsATimeout() throws IOException {
    try (FakeEmulator emulator = emulator()) {
      StubdomException failure =
          assertThrows(
              StubdomException.class,
              () -> new Qmp(emulator.host(), event -> {}, Duration.ofMillis(50)));
      assertEquals(ExitCode.TIMEOUT, failure.exitCode());
    }
  }

  @Test
  void nonsenseFromTheMonitorReachesWhoWaits() throws IOException {
    try (FakeEmulator emulator = emulator()) {
      emulator.say("{\"QMP\": {}}");
      emulator.say("{\"return\": {}}");
      Qmp qmp =
          new Qmp(
              emulator.host(),
              event -> {
                throw new IllegalStateException("not this event");
              });
      emulator.say("{\"event\": \"SOME_EVENT\"}");
      IOException problem =
          assertThrows(IOException.class, () -> qmp.execute("query-status", Map.of()));
      assertTrue(problem.getMessage().contains("not this event"), problem.getMessage());
    }
  }
}
