// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import org.rumpstubdom.lab.host.LabClock;
import org.rumpstubdom.lab.host.LabOptions;
import org.rumpstubdom.lab.root.LabRoot;

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
   * Whether QEMU in dom0 of a release, of which the Linux stub domain's is a copy, tells Xen the
   * lines of the PIC: Debian 12's is the last one; see {@link GuestTrial}.
   */
  static boolean routesToPic(String suite) {
    return suite.equals("bookworm");
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
