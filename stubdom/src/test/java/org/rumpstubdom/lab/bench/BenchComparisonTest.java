// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.lab.bench.BenchResult.Counter;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.xl.DeviceModel;

class BenchComparisonTest {
  private static BenchResult result(double mean) {
    return BenchResults.of(BenchResults.ours("io", "port-read", mean));
  }

  @Test
  void threePercentAreForgivenAndNotMore() {
    assertTrue(new BenchComparison(result(100_000), result(103_000)).passed());
    BenchComparison worse = new BenchComparison(result(100_000), result(103_001));
    assertFalse(worse.passed());
    assertEquals(
        """
        worse   io/port-read (stubdom): 103001, was 100000 (+3.0 %)
        0 figures within 3 %, 1 worse, 0 better, 0 missing
        """,
        worse.text());
  }

  @Test
  void whatIsBetterIsSaidAndPasses() {
    BenchComparison better = new BenchComparison(result(100_000), result(90_000));
    assertTrue(better.passed());
    assertEquals(
        """
        better  io/port-read (stubdom): 90000, was 100000 (-10.0 %)
        0 figures within 3 %, 0 worse, 1 better, 0 missing
        """,
        better.text());
  }

  /** 400 samples of 6500, and an event of the host that took 100,000 among them. */
  @Test
  void oneEventAmongTheSamplesIsNoChange() {
    BenchResult quiet = samples(6500, 6500);
    BenchResult disturbed = samples(6750, 6500);
    assertTrue(new BenchComparison(quiet, disturbed).passed());
    assertTrue(new BenchComparison(disturbed, quiet).text().contains("0 better"));
    assertFalse(new BenchComparison(quiet, samples(6750, 6800)).passed());
  }

  /** Seen: 5904 in one boot of Xen, 6497 in another. */
  @Test
  void whatXenAloneTakesIsNoFault() {
    BenchResult before = BenchResults.of(BenchResults.ours("io", "xen-memory", 5904));
    BenchResult after = BenchResults.of(BenchResults.ours("io", "xen-memory", 6497));
    assertTrue(new BenchComparison(before, after).passed());
  }

  private static BenchResult samples(double mean, double median) {
    return BenchResults.of(
        new Figure(
            "io",
            "memory-read",
            Figure.Unit.INSTRUCTIONS,
            Map.of(DeviceModel.STUBDOM, new Figure.Sample(400, mean, median, 6400, 110_000))));
  }

  @Test
  void somethingThatWasNothingIsWorse() {
    assertFalse(new BenchComparison(result(0), result(1)).passed());
    assertTrue(new BenchComparison(result(0), result(0)).passed());
  }

  /** A short run has fewer groups and one device model; of what it measured, nothing may lack. */
  @Test
  void onlyWhatWasMeasuredIsCompared() {
    BenchResult before = BenchResults.sample();
    BenchResult some =
        BenchResults.of(
            BenchResults.ours("io", "xen-port", 1750), BenchResults.ours("io", "new", 1));
    BenchComparison comparison = new BenchComparison(before, some);
    assertFalse(comparison.passed());
    assertEquals(
        """
        missing io/xen-memory (stubdom)
        1 figures within 3 %, 0 worse, 0 better, 1 missing
        """,
        comparison.text());
    assertTrue(new BenchComparison(some, before).text().contains("missing io/new (stubdom)"));
  }

  @Test
  void anotherHostIsNamed() {
    BenchResult before = versions("emulator", "QEMU 7.2", "suite", "bookworm");
    BenchResult after = versions("emulator", "QEMU 10.0", "suite", "bookworm");
    assertEquals(
        """
        other   emulator: QEMU 10.0, was QEMU 7.2
        0 figures within 3 %, 0 worse, 0 better, 0 missing
        """,
        new BenchComparison(before, after).text());
  }

  private static BenchResult versions(String... pairs) {
    Map<String, String> versions = Map.of(pairs[0], pairs[1], pairs[2], pairs[3]);
    return new BenchResult(Counter.NATIVE, new TreeMap<>(versions), List.of());
  }

  @Test
  void resultsOfDifferentCountersAreNotCompared() {
    BenchResult trapped =
        new BenchResult(
            Counter.TRAPPED,
            new TreeMap<>(),
            List.of(BenchResults.ours("io", "port-read", 100_000)));
    StubdomException failure =
        assertThrows(StubdomException.class, () -> new BenchComparison(trapped, result(100_000)));
    assertEquals(ExitCode.INPUT, failure.exitCode());
  }
}
