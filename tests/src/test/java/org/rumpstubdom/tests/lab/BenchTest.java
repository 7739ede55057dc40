// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.lab.bench.BenchGuest;
import org.rumpstubdom.lab.bench.BenchPlan;
import org.rumpstubdom.lab.bench.BenchResult;
import org.rumpstubdom.lab.bench.BenchResult.Counter;
import org.rumpstubdom.lab.bench.BenchRun;
import org.rumpstubdom.lab.bench.Figure;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.xl.DeviceModel;

/** The machinery of {@code stubdom bench}; the figures themselves are the layer bench's. */
@Tag("lab")
final class BenchTest {
  /** Instructions of Xen for each emulated read of the counter, by a profile; a bit less here. */
  private static final int TRAP = 1000;

  private static BenchResult measure(Counter counter) throws IOException {
    Path guests = TestGuest.named("bench-io").file().getParent();
    BenchPlan plan =
        new BenchPlan(
            List.of(BenchGuest.IO),
            List.of(DeviceModel.STUBDOM),
            counter,
            TestGuest.image(),
            guests);
    BenchRun.Outcome outcome = new BenchRun(plan, null, Progress.silent()).run();
    assertEquals(List.of(), outcome.failures());
    return outcome.result();
  }

  private static double mean(BenchResult result, String key) {
    return result.figure(key).orElseThrow().mean(DeviceModel.STUBDOM).orElseThrow();
  }

  @Test
  void aGuestsFiguresAreThereAndTrapsOfTheCounterShow() throws IOException {
    BenchResult plain = measure(Counter.NATIVE);
    assertEquals(
        List.of(
            "io/xen-port",
            "io/xen-memory",
            "io/port-read",
            "io/port-write",
            "io/pci-read",
            "io/memory-read",
            "io/memory-write",
            "io/string-read"),
        plain.figures().stream().map(Figure::key).toList());
    assertTrue(mean(plain, "io/xen-port") < mean(plain, "io/port-read") / 2, plain::toString);
    assertTrue(mean(plain, "io/xen-memory") < mean(plain, "io/memory-read") / 2, plain::toString);
    BenchResult trapped = measure(Counter.TRAPPED);
    // Our kernel looks at the clock at least once when it sleeps and once when it wakes.
    assertTrue(
        mean(trapped, "io/port-read") > mean(plain, "io/port-read") + 2 * TRAP,
        () -> plain + "\n" + trapped);
  }
}
