// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.rumpstubdom.lab.guest.GuestPlan;
import org.rumpstubdom.lab.guest.GuestPlan.Reply;
import org.rumpstubdom.lab.guest.GuestResult;
import org.rumpstubdom.lab.guest.GuestSeries;
import org.rumpstubdom.lab.host.LabClock;
import org.rumpstubdom.lab.host.LabOptions;
import org.rumpstubdom.lab.host.LabPci;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.xl.DeviceModel;
import org.rumpstubdom.xl.GuestConfiguration;

/**
 * Runs guests of tests/guests under stock xl and judges them. The guests of a run share one boot of
 * the host. Guests that write do so to copies of their images, which are compared on this side with
 * what the guest said, after it was destroyed.
 */
final class GuestTrial {
  private static final Pattern FAILED_CHECK =
      Pattern.compile("(?m)^FAIL [^:]*: (?:[^:]*: )?(.*?)(?: [0-9]+)?\\r?$");

  private static final String NO_INTERRUPT = "no interrupt on line";

  private final Path directory;

  /** Trials that keep the guests' changed disks in {@code directory}. */
  GuestTrial(Path directory) {
    this.directory = directory;
  }

  /** The guest on that device model, with a copy of what it writes to. */
  GuestPlan plan(TestGuest guest, DeviceModel model) throws IOException {
    Path file = guest.file();
    if (guest.has("writes")) {
      file = guest.copy(Files.createDirectory(directory.resolve(guest.name() + "-" + model)));
    }
    List<Reply> replies =
        guest.send().equals("-")
            ? List.of()
            : List.of(new Reply(Pattern.compile("send="), guest.send() + "\n"));
    return new GuestPlan(
        GuestConfiguration.load(file),
        model,
        model == DeviceModel.STUBDOM ? TestGuest.image() : null,
        Pattern.compile(guest.until()),
        guest.limit(),
        guest.has("writes"),
        replies);
  }

  /** Runs them on a host that has the devices they name, in one boot unless two name the same. */
  static List<GuestResult> results(List<GuestPlan> plans) throws IOException {
    return results(plans, TestHost.suite(), LabPci.Iommu.INTEL);
  }

  /** The same on a host of that release, with that kind of IOMMU if there are devices. */
  static List<GuestResult> results(List<GuestPlan> plans, String suite, LabPci.Iommu iommu)
      throws IOException {
    Set<String> addresses = new TreeSet<>();
    plans.forEach(plan -> addresses.addAll(plan.pciAddresses()));
    LabOptions options =
        LabOptions.of(LabClock.COUNTED, suite).withPci(LabPci.at(iommu, addresses));
    List<GuestResult> results =
        new GuestSeries(options, plans, null, Progress.silent()).run(lab -> {}).results();
    assertEquals(plans.size(), results.size());
    return results;
  }

  /** Runs the guests in one boot, then hands out one test for each. */
  Stream<DynamicTest> run(DeviceModel model, Predicate<TestGuest> wanted) throws IOException {
    return run(model, TestHost.suite(), wanted);
  }

  /** The same on a host of that release. */
  Stream<DynamicTest> run(DeviceModel model, String suite, Predicate<TestGuest> wanted)
      throws IOException {
    List<TestGuest> guests = TestGuest.all().stream().filter(wanted).toList();
    List<GuestPlan> plans = new ArrayList<>();
    for (TestGuest guest : guests) {
      plans.add(plan(guest, model));
    }
    List<GuestResult> results = results(plans, suite, LabPci.Iommu.INTEL);
    return IntStream.range(0, guests.size())
        .mapToObj(
            i ->
                DynamicTest.dynamicTest(
                    guests.get(i).name(),
                    () -> judge(guests.get(i), plans.get(i), results.get(i), suite)));
  }

  /**
   * Fails when the guest did not do what it should, or its disks have not what it wrote; tells the
   * table of features.
   */
  static void judge(TestGuest guest, GuestPlan plan, GuestResult result, String suite)
      throws IOException {
    Results.run(
        "guest " + guest.name(),
        plan.model(),
        suite,
        () -> compare(guest, plan, result, TestHost.routesToPic(plan.model(), suite)));
  }

  private static void compare(TestGuest guest, GuestPlan plan, GuestResult result, boolean pic)
      throws IOException {
    if (guest.has("pic") && !pic) {
      assertEquals(
          List.of(NO_INTERRUPT),
          FAILED_CHECK
              .matcher(result.serial().text())
              .results()
              .map(check -> check.group(1))
              .distinct()
              .toList(),
          () -> "all but the interrupt should be right: " + result.serial().text());
      return;
    }
    assertEquals(
        GuestResult.Status.PASS,
        result.status(),
        () -> result.reason() + "; it wrote:\n" + result.serial().text());
    if (guest.has("writes")) {
      assertEquals("passed", guest.checkWritten(result.serial().text(), plan.guest()));
    }
  }
}
