// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.rumpstubdom.image.ImageDirectory;
import org.rumpstubdom.lab.guest.GuestPlan;
import org.rumpstubdom.xl.DeviceModel;
import org.rumpstubdom.xl.GuestConfiguration;

/**
 * What to measure on what.
 *
 * @param guests what is measured
 * @param models on which device models
 * @param counter how stub domains read the time-stamp counter
 * @param image our image; null when ours is not among the device models
 * @param directory where the built guests are
 */
public record BenchPlan(
    List<BenchGuest> guests,
    List<DeviceModel> models,
    BenchResult.Counter counter,
    ImageDirectory image,
    Path directory) {
  private static final Duration LIMIT = Duration.ofMinutes(20);

  private static final Pattern SUCCESS =
      Pattern.compile("(?m)^TEST " + FigureLines.PREFIX + "\\S+: SUCCESS$");

  /** A run of a guest on a device model. */
  record Measuring(BenchGuest guest, GuestPlan plan) {}

  /** The runs of single guests, each on all device models before the next one. */
  List<Measuring> runs() throws IOException {
    List<Measuring> runs = new ArrayList<>();
    for (BenchGuest guest : guests) {
      if (guest.isSingle()) {
        GuestConfiguration configuration = configuration(guest);
        for (DeviceModel model : models) {
          runs.add(new Measuring(guest, plan(guest, configuration, model)));
        }
      }
    }
    return runs;
  }

  private GuestPlan plan(BenchGuest guest, GuestConfiguration configuration, DeviceModel model)
      throws IOException {
    return plan(configuration, model, 0, HostMeasure.commands(guest, ""));
  }

  /**
   * A guest on a device model.
   *
   * @param memoryMib memory of the stub domain; 0: the usual
   */
  private GuestPlan plan(
      GuestConfiguration configuration,
      DeviceModel model,
      int memoryMib,
      List<GuestPlan.Command> commands) {
    ImageDirectory own = model == DeviceModel.STUBDOM ? image : null;
    boolean nativeCounter = counter == BenchResult.Counter.NATIVE;
    return new GuestPlan(configuration, model, own, SUCCESS, LIMIT, false, List.of())
        .with(new GuestPlan.Measurement(nativeCounter, memoryMib, commands, null));
  }

  /** The guest that asks most of a stub domain's memory, in so much of it. */
  GuestPlan squeezed(DeviceModel model, int memoryMib) throws IOException {
    return plan(configuration(BenchGuest.AHCI), model, memoryMib, List.of());
  }

  private GuestConfiguration configuration(BenchGuest guest) throws IOException {
    return GuestConfiguration.load(directory.resolve(guest.guest() + ".cfg"));
  }
}
