// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.host;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.rumpstubdom.util.Resources;

/**
 * PCI devices of the emulated host that guests may be given, and the IOMMU that keeps them to their
 * guests. dom0 has no driver for them; they are assigned to xen-pciback before anything else runs.
 *
 * <p>Each device has a fixed address, so that guest configurations can name it. dom0's kernel
 * cannot reset these devices, and not all of them can be saved: such a host boots anew each time,
 * and a device goes to one guest in its life.
 *
 * @param iommu the kind of IOMMU
 * @param devices the devices, one of a kind up to twice; none: a host without an IOMMU
 */
public record LabPci(Iommu iommu, List<Device> devices) {
  /** No devices, no IOMMU. */
  public static final LabPci NONE = new LabPci(Iommu.INTEL, List.of());

  /** So many of a kind have an address. */
  public static final int MOST_OF_A_KIND = 2;

  private static final long DISK_BYTES = 64L << 20;
  private static final int ROM_BYTES = 64 << 10;

  /** Two queues and an interrupt that its virtual function can have. */
  private static final String VF_RESOURCES =
      "max_ioqpairs=4,msix_qsize=3,sriov_vq_flexible=2,sriov_vi_flexible=1";

  /** The file every card's option ROM is made of. */
  private static final String ROM = "card.rom";

  /**
   * Whose IOMMU the host has. The hypervisor goes by the firmware's tables, not by the processor.
   */
  public enum Iommu {
    /** VT-d. The nested page tables of the emulated processor are AMD's: not to be shared. */
    INTEL("intel-iommu,intremap=on", " iommu=no-sharept"),
    /** AMD-Vi. */
    AMD("amd-iommu", "");

    private final String device;
    private final String hypervisorArgument;

