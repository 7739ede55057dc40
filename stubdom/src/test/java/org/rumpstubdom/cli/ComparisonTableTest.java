// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.lab.guest.GuestResult;
import org.rumpstubdom.lab.guest.GuestResult.Phase;
import org.rumpstubdom.lab.guest.GuestResult.Span;
import org.rumpstubdom.lab.guest.GuestResult.Status;
import org.rumpstubdom.xl.DeviceModel;

class ComparisonTableTest {
  private static GuestResult result(
      DeviceModel model,
      Status status,
      Map<Phase, Span> phases,
      Map<String, GuestResult.Domain> domains,
      Map<String, Long> sizes) {
    return result("bookworm", model, status, phases, domains, sizes);
  }

  private static GuestResult result(
      String suite,
      DeviceModel model,
      Status status,
      Map<Phase, Span> phases,
      Map<String, GuestResult.Domain> domains,
      Map<String, Long> sizes) {
    return new GuestResult(
        "g",
        Path.of("g.cfg"),
        suite,
        model,
        status,
        "",
        false,
        phases,
        domains,
        sizes,
        Map.of(),
        null,
        List.of(),
        List.of());
  }

  @Test
  void columnsAreDeviceModelsAndAbsentFiguresAreMarked() {
    GuestResult ours =
        result(
            DeviceModel.STUBDOM,
            Status.PASS,
            Map.of(Phase.CREATE, new Span(0.8921, 3), Phase.MATCH, new Span(12.5, 3)),
            Map.of("g", new GuestResult.Domain(64, 1), "g-dm", new GuestResult.Domain(40, 1)),
            Map.of("kernel", 1000L, "ramdisk", 1049L));
    GuestResult dom0 = result(DeviceModel.DOM0, Status.FAIL, Map.of(), Map.of(), Map.of());
    assertEquals(
        """
        g                                        stubdom          dom0
          result                                    pass          fail
          created in, s                            0.892             -
          device model up in, s                        -             -
          first output after, s                        -             -
          decided after, s                        12.500             -
          memory of the stub domain, MiB              40             -
          kernel and ramdisk, KiB                      3             -
        """,
        ComparisonTable.of(List.of(ours, dom0)));
  }

  @Test
  void severalHostsAreNamed() {
    GuestResult older =
        result(
            DeviceModel.STUBDOM,
            Status.PASS,
            Map.of(Phase.CREATE, new Span(0.5, 3)),
            Map.of(),
            Map.of());
    GuestResult newer =
        result(
            "trixie",
            DeviceModel.STUBDOM,
            Status.PASS,
            Map.of(Phase.CREATE, new Span(0.25, 3)),
            Map.of(),
            Map.of());
    assertEquals(
        """
        g                                        stubdom       stubdom
          host                                  bookworm        trixie
          result                                    pass          pass
          created in, s                            0.500         0.250
          device model up in, s                        -             -
          first output after, s                        -             -
          decided after, s                             -             -
          memory of the stub domain, MiB               -             -
          kernel and ramdisk, KiB                      -             -
        """,
        ComparisonTable.of(List.of(older, newer)));
  }
}
