// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.hosted;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("hosted")
class HostedDomainTest {
  @Test
  void twoDomainsAfterEachOtherAreBothFresh() {
    for (int i = 0; i < 2; i++) {
      try (HostedDomain domain = HostedDomain.create(1024, 1)) {
        domain.settle();
        assertEquals(1, domain.portCount(), "only the xenstore port is open at first");
        domain.advance(5);
        assertEquals(1_000_000_005, domain.now());
      }
    }
  }

  @Test
  void aPanicEndsTheDomainAndIsReadable() {
    // Three pages hold the page allocator's table, but not the first thread's stack.
    DomainEndedException e =
        assertThrows(DomainEndedException.class, () -> HostedDomain.create(3, 1));
    assertEquals(DomainEndedException.Reason.CRASH, e.reason());
    assertTrue(e.getMessage().contains("no memory"), e.getMessage());
  }
}
