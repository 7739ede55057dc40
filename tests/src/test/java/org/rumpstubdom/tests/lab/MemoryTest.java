// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.lab.guest.GuestPlan;
import org.rumpstubdom.lab.guest.GuestResult;
import org.rumpstubdom.lab.guest.GuestResult.Status;
import org.rumpstubdom.lab.guest.GuestSeries;
import org.rumpstubdom.lab.host.LabClock;
import org.rumpstubdom.lab.host.LabOptions;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.xl.DeviceModel;
import org.rumpstubdom.xl.Disk;
import org.rumpstubdom.xl.GuestConfiguration;
import org.rumpstubdom.xl.MemoryNeeds;

/** Guests that ask their stub domain for all it has: it does less then, and does not end. */
@Tag("lab")
final class MemoryTest {
  private static final String GUEST = "disk-flood";
  private static final Pattern FREE =
      Pattern.compile("memory: (\\d+) KiB free \\(at least (\\d+)\\) of (\\d+) KiB managed");
  private static final int MOST_DISKS = 24;

  /** Beyond the letters of the IDE disks; the controller has no place beyond the last. */
  private static final char FIRST_SCSI = 'e';

  private static final char LAST_SCSI = 'g';

  /** The end of its memory is the video adapter's. */
  private static final int VIDEO_MIB = 16;

  private static final int GUEST_MIB = 1536;
  private static final int LARGE_GUEST_MIB = 8192;

  /** Of the emulated clock, which a busy guest makes many times longer here. */
  private static final Duration LIMIT = Duration.ofMinutes(2);

  @TempDir Path directory;

  private GuestConfiguration guest(String lines, String parameters) throws IOException {
    return GuestConfiguration.load(
        TestGuest.named(GUEST).with(directory, lines, parameters).file());
  }

  /** Runs it; prints where its stub domain's memory was, of which none may have run out. */
  private static void run(GuestConfiguration guest) throws IOException {
    GuestPlan plan =
        new GuestPlan(
            guest,
            DeviceModel.STUBDOM,
            TestGuest.image(),
            Pattern.compile("TEST " + GUEST + ": (SUCCESS|FAILURE|ERROR|SKIP)"),
            LIMIT,
            false,
            List.of());
    StringBuilder log = new StringBuilder();
    GuestResult result =
        new GuestSeries(LabOptions.of(LabClock.COUNTED), List.of(plan), null, Progress.silent())
            .run(
                lab -> {
                  lab.dom0().execute("xl", "sysrq", GUEST + "-dm", "m");
                  log.append(
                      lab.dom0().sh("sleep 0.2; cat \"/var/log/xen/qemu-dm-$1.log\"", GUEST));
                })
            .results()
            .get(0);
    assertEquals(Status.PASS, result.status(), result::reason);
    String serial = result.serial().text();
    assertTrue(serial.contains("TEST " + GUEST + ": SUCCESS"), serial);
    assertFalse(log.toString().contains("panic"), log::toString);
    Matcher free = FREE.matcher(log);
    assertTrue(free.find(), log::toString);
    assertTrue(Long.parseLong(free.group(2)) > 0, log::toString);
    log.toString().lines().filter(line -> line.contains("memory: ")).forEach(System.out::println);
  }

  /** Four disks with 32 requests each, with what `stubdom config` calls the smallest. */
  @Test
  void allRequestsOfFourDisksAtOnce() throws IOException {
    int smallest = MemoryNeeds.of(guest("", "")).smallestMib();
    run(guest("stubdomain_memory = " + smallest + "\n", ""));
  }

  /** The same while all of a large picture changes, and is shown. */
  @Test
  void allRequestsAndABusyPicture() throws IOException {
    String lines = "stubdomain_memory = " + MemoryNeeds.BASE_MIB + "\nvnc = 1\nvga = 'stdvga'\n";
    run(guest(lines, "picture=1\n"));
  }

  /** The most disks and interfaces a guest can have, with what `stubdom config` calls the least. */
  @Test
  @Tag("long")
  void allThatAGuestCanHave() throws IOException {
    Path image = TestGuest.file(GUEST + ".img");
    List<String> disks = new ArrayList<>();
    TestGuest guest = TestGuest.named(GUEST);
    for (Disk disk : GuestConfiguration.load(guest.file()).disks()) {
      disks.add("'format=raw,vdev=" + disk.vdev() + ",access=rw,target=" + disk.path() + "'");
    }
    for (char letter = FIRST_SCSI; letter <= LAST_SCSI; letter++) {
      disks.add("'format=raw,vdev=sd" + letter + ",access=ro,target=" + image + "'");
    }
    for (char letter = 'h'; disks.size() < MOST_DISKS; letter++) {
      disks.add("'format=raw,vdev=xvd" + letter + ",access=ro,target=" + image + "'");
    }
    String lines =
        "disk = [ "
            + String.join(", ", disks)
            + " ]\n"
            + "vif = [ 'model=e1000', 'model=e1000', 'model=rtl8139', 'model=rtl8139',"
            + " 'type=vif', 'type=vif', 'type=vif', 'type=vif' ]\n";
    int least = MemoryNeeds.of(guest(lines, "")).smallestMib();
    run(guest(lines + "stubdomain_memory = " + least + "\n", ""));
  }

  /** A device touches every MiB of a guest, twice, after disks have had all they can do. */
  @Test
  void everyMibOfAGuest() throws IOException {
    String lines = "stubdomain_memory = " + MemoryNeeds.BASE_MIB + "\nmemory = " + GUEST_MIB + "\n";
    run(guest(lines, "mib=" + (GUEST_MIB - VIDEO_MIB) + "\nrounds=1\n"));
  }

  /** A device touches every MiB of 8 GiB, twice; far more than can stay mapped. */
  @Test
  @Tag("long")
  void everyMibOfALargeGuest() throws IOException {
    String parameters = "mib=" + (LARGE_GUEST_MIB - VIDEO_MIB) + "\nrounds=1\n";
    run(guest("memory = " + LARGE_GUEST_MIB + "\n", parameters));
  }
}
