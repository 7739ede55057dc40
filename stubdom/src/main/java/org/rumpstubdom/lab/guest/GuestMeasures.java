// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.guest;

import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import org.rumpstubdom.lab.guest.GuestResult.Domain;
import org.rumpstubdom.lab.guest.GuestResult.Phase;
import org.rumpstubdom.lab.guest.GuestResult.Span;

/** How long a guest's phases took and what its domains used, read out of its {@link GuestTrace}. */
final class GuestMeasures {
  private GuestMeasures() {}

  /**
   * How long things took, as far as they happened.
   *
   * @param ended whether xl create has ended
   * @param decidedWall this computer's clock ({@link System#nanoTime}) when nothing more was waited
   *     for
   */
  static Map<Phase, Span> phases(GuestTrace trace, boolean ended, long decidedWall) {
    Map<Phase, Span> phases = new EnumMap<>(Phase.class);
    creation(trace, ended, phases);
    deviceModel(trace, phases);
    TimedLog.Line begin = trace.unpaused();
    if (begin != null && trace.serial().firstByte().isDone()) {
      long first = trace.serial().firstByte().join();
      phases.put(Phase.FIRST_SERIAL_BYTE, span(begin, first, trace.serial().firstByteWall()));
    }
    long decided = decided(trace);
    if (begin != null && decided != GuestTrace.NEVER) {
      phases.put(Phase.MATCH, span(begin, decided, decidedWall));
    }
    return phases;
  }

  private static void creation(GuestTrace trace, boolean ended, Map<Phase, Span> phases) {
    TimedLog.Line begin = trace.create().first(line -> true);
    TimedLog.Line created = trace.created();
    // A creation that failed took until its last word.
    TimedLog.Line end = created == null && ended ? trace.create().last(line -> true) : created;
    if (begin != null && end != null) {
      phases.put(Phase.CREATE, span(begin, end));
    }
  }

  /**
   * The toolstack watches the device model's state node exactly while it waits for it: in a stub
   * domain from its first instruction on, in dom0 from just before the process is started.
   */
  private static void deviceModel(GuestTrace trace, Map<Phase, Span> phases) {
    TimedLog.Line ready = trace.port().first(line -> line.startsWith(GuestTrace.READY));
    if (ready == null) {
      return;
    }
    String[] words = ready.text().split(" ", -1);
    String guest = words[1];
    String stub = words[2];
    String watch = "wpath=/local/domain/" + stub + "/device-model/" + guest + "/state token=";
    TimedLog.Line begin =
        trace.create().first(line -> line.contains(watch) && line.contains(": register"));
    TimedLog.Line end =
        trace.create().last(line -> line.contains(watch) && line.contains(": deregister"));
    if (begin != null && end != null) {
      phases.put(Phase.DEVICE_MODEL, span(begin, end));
    }
  }

  private static long decided(GuestTrace trace) {
    TimedLog.Line shutdown = trace.shutdown();
    if (trace.match() != GuestTrace.NEVER || shutdown == null) {
      return trace.match();
    }
    return shutdown.virtualNanos();
  }

  private static Span span(TimedLog.Line begin, TimedLog.Line end) {
    return span(begin, end.virtualNanos(), end.wallNanos());
  }

  private static Span span(TimedLog.Line begin, long virtualNanos, long wallNanos) {
    return new Span(
        (virtualNanos - begin.virtualNanos()) / 1e9, (wallNanos - begin.wallNanos()) / 1e9);
  }

  /**
   * What the domains of a guest use: its own and its stub domain's, by name.
   *
   * @param guest the guest's name
   * @param list xl's list, which has name, number, MiB, processors, state, seconds
   */
  static Map<String, Domain> domains(String guest, String list) {
    Map<String, Domain> domains = new TreeMap<>();
    for (String line : list.lines().toList()) {
      String[] fields = line.strip().split(" +", -1);
      boolean ours =
          fields.length == 6 && (fields[0].equals(guest) || fields[0].equals(guest + "-dm"));
      if (ours) {
        domains.put(
            fields[0], new Domain(Long.parseLong(fields[2]), Double.parseDouble(fields[5])));
      }
    }
    return domains;
  }
}
