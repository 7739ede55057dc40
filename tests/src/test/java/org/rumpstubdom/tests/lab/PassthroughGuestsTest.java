// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.rumpstubdom.lab.guest.GuestPlan;
import org.rumpstubdom.lab.guest.GuestResult;
import org.rumpstubdom.lab.host.LabPci.Iommu;
import org.rumpstubdom.lab.root.LabRoot;
import org.rumpstubdom.xl.DeviceModel;

/** Devices of the emulated host passed through to guests of tests/guests, by stock xl. */
@Tag("lab")
final class PassthroughGuestsTest {
  /** What a stub domain without devices has as well: 32, and 8 for the video adapter. */
  private static final long MEMORY_MIB = 40;

  private static final String[] GUESTS = {"pt", "pt-small", "nic-e1000-pci", "pt-absent"};

  @TempDir private Path directory;

  private void run(DeviceModel model, String suite, Iommu iommu, String... names)
      throws IOException {
    List<TestGuest> guests = new ArrayList<>();
    List<GuestPlan> plans = new ArrayList<>();
    for (String name : names) {
      guests.add(TestGuest.named(name));
      plans.add(new GuestTrial(directory).plan(TestGuest.named(name), model));
    }
    List<GuestResult> results = GuestTrial.results(plans, suite, iommu);
    for (int i = 0; i < names.length; i++) {
      GuestResult result = results.get(i);
      GuestTrial.judge(guests.get(i), plans.get(i), result, suite);
      if (model == DeviceModel.STUBDOM) {
        assertEquals(MEMORY_MIB, result.domains().get(names[i] + "-dm").memoryMib());
      }
    }
  }

  /** Memory, ports, DMA, interrupts by line, MSI and MSI-X, with three devices at once. */
  @Test
  void threeDevicesKeepTheirPromises() throws IOException {
    run(DeviceModel.STUBDOM, LabRoot.DEFAULT_SUITE, Iommu.INTEL, "pt");
  }

  /** The same and more, with both kinds of IOMMU. */
  @ParameterizedTest
  @EnumSource(Iommu.class)
  @Tag("long")
  void devicesKeepTheirPromises(Iommu iommu) throws IOException {
    run(DeviceModel.STUBDOM, LabRoot.DEFAULT_SUITE, iommu, GUESTS);
  }

  /** The same image on another Xen. */
  @ParameterizedTest
  @EnumSource(Iommu.class)
  @Tag("long")
  void devicesKeepTheirPromisesOnXen420(Iommu iommu) throws IOException {
    run(DeviceModel.STUBDOM, "trixie", iommu, GUESTS);
  }

  /** The judge: what our stub domain promises is what QEMU in dom0 does. */
  @ParameterizedTest
  @EnumSource(Iommu.class)
  @Tag("long")
  void qemuInDom0KeepsTheSamePromises(Iommu iommu) throws IOException {
    run(DeviceModel.DOM0, LabRoot.DEFAULT_SUITE, iommu, GUESTS);
  }

  /** Debian's kernel, with a file system on a disk and pings by a network card. */
  @ParameterizedTest
  @CsvSource({
    "bookworm, STUBDOM, INTEL",
    "bookworm, STUBDOM, AMD",
    "bookworm, DOM0, INTEL",
    "bookworm, DOM0, AMD",
    "trixie, STUBDOM, INTEL",
    "trixie, STUBDOM, AMD"
  })
  @Tag("long")
  void linuxUsesADiskAndANetworkCard(String suite, DeviceModel model, Iommu iommu)
      throws IOException {
    run(model, suite, iommu, "linux-pci");
  }
}
