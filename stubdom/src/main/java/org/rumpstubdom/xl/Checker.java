// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;
import org.rumpstubdom.image.QemuVersion;
import org.rumpstubdom.util.StubdomException;

/** Finds what would not work in a guest's configuration, before anything is started. */
public final class Checker {
  /** Beyond what Xen can give a domain: 16 TiB. */
  static final int MOST_MEMORY_MIB = 1 << 24;

  /** The controller's own number is 7; libxl gives a disk the number of its letter. */
  private static final int LAST_SCSI = 6;

  private static final int MOST_OPTION_ROMS = 4;

  private static final String CARD_WITHOUT_ROM = "tulip";

  private final GuestConfiguration guest;
  private final XenRelease xen;

  /** Of the stub domain; null when that is not known. */
  private final QemuVersion qemu;

  private final List<Problem> problems = new ArrayList<>();

  private Checker(GuestConfiguration guest, XenRelease xen, QemuVersion qemu) {
    this.guest = guest;
    this.xen = xen;
    this.qemu = qemu;
  }

  /**
   * Checks everything, also that the disks' files are on this machine.
   *
   * @param xen the release that will run the guest
   * @param qemu the version in our stub domain's image; null when that is not known
   * @return the problems, in the order of their lines
   */
  public static List<Problem> check(
      GuestConfiguration guest, DeviceModel model, XenRelease xen, QemuVersion qemu) {
    Checker checker = new Checker(guest, xen, qemu);
    checker.files();
    if (model == DeviceModel.STUBDOM) {
      checker.memory(StubdomKeys.MEMORY, MemoryNeeds.LEAST_MIB);
    }
    return checker.all(model);
  }

  /**
   * As {@link #check}, for a guest that will run on another machine and is to be given the keys of
   * a stub domain.
   */
  public static List<Problem> checkWithoutFiles(
      GuestConfiguration guest, DeviceModel model, XenRelease xen, QemuVersion qemu) {
    return new Checker(guest, xen, qemu).all(model);
  }

  /**
   * Fails when the guest cannot run with the oldest release.
   *
   * @param strict whether a warning is an error
   * @param qemu the version in our stub domain's image; null when that is not known
   * @throws StubdomException (input) naming the first error
   */
  public static void require(
      GuestConfiguration guest, DeviceModel model, boolean strict, QemuVersion qemu) {
    for (Problem found : check(guest, model, XenRelease.oldest(), qemu)) {
      Problem problem = strict ? found.strict() : found;
      if (problem.severity() == Problem.Severity.ERROR) {
        throw StubdomException.input(problem.where(), problem.reason(), problem.fix());
      }
    }
  }

  private List<Problem> all(DeviceModel model) {
    keys();
    // A guest without a device model has nothing else to be checked here.
    if (hvm()) {
      problems.addAll(guest.deviceProblems());
      disks();
      vifs();
      memory("memory", 1);
      memory("maxmem", 1);
      XlHabits.check(guest, this::note);
      KnownWords.check(guest, this::error);
      Refusals.check(guest, this::error);
      PassthroughLimits.refusals(guest, this::error);
      if (model != DeviceModel.LINUX) {
        optionRoms();
      }
      if (model != DeviceModel.DOM0) {
        StubdomLimits.check(guest, xen, this::error, this::warn, this::note);
        PassthroughLimits.check(guest, this::error, this::note);
      }
      if (model == DeviceModel.STUBDOM) {
        StubdomLimits.checkOurs(guest, this::error, this::warn);
        if (qemu != null && !qemu.knowsNoAcpi() && !guest.flag("acpi", true)) {
          error(
              guest.line("acpi"),
              "the image's QEMU " + qemu.major() + " does not know -no-acpi, which libxl says",
              "remove the key, or use an image of stubdom build --suite=bookworm");
        }
        needs();
      }
    }
    // Errors first in each line, and things that are absent (line 0) after all lines.
    problems.sort(
        (a, b) -> {
          int byLine =
              Integer.compare(
                  a.line() == 0 ? Integer.MAX_VALUE : a.line(),
                  b.line() == 0 ? Integer.MAX_VALUE : b.line());
          return byLine != 0 ? byLine : a.severity().compareTo(b.severity());
        });
    return List.copyOf(problems);
  }

