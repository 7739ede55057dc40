// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.build.EmulatorBuild;
import org.rumpstubdom.build.HostTools;
import org.rumpstubdom.build.KernelBuild;
import org.rumpstubdom.lab.bench.BenchGuest;
import org.rumpstubdom.lab.bench.BenchPlan;
import org.rumpstubdom.lab.bench.BenchResult;
import org.rumpstubdom.lab.bench.BenchResult.Counter;
import org.rumpstubdom.lab.bench.BenchRun;
import org.rumpstubdom.lab.bench.Figure;
import org.rumpstubdom.lab.bench.Profile;
import org.rumpstubdom.lab.bench.ProfileResult;
import org.rumpstubdom.lab.bench.Profiler;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.xl.DeviceModel;

/** The machinery of {@code stubdom bench}; the figures themselves are the layer bench's. */
@Tag("lab")
final class BenchTest {
  /** Instructions of Xen for each emulated read of the counter, by a profile; a bit less here. */
  private static final int TRAP = 1000;

  /** What a sum of counts may differ from what the guest measured in the same run by. */
  private static final double PART = 0.01;

  /** What runs differ by: Xen takes longer or not, by where in the machine the domains lie. */
  private static final double OTHER_RUN = 0.1;

  private static BenchPlan plan(Counter counter) throws IOException {
    return new BenchPlan(
        List.of(BenchGuest.IO),
        List.of(DeviceModel.STUBDOM),
        counter,
        TestGuest.image(),
        TestGuest.named("bench-io").file().getParent());
  }

  private static BenchResult measure(Counter counter) throws IOException {
    BenchRun.Outcome outcome = new BenchRun(plan(counter), null, Progress.silent()).run();
    assertEquals(List.of(), outcome.failures());
    return outcome.result();
  }

  private static ProfileResult profile() throws IOException {
    CacheDirectory cache = CacheDirectory.ofUser();
    Progress progress = Progress.silent();
    HostTools tools = HostTools.of(EmulatorBuild.DEFAULT_SUITE, cache, false, progress);
    Path checkout = Path.of(System.getProperty("rumpstubdom.checkout"));
    Path kernel = new KernelBuild(checkout, cache, tools, 2, null, progress).run();
    try (Profiler profiler =
        Profiler.create(kernel, KernelBuild.map(kernel), TestGuest.image().kernel(), progress)) {
      BenchRun.Outcome outcome = new BenchRun(plan(Counter.NATIVE), null, profiler, progress).run();
      assertEquals(List.of(), outcome.failures());
      return outcome.profileResult();
    }
  }

  /** Instructions of those whose name begins so. */
  private static double part(Profile profile, String begin) {
    return profile.parts().entrySet().stream()
        .filter(part -> part.getKey().startsWith(begin))
        .mapToDouble(Map.Entry::getValue)
        .sum();
  }

  private static double mean(BenchResult result, String key) {
    return result.figure(key).orElseThrow().mean(DeviceModel.STUBDOM).orElseThrow();
  }

  @Test
  void aProfileAddsUpToWhatTheGuestMeasures() throws IOException {
    // The map of rooms is of the kernel that the default compilers make.
    assumeTrue(System.getProperty("rumpstubdom.emulator") == null);
    BenchResult plain = measure(Counter.NATIVE);
    ProfileResult profiles = profile();
    assertEquals(
        plain.figures().stream().map(Figure::key).toList(),
        profiles.profiles().stream().map(Profile::key).toList());
    for (Profile profile : profiles.profiles()) {
      String said = profile.toString();
      // What nobody is known to have executed does not count.
      double known = profile.sum() - part(profile, "other");
      assertEquals(profile.measured(), known, PART * profile.measured(), said);
      assertEquals(mean(plain, profile.key()), known, OTHER_RUN * known, said);
      double ours = part(profile, "rump-runtime/") + part(profile, "device-model-bridge");
      if (profile.name().startsWith("xen-")) {
        // Registers that Xen answers itself: nobody else has a part in it.
        assertEquals(known, part(profile, "Xen") + part(profile, "the guest"), PART * known, said);
      } else {
        // Xen takes the access in each time, our kernel and QEMU answer it, dom0 has no part.
        assertTrue(part(profile, "Xen") > mean(plain, "io/xen-port"), said);
        assertTrue(ours > 0 && part(profile, "QEMU") > 0, said);
        assertEquals(0, part(profile, "dom0"), PART * known, said);
        assertEquals(0, part(profile, "xen-blkfront"), PART * known, said);
      }
    }
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
