// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rumpstubdom.lab.host.LabPci;
import org.rumpstubdom.lab.host.LabPci.Device;
import org.rumpstubdom.lab.host.LabPci.Iommu;
import org.rumpstubdom.lab.root.LabRoot;
import org.rumpstubdom.xl.DeviceModel;

/** Passed-through disks whose registers are where hosts of today have them, above 4 GiB. */
@Tag("lab")
@Tag("long")
final class PassthroughPlacesTest {
  private static final String NAME = "places";
  private static final String NVME = "0000:00:11.0";
  private static final String VIRTUAL_FUNCTION = "0000:00:06.1";

  /** A guest that uses the disk: its registers, DMA, MSI-X. */
  private static void use(
      String suite, DeviceModel model, Iommu iommu, List<Device> devices, String address)
      throws IOException {
    try (XlHost host = new XlHost(suite, new LabPci(iommu, devices))) {
      String resource = host.dom0().run("cat", "/sys/bus/pci/devices/" + address + "/resource");
      assertTrue(Long.decode(resource.substring(0, 18)) >= 1L << 32, resource);
      host.dom0().sh("echo \"$1\" >/sys/bus/pci/drivers/pciback/allow_interrupt_control", address);
      String pci = "pci = [ '" + address + "' ]\n";
      String configuration = host.configure(NAME, TestGuest.named("pt-orders"), model, pci);
      host.dom0().run("xl", "create", "-p", configuration);
      try (XlHost.Console console = host.console(NAME)) {
        host.dom0().run("xl", "unpause", NAME);
        console.await("NOTE pt-orders: ready");
        console.order("nvme");
        console.type("off");
        console.await("TEST pt-orders: SUCCESS");
      }
    }
  }

  /**
   * QEMU in dom0 is no judge here: it shows the guest the upper half of the host's address, which
   * the guest's firmware leaves, and the guest finds nothing where it believes the registers to be.
   */
  @Test
  void registersAbove4GibAreFound() throws IOException {
    List<Device> devices = List.of(Device.NVME, Device.BIG);
    use(LabRoot.DEFAULT_SUITE, DeviceModel.STUBDOM, Iommu.INTEL, devices, NVME);
  }

  /**
   * Behind VT-d. Behind the emulated AMD-Vi no message of a function that is made later arrives,
   * with ours or with QEMU in dom0.
   */
  @ParameterizedTest
  @CsvSource({"bookworm, STUBDOM", "bookworm, DOM0", "trixie, STUBDOM"})
  void aVirtualFunctionIsADevice(String suite, DeviceModel model) throws IOException {
    use(suite, model, Iommu.INTEL, List.of(Device.VF), VIRTUAL_FUNCTION);
  }
}
