// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.rumpstubdom.lab.bench.Figure.Sample;
import org.rumpstubdom.lab.bench.Figure.Unit;
import org.rumpstubdom.lab.guest.GuestResult;
import org.rumpstubdom.lab.guest.GuestRun;
import org.rumpstubdom.lab.host.Lab;
import org.rumpstubdom.lab.host.LabClock;
import org.rumpstubdom.lab.host.LabOptions;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.xl.DeviceModel;

/**
 * The least memory a stub domain serves the guest bench-ahci in, which keeps 31 requests queued.
 */
final class MemoryRun {
  /** What is tried, from below; a smaller one of ours is refused by configurations. */
  private static final int[] OURS = {16, 18, 20, 22, 24, 28, 32};

  private static final int[] LINUX = {128, 160, 192, 224, 256};

  private final BenchPlan plan;
  private final Progress progress;

  MemoryRun(BenchPlan plan, Progress progress) {
    this.plan = plan;
    this.progress = progress;
  }

  /** Tries the stub domains of the plan. */
  List<Figure> run() throws IOException {
    List<Figure> figures = new ArrayList<>();
    for (DeviceModel model : plan.models()) {
      if (model != DeviceModel.DOM0) {
        int least = least(model, model == DeviceModel.LINUX ? LINUX : OURS);
        figures.add(
            new Figure(
                BenchGuest.MEMORY.group(),
                "least-of-stub-domain",
                Unit.MEBIBYTES,
                Map.of(model, Sample.once((double) least))));
      }
    }
    return figures;
  }

  /**
   * A fresh host for each try: what a domain that ran out of memory leaves behind is not next's.
   */
  private int least(DeviceModel model, int... sizes) throws IOException {
    int most = Arrays.stream(sizes).max().orElseThrow();
    LabOptions options =
        LabOptions.of(LabClock.COUNTED).withGuestMemory(plan.squeezed(model, most).memoryMib());
    for (int size : sizes) {
      try (Lab lab = Lab.open(options, progress)) {
        GuestResult result =
            new GuestRun(lab, plan.squeezed(model, size), progress).run(null, () -> {});
        lab.finish();
        if (result.status() == GuestResult.Status.PASS) {
          return size;
        }
      }
    }
    throw StubdomException.test(
        "a stub domain (" + model + ")", "does not work in " + most + " MiB either", "");
  }
}
