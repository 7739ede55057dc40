// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.rumpstubdom.lab.GuestPlan;
import org.rumpstubdom.lab.GuestPlan.Reply;
import org.rumpstubdom.lab.GuestPlan.StubdomImage;
import org.rumpstubdom.lab.GuestResult;
import org.rumpstubdom.lab.GuestSeries;
import org.rumpstubdom.lab.LabClock;
import org.rumpstubdom.lab.LabOptions;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.xl.Checker.DeviceModel;
import org.rumpstubdom.xl.GuestConfiguration;

/**
 * The guests of tests/guests under stock xl: on our stub domain, and on the two peers, whose
 * passing is the proof that the guests judge right. Each device model's guests share one boot of
 * the host.
 *
 * <p>Where the guests and the image are is told by the system properties rumpstubdom.guests and
 * rumpstubdom.image.
 */
@Tag("lab")
final class GuestsTest {
  /** One line of guests.tsv. */
  private record Guest(
      String name,
      Path configuration,
      String until,
      Duration limit,
      List<String> tags,
      String send) {
    boolean has(String tag) {
      return tags.contains(tag);
    }
  }

  private static Path directory(String property) {
    String value = System.getProperty(property);
    if (value == null) {
      throw new IllegalStateException("system property " + property + " is not set");
    }
    return Path.of(value);
  }

  private static List<Guest> guests(Predicate<Guest> wanted) throws IOException {
    Path directory = directory("rumpstubdom.guests");
    List<Guest> guests = new ArrayList<>();
    for (String line : Files.readAllLines(directory.resolve("guests.tsv"))) {
      if (line.startsWith("#")) {
        continue;
      }
      List<String> field = List.of(line.split("\t", -1));
      Guest guest =
          new Guest(
              field.get(0),
              directory.resolve(field.get(1)),
              field.get(2),
              Duration.ofSeconds(Long.parseLong(field.get(3))),
              List.of(field.get(4).split(",")),
              field.get(5));
      if (wanted.test(guest)) {
        guests.add(guest);
      }
    }
    return guests;
  }

  private static GuestPlan plan(Guest guest, DeviceModel model) throws IOException {
    List<Reply> replies =
        guest.send().equals("-")
            ? List.of()
            : List.of(new Reply(Pattern.compile("send="), guest.send() + "\n"));
    return new GuestPlan(
        GuestConfiguration.load(guest.configuration()),
        model,
        model == DeviceModel.STUBDOM ? StubdomImage.in(directory("rumpstubdom.image")) : null,
        Pattern.compile(guest.until()),
        guest.limit(),
        false,
        replies);
  }

  /** Runs the guests in one boot, then hands out one test for each. */
  private static Stream<DynamicTest> run(DeviceModel model, Predicate<Guest> wanted)
      throws IOException {
    List<Guest> guests = guests(wanted);
    List<GuestPlan> plans = new ArrayList<>();
    for (Guest guest : guests) {
      plans.add(plan(guest, model));
    }
    List<GuestResult> results =
        new GuestSeries(LabOptions.of(LabClock.COUNTED), plans, null, Progress.silent())
            .run(lab -> {})
            .results();
    assertEquals(guests.size(), results.size());
    return Stream.iterate(0, i -> i + 1)
        .limit(guests.size())
        .map(
            i ->
                DynamicTest.dynamicTest(
                    guests.get(i).name(),
                    () ->
                        assertEquals(
                            GuestResult.Status.PASS,
                            results.get(i).status(),
                            results.get(i)::reason)));
  }

  @TestFactory
  Stream<DynamicTest> onOurStubDomain() throws IOException {
    return run(DeviceModel.STUBDOM, guest -> guest.has("base") && proven(guest));
  }

  /** Guests that wait for their first pass on ours: they run with the long tests until then. */
  private static boolean proven(Guest guest) {
    return !guest.has("input") && !guest.has("negative") && !guest.name().equals("disk-pio");
  }

  @TestFactory
  @Tag("long")
  Stream<DynamicTest> moreOnOurStubDomain() throws IOException {
    return run(
        DeviceModel.STUBDOM, guest -> !guest.has("cut") && (guest.has("more") || !proven(guest)));
  }

  @TestFactory
  Stream<DynamicTest> onDom0() throws IOException {
    return run(DeviceModel.DOM0, guest -> guest.has("base") && !guest.has("input"));
  }

  /** A Linux stub domain takes a minute to start under emulation: two guests stand for the rest. */
  @TestFactory
  Stream<DynamicTest> onLinuxStubDomain() throws IOException {
    return run(
        DeviceModel.LINUX,
        guest -> guest.name().equals("disk-dma") || guest.name().equals("nic-e1000"));
  }

  @TestFactory
  @Tag("long")
  Stream<DynamicTest> allOnLinuxStubDomain() throws IOException {
    return run(DeviceModel.LINUX, guest -> guest.has("base"));
  }

  @TestFactory
  @Tag("long")
  Stream<DynamicTest> linuxGuestsOnOurStubDomain() throws IOException {
    return run(DeviceModel.STUBDOM, guest -> guest.has("linux") || guest.has("linux-fio"));
  }

  @TestFactory
  @Tag("long")
  Stream<DynamicTest> linuxGuestsOnDom0() throws IOException {
    return run(DeviceModel.DOM0, guest -> guest.has("linux"));
  }
}
