// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.hosted;

/** The domain ended while the test let it run; the message holds what it said last. */
public final class DomainEndedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** How a domain can end, in the order of {@code enum plat_end}. */
  public enum Reason {
    POWEROFF,
    REBOOT,
    CRASH
  }

  private final Reason reason;

  DomainEndedException(int reason, String console) {
    super("the domain ended: " + Reason.values()[reason] + "; console:\n" + console);
    this.reason = Reason.values()[reason];
  }

  public Reason reason() {
    return reason;
  }
}
