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

  /** The host with this clock. */
  public static LabOptions of(LabClock clock) {
    return LabOptions.of(clock, suite());
  }
}