  /** Where a check puts what it finds. */
  @FunctionalInterface
  interface Report {
    void add(int line, String reason, String fix);
  }

  private void error(int line, String reason, String fix) {
    problems.add(new Problem(Problem.Severity.ERROR, guest.file(), line, reason, fix));
  }

  private void warn(int line, String reason, String fix) {
    problems.add(new Problem(Problem.Severity.WARNING, guest.file(), line, reason, fix));
  }

  private void note(int line, String reason, String fix) {
    problems.add(new Problem(Problem.Severity.NOTE, guest.file(), line, reason, fix));
  }

  private void keys() {
    guest
        .values()
        .forEach(
            (key, value) -> {
              Optional<KnownKeys.Kind> kind = KnownKeys.kind(key);
              if (kind.isEmpty()) {
                XlHabits.unknown(key, value.line(), this::note);
                return;
              }
              XenRelease since = KnownKeys.since(key);
              if (!xen.has(since)) {
                note(
                    value.line(),
                    "Xen " + xen + " ignores '" + key + "', Xen " + since + " knows it",
                    "remove it, or give --xen=" + since);
              }
              boolean list = value instanceof Value.Items;
              if (kind.get() == KnownKeys.Kind.LIST && !list) {
                error(
                    value.line(),
                    "'" + key + "' is not a list",
                    "put brackets around it: " + key + " = [ ... ]");
              } else if (list
                  && (kind.get() == KnownKeys.Kind.TEXT || kind.get() == KnownKeys.Kind.NUMBER)) {
                error(value.line(), "'" + key + "' is a list", "remove the brackets");
              } else if (kind.get() == KnownKeys.Kind.NUMBER && guest.number(key).isEmpty()) {
                error(
                    value.line(),
                    "'" + key + "' is not a number: " + guest.string(key).orElse(""),
                    "write digits");
              }
            });
    if (guest.name().isEmpty()) {
      error(0, "the guest has no name", "add name = \"...\"");
    }
    // Files and directories are named after it, here and in dom0.
    if (guest.name().contains("/") || guest.name().matches("\\.\\.?")) {
      error(
          guest.line("name"),
          "the name '" + guest.name() + "' cannot be that of a file",
          "write it without slashes");
    }
  }

  private boolean hvm() {
    String type = guest.string("type").orElse("");
    String builder = guest.string("builder").orElse("");
    if (type.equals("hvm") && !builder.isEmpty() && !builder.equals("hvm")) {
      error(
          guest.line("builder"),
          "builder = '" + builder + "' contradicts type = 'hvm', and xl ends",
          "remove it");
    }
    if (type.equals("hvm") || (type.isEmpty() && builder.equals("hvm"))) {
      return true;
    }
    boolean pvh = type.equals("pvh") || guest.flag("pvh", false);
    if (type.isEmpty() || type.equals("pv") || type.equals("pvh")) {
      error(
          type.isEmpty() ? Math.max(guest.line("builder"), guest.line("pvh")) : guest.line("type"),
          "this is a " + (pvh ? "PVH" : "PV") + " guest, which has no device model",
          "set type = \"hvm\" or run it without a stub domain");
    } else {
      error(guest.line("type"), "unknown type '" + type + "'", "set type = \"hvm\"");
    }
    return false;
  }

