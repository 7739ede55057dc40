// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What does not work when the device model is in a stub domain, and what ours lacks besides. */
final class StubdomLimits {
  /** Cards our QEMU has; libxl passes any other name on, and QEMU then refuses to start. */
  private static final Set<String> CARDS =
      Set.of(
          "rtl8139",
          "e1000",
          "e1000e",
          "ne2k_pci",
          "pcnet",
          "vmxnet3",
          "tulip",
          "i82550",
          "i82551",
          "i82557a",
          "i82557b",
          "i82557c",
          "i82558a",
          "i82558b",
          "i82559a",
          "i82559b",
          "i82559c",
          "i82559er",
          "i82562",
          "i82801",
          "virtio-net",
          "virtio-net-pci");

  private static final Set<String> INPUT = Set.of("tablet", "mouse", "keyboard");

  private static final String SERIAL = "remove the key and set serial = \"pty\"";

  /**
   * An absolute path as a whole argument or as a property of one; devices may be the stub domain's
   * own.
   */
  private static final Pattern FILE =
      Pattern.compile("(?:^|(?:^|[,:])(?:file|filename|path)[=:])(/(?!dev/)[^,]+)");

  /** QEMU passes over a directory that is not there. */
  private static final String FIRMWARE_DIRECTORY = "-L";

  private static final Pattern SOCKET = Pattern.compile("^(?:telnet|tcp|udp|unix|socket)[:,]");

  private StubdomLimits() {}

  /** Limits of libxl's protocol, the same for any stub domain. */
  static void check(
      GuestConfiguration guest,
      XenRelease xen,
      Checker.Report error,
      Checker.Report warn,
      Checker.Report note) {
    if (guest.bootsKernel()) {
      error.add(
          guest.line("kernel"),
          "direct kernel boot names a file of dom0, which the stub domain cannot read",
          "boot from a disk or ISO");
    }
    if (guest.string("boot").orElse("").contains(",splash=")) {
      warn.add(
          guest.line("boot"),
          "splash= names a file of dom0, which the stub domain cannot read",
          "remove splash=");
    }
    arguments(guest, error, warn);
    StubNetwork.check(guest, error, warn, note);
    refuse(
        guest,
        "vtpm",
        warn,
        "no TPM is emulated, only a guest with a PV driver for it can find a vtpm",
        "remove the key");
    refuse(
        guest,
        "channel",
        error,
        "channels are sockets of dom0, which the stub domain cannot open",
        "remove the key");
    refuse(
        guest,
        "p9",
        error,
        "9pfs is served by QEMU in dom0, which a guest with a stub domain has not",
        "remove the key");
    refuseIfOn(
        guest,
        "dm_restrict",
        error,
        "dm_restrict passes a path of dom0 to the stub domain's QEMU, which then fails",
        "remove the key, the stub domain confines QEMU better");
    refuseIfOn(guest, "spice", error, "SPICE is not available in a stub domain", SERIAL);
    refuseIfOn(
        guest, "sdl", warn, "SDL opens its window on dom0's display, if there is one", SERIAL);
    refuse(
        guest,
        "device_model_user",
        warn,
        "device_model_user concerns QEMU in dom0 only",
        "remove the key");
    refuse(
        guest,
        "device_model_override",
        warn,
        "device_model_override does not change the stub domain's QEMU, but the one in dom0 that"
            + " serves its consoles",
        "remove the key");
    refuse(
        guest,
        "device_model_args",
        warn,
        "device_model_args also reaches QEMU in dom0, which fails on what it does not know",
        "use device_model_args_hvm");
    if (vnc(guest)) {
      refuse(
          guest,
          "vncpasswd",
          warn,
          "Debian's QEMU in dom0 has no cipher for VNC passwords, with one the guest does not start",
          "remove the key; without vnclisten the server listens on 127.0.0.1 only");
    }
    disks(guest, xen, error, warn, note);
    refuse(
        guest,
        "vfb",
        warn,
        "an HVM guest's vfb is a PV frame buffer, which no one serves beside a stub domain",
        "remove the key, vnc = 1 is what shows the guest's screen");
    if (guest.flag("vkb_device", true)) {
      warn.add(
          guest.line("vkb_device"),
          "a PV keyboard without backend delays Linux guests by 30 s",
          "set vkb_device = 0");
    }
  }

  /** Arguments for the stub domain's QEMU that name what is in dom0. */
  private static void arguments(
      GuestConfiguration guest, Checker.Report error, Checker.Report warn) {
    for (String key : List.of("device_model_args", "device_model_args_hvm")) {
      String before = "";
      for (Value.Text argument : guest.texts(key)) {
        Matcher file = FILE.matcher(argument.text());
        boolean searched = before.equals(FIRMWARE_DIRECTORY);
        before = argument.text();
        if (file.find() && !searched) {
          error.add(
              argument.line(),
              key + " names the file " + file.group(1) + ", which the stub domain cannot open",
              "remove the argument, or use a disk of the guest");
        } else if (StubNetwork.vif(guest).isEmpty() && SOCKET.matcher(argument.text()).find()) {
          warn.add(
              argument.line(),
              key + " opens a socket (" + argument.text() + "), the stub domain has no network",
              "remove the argument");
        }
      }
    }
  }

