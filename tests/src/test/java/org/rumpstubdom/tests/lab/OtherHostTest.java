// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.lab.guest.GuestPlan;
import org.rumpstubdom.lab.guest.GuestResult;
import org.rumpstubdom.lab.guest.GuestSeries;
import org.rumpstubdom.lab.host.LabClock;
import org.rumpstubdom.lab.host.LabOptions;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.xl.DeviceModel;

/**
 * The same image on a host of another Debian release than the other tests' one: another Xen,
 * another Linux and another QEMU in dom0. All in one boot.
 */
@Tag("lab")
final class OtherHostTest {
  private static final String SUITE = "trixie";

  @TempDir private Path directory;

  @TestFactory
  Stream<DynamicTest> onTrixie() throws IOException {
    GuestTrial trial = new GuestTrial(directory);
    List<TestGuest> guests = new ArrayList<>();
    List<GuestPlan> plans = new ArrayList<>();
    for (TestGuest guest : TestGuest.all()) {
      if (guest.has("base") || guest.name().equals("linux")) {
        guests.add(guest);
        plans.add(trial.plan(guest, DeviceModel.STUBDOM));
      }
    }
    Path logs = directory.resolve("logs");
    LabOptions options = LabOptions.of(LabClock.COUNTED, SUITE);
    List<GuestResult> results =
        new GuestSeries(options, plans, logs, Progress.silent()).run(lab -> {}).results();
    List<DynamicTest> tests = new ArrayList<>();
    for (int i = 0; i < results.size(); i++) {
      TestGuest guest = guests.get(i);
      GuestPlan plan = plans.get(i);
      GuestResult result = results.get(i);
      String name = guest.name() + "-" + plan.model();
      tests.add(
          DynamicTest.dynamicTest(
              name,
              () -> {
                GuestTrial.judge(guest, plan, result, SUITE);
                logIsWritten(
                    logs.resolve(guest.name()).resolve("qemu-dm-" + guest.name() + ".log"));
              }));
    }
    return tests.stream();
  }

  /** The peer takes long to start under emulation: one guest stands for the rest. */
  @TestFactory
  Stream<DynamicTest> onTheLinuxStubDomain() throws IOException {
    GuestTrial trial = new GuestTrial(directory);
    TestGuest guest = TestGuest.named("disk-dma");
    GuestPlan plan = trial.plan(guest, DeviceModel.LINUX);
    LabOptions options = LabOptions.of(LabClock.COUNTED, SUITE);
    GuestResult result =
        new GuestSeries(options, List.of(plan), directory.resolve("peer"), Progress.silent())
            .run(lab -> {})
            .results()
            .get(0);
    return Stream.of(
        DynamicTest.dynamicTest(
            guest.name() + "-" + plan.model(), () -> GuestTrial.judge(guest, plan, result, SUITE)));
  }

  /** QEMU in dom0, as the other end of the stub domain's console, has to write it into a file. */
  private static void logIsWritten(Path log) throws IOException {
    String text = Files.readString(log);
    for (String words : List.of("] rump-stubdom ", ": device model of domain ")) {
      assertTrue(text.contains(words), () -> words + " is not in " + text);
    }
  }
}
