// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import org.rumpstubdom.lab.host.LabClock;
import org.rumpstubdom.lab.host.LabOptions;
import org.rumpstubdom.lab.root.LabRoot;
import org.rumpstubdom.xl.DeviceModel;

/**
 * The emulated host that tests run on: of the Debian release in the system property
 * rumpstubdom.suite, or of the default one.
 */
public final class TestHost {
  private TestHost() {}

  /** The release's code name. */
  static String suite() {
    return System.getProperty("rumpstubdom.suite", LabRoot.DEFAULT_SUITE);
  }

  /**
   * Whether a guest's device model on a host of that release tells Xen which lines of the PIC a PCI
   * device's interrupts are on. QEMU 10 reads them from the wrong registers of its PIIX3, which our
   * bridge mends; only guests without an I/O APIC notice. The Linux stub domain's QEMU is a copy of
   * dom0's.
   */
  static boolean routesToPic(DeviceModel model, String suite) {
    return model == DeviceModel.STUBDOM || suite.equals("bookworm");
  }

  /**
   * Whether the VNC server of QEMU in dom0 of a release shows PV framebuffers without being told.
   * Debian 13's does not take up a screen that comes after its own start, and one of a PV domain
   * always does.
   */
  static boolean showsFramebuffers(String suite) {
    return suite.equals("bookworm");
  }

  /** The host with this clock. */
  public static LabOptions of(LabClock clock) {
    return LabOptions.of(clock, suite());
  }
}
