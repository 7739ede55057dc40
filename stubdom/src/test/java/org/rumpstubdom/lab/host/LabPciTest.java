// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.lab.host.LabPci.Device;
import org.rumpstubdom.lab.host.LabPci.Iommu;

/** The emulated host's devices for guests: where they are, and what the emulator is told. */
class LabPciTest {
  @TempDir Path directory;

  @Test
  void withoutDevicesNothingIsDifferent() throws IOException {
    assertEquals(List.of(), LabPci.NONE.emulatorArguments());
    assertEquals("", LabPci.NONE.hypervisorArguments());
    LabPci.NONE.makeFiles(directory);
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(0, files.count());
    }
    assertTrue(LabOptions.of(LabClock.COUNTED).withPci(LabPci.NONE).savedState());
  }

  @Test
  void addressesAreFixedByKind() {
    LabPci pci = new LabPci(Iommu.AMD, List.of(Device.NVME, Device.EDU, Device.EDU));
    assertEquals(List.of("0000:00:11.0", "0000:00:10.0", "0000:00:18.0"), pci.addresses());
    assertEquals("amd-iommu", pci.emulatorArguments().get(1), "before what is behind it");
    assertFalse(LabOptions.of(LabClock.COUNTED).withPci(pci).savedState());
  }

  @Test
  void aGuestsAddressesTellTheDevices() {
    LabPci pci = LabPci.at(Iommu.INTEL, List.of("0000:00:0f.0", "0000:00:18.0", "0000:01:00.0"));
    assertEquals(List.of(Device.EDU, Device.EDU, Device.TESTDEV), pci.devices());
    assertTrue(pci.addresses().containsAll(List.of("0000:00:0f.0", "0000:00:18.0")));
    assertEquals(" iommu=no-sharept", pci.hypervisorArguments());
  }

  /** The guest is given what dom0 makes of the disk, not the disk. */
  @Test
  void aVirtualFunctionIsBesideItsDisk() {
    LabPci pci = LabPci.at(Iommu.INTEL, List.of("0000:00:06.1"));
    assertEquals(List.of(Device.VF), pci.devices());
    assertEquals(List.of("0000:00:06.1"), pci.addresses());
    String disk =
        pci.emulatorArguments().stream().filter(a -> a.startsWith("nvme,")).findFirst().get();
    assertTrue(disk.endsWith(",addr=6"), disk);
    assertEquals(List.of(), LabPci.at(Iommu.INTEL, List.of("0000:00:06.0")).devices());
  }

  @Test
  void everyDeviceHasAPlaceOfItsOwn() {
    List<Device> all = Stream.of(Device.values(), Device.values()).flatMap(Stream::of).toList();
    List<String> addresses = new LabPci(Iommu.INTEL, all).addresses();
    assertEquals(all.size(), addresses.stream().distinct().count());
    // The chipset's own functions.
    assertFalse(addresses.contains("0000:00:1f.0"));
    // The one whose requests are the I/O APIC's interrupts, behind AMD-Vi.
    assertFalse(addresses.contains("0000:00:14.0"));
    List<Device> three = List.of(Device.EDU, Device.EDU, Device.EDU);
    assertThrows(IllegalArgumentException.class, () -> new LabPci(Iommu.INTEL, three));
  }

  @Test
  void filesTheEmulatorIsToldOfAreThere() throws IOException {
    LabPci pci = new LabPci(Iommu.INTEL, List.of(Device.NVME, Device.E1000, Device.E1000E));
    pci.makeFiles(directory);
    String arguments = String.join(" ", pci.emulatorArguments());
    assertTrue(arguments.contains("file=nvme0.img"), arguments);
    assertEquals(64 << 20, Files.size(directory.resolve("nvme0.img")));
    assertTrue(arguments.contains("romfile=card.rom"), arguments);
    assertEquals(64 << 10, Files.size(directory.resolve("card.rom")));
  }
}
