// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.rumpstubdom.xl.Checker.Report;

/**
 * What xl, libxl (4.17 to 4.20) or QEMU refuses wherever the device model runs. In dom0 the refusal
 * comes from `xl create` at once, with a stub domain often as a timeout: it is better said before.
 */
final class Refusals {

  /** The names of libxl's enumeration of sound cards. */
  static final List<String> SOUND_CARDS =
      List.of("ac97", "adlib", "cs4231a", "es1370", "gus", "hda", "sb16");

  /** What a PC's CMOS memory has room for. */
  private static final int MOST_BOOT_DEVICES = 3;

  private static final Set<String> BOOT_OPTIONS =
      Set.of("order", "once", "menu", "splash", "splash-time", "reboot-timeout", "strict");

  /** In MiB: libxl's least for each card, and the most that QEMU's cirrus takes. */
  private static final long LEAST_STDVGA = 16;

  private static final long LEAST_CIRRUS = 8;
  private static final long MOST_CIRRUS = 16;
  private static final long LEAST_QXL = 128;

  private static final long NEWEST_USB = 3;

  private static final Pattern UUID =
      Pattern.compile("(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}");

  private Refusals() {}

  static void check(GuestConfiguration guest, Report error) {
    for (String key : List.of("bios", "firmware")) {
      if (guest.string(key).orElse("").equalsIgnoreCase("rombios")) {
        error.add(
            guest.line(key),
            "rombios works with qemu-xen-traditional only",
            "remove the key or set bios = \"seabios\"");
      }
    }
    identity(guest, error);
    usb(guest, error);
    boot(guest, error);
    video(guest, error);
    String sound = guest.string("soundhw").orElse("");
    if (!sound.isEmpty() && !SOUND_CARDS.contains(sound)) {
      error.add(
          guest.line("soundhw"),
          "libxl knows no sound card '" + sound + "'",
          "use one of " + String.join(", ", SOUND_CARDS));
    }
    if (!guest.bootsKernel()) {
      for (String key : List.of("extra", "root", "cmdline", "ramdisk")) {
        if (!guest.string(key).orElse("").isEmpty()) {
          error.add(
              guest.line(key),
              "'" + key + "' without a kernel, which libxl refuses",
              "remove the key, an HVM guest's kernel is on its disk");
        }
      }
    }
  }

  private static void identity(GuestConfiguration guest, Report error) {
    String uuid = guest.string("uuid").orElse("");
    if (guest.has("uuid") && !UUID.matcher(uuid).matches()) {
      error.add(guest.line("uuid"), "'" + uuid + "' is no UUID", "write what `uuidgen` prints");
    }
    long vcpus = guest.number("vcpus").orElse(1);
    if (vcpus > guest.number("maxvcpus").orElse(vcpus)) {
      error.add(guest.line("vcpus"), "vcpus is more than maxvcpus", "raise maxvcpus");
    }
  }

  private static void usb(GuestConfiguration guest, Report error) {
    if (guest.number("usbversion").orElse(0) == 0) {
      return;
    }
    long version = guest.number("usbversion").getAsLong();
    if (version < 0 || version > NEWEST_USB) {
      error.add(guest.line("usbversion"), "there is no USB " + version, "set 1, 2 or 3");
    }
    if (guest.flag("usb", false) || guest.has("usbdevice")) {
      error.add(
          guest.line("usbversion"),
          "libxl refuses usbversion beside usb and usbdevice",
          "remove one or the others");
    }
  }

  /** The value reaches QEMU as it is: "-boot order=VALUE", so options may follow the letters. */
  private static void boot(GuestConfiguration guest, Report error) {
    int line = guest.line("boot");
    String[] parts = guest.string("boot").orElse("").split(",", -1);
    String order = parts[0];
    if (!order.matches("[acdn]*")) {
      error.add(
          line,
          "unknown boot device in '" + order + "'",
          "use the letters c (disk), d (CD) and n (network)");
    } else if (order.chars().distinct().count() < order.length()) {
      error.add(line, "a boot device is given twice in '" + order + "'", "give each once");
    } else if (order.length() > MOST_BOOT_DEVICES) {
      error.add(
          line,
          "QEMU takes no more than " + MOST_BOOT_DEVICES + " boot devices",
          "leave one of '" + order + "' out");
    }
    for (String option : List.of(parts).subList(1, parts.length)) {
      String name = option.replaceFirst("=.*", "");
      if (!name.isEmpty() && !BOOT_OPTIONS.contains(name)) {
        error.add(
            line,
            "QEMU's -boot has no option '" + name + "'",
            "write the devices in one word, as boot = \"dc\"");
      }
    }
  }

  private static void video(GuestConfiguration guest, Report error) {
    String card = VideoCard.nameOf(guest);
    if (!VideoCard.of(guest).xlName().equals(card)) {
      error.add(
          guest.line("vga"),
          "xl knows no video card '" + card + "'",
          "set vga = \"stdvga\", \"cirrus\" or \"none\"");
    }
    if (guest.number("videoram").isEmpty()) {
      return;
    }
    long mib = guest.number("videoram").getAsLong();
    String refused = "videoram = " + mib + " is refused: " + card;
    int line = guest.line("videoram");
    boolean power = Long.bitCount(mib) == 1;
    switch (card) {
      case "stdvga" -> {
        if (mib < LEAST_STDVGA || !power) {
          error.add(
              line,
              refused + " takes a power of two from " + LEAST_STDVGA + " on",
              "set videoram = " + LEAST_STDVGA);
        }
      }
      case "cirrus" -> {
        if (mib < LEAST_CIRRUS || mib > MOST_CIRRUS || !power) {
          error.add(
              line,
              refused + " takes " + LEAST_CIRRUS + " or " + MOST_CIRRUS,
              mib > MOST_CIRRUS ? "set vga = \"stdvga\" for more" : "set one of these");
        }
      }
      case "qxl" -> {
        if (mib < LEAST_QXL) {
          error.add(line, refused + " takes no less than " + LEAST_QXL, "remove the key");
        }
      }
      default -> {}
    }
  }
}
