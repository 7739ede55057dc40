// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
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
import org.rumpstubdom.lab.host.Dom0;
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
  private static final Pattern SLOWEST =
      Pattern.compile("(?s)slowest_ticks=(\\p{XDigit}+).*ticks_per_ms=(\\d+)");
  private static final int MOST_DISKS = 24;

  /** What SUPPORT.md says a command takes at most, in milliseconds of the emulated clock. */
  private static final int LATENCY = 100;

  /** The same beside a screen that is painted, which takes most of it. */
  private static final int LATENCY_PAINTING = 500;

  /** The same with disks of {@link #SLOW} requests a second and 32 under way. */
  private static final int LATENCY_SLOW = 5000;

  private static final int SLOW = 50;

  /** The log, once the answer is in it; a busy domain takes its time. */
  private static final String REPORT =
      """
      log=/var/log/xen/qemu-dm-$1.log
      for try in 1 2 3 4 5 6 7 8 9 10; do
        grep -q 'of its kernel stack' "$log" && break
        sleep 0.2
      done
      cat "$log"
      """;

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

  /** No command took longer than is said. */
  private static void checkLatency(String serial, int most) {
    Matcher slowest = SLOWEST.matcher(serial);
    assertTrue(slowest.find(), serial);
    double taken = Long.parseLong(slowest.group(1), 16) / Double.parseDouble(slowest.group(2));
    String said = "the slowest command took %.1f ms".formatted(taken);
    System.out.println("MemoryTest: " + said);
    assertTrue(taken <= most, said);
  }

  /** Runs it; prints where its stub domain's memory was, of which none may have run out. */
  private void run(String lines, String parameters) throws IOException {
    // The stub domain is asked when the guest has switched itself off.
    GuestConfiguration guest = guest("on_poweroff = 'preserve'\n" + lines, parameters);
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
                  log.append(lab.dom0().sh(REPORT, GUEST));
                })
            .results()
            .get(0);
    assertEquals(Status.PASS, result.status(), result::reason);
    String serial = result.serial().text();
    assertTrue(serial.contains("TEST " + GUEST + ": SUCCESS"), serial);
    checkLatency(serial, parameters.contains("picture=1") ? LATENCY_PAINTING : LATENCY);
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
    run("stubdomain_memory = " + smallest + "\n", "");
  }

  /** The same while all of a large picture changes, and is shown. */
  @Test
  void allRequestsAndABusyPicture() throws IOException {
    run("vnc = 1\nvga = 'stdvga'\n", "picture=1\n");
  }

  /** With the smallest the picture is too large to be shown; the rest works. */
  @Test
  @Tag("long")
  void allRequestsBesideAPictureThatDoesNotFit() throws IOException {
    String lines = "vnc = 1\nvga = 'stdvga'\n";
    int smallest = MemoryNeeds.of(guest(lines, "")).smallestMib();
    run(lines + "stubdomain_memory = " + smallest + "\n", "picture=1\n");
  }

  /** Copies the guest's four disks to dom0; returns the path of its configuration there. */
  private String configure(XlHost host, String parameters) throws IOException {
    GuestConfiguration guest = guest("", parameters);
    String text = Files.readString(guest.file());
    for (Disk disk : guest.disks()) {
      String copy = "/run/" + disk.vdev() + ".img";
      host.dom0().push(disk.path(), copy);
      text = text.replace("target=" + disk.path() + "'", "target=" + copy + "'");
    }
    String memory = "stubdomain_memory = " + MemoryNeeds.of(guest).smallestMib() + "\n";
    return host.write(GUEST, text, DeviceModel.STUBDOM, memory);
  }

  /** A backend that answers slowly: its disks do so many requests a second. */
  @Test
  @Tag("long")
  void allRequestsOfSlowDisks() throws IOException {
    try (XlHost host = new XlHost()) {
      Dom0 dom0 = host.dom0();
      dom0.run("xl", "create", "-p", configure(host, ""));
      try (XlHost.Console console = host.console(GUEST)) {
        // Linux slows down what a group of threads asks of a device: those of blkback, here.
        dom0.sh(
            """
            mkdir /run/groups && mount -t cgroup2 none /run/groups
            cd /run/groups && echo +io >cgroup.subtree_control && mkdir slow
            for device in /sys/block/loop*; do
              [ "$(cat $device/size)" = 0 ] || echo "$(cat $device/dev) riops=$1 wiops=$1" >slow/io.max
            done
            for thread in /proc/[0-9]*; do
              case $(cat $thread/comm 2>/dev/null) in
              [0-9]*.hd[a-d]-[0-9]*) echo ${thread#/proc/} >slow/cgroup.procs ;;
              esac
            done
            """,
            Integer.toString(SLOW));
        dom0.run("xl", "unpause", GUEST);
        checkLatency(console.await("(?s).*TEST " + GUEST + ": SUCCESS"), LATENCY_SLOW);
      }
      String done = dom0.run("cat", "/run/groups/slow/io.stat");
      long slowed =
          done.lines()
              .filter(line -> Pattern.compile("wios=(\\d{2,}) ").matcher(line).find())
              .count();
      assertEquals(4, slowed, done);
      host.await("! xl domid " + GUEST + " 2>/dev/null", 60);
    }
  }

  /** Saved with all requests under way, and restored. */
  @Test
  @Tag("long")
  void savedInTheMiddle() throws IOException {
    try (XlHost host = new XlHost()) {
      Dom0 dom0 = host.dom0();
      dom0.run("xl", "create", "-p", configure(host, "rounds=20\n"));
      try (XlHost.Console console = host.console(GUEST)) {
        dom0.run("xl", "unpause", GUEST);
        console.await("DATA " + GUEST + ": disks=4");
        dom0.run("sleep", "0.5");
        dom0.run("xl", "save", GUEST, "/run/saved");
        assertFalse(console.soFar().contains("TEST " + GUEST + ": SUCCESS"), "it was too fast");
      }
      dom0.run("xl", "restore", "-p", "/run/saved");
      try (XlHost.Console console = host.console(GUEST)) {
        dom0.run("xl", "unpause", GUEST);
        console.await("TEST " + GUEST + ": SUCCESS");
      }
      host.await("! xl domid " + GUEST + " 2>/dev/null", 60);
    }
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
    run(lines + "stubdomain_memory = " + least + "\n", "");
  }

  /** A device touches every MiB of a guest, twice, after disks have had all they can do. */
  @Test
  void everyMibOfAGuest() throws IOException {
    String lines = "stubdomain_memory = " + MemoryNeeds.BASE_MIB + "\nmemory = " + GUEST_MIB + "\n";
    run(lines, "mib=" + (GUEST_MIB - VIDEO_MIB) + "\nrounds=1\n");
  }

  /** A device touches every MiB of 8 GiB, twice; far more than can stay mapped. */
  @Test
  @Tag("long")
  void everyMibOfALargeGuest() throws IOException {
    String parameters = "mib=" + (LARGE_GUEST_MIB - VIDEO_MIB) + "\nrounds=1\n";
    run("memory = " + LARGE_GUEST_MIB + "\n", parameters);
  }
}
