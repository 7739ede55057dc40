// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rumpstubdom.tests.hosted.HostedDomain;
import org.rumpstubdom.xl.MemoryNeeds;

/** The shares of a domain's memory. */
@Tag("hosted")
final class BudgetTest {
  // enum budget_share of core/budget.h.
  private static final int PROGRAM = 0;
  private static final int MAP_CACHE = 1;
  private static final int STACKS = 2;
  private static final int NETWORK = 4;
  private static final int RESERVE = 7;
  private static final int SHARES = 8;

  /** Pages of a request's stacks, of an open NIC, of a MiB. */
  private static final int STACK = 26;

  private static final int NIC = 130;
  private static final int MIB = 256;

  /** QEMU at rest. */
  private static final int QEMU = 12 * MIB;

  private static long share(HostedDomain domain, int share) {
    return domain.call("hosted_budget_pages", share);
  }

  private static long all(HostedDomain domain) {
    long all = 0;
    for (int share = 0; share < SHARES; share++) {
      all += share(domain, share);
    }
    return all;
  }

  @ParameterizedTest
  @ValueSource(ints = {1024, 2048, 5600, 8192, 32768})
  void sharesAreAllThereIs(int pages) {
    try (HostedDomain domain = HostedDomain.create(pages, 1)) {
      assertEquals(pages, all(domain));
      assertTrue(share(domain, RESERVE) > 0);
      assertTrue(4 * share(domain, PROGRAM) >= pages, "a quarter is the program's");
    }
  }

  /** A device model's: nothing is promised twice, and what cannot be kept is refused. */
  @ParameterizedTest
  @CsvSource({
    "14, 0, 1, 1, 1",
    "14, 0, 4, 0, 32",
    "16, 0, 4, 0, 32",
    "16, 1, 1, 1, 1",
    "20, 0, 4, 2, 32",
    "31, 0, 4, 1, 32",
    "31, 1, 4, 1, 32",
    "40, 1, 24, 8, 32",
    "64, 1, 24, 8, 32",
    "1024, 1, 24, 8, 32"
  })
  void aDeviceModelGetsWhatItsGuestNeeds(int mib, int video, int disks, int nics, int burst) {
    try (HostedDomain domain = HostedDomain.create(mib * MIB, 1)) {
      long missing =
          domain.call("hosted_budget_init", QEMU, (long) video * MIB, disks, nics, burst);
      if (missing > 0) {
        assertTrue(mib < MemoryNeeds.BASE_MIB + 8 + video, "missing: " + missing);
        return;
      }
      assertEquals((long) mib * MIB, all(domain));
      assertTrue(share(domain, PROGRAM) >= QEMU);
      assertTrue(share(domain, STACKS) >= (long) burst * STACK);
      assertTrue(share(domain, NETWORK) >= (long) nics * NIC);
      assertTrue(share(domain, MAP_CACHE) > 0);
      assertTrue(share(domain, RESERVE) > 0);
    }
  }

  /** With what is missing it is enough, and with less it is not. */
  @ParameterizedTest
  @CsvSource({"0, 1, 0, 1", "0, 4, 1, 32", "8, 4, 2, 32", "0, 24, 8, 32"})
  void whatIsMissingIsEnough(int video, int disks, int nics, int burst) {
    int pages = 13 * MIB;
    for (int more = 0, round = 0; round < 8; round++) {
      try (HostedDomain domain = HostedDomain.create(pages + more, 1)) {
        long missing =
            domain.call("hosted_budget_init", QEMU, (long) video * MIB, disks, nics, burst);
        assertTrue(round > 0 || missing > 0, "13 MiB are enough for nothing");
        if (missing == 0) {
          return;
        }
        more += (int) missing;
      }
    }
    throw new AssertionError("it always asks for more");
  }
}
