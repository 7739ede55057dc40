// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.lab.guest.GuestResult.Domain;
import org.rumpstubdom.lab.guest.GuestResult.Phase;
import org.rumpstubdom.lab.guest.GuestVerdict.Standing;
import org.rumpstubdom.lab.host.RemoteCommand;
import org.rumpstubdom.xl.DeviceModel;

/** The lines are what xl 4.17 says. */
final class GuestVerdictTest {
  private static final String CREATED = "Waiting for domain guest (domid 3) to die [pid 200]\n";
  private static final OptionalInt RUNS = OptionalInt.empty();

  private final GuestTrace trace =
      new GuestTrace(new SerialFollower(Pattern.compile("SUCCESS"), List.of()));

  private static GuestPlan plan(String until) {
    return new GuestPlan(
        null,
        DeviceModel.STUBDOM,
        null,
        until == null ? null : Pattern.compile(until),
        Duration.ofSeconds(60),
        false,
        List.of());
  }

  private static void say(TimedLog log, double seconds, String text) {
    log.accept(text.getBytes(StandardCharsets.UTF_8), (long) (seconds * 1e9));
  }

  private void shutDown(int reason) {
    say(trace.create(), 9, "Domain 3 has shut down, reason code " + reason + " 0x0\n");
  }

  private String verdict(String until, Standing standing) {
    GuestVerdict verdict = GuestVerdict.of(plan(until), trace, standing);
    return verdict.status() + (verdict.timedOut() ? " timed out: " : ": ") + verdict.reason();
  }

  @Test
  void outputThatWasExpectedPassesWhateverElseHappened() {
    say(trace.create(), 1, CREATED);
    trace.serial().accept("SUCCESS".getBytes(StandardCharsets.UTF_8), 5);
    shutDown(3);
    assertEquals(
        "PASS: printed what was expected",
        verdict("SUCCESS", new Standing(true, OptionalInt.of(0), false)));
  }

  @Test
  void aCreationThatFailsIsToldInLibxlsWords() {
    say(trace.create(), 1, "Parsing config from /run/guest1/guest.cfg\n");
    say(trace.create(), 2, "libxl: error: libxl_dm.c:2857:stub: Domain 3: startup timed out\n");
    say(trace.create(), 2, "libxl: error: libxl_create.c:1900:cb: Domain 2: unable to add\n");
    assertEquals(
        "FAIL: xl create failed: Domain 3: startup timed out",
        verdict("x", new Standing(true, OptionalInt.of(RemoteCommand.NOT_STARTED), false)));
  }

  @Test
  void aSerialPortThatIsElsewhereIsNamed() {
    say(trace.create(), 1, CREATED);
    assertEquals(
        "FAIL: its first serial port is not a pty in dom0",
        verdict("x", new Standing(false, OptionalInt.of(RemoteCommand.NOT_STARTED), false)));
  }

  @Test
  void anUnpauseThatFailsIsTold() {
    say(trace.create(), 1, CREATED);
    say(trace.unpause(), 2, "start\nfailed to unpause the guest\n");
    assertEquals(
        "FAIL: xl unpause failed: failed to unpause the guest",
        verdict("x", new Standing(false, OptionalInt.of(1), false)));
  }

  @Test
  void onlyAPowerOffIsAGoodEndWithoutAPattern() {
    say(trace.create(), 1, CREATED);
    Standing ended = new Standing(true, OptionalInt.of(0), false);
    assertEquals("FAIL: the guest ended", verdict(null, ended));
    shutDown(3);
    assertEquals("FAIL: the guest ended (crash)", verdict(null, ended));
    shutDown(0);
    assertEquals("PASS: the guest ended (poweroff)", verdict(null, ended));
    assertEquals(
        "FAIL: the guest ended (poweroff) without printing what was expected", verdict("x", ended));
  }

  @Test
  void timeThatRanOutIsNamedWithItsLimit() {
    say(trace.create(), 1, CREATED);
    assertEquals(
        "FAIL timed out: the guest did not print what was expected within 60 s of the emulated"
            + " host's clock",
        verdict("x", new Standing(false, RUNS, true)));
    assertEquals(
        "FAIL timed out: the guest did not power off within 60 s of the emulated host's clock",
        verdict(null, new Standing(false, RUNS, true)));
    assertEquals(
        "FAIL timed out: the guest did not power off within 600 s of this computer's clock",
        verdict(null, new Standing(false, RUNS, false)));
  }

  @Test
  void timesAreThoseOfTheLines() {
    say(trace.create(), 10, "start\n");
    String node = "wpath=/local/domain/4/device-model/3/state token=2/0";
    say(trace.create(), 11, "libxl: debug: watch w=0x1 " + node + ": register slotnum=2\n");
    say(trace.create(), 13, "libxl: debug: watch w=0x1 " + node + ": deregister slotnum=2\n");
    say(trace.create(), 14, CREATED);
    say(trace.port(), 15, "ready 3 4 /dev/pts/2\n");
    say(trace.unpause(), 20, "start\n");
    trace.serial().accept(new byte[] {'x'}, 21_500_000_000L);
    shutDown(0);
    Map<Phase, GuestResult.Span> phases = GuestMeasures.phases(trace, true, 0);
    assertEquals(4.0, phases.get(Phase.CREATE).virtualSeconds());
    assertEquals(2.0, phases.get(Phase.DEVICE_MODEL).virtualSeconds());
    assertEquals(1.5, phases.get(Phase.FIRST_SERIAL_BYTE).virtualSeconds());
    // The guest ended at 9 here, before its start: a time is the lines', right or wrong.
    assertEquals(-11.0, phases.get(Phase.MATCH).virtualSeconds());
  }

  @Test
  void usageIsThatOfTheGuestAndItsStubDomain() {
    String list =
        """
        Name                                        ID   Mem VCPUs\tState\tTime(s)
        Domain-0                                     0   768     1     r-----      19.3
        guest                                        3    64     1     --p---       0.0
        guest-dm                                     4    32     1     -b----       1.5
        guest2                                       5    99     1     -b----       1.5
        """;
    assertEquals(
        Map.of("guest", new Domain(64, 0.0), "guest-dm", new Domain(32, 1.5)),
        GuestMeasures.domains("guest", list));
  }
}
