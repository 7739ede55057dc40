// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.rumpstubdom.lab.bench.BenchResult.Counter;
import org.rumpstubdom.xl.DeviceModel;

/** Profiles that tests make up. */
final class ProfileResults {
  private ProfileResults() {}

  private static Profile profile(
      String name, DeviceModel model, double measured, Map<String, Double> parts) {
    Map<String, Double> sorted = new TreeMap<>(CodeOwners.ORDER);
    sorted.putAll(parts);
    return new Profile("io", name, model, measured, sorted);
  }

  static ProfileResult sample() {
    return new ProfileResult(
        Counter.NATIVE,
        new TreeMap<>(Map.of("suite", "bookworm")),
        List.of(
            profile(
                "port-read",
                DeviceModel.STUBDOM,
                22_187,
                Map.of(
                    CodeOwners.XEN,
                    13_902.4,
                    CodeOwners.QEMU,
                    4_718.0,
                    "rump-runtime/linux",
                    1_965.25,
                    "xen-blkfront",
                    0.25)),
            profile(
                "port-read",
                DeviceModel.DOM0,
                41_900,
                Map.of(CodeOwners.DOM0_KERNEL, 12_000.0, CodeOwners.XEN, 29_000.0)),
            profile("port-write", DeviceModel.STUBDOM, 100, Map.of(CodeOwners.OTHER, 100.0))));
  }
}