    Iommu(String device, String hypervisorArgument) {
      this.device = device;
      this.hypervisorArgument = hypervisorArgument;
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * What there is to be passed through, by the place of the first one on the host's bus 0. Place
   * 0x14 is the I/O APIC's behind the emulated AMD-Vi: its interrupts end when a guest is given a
   * device there.
   */
  public enum Device {
    /** A device to learn on: memory, DMA, and an interrupt by its line or by MSI. */
    EDU(0x10),
    /** A disk, with interrupts by MSI-X. */
    NVME(0x11),
    /** A network card with I/O ports, an option ROM, and an interrupt by its line. */
    E1000(0x12),
    /** A network card with interrupts by MSI-X. */
    E1000E(0x13),
    /** A device that says whether its memory or its I/O ports were touched. */
    TESTDEV(0x0f),
    /** A USB controller with a keyboard. */
    XHCI(0x15),
    /** A device with registers in 256 bytes of memory, and memory of its own. */
    IVSHMEM(0x16),
    /**
     * So much memory that the firmware gives everything with addresses of 64 bits a place above 4
     * GiB, the memory of other devices too.
     */
    BIG(0x05),
    /** A virtual function, which dom0 makes of a disk: SR-IOV. */
    VF(0x06);

    private final int slot;

    Device(int slot) {
      this.slot = slot;
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** The emulator's arguments for one of them. */
    private List<String> arguments(int nth) {
      String id = this + Integer.toString(nth);
      String place = ",addr=" + Integer.toHexString(slot(nth));
      return switch (this) {
        case EDU -> List.of("-device", "edu" + place);
        case NVME ->
            List.of(
                "-drive", "if=none,id=" + id + ",format=raw,cache=unsafe,file=" + id + ".img",
                "-device", "nvme,drive=" + id + ",serial=" + id + place);
        case VF ->
            List.of(
                "-drive",
                "if=none,id=" + id + ",format=raw,cache=unsafe,file=" + id + ".img",
                "-device",
                "nvme-subsys,id=%s-both".formatted(id),
                "-device",
                "nvme,id=%1$s-disk,serial=%1$s,subsys=%1$s-both,sriov_max_vfs=1,%2$s%3$s"
                    .formatted(id, VF_RESOURCES, place),
                "-device",
                "nvme-ns,drive=%1$s,bus=%1$s-disk,nsid=1,shared=on".formatted(id));
        case E1000, E1000E ->
            List.of(
                "-netdev",
                "user,id=" + id + ",restrict=on,net=10.9.0.0/24,host=10.9.0.1",
                "-device",
                "%s,netdev=%s,mac=00:16:3e:5d:00:%02x,romfile=%s%s"
                    .formatted(this, id, this == E1000 ? 1 + 0x80 * nth : 0x11 + nth, ROM, place));
        case TESTDEV -> List.of("-device", "pci-testdev" + place);
        case XHCI ->
            List.of("-device", "qemu-xhci,id=" + id + place, "-device", "usb-kbd,bus=" + id + ".0");
        case IVSHMEM, BIG ->
            List.of(
                "-object",
                "memory-backend-ram,share=on,size=%s,id=%s"
                    .formatted(this == BIG ? "2G" : "1M", id),
                "-device",
                "ivshmem-plain,memdev=" + id + place);
      };
    }

    private int slot(int nth) {
      return slot + 8 * nth;
    }
  }

  /** Copies the list. */
  public LabPci {
    devices = List.copyOf(devices);
    for (Device device : devices) {
      if (devices.stream().filter(device::equals).count() > MOST_OF_A_KIND) {
        throw new IllegalArgumentException("more than " + MOST_OF_A_KIND + " of " + device);
      }
    }
  }

  /** The devices at these addresses of the host, for a guest that names them. */
  public static LabPci at(Iommu iommu, Collection<String> addresses) {
    List<Device> devices = new ArrayList<>();
    for (Device device : Device.values()) {
      int count = 0;
      for (int nth = 0; nth < MOST_OF_A_KIND; nth++) {
        if (addresses.contains(address(device, nth))) {
          count = nth + 1;
        }
      }
      for (; count > 0; count--) {
        devices.add(device);
      }
    }
    return new LabPci(iommu, devices);
  }

  /** What there can be, for a message: "0000:00:10.0 (edu), ...". */
  public static String catalogue() {
    return Arrays.stream(Device.values())
        .map(device -> address(device, 0) + " (" + device + ")")
        .collect(Collectors.joining(", "));
  }

  /** Whether the host has any. */
  public boolean present() {
    return !devices.isEmpty();
  }

  private static String address(Device device, int nth) {
    return "0000:00:%02x.%d".formatted(device.slot(nth), device == Device.VF ? 1 : 0);
  }

  /** One device of the host. */
  private record Place(Device device, int nth) {}

  private List<Place> places() {
    List<Place> places = new ArrayList<>();
    Map<Device, Integer> seen = new EnumMap<>(Device.class);
    for (Device device : devices) {
      places.add(new Place(device, seen.merge(device, 1, Integer::sum) - 1));
    }
    return places;
  }

  /** The addresses on the host, in the order of the devices. */
  public List<String> addresses() {
    return List.of(addresses(place -> true));
  }

  /** What makes the emulator have them; the IOMMU comes before what is behind it. */
  List<String> emulatorArguments() {
    List<String> arguments = new ArrayList<>();
    if (present()) {
      arguments.addAll(List.of("-device", iommu.device));
      places().forEach(place -> arguments.addAll(place.device().arguments(place.nth())));
    }
    return arguments;
  }

  /** What the hypervisor is told, with a blank before it. */
  String hypervisorArguments() {
    return present() ? iommu.hypervisorArgument : "";
  }

  /** Makes the files the emulator's arguments name, in its directory. */
  void makeFiles(Path directory) throws IOException {
    for (Place place : places()) {
      if (place.device() == Device.NVME || place.device() == Device.VF) {
        Path file = directory.resolve(place.device() + Integer.toString(place.nth()) + ".img");
        try (RandomAccessFile disk = new RandomAccessFile(file.toFile(), "rw")) {
          disk.setLength(DISK_BYTES);
        }
      }
    }
    if (devices.contains(Device.E1000) || devices.contains(Device.E1000E)) {
      // No firmware finds anything to run in it.
      byte[] rom = new byte[ROM_BYTES];
      new Random(1).nextBytes(rom);
      rom[0] = 0;
      Files.write(directory.resolve(ROM), rom);
    }
  }

  /**
   * Gives the devices to xen-pciback, in a host that is up. Virtual functions come last: dom0 has a
   * driver then, which would take other disks too.
   */
  void assign(Dom0 dom0) throws IOException {
    if (!present()) {
      return;
    }
    String script = Resources.text(LabPci.class, "assign-pci");
    dom0.sh(script, addresses(place -> place.device() != Device.VF));
    String[] functions = addresses(place -> place.device() == Device.VF);
    if (functions.length > 0) {
      dom0.sh(Resources.text(LabPci.class, "make-functions"), functions);
    }
  }

  private String[] addresses(Predicate<Place> which) {
    return places().stream()
        .filter(which)
        .map(place -> address(place.device(), place.nth()))
        .toArray(String[]::new);
  }
}