  /** libxl's own default is on. */
  private static boolean vnc(GuestConfiguration guest) {
    return guest.flag("vnc", true);
  }

  /**
   * libxl 4.20 changes media, for which it takes the old disk away from the stub domain first. An
   * empty one it leaves to QEMU in dom0, which serves no such disk and so cannot end it, unless it
   * is told to take the kernel's backend, for which it makes an empty file.
   */
  private static void drive(Disk disk, XenRelease xen, Checker.Report warn, Checker.Report note) {
    boolean empty = disk.target().isEmpty();
    String stays = "the empty drive " + disk.vdev() + " stays empty, ";
    if (!xen.has(XenRelease.XEN_4_20)) {
      if (empty) {
        warn.add(
            disk.line(),
            stays + "before Xen 4.20 `xl cd-insert` refuses guests with a stub domain",
            "name an ISO");
      }
    } else if (!disk.backendType().equals("phy")) {
      String fix = "add backendtype=phy";
      if (empty) {
        warn.add(disk.line(), stays + "`xl cd-insert` waits in vain for who would serve it", fix);
      } else {
        note.add(
            disk.line(),
            "after an `xl cd-eject` the drive " + disk.vdev() + " cannot be filled again",
            fix);
      }
    }
  }

  private static void disks(
      GuestConfiguration guest,
      XenRelease xen,
      Checker.Report error,
      Checker.Report warn,
      Checker.Report note) {
    for (Disk disk : guest.disks()) {
      if (!disk.cdrom() && disk.servedByQemu()) {
        boolean raw = disk.format().equals("raw");
        warn.add(
            disk.line(),
            disk.vdev()
                + " is "
                + (raw ? "for qdisk" : disk.format())
                + ", which no one serves to the guest's PV"
                + " drivers: a guest that switches to them hangs",
            raw ? "remove backendtype=qdisk" : "convert it with `qemu-img convert -O raw`");
      }
      if (disk.cdrom()) {
        drive(disk, xen, warn, note);
      }
      if (disk.specification().equals("virtio")) {
        error.add(
            disk.line(),
            disk.vdev() + " is a virtio disk, which the stub domain cannot serve",
            "remove specification=virtio");
      }
      for (Disk other : guest.disks().subList(0, guest.disks().indexOf(disk))) {
        boolean sameNumber = other.index() == disk.index() && disk.index() >= 0;
        if (sameNumber && !other.vdev().equals(disk.vdev())) {
          error.add(
              disk.line(),
              other.vdev() + " and " + disk.vdev() + " are the same device in the stub domain",
              "give one of them another letter");
        }
      }
    }
  }

  /** What our image lacks. */
  static void checkOurs(GuestConfiguration guest, Checker.Report error, Checker.Report warn) {
    for (String key : List.of("usbdev", "usbctrl")) {
      refuse(
          guest,
          key,
          error,
          "USB devices of the host are not supported by this stub domain",
          "remove the key");
    }
    for (String device : guest.strings("usbdevice")) {
      if (!INPUT.contains(device)) {
        error.add(
            guest.line("usbdevice"),
            "USB device '" + device + "' is not supported by this stub domain",
            "use tablet, mouse or keyboard");
      }
    }
    refuseIf(
        guest,
        "vga",
        "qxl"::equals,
        error,
        "QXL is not in this stub domain's QEMU",
        "set vga = \"stdvga\" or \"cirrus\"");
    if (vnc(guest)) {
      warn.add(
          guest.line("vnc"),
          "the VNC server is the stub domain's, `xl vncviewer " + guest.name() + "` finds none",
          "use `xl vncviewer "
              + guest.name()
              + "-dm`, and press Ctrl, Alt and 1 there when a newer QEMU in dom0 shows an empty screen");
    }
    refuseIf(
        guest,
        "soundhw",
        Refusals.SOUND_CARDS::contains,
        warn,
        "the sound card works but is silent, the stub domain has no sound output",
        "remove the key");
    for (Vif vif : guest.vifs()) {
      if (vif.emulated() && !CARDS.contains(vif.model())) {
        error.add(
            vif.line(),
            "network card '" + vif.model() + "' is not in this stub domain's QEMU",
            "use model=e1000 or model=rtl8139");
      }
    }
  }

  private static void refuse(
      GuestConfiguration guest, String key, Checker.Report report, String reason, String fix) {
    boolean set = !guest.strings(key).stream().allMatch(String::isEmpty);
    boolean nested =
        guest.values().get(key) instanceof Value.Items items
            && items.values().stream().anyMatch(Value.Items.class::isInstance);
    if (set || nested) {
      report.add(guest.line(key), reason, fix);
    }
  }

  private static void refuseIfOn(
      GuestConfiguration guest, String key, Checker.Report report, String reason, String fix) {
    if (guest.flag(key, false)) {
      report.add(guest.line(key), reason, fix);
    }
  }

  private static void refuseIf(
      GuestConfiguration guest,
      String key,
      Predicate<String> bad,
      Checker.Report report,
      String reason,
      String fix) {
    if (guest.string(key).filter(bad).isPresent()) {
      report.add(guest.line(key), reason, fix);
    }
  }
}
