// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rumpstubdom.lab.guest.GuestPlan;
import org.rumpstubdom.lab.guest.GuestResult;
import org.rumpstubdom.lab.guest.GuestResult.Status;
import org.rumpstubdom.lab.guest.GuestSeries;
import org.rumpstubdom.lab.host.LabClock;
import org.rumpstubdom.lab.host.LabOptions;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.xl.DeviceModel;
import org.rumpstubdom.xl.GuestConfiguration;
import org.rumpstubdom.xl.MemoryNeeds;

/** Guests that ask their stub domain for all it has: it does less then, and does not end. */
@Tag("lab")
final class MemoryTest {
  private static final String GUEST = "disk-flood";
  private static final Pattern FREE =
      Pattern.compile("memory: (\\d+) KiB free \\(at least (\\d+)\\) of (\\d+) KiB managed");
  private static final int PARAMETERS = 512;
  private static final int GUEST_MIB = 1536;
  private static final int LARGE_GUEST_MIB = 8192;

  @TempDir Path directory;

  /** A copy of the guest with lines added to its configuration and to its parameters. */
  private GuestConfiguration guest(String lines, String parameters) throws IOException {
    TestGuest guest = TestGuest.named(GUEST);
    Path copy = guest.copy(directory);
    Path image = directory.resolve(GUEST + ".img");
    byte[] bytes = Files.readAllBytes(image);
    // The parameter sector is text that ends with zeroes; of two lines the first counts.
    int end = PARAMETERS;
    while (bytes[end] != 0) {
      end++;
    }
    byte[] old = Arrays.copyOfRange(bytes, PARAMETERS, end);
    byte[] added = parameters.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(added, 0, bytes, PARAMETERS, added.length);
    System.arraycopy(old, 0, bytes, PARAMETERS + added.length, old.length);
    Files.write(image, bytes);
    Files.writeString(copy, Files.readString(copy) + lines);
    return GuestConfiguration.load(copy);
  }

  /** Runs it; prints where its stub domain's memory was, of which none may have run out. */
  private static void run(GuestConfiguration guest, Duration limit) throws IOException {
    GuestPlan plan =
        new GuestPlan(
            guest,
            DeviceModel.STUBDOM,
            TestGuest.image(),
            Pattern.compile("TEST " + GUEST + ": [A-Z]+"),
            limit,
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

  /** Four disks with 32 requests each, with what the stub domain gets, and with the least. */
  @ParameterizedTest
  @ValueSource(ints = {MemoryNeeds.BASE_MIB, MemoryNeeds.LEAST_MIB})
  void allRequestsOfFourDisksAtOnce(int mib) throws IOException {
    run(guest("stubdomain_memory = " + mib + "\n", ""), Duration.ofMinutes(4));
  }

  /** The same while all of a large picture changes, and is shown. */
  @Test
  void allRequestsAndABusyPicture() throws IOException {
    String lines = "stubdomain_memory = " + MemoryNeeds.BASE_MIB + "\nvnc = 1\nvga = 'stdvga'\n";
    run(guest(lines, "picture=1\n"), Duration.ofMinutes(10));
  }

  /** A device touches every MiB of a guest, twice; more than the smallest can keep mapped. */
  @Test
  void everyMibOfAGuest() throws IOException {
    String lines =
        "stubdomain_memory = " + MemoryNeeds.LEAST_MIB + "\nmemory = " + GUEST_MIB + "\n";
    run(guest(lines, "mib=" + GUEST_MIB + "\nrounds=1\n"), Duration.ofMinutes(20));
  }

  /** A device touches every MiB of 8 GiB, twice; far more than can stay mapped. */
  @Test
  @Tag("long")
  void everyMibOfALargeGuest() throws IOException {
    String parameters = "mib=" + LARGE_GUEST_MIB + "\nrounds=1\n";
    run(guest("memory = " + LARGE_GUEST_MIB + "\n", parameters), Duration.ofMinutes(60));
  }
}
