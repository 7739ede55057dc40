// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.lab.host.RemoteCommand;
import org.rumpstubdom.lab.root.LabRoot;
import org.rumpstubdom.xl.DeviceModel;

/**
 * Live migration between two emulated hosts by the stock xl, while the guest's disk and network
 * card write to its memory. Where a network and ssh would be, the two ends of its stream are joined
 * by this test, which can also cut it. Both hosts have the guest's disk, which it only reads.
 */
@Tag("lab")
@Tag("long")
final class MigrationTest {
  private static final String NAME = "moves";

  /** What xl starts in place of ssh: its standard input and output are the stream. */
  private static final String RELAY =
      """
      #!/bin/sh
      cat /run/in &
      echo $! $$ >/run/relay.pid
      exec cat >/run/out
      """;

  /** More than all of the guest's memory. */
  private static final long NEVER = Long.MAX_VALUE;

  /** Long before all of the guest's memory has gone through. */
  private static final long EARLY = 4L << 20;

  private static void prepare(XlHost host, String guest) throws IOException {
    Dom0 dom0 = host.dom0();
    dom0.push(RELAY.getBytes(StandardCharsets.UTF_8), "/run/relay");
    dom0.sh("chmod +x /run/relay; mkfifo /run/in /run/out");
    host.configure(NAME, TestGuest.named(guest), DeviceModel.STUBDOM, "");
  }

  private static void type(RemoteCommand command, byte[] data) {
    try {
      command.input(data, data.length);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void end(RemoteCommand command) {
    try {
      command.endInput();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Migrates the guest; the stream is cut after so many bytes.
   *
   * @return the exit status of xl migrate
   */
  private static int migrate(XlHost from, XlHost to, long cutAfter) throws IOException {
    AtomicLong bytes = new AtomicLong();
    CompletableFuture<RemoteCommand> receiver = new CompletableFuture<>();
    RemoteCommand back =
        from.dom0().start(List.of("sh", "-c", "cat >/run/in"), (error, data, nanos) -> {});
    RemoteCommand out =
        from.dom0()
            .start(
                List.of("cat", "/run/out"),
                (error, data, nanos) -> {
                  if (!error && bytes.addAndGet(data.length) <= cutAfter) {
                    type(receiver.join(), data);
                  }
                });
    receiver.complete(
        to.dom0()
            .start(
                List.of("xl", "migrate-receive"),
                (error, data, nanos) -> {
                  if (!error) {
                    type(back, data);
                  }
                }));
    CompletableFuture<Void> sent = out.end().thenRun(() -> end(receiver.join()));
    CompletableFuture<Void> answered = receiver.join().end().thenRun(() -> end(back));
    RemoteCommand xl =
        from.dom0()
            .start(
                List.of("xl", "migrate", "-s", "/run/relay", NAME, "elsewhere"),
                (error, data, nanos) -> {});
    if (cutAfter != NEVER) {
      while (bytes.get() <= cutAfter && !xl.end().isDone()) {
        from.dom0().run("sleep", "0.1");
      }
      from.dom0().sh("kill -9 $(cat /run/relay.pid)");
    }
    int status = xl.await().status();
    out.signal(9);
    sent.join();
    answered.join();
    return status;
  }

  @Test
  void guestMovesAndMovesBack() throws IOException {
    move("guestMovesAndMovesBack", LabRoot.DEFAULT_SUITE, LabRoot.DEFAULT_SUITE);
  }

  @Test
  void guestMovesAndMovesBackWithXen420() throws IOException {
    move("guestMovesAndMovesBackWithXen420", "trixie", "trixie");
  }

  /** Xen takes guests of an older one, not of a newer. */
  @Test
  void guestMovesToANewerXen() throws IOException {
    move("guestMovesToANewerXen", LabRoot.DEFAULT_SUITE, "trixie");
  }

  private static void move(String test, String from, String to) throws IOException {
    Results.run("lab/MigrationTest#" + test, DeviceModel.STUBDOM, to, () -> move(from, to));
  }

  /**
   * A guest with PV drivers, which takes part: it lets its disks and cards go, and takes those of
   * the other host.
   */
  @ParameterizedTest
  @CsvSource({"bookworm, bookworm", "trixie, trixie", "bookworm, trixie"})
  void guestWithPvDriversMoves(String from, String to) throws IOException {
    Results.run(
        "lab/MigrationTest#guestWithPvDriversMoves[" + from + "]",
        DeviceModel.STUBDOM,
        to,
        () -> {
          try (XlHost here = new XlHost(from);
              XlHost there = new XlHost(to)) {
            prepare(here, "linux-pv-orders");
            prepare(there, "linux-pv-orders");
            here.dom0().run("xl", "create", "-p", "/run/" + NAME + ".cfg");
            try (XlHost.Console console = here.console(NAME)) {
              here.dom0().run("xl", "unpause", NAME);
              console.await("NOTE linux: ready");
              console.order("disk");
              console.order("net");
            }
            assertEquals(0, migrate(here, there, NEVER));
            assertEquals(2, here.dom0().run("xl", "list").lines().count());
            try (XlHost.Console console = there.console(NAME)) {
              // What is typed before its drivers are awake again is lost.
              console.awaitAnswer("devices");
              console.order("disk");
              console.order("net");
              console.type("off");
              console.await("TEST linux: SUCCESS");
            }
            there.await("! xl domid " + NAME + " 2>/dev/null", 60);
          }
        });
  }

  /** The guest's devices have worked until now, and found all in place; they begin anew. */
  private static void worked(XlHost host) throws IOException {
    try (XlHost.Console console = host.console(NAME)) {
      console.order("stop");
      console.order("disk");
      console.order("net");
      work(console);
    }
  }

  /** The guest works until it is told something, and has begun to. */
  private static void work(XlHost.Console console) throws IOException {
    console.type("work");
    console.await("DATA orders: burst=");
  }

  private static void move(String from, String to) throws IOException {
    try (XlHost here = new XlHost(from);
        XlHost there = new XlHost(to)) {
      prepare(here, "orders");
      prepare(there, "orders");
      here.dom0().run("xl", "create", "-p", "/run/" + NAME + ".cfg");
      try (XlHost.Console console = here.console(NAME)) {
        here.dom0().run("xl", "unpause", NAME);
        console.await("NOTE orders: ready");
        console.order("disk");
        console.order("net");
        work(console);
      }
      // A migration that fails leaves the guest where it was, and running.
      assertNotEquals(0, migrate(here, there, EARLY));
      worked(here);
      there.await("[ $(xl list | wc -l) = 2 ]", 60);

      assertEquals(0, migrate(here, there, NEVER));
      assertEquals(2, here.dom0().run("xl", "list").lines().count());
      worked(there);
      XlHost last = there;
      if (from.equals(to)) {
        assertEquals(0, migrate(there, here, NEVER));
        worked(here);
        last = here;
      }
      try (XlHost.Console console = last.console(NAME)) {
        console.order("stop");
        console.type("off");
        console.await("TEST orders: SUCCESS");
      }
      last.await("! xl domid " + NAME + " 2>/dev/null", 60);
    }
  }
}
