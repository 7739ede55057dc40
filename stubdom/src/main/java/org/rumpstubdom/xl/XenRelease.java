// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import java.util.Arrays;
import java.util.Optional;

/**
 * The releases of Xen, each with the QEMU Debian has beside it, on which guests are tested. What
 * xl, libxl and QEMU in dom0 do for a guest is not alike on all of them.
 */
public enum XenRelease {
  /** Debian 12's. */
  XEN_4_17("4.17"),

  /** Debian 13's. */
  XEN_4_20("4.20");

  private final String number;

  XenRelease(String number) {
    this.number = number;
  }

  public static XenRelease oldest() {
    return values()[0];
  }

  public static XenRelease newest() {
    return values()[values().length - 1];
  }

  /** The release of that number, as "4.20". */
  public static Optional<XenRelease> of(String number) {
    return Arrays.stream(values()).filter(release -> release.number.equals(number)).findFirst();
  }

  /** Whether what came with the other one is there. */
  boolean has(XenRelease other) {
    return compareTo(other) >= 0;
  }

  /** Its number. */
  @Override
  public String toString() {
    return number;
  }
}
