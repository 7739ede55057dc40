// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.rumpstubdom.tests.linux.PosixOutcome.CRASH;
import static org.rumpstubdom.tests.linux.PosixOutcome.FAIL;
import static org.rumpstubdom.tests.linux.PosixOutcome.HANG;
import static org.rumpstubdom.tests.linux.PosixOutcome.PASS;

import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The table of known differences complains about what is new and about what has gone. */
final class PosixDifferencesTest {
  private final PosixDifferences table =
      PosixDifferences.parse("# comment\na/1-1\tPASS\tFAIL\twhy\nb/1-1\tPASS|CRASH\tHANG\twhy\n");

  @Test
  void whatIsNotListedHasToAgree() {
    assertEquals(Optional.empty(), table.complaint("c/1-1", FAIL, FAIL));
    assertTrue(table.complaint("c/1-1", PASS, FAIL).isPresent());
  }

  @Test
  void whatIsListedHasToDifferAsListed() {
    assertEquals(Optional.empty(), table.complaint("a/1-1", PASS, FAIL));
    assertTrue(table.complaint("a/1-1", PASS, PASS).isPresent(), "the difference has gone");
    assertTrue(table.complaint("a/1-1", PASS, CRASH).isPresent(), "another difference");
    assertEquals(Optional.empty(), table.complaint("b/1-1", CRASH, HANG));
  }

  @Test
  void knowsWhatHangs() {
    assertTrue(table.hangsWithUs("b/1-1"));
    assertFalse(table.hangsWithUs("a/1-1"));
  }

  @Test
  void refusesRowsThatSayNothing() {
    for (String row :
        new String[] {
          "a\tPASS\tFAIL", "a\tPASS\tFAIL\t ", "a\tPASS\tPASS\twhy", "a\tX\tFAIL\twhy"
        }) {
      assertThrows(IllegalArgumentException.class, () -> PosixDifferences.parse(row), row);
    }
  }
}
