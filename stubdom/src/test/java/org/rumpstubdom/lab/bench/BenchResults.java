// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.rumpstubdom.lab.bench.BenchResult.Counter;
import org.rumpstubdom.lab.bench.Figure.Sample;
import org.rumpstubdom.lab.bench.Figure.Unit;
import org.rumpstubdom.xl.DeviceModel;

/** Results that tests make up. */
final class BenchResults {
  private BenchResults() {}

  static BenchResult of(Figure... figures) {
    return new BenchResult(
        Counter.NATIVE, new TreeMap<>(Map.of("suite", "bookworm")), List.of(figures));
  }

  /** A figure of instructions that was measured on ours alone. */
  static Figure ours(String group, String name, double mean) {
    return new Figure(
        group, name, Unit.INSTRUCTIONS, Map.of(DeviceModel.STUBDOM, Sample.once(mean)));
  }

  /** A small result with everything in it. */
  static BenchResult sample() {
    return of(
        new Figure(
            "io",
            "xen-port",
            Unit.INSTRUCTIONS,
            1,
            0,
            Map.of(DeviceModel.STUBDOM, Sample.once(1750), DeviceModel.DOM0, Sample.once(1740))),
        new Figure(
            "io",
            "xen-memory",
            Unit.INSTRUCTIONS,
            0,
            1,
            Map.of(DeviceModel.STUBDOM, Sample.once(9000))),
        new Figure(
            "ide",
            "read-4k",
            Unit.INSTRUCTIONS,
            19,
            0,
            Map.of(
                DeviceModel.STUBDOM,
                new Sample(100, 600_000, 599_000, 590_000, 700_000),
                DeviceModel.DOM0,
                new Sample(100, 800_000, 790_000, 780_000, 900_000),
                DeviceModel.LINUX,
                new Sample(100, 1_200_000, 1_190_000, 1_180_000, 1_900_000))),
        new Figure(
            "start",
            "create",
            Unit.SECONDS,
            Map.of(DeviceModel.STUBDOM, Sample.once(0.794), DeviceModel.DOM0, Sample.once(0.395))),
        new Figure(
            "start",
            "stub-domain-memory",
            Unit.MEBIBYTES,
            Map.of(DeviceModel.STUBDOM, Sample.once(40), DeviceModel.LINUX, Sample.once(264))),
        new Figure(
            "in",
            "lost",
            Unit.COUNT,
            Map.of(DeviceModel.STUBDOM, Sample.once(0), DeviceModel.DOM0, Sample.once(692))));
  }
}
