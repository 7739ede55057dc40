// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.lab.bench.Figure.Sample;
import org.rumpstubdom.xl.DeviceModel;

class FigureTest {
  @Test
  void samplesAreToldByMeanMedianAndEnds() {
    assertEquals(new Sample(5, 22, 3, 1, 100), Sample.of(List.of(100.0, 2.0, 4.0, 1.0, 3.0)));
    assertEquals(Sample.once(7), Sample.of(List.of(7.0)));
  }

  @Test
  void aRatioNeedsBoth() {
    BenchResult result = BenchResults.sample();
    Figure read = result.figure("ide/read-4k").orElseThrow();
    assertEquals(OptionalDouble.of(0.75), read.ratio(DeviceModel.DOM0));
    Figure memory = result.figure("start/stub-domain-memory").orElseThrow();
    assertEquals(OptionalDouble.empty(), memory.ratio(DeviceModel.DOM0));
  }

  /** 19 accesses to ports, at 1740 instructions of Xen where that was least. */
  @Test
  void theFloorIsWhatXenNeedsForTheAccesses() {
    BenchResult result = BenchResults.sample();
    Figure read = result.figure("ide/read-4k").orElseThrow();
    assertEquals(OptionalDouble.of(19 * 1740.0), result.floor(read));
    Figure create = result.figure("start/create").orElseThrow();
    assertEquals(OptionalDouble.empty(), result.floor(create));
  }
}
