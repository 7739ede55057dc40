// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class BenchTableTest {
  /** The floor of ide read 4k is 19 times 1740. */
  @Test
  void columnsAreDeviceModelsThenRatiosThenTheFloor() {
    assertEquals(
        """
        thousand instructions, or as said  stubdom   dom0   linux  ours:dom0  ours:linux  Xen alone
        io xen port                            1.8    1.7       -       1.01           -        1.7
        io xen memory                          9.0      -       -          -           -        9.0
        ide read 4k                          600.0  800.0  1200.0       0.75        0.50       33.1
        start create, s                      0.794  0.395       -       2.01           -          -
        start stub domain memory, MiB         40.0      -   264.0          -        0.15          -
        in lost                                  0    692       -       0.00           -          -
        """,
        new BenchTable(BenchResults.sample()).text());
  }

  @Test
  void oneDeviceModelHasNoRatios() {
    BenchResult result = BenchResults.of(BenchResults.ours("io", "port-read", 41_824));
    assertEquals(
        """
        thousand instructions, or as said  stubdom  Xen alone
        io port read                          41.8          -
        """,
        new BenchTable(result).text());
    assertEquals(
        """
        | thousand instructions, or as said | stubdom | Xen alone |
        |---|--:|--:|
        | io port read | 41.8 | - |
        """,
        new BenchTable(result).markdown());
  }
}
