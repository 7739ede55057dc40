// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import java.util.List;
import java.util.Set;

/** What libxl refuses of devices that are passed through, and what a stub domain changes there. */
final class PassthroughLimits {
  private static final Set<String> OFF = Set.of("", "0", "disabled");

  private PassthroughLimits() {}

  /** What libxl refuses wherever the device model runs. */
  static void refusals(GuestConfiguration guest, Checker.Report error) {
    String mode = guest.string("passthrough").orElse("");
    boolean devices = !guest.pciDevices().isEmpty();
    if (devices && (mode.equals("disabled") || mode.equals("0"))) {
      error.add(
          guest.line("passthrough"),
          "passthrough is disabled, but pci names devices, which libxl refuses",
          "remove the key, it is enabled when there are devices");
    }
    if ((devices || !OFF.contains(mode))
        && guest.number("memory").isPresent()
        && guest.number("maxmem").orElse(0) > guest.memoryMib()) {
      error.add(
          guest.line("maxmem"),
          "passthrough needs all of the guest's memory from the start, libxl refuses maxmem above"
              + " memory",
          "set both alike");
    }
  }

  /** Limits of libxl's protocol and of dom0's kernel, the same for any stub domain. */
  static void check(GuestConfiguration guest, Checker.Report error, Checker.Report note) {
    if (!OFF.contains(guest.string("gfx_passthru").orElse(""))) {
      error.add(
          guest.line("gfx_passthru"),
          "graphics passthrough (Intel's) needs memory and other devices of the host that libxl"
              + " gives no stub domain",
          "remove the key, or run the guest without a stub domain");
    }
    List<PciDevice> devices = guest.pciDevices();
    if (devices.isEmpty()) {
      return;
    }
    note.add(
        guest.line("pci"),
        "`xl pci-list` and `xl pci-detach` do not find the devices of a guest with a stub domain",
        "shut the guest down to get them back");
    if (guest.has("rdm") || devices.stream().anyMatch(d -> d.options().containsKey("rdm_policy"))) {
      note.add(
          guest.has("rdm") ? guest.line("rdm") : guest.line("pci"),
          "reserved device memory (rdm) is between libxl and Xen, and was not tried with a stub"
              + " domain",
          "leave it out unless the host needs it");
    }
    devices.forEach(device -> interrupts(guest, device, note));
  }

  private static void interrupts(GuestConfiguration guest, PciDevice device, Checker.Report note) {
    if (device.flag("permissive", guest.flag("pci_permissive", false))) {
      note.add(
          device.line(),
          "permissive lets the guest write to all of the configuration space of " + device.called(),
          "for interrupts by MSI alone it is enough before each start: " + consent(device));
    } else {
      note.add(
          device.line(),
          "interrupts of " + device.called() + " by MSI or MSI-X need dom0's consent",
          "before each start: " + consent(device) + ", or permissive=1 here");
    }
  }

  /** The line for dom0, whose xen-pciback has the attribute and wants an address written to it. */
  private static String consent(PciDevice device) {
    String address =
        device.address().isEmpty() ? "ADDRESS" : device.address().replace("*", "FUNCTION");
    return "echo " + address + " >/sys/bus/pci/drivers/pciback/allow_interrupt_control";
  }
}