  private void disks() {
    boolean network = !guest.vifs().isEmpty() && guest.string("boot").orElse("").contains("n");
    if (guest.disks().isEmpty() && guest.deviceProblems().isEmpty() && !network) {
      warn(
          guest.line("disk"),
          "the guest has no disk to boot from",
          "add disk = [ '/path/to/disk.img,raw,hda' ]");
    }
    boolean ahci = guest.string("hdtype").orElse("ide").equals("ahci");
    Set<String> names = new HashSet<>();
    for (Disk disk : guest.disks()) {
      if (disk.index() < 0) {
        error(
            disk.line(),
            "unknown vdev '" + disk.vdev() + "'",
            "names are hda to hdd, sda to sdp, and xvda and on");
        continue;
      }
      boolean emulated = !disk.scsi() && disk.index() < (ahci ? 6 : 4);
      if (!disk.cdrom() && emulated && !disk.writable()) {
        error(
            disk.line(),
            "the IDE disk " + disk.vdev() + " is read-only, which QEMU cannot emulate",
            "attach it as a SCSI disk (sda), as a cdrom, or writable");
      }
      if (disk.scsi() && !disk.cdrom() && disk.index() > LAST_SCSI) {
        error(
            disk.line(),
            disk.vdev() + " is beyond the SCSI controller, and QEMU refuses to start",
            "use sda to sdg, or another kind of disk");
      }
      if (!disk.scsi() && !emulated) {
        warn(
            disk.line(),
            disk.vdev() + " is beyond the emulated controller, only PV drivers see it",
            ahci ? "use sd* names" : "use hdtype = \"ahci\" or sd* names");
      }
      if (disk.backendType().equals("tap")) {
        blktap(disk);
      }
      if (disk.format().equals("raw")
          && disk.target().matches("(?i).*\\.(qcow2?|vhd|qed|vmdk|vdi)")) {
        warn(
            disk.line(),
            disk.vdev() + " is raw, but its file's name says otherwise",
            "name the format, as in 'PATH,qcow2,xvda'");
      }
      if (!names.add(disk.vdev())) {
        error(disk.line(), "two disks are named " + disk.vdev(), "rename one");
      }
    }
  }

  private void blktap(Disk disk) {
    String fix = "leave it to libxl, which takes phy";
    if (xen.has(XenRelease.XEN_4_20)) {
      warn(disk.line(), "backendtype=tap needs blktap's programs, which Debian has not", fix);
    } else {
      error(disk.line(), "backendtype=tap is refused: libxl " + xen + " has no such backend", fix);
    }
  }

  private void files() {
    for (Disk disk : guest.disks()) {
      Path path = disk.path();
      if (path == null) {
        continue;
      }
      if (!Files.exists(path)) {
        error(
            disk.line(),
            "disk " + disk.vdev() + ": no such file " + path,
            "create it or correct the path");
      } else if (Files.isDirectory(path)) {
        error(disk.line(), "disk " + disk.vdev() + ": " + path + " is a directory", "name a file");
      } else if (!Files.isReadable(path)) {
        error(
            disk.line(),
            "disk " + disk.vdev() + ": no permission to read " + path,
            "run as root or change its permissions");
      }
    }
  }

  private void vifs() {
    for (Vif vif : guest.vifs()) {
      String mac = vif.mac();
      if (!mac.isEmpty() && !mac.matches("(?i)[0-9a-f]{2}([:-][0-9a-f]{2}){5}")) {
        error(vif.line(), "'" + mac + "' is no MAC address", "write it like 00:16:3e:12:34:56");
      }
    }
  }

  private void needs() {
    Integer own = StubdomKeys.memoryMib(guest);
    MemoryNeeds needs = MemoryNeeds.of(guest);
    if (own != null && own < needs.smallestMib()) {
      warn(
          guest.line(StubdomKeys.MEMORY),
          own + " MiB may be too few for the stub domain of " + needs.whySmallest(),
          "set " + StubdomKeys.MEMORY + " = " + needs.smallestMib());
    }
  }

  private void memory(String key, int least) {
    OptionalLong memory = guest.number(key);
    if (memory.isPresent()
        && (memory.getAsLong() < least || memory.getAsLong() > MOST_MEMORY_MIB)) {
      error(
          guest.line(key),
          key + " is not between " + least + " MiB and " + MOST_MEMORY_MIB + " MiB",
          "set it to what is needed");
    }
  }

  /**
   * libxl leaves 1 MiB for what QEMU adds to a guest's memory, and each emulated card's ROM takes a
   * quarter of it.
   */
  private void optionRoms() {
    boolean chosen =
        Stream.of("device_model_args", "device_model_args_hvm")
            .flatMap(key -> guest.strings(key).stream())
            .anyMatch(argument -> argument.contains("romfile="));
    if (chosen) {
      return;
    }
    guest.vifs().stream()
        .filter(vif -> vif.emulated() && !vif.model().equals(CARD_WITHOUT_ROM))
        .skip(MOST_OPTION_ROMS)
        .findFirst()
        .ifPresent(
            vif ->
                error(
                    vif.line(),
                    "the option ROMs of more than "
                        + MOST_OPTION_ROMS
                        + " emulated network cards do not fit, and QEMU does not start",
                    "use type=vif, or a -global with romfile= in device_model_args_hvm"));
  }
}
