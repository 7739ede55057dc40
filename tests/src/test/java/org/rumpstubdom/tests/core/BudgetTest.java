// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rumpstubdom.tests.hosted.HostedDomain;

/** The shares of a domain's memory. */
@Tag("hosted")
final class BudgetTest {
  // enum budget_share of core/budget.h.
  private static final int PROGRAM = 0;
  private static final int RESERVE = 7;
  private static final int SHARES = 8;

  @ParameterizedTest
  @ValueSource(ints = {1024, 2048, 5600, 8192, 32768})
  void sharesAreAllThereIs(int pages) {
    try (HostedDomain domain = HostedDomain.create(pages, 1)) {
      long all = 0;
      for (int share = 0; share < SHARES; share++) {
        all += domain.call("hosted_budget_pages", share);
      }
      assertEquals(pages, all);
      assertTrue(domain.call("hosted_budget_pages", RESERVE) > 0);
      assertTrue(4 * domain.call("hosted_budget_pages", PROGRAM) >= pages / 2, "most is QEMU's");
    }
  }
}
