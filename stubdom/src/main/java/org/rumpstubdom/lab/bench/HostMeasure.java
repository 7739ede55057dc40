// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rumpstubdom.lab.bench.Figure.Sample;
import org.rumpstubdom.lab.bench.Figure.Unit;
import org.rumpstubdom.lab.guest.GuestPlan;
import org.rumpstubdom.lab.guest.GuestResult;
import org.rumpstubdom.util.Resources;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.xl.DeviceModel;

/** What the host measures while a guest idles or receives, and the guest itself cannot. */
final class HostMeasure {
  /** Seconds of dom0's clock over which an idle guest is watched. */
  static final int IDLE_SECONDS = 60;

  /** Frames the host sends in one go. */
  static final int FRAMES = 10_000;

  private static final Pattern BUSY = Pattern.compile("busy (\\d+)");
  private static final Pattern ARRIVED = Pattern.compile("(?m)^DATA bench-in: frames=(\\d+)$");

  private HostMeasure() {}

  /**
   * What dom0 does when the guest says that it is ready.
   *
   * @param marker a program in dom0 that marks beginning and end for a profile; empty for none
   */
  static List<GuestPlan.Command> commands(BenchGuest guest, String marker) throws IOException {
    return switch (guest) {
      case IDLE, IDLE_VNC -> command("bench-idle: idle", "measure-idle", IDLE_SECONDS, marker);
      case IN -> command("bench-in: ready", "measure-frames", FRAMES, marker);
      default -> List.of();
    };
  }

  private static List<GuestPlan.Command> command(
      String when, String program, int argument, String marker) throws IOException {
    String text = Resources.text(HostMeasure.class, program);
    String number = Integer.toString(argument);
    return List.of(new GuestPlan.Command(when, List.of("sh", "-c", text, program, number, marker)));
  }

  /** How many operations its figure of instructions is of. */
  static double operations(BenchGuest guest, GuestResult result) {
    return guest == BenchGuest.IN ? number(ARRIVED, result.serial().text(), result) : IDLE_SECONDS;
  }

  /** The figures it makes of what dom0 and the guest said. */
  static List<Figure> figures(BenchGuest guest, GuestResult result) {
    DeviceModel model = result.model();
    return switch (guest) {
      case IDLE, IDLE_VNC ->
          List.of(figure(guest, "second", Unit.INSTRUCTIONS, model, busy(result) / IDLE_SECONDS));
      case IN -> {
        double arrived = number(ARRIVED, result.serial().text(), result);
        yield List.of(
            figure(guest, "frame-1514", Unit.INSTRUCTIONS, model, busy(result) / arrived),
            figure(guest, "lost-of-10000", Unit.COUNT, model, FRAMES - arrived));
      }
      default -> List.of();
    };
  }

  private static Figure figure(
      BenchGuest guest, String name, Unit unit, DeviceModel model, double value) {
    return new Figure(guest.group(), name, unit, Map.of(model, Sample.once(value)));
  }

  /** Instructions of the host while dom0 measured. */
  private static double busy(GuestResult result) {
    return number(BUSY, String.join("\n", result.measured()), result);
  }

  private static double number(Pattern pattern, String text, GuestResult result) {
    Matcher matcher = pattern.matcher(text);
    if (!matcher.find()) {
      throw StubdomException.test(
          result.name() + " (" + result.model() + ")",
          "was not measured: " + String.join(" ", result.measured()),
          "report it");
    }
    return Double.parseDouble(matcher.group(1));
  }
}
