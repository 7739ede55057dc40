// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What xl takes without doing what it says: keys it does not know, old keys, keys said again. */
final class XlHabits {
  /** Keys of xm, the toolstack before xl, that xl never took over. */
  private static final Set<String> OF_XM =
      Set.of(
          "fda",
          "fdb",
          "isa",
          "monitor",
          "ne2000",
          "on_xend_start",
          "on_xend_stop",
          "parallel",
          "vncconsole",
          "vncviewer");

  /** Keys that xl has under another name. */
  private static final Map<String, String> RENAMED = Map.of("cpu_cap", "cap");

  private static final String QEMU_XEN = "qemu-xen";

  private XlHabits() {}

  /** A key that is not in {@link KnownKeys}: xl starts the guest as if it were not there. */
  static void unknown(String key, int line, Checker.Report note) {
    if (OF_XM.contains(key)) {
      note.add(line, "xl ignores '" + key + "', a key of xm", "remove it");
      return;
    }
    note.add(
        line,
        "xl ignores '" + key + "', which it does not know",
        Optional.ofNullable(RENAMED.get(key))
            .or(() -> KnownKeys.nearest(key))
            .map(known -> "did you mean '" + known + "'?")
            .orElse("remove it, `man 5 xl.cfg` lists the keys"));
  }

  /** Everything else that is worth a note, in an HVM guest's configuration. */
  static void check(GuestConfiguration guest, Checker.Report note) {
    for (Assignment lost : guest.overridden()) {
      note.add(
          lost.line(),
          "'" + lost.key() + "' is said again below, and the last one counts",
          "remove this line");
    }
    if (guest.has("builder")) {
      note.add(
          guest.line("builder"),
          guest.has("type")
              ? "xl ignores 'builder' beside 'type'"
              : "'builder' is the old name of 'type'",
          guest.has("type") ? "remove it" : "write type = \"hvm\"");
    }
    ignored(guest, "device_model", "use device_model_override if you mean it", note);
    ignored(guest, "bootloader", "remove it, only PV and PVH guests have one", note);
    if (guest.has("kernel") && !guest.bootsKernel()) {
      note.add(
          guest.line("kernel"),
          "xl ignores 'kernel' when it names hvmloader",
          "remove it, libxl finds hvmloader itself");
    }
    String version = guest.string("device_model_version").orElse(QEMU_XEN);
    if (!version.equals(QEMU_XEN)) {
      note.add(
          guest.line("device_model_version"),
          "device model version '" + version + "' is replaced by '" + QEMU_XEN + "'",
          "set device_model_version = \"" + QEMU_XEN + "\"");
    }
    if (guest.number("memory").isPresent()
        && guest.number("maxmem").orElse(0) > guest.memoryMib()) {
      note.add(
          guest.line("memory"),
          "memory is less than maxmem, and Xen ends a guest that touches more than "
              + guest.memoryMib()
              + " MiB before its balloon driver runs",
          "set both alike for a guest without a balloon driver");
    }
  }

  private static void ignored(
      GuestConfiguration guest, String key, String fix, Checker.Report note) {
    if (guest.has(key)) {
      note.add(guest.line(key), "xl ignores '" + key + "'", fix);
    }
  }
}
