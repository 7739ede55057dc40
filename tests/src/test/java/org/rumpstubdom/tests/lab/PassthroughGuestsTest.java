// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.rumpstubdom.lab.guest.GuestPlan;
import org.rumpstubdom.lab.guest.GuestResult;
import org.rumpstubdom.lab.host.LabPci;
import org.rumpstubdom.xl.DeviceModel;

/** Devices of the emulated host passed through to guests of tests/guests, by stock xl. */
@Tag("lab")
final class PassthroughGuestsTest {
  @TempDir private Path directory;

  private void run(String name, DeviceModel model, LabPci.Iommu iommu) throws IOException {
    TestGuest guest = TestGuest.named(name);
    GuestPlan plan = new GuestTrial(directory).plan(guest, model);
    GuestResult result = GuestTrial.results(List.of(plan), iommu).get(0);
    GuestTrial.judge(guest, plan, result);
    if (model == DeviceModel.STUBDOM) {
      double memory = result.domains().get(result.name() + "-dm").memoryMib();
      assertEquals(32, memory, "MiB of the stub domain");
    }
  }

  /** Three devices at once: memory, ports, DMA, interrupts by line, MSI and MSI-X. */
  @Test
  void devicesKeepTheirPromises() throws IOException {
    run("pt", DeviceModel.STUBDOM, LabPci.Iommu.INTEL);
  }

  @Test
  @Tag("long")
  void alsoBehindAmdsIommu() throws IOException {
    run("pt", DeviceModel.STUBDOM, LabPci.Iommu.AMD);
  }

  /** The judge: what our stub domain promises is what QEMU in dom0 does. */
  @ParameterizedTest
  @EnumSource(LabPci.Iommu.class)
  @Tag("long")
  void qemuInDom0KeepsTheSamePromises(LabPci.Iommu iommu) throws IOException {
    run("pt", DeviceModel.DOM0, iommu);
  }
}
