// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.xl.DeviceModel;

/**
 * Days of the emulated host's clock in the life of a guest that works a little each hour; 24 hours,
 * or as many as the system property rumpstubdom.hours says. Nothing drifts: the guest's clocks,
 * QEMU's clock against dom0's, QEMU's timers, the stub domain's memory, what dom0 holds.
 */
@Tag("lab")
@Tag("long")
final class DaysTest {
  private static final String NAME = "days";
  private static final int HOURS_A_DAY = 24;

  /** By then all that is made once has been made. */
  private static final int SETTLED = 2;

  /** What the shares of memory may differ by: the heap gives pages back when they are empty. */
  private static final long SLACK_KIB = 16;

  /** Parts in which the hours of the guest's time-stamp counter may differ. */
  private static final double DRIFT = 1e-4;

  /** Seconds; dom0's clock and QEMU's are read one after the other. */
  private static final long READ_LATE = 2;

  private static final Pattern MEMORY =
      Pattern.compile("memory: (\\w+) +(\\d+) KiB, at most +(\\d+)");

  @TempDir Path directory;

  /** What each part of the stub domain has now, in KiB, by its own report. */
  private static Map<String, Long> memory(Dom0 dom0) throws IOException {
    String log = "/var/log/xen/qemu-dm-" + NAME + ".log";
    String report =
        dom0.sh("n=$(wc -l <$2); xl sysrq $1-dm m; sleep 0.3; tail -n +$((n + 1)) $2", NAME, log);
    Map<String, Long> parts = new TreeMap<>();
    Matcher line = MEMORY.matcher(report);
    while (line.find()) {
      parts.put(line.group(1), Long.parseLong(line.group(2)));
    }
    assertFalse(parts.isEmpty(), report);
    return parts;
  }

  /** Seconds by which QEMU's clock is ahead of dom0's. */
  private static long ahead(Dom0 dom0) throws IOException {
    JsonObject time =
        JsonParser.parseString(
                dom0.run("xl", "qemu-monitor-command", NAME, "qom-get /machine rtc-time"))
            .getAsJsonObject();
    long now = Long.parseLong(dom0.run("date", "+%s").strip());
    LocalDateTime date =
        LocalDateTime.of(
            time.get("tm_year").getAsInt() + 1900,
            time.get("tm_mon").getAsInt() + 1,
            time.get("tm_mday").getAsInt(),
            time.get("tm_hour").getAsInt(),
            time.get("tm_min").getAsInt(),
            time.get("tm_sec").getAsInt());
    return date.toEpochSecond(ZoneOffset.UTC) - now;
  }

  /** Waits for the end of the guest's hour; returns its line. */
  private static Matcher hour(XlHost.Console console, int hour) throws IOException {
    String line = console.await("(?s).*?DATA days: hour=" + hour + " [^\r\n]*[\r\n]");
    assertFalse(line.contains("FAIL"), line);
    Matcher matcher =
        Pattern.compile("rtc=(\\d+):(\\d+):(\\d+) stamps=([0-9a-f]+) link_ms=(\\d+)").matcher(line);
    assertTrue(matcher.find(), line);
    return matcher;
  }

  @Test
  void nothingDrifts() throws IOException {
    int hours = Integer.getInteger("rumpstubdom.hours", HOURS_A_DAY);
    // It lives an hour longer: after its last it ends at once, and nothing could be compared.
    TestGuest guest = TestGuest.named(NAME).with(directory, "", "hours=" + (hours + 1) + "\n");
    try (XlHost host = new XlHost()) {
      Dom0 dom0 = host.dom0();
      dom0.run("xl", "create", "-p", host.configure(NAME, guest, DeviceModel.STUBDOM, ""));
      try (XlHost.Console console = host.console(NAME)) {
        dom0.run("xl", "unpause", NAME);
        hour(console, 0);
        long usual = 0;
        long first = 0;
        Map<String, Long> memory = Map.of();
        String state = "";
        for (int hour = 1; hour <= hours; hour++) {
          Matcher line = hour(console, hour);
          long stamps = Long.parseLong(line.group(4), 16);
          if (hour == SETTLED) {
            usual = stamps;
            first = ahead(dom0);
            memory = memory(dom0);
            state = Dom0State.settled(host, "");
          } else if (hour > SETTLED) {
            double off = Math.abs((double) stamps / usual - 1);
            assertTrue(off < DRIFT, "hour " + hour + " has " + stamps + " ticks, not " + usual);
          }
          if (hour > SETTLED && (hour % HOURS_A_DAY == 0 || hour == hours)) {
            long ahead = ahead(dom0);
            Map<String, Long> now = memory(dom0);
            System.out.println(
                "DaysTest: hour " + hour + ": " + line.group() + ", ahead " + ahead + " s, " + now);
            assertTrue(Math.abs(ahead - first) <= READ_LATE, "ahead " + ahead + ", was " + first);
            for (Map.Entry<String, Long> part : memory.entrySet()) {
              long grown = now.get(part.getKey()) - part.getValue();
              assertTrue(grown <= SLACK_KIB, part.getKey() + " grew: " + memory + " to " + now);
            }
            assertEquals(state, Dom0State.settled(host, state), "in dom0 after hour " + hour);
          }
        }
        console.await("TEST days: SUCCESS");
      }
    }
  }
}
