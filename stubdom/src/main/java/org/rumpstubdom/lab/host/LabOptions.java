// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.host;

import org.rumpstubdom.lab.root.LabRoot;

/**
 * What kind of host to boot.
 *
 * @param suite the Debian release dom0 is made of
 * @param clock what drives its time
 * @param memoryMib memory of the whole machine
 * @param savedState whether to start from a saved machine state (made when missing)
 * @param l1tf whether Xen treats PV domains as on processors with the L1TF fault
 * @param pci devices that guests may be given; a host with any has no saved state
 */
public record LabOptions(
    String suite, LabClock clock, int memoryMib, boolean savedState, boolean l1tf, LabPci pci) {
  /** Memory of the machine unless guests need more. */
  public static final int DEFAULT_MEMORY_MIB = 3072;

  /** Memory of dom0, which never changes. */
  static final int DOM0_MEMORY_MIB = 768;

  /** The usual host with the given clock. */
  public static LabOptions of(LabClock clock) {
    return of(clock, LabRoot.DEFAULT_SUITE);
  }

  /** The usual host of a Debian release with the given clock. */
  public static LabOptions of(LabClock clock, String suite) {
    return new LabOptions(suite, clock, DEFAULT_MEMORY_MIB, true, false, LabPci.NONE);
  }

  /** The same with room for guests of this much memory in all. */
  public LabOptions withGuestMemory(int guestsMib) {
    // The hypervisor, its tables and each domain's overhead take a share beside dom0.
    int needed = DOM0_MEMORY_MIB + guestsMib + guestsMib / 16 + 256;
    int step = 1024;
    int rounded = (needed + step - 1) / step * step;
    return new LabOptions(suite, clock, Math.max(memoryMib, rounded), savedState, l1tf, pci);
  }

  /** The same without a saved state. */
  public LabOptions cold() {
    return new LabOptions(suite, clock, memoryMib, false, l1tf, pci);
  }

  /**
   * The same with an eye on PV domains: Xen ends one whose page tables name memory in an entry that
   * is not present, and says so in its log. Linux is ended too, because the firmware's memory map
   * leaves no address above it that the processor has.
   */
  public LabOptions withL1tf() {
    return new LabOptions(suite, clock, memoryMib, savedState, true, pci);
  }

  /** The same with these devices. */
  public LabOptions withPci(LabPci devices) {
    return new LabOptions(suite, clock, memoryMib, savedState && !devices.present(), l1tf, devices);
  }
}
