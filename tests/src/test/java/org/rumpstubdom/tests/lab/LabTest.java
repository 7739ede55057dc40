// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.rumpstubdom.lab.guest.GuestPlan;
import org.rumpstubdom.lab.guest.GuestResult;
import org.rumpstubdom.lab.guest.GuestResult.Phase;
import org.rumpstubdom.lab.guest.GuestResult.Status;
import org.rumpstubdom.lab.guest.GuestSeries;
import org.rumpstubdom.lab.guest.PvRun;
import org.rumpstubdom.lab.host.DiskAccess;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.lab.host.Lab;
import org.rumpstubdom.lab.host.LabClock;
import org.rumpstubdom.lab.host.LabOptions;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.xl.DeviceModel;
import org.rumpstubdom.xl.GuestConfiguration;

/**
 * The emulated host itself: its verdicts, its repeatability, and what it does when things break.
 */
@Tag("lab")
final class LabTest {
  private static final LabOptions OPTIONS = TestHost.of(LabClock.COUNTED);

  private static GuestPlan plan(TestGuest guest, Path file, String until, int seconds)
      throws IOException {
    return plan(DeviceModel.DOM0, guest, file, until, seconds);
  }

  private static GuestPlan plan(
      DeviceModel model, TestGuest guest, Path file, String until, int seconds) throws IOException {
    return new GuestPlan(
        GuestConfiguration.load(file),
        model,
        model == DeviceModel.STUBDOM ? TestGuest.image() : null,
        until == null ? null : Pattern.compile(until),
        seconds == 0 ? guest.limit() : Duration.ofSeconds(seconds),
        false,
        List.of());
  }

  private static GuestPlan plan(String guest) throws IOException {
    TestGuest found = TestGuest.named(guest);
    return plan(found, found.file(), found.until(), 0);
  }

  /** A copy of a guest's configuration under another name, with some lines changed. */
  private static Path renamed(
      Path directory, TestGuest guest, String name, Map<String, String> edits) throws IOException {
    String text =
        Files.readString(guest.file()).replaceFirst("name = .*", "name = \"" + name + "\"");
    for (Map.Entry<String, String> edit : edits.entrySet()) {
      assertTrue(text.contains(edit.getKey()), edit.getKey());
      text = text.replace(edit.getKey(), edit.getValue());
    }
    return Files.writeString(directory.resolve(name + ".cfg"), text);
  }

  private static GuestSeries.Outcome run(List<GuestPlan> plans, Path logs) throws IOException {
    return new GuestSeries(OPTIONS, plans, logs, Progress.silent()).run(lab -> {});
  }

  @Test
  void verdictsAndReport(@TempDir Path directory) throws IOException {
    TestGuest guest = TestGuest.named("disk-bios");
    Path same = renamed(directory, guest, "off", Map.of());
    Path crash = renamed(directory, guest, "no-memory", Map.of("memory = 64", "memory = 1"));
    Path slow = renamed(directory, guest, "slow", Map.of());
    Path logs = directory.resolve("logs");
    GuestSeries.Outcome outcome =
        run(
            List.of(
                plan(guest, guest.file(), "no guest writes this", 0),
                plan(guest, same, null, 0),
                plan(guest, crash, guest.until(), 0),
                plan(guest, slow, guest.until(), 1)),
            logs);
    GuestResult wrong = outcome.results().get(0);
    assertEquals(Status.FAIL, wrong.status());
    assertEquals("the guest ended (poweroff) without printing what was expected", wrong.reason());
    assertTrue(wrong.serial().text().contains("TEST disk-bios: SUCCESS"));
    GuestResult off = outcome.results().get(1);
    assertEquals(Status.PASS, off.status(), off::reason);
    assertEquals(64, off.domains().get("off").memoryMib());
    GuestResult failed = outcome.results().get(2);
    assertEquals(Status.FAIL, failed.status());
    assertTrue(failed.reason().startsWith("xl create failed: "), failed::reason);
    assertFalse(failed.timedOut());
    GuestResult timedOut = outcome.results().get(3);
    assertEquals(Status.FAIL, timedOut.status());
    assertTrue(timedOut.timedOut());
    for (String log :
        List.of(
            "serial.log",
            "xl-create.log",
            "hypervisor.log",
            "xenstore.txt",
            "guest.cfg",
            "qemu-dm-off.log",
            "xl-unpause.log")) {
      assertTrue(Files.size(logs.resolve("off").resolve(log)) > 0, log);
    }
    assertFalse(Files.exists(logs.resolve("off").resolve("screen.ppm")));
    assertTrue(Files.size(logs.resolve("slow").resolve("screen.ppm")) > 0);
    JsonObject report = outcome.report();
    JsonObject first = report.getAsJsonArray("guests").get(0).getAsJsonObject();
    assertEquals("fail", first.get("status").getAsString());
    for (Phase phase : Phase.values()) {
      JsonObject span = first.getAsJsonObject("phases").getAsJsonObject(phase.key());
      assertTrue(span.get("virtualSeconds").getAsDouble() > 0, phase.key());
      assertTrue(span.get("wallSeconds").getAsDouble() > 0, phase.key());
    }
    assertTrue(report.getAsJsonObject("versions").has("emulator"));
  }

  /** A follower of the serial port that waits for a guest must not keep dom0 from all else. */
  @Test
  void aGuestThatSpinsInSilenceIsEndedAtItsLimit(@TempDir Path directory) throws IOException {
    TestGuest guest = TestGuest.named("silent");
    Path same = renamed(directory, guest, "no-more", Map.of());
    List<GuestResult> results =
        run(
                List.of(
                    plan(guest, guest.file(), "no guest writes this", 5),
                    plan(guest, same, guest.until(), 0),
                    plan("disk-bios")),
                null)
            .results();
    GuestResult silent = results.get(0);
    assertEquals(Status.FAIL, silent.status(), silent::reason);
    assertEquals(
        "the guest did not print what was expected within 5 s of the emulated host's clock",
        silent.reason());
    assertTrue(silent.serial().text().contains("NOTE silent: last words\n"));
    GuestResult spoke = results.get(1);
    assertEquals(Status.PASS, spoke.status(), spoke::reason);
    assertEquals(64, spoke.domains().get("no-more").memoryMib());
    assertEquals(Status.PASS, results.get(2).status(), results.get(2)::reason);
  }

  /** Of a stub domain, ours or the Linux one, the port is a console; of QEMU in dom0 its own. */
  @ParameterizedTest
  @EnumSource(names = {"STUBDOM", "DOM0"})
  void whatAGuestSaysInItsLastMomentIsHeard(DeviceModel model, @TempDir Path directory)
      throws IOException {
    TestGuest guest = TestGuest.named("last-words");
    Path same = renamed(directory, guest, "unheard", Map.of());
    List<GuestPlan> plans =
        List.of(
            plan(model, guest, guest.file(), guest.until(), 0), plan(model, guest, same, null, 0));
    for (GuestResult result : run(plans, null).results()) {
      assertEquals(Status.PASS, result.status(), result::reason);
      StringBuilder expected = new StringBuilder();
      for (int i = 0; i < 200; i++) {
        expected.append("DATA silent: line=").append(i).append('\n');
      }
      expected.append("NOTE silent: last words");
      // What follows the pattern that was waited for is not.
      String heard = result.serial().text();
      assertTrue(heard.stripTrailing().endsWith(expected.toString()), heard);
    }
  }

  /** The emulator has to report the guest's reads of control registers as what they are. */
  @Test
  void aGuestReadsItsControlRegisters() throws IOException {
    GuestResult result = run(List.of(plan("page-fault")), null).results().get(0);
    assertEquals(Status.PASS, result.status(), result.serial()::text);
  }

  @Test
  void aGuestsTroubleIsItsOwn(@TempDir Path directory) throws IOException {
    TestGuest guest = TestGuest.named("disk-bios");
    // The first word of a qcow2 image, and nothing that fits it.
    Path image = Files.write(directory.resolve("broken.qcow2"), new byte[] {'Q', 'F', 'I', -5});
    Path broken =
        renamed(
            directory,
            guest,
            "broken",
            Map.of("disk = [", "disk = ['" + image + ",qcow2,hdb,rw',"));
    Path blocked = renamed(directory, guest, "blocked", Map.of());
    Path logs = Files.createDirectory(directory.resolve("logs"));
    Files.writeString(logs.resolve("blocked"), "a file where the directory has to be");
    List<GuestResult> results =
        run(
                List.of(
                    plan(guest, broken, guest.until(), 0),
                    plan(guest, blocked, guest.until(), 0),
                    plan("disk-bios")),
                logs)
            .results();
    assertEquals(Status.ERROR, results.get(0).status(), results.get(0)::reason);
    assertTrue(results.get(0).reason().contains(image.toString()), results.get(0)::reason);
    assertEquals(Status.ERROR, results.get(1).status(), results.get(1)::reason);
    assertTrue(results.get(1).reason().contains("its logs cannot"), results.get(1)::reason);
    assertTrue(results.get(1).serial().text().contains("TEST disk-bios: SUCCESS"));
    assertEquals(Status.PASS, results.get(2).status(), results.get(2)::reason);
  }

  @Test
  void killedEmulatorIsAnErrorWithItsLog(@TempDir Path logs) throws IOException {
    List<GuestPlan> plans = List.of(plan("disk-bios"), plan("timers"));
    GuestSeries.Outcome outcome =
        new GuestSeries(OPTIONS, plans, logs, Progress.silent())
            .run(
                lab ->
                    ProcessHandle.current()
                        .descendants()
                        .filter(LabTest::isEmulator)
                        .forEach(ProcessHandle::destroyForcibly));
    GuestResult killed = outcome.results().get(0);
    assertEquals(Status.ERROR, killed.status(), killed::reason);
    assertTrue(killed.reason().contains(logs.toString()), killed::reason);
    assertTrue(Files.exists(logs.resolve("disk-bios").resolve("emulator.log")));
    assertEquals(Status.SKIP, outcome.results().get(1).status());
  }

  private static boolean isEmulator(ProcessHandle process) {
    // The program, or what its loader is told to run.
    return process.info().commandLine().orElse("").contains("qemu-system-x86_64 ");
  }

  @Test
  void twoLabsAtOnceAndDisks(@TempDir Path directory) throws IOException {
    Path image = directory.resolve("a,b c.img");
    Files.writeString(image, "first".repeat(1000));
    try (Lab one = Lab.open(OPTIONS, Progress.silent());
        Lab two = Lab.open(OPTIONS, Progress.silent())) {
      assertTrue(one.dom0().run("xl", "list").contains("Domain-0"));
      assertTrue(two.dom0().run("xl", "list").contains("Domain-0"));
      Lab.DomainDisk scratch = one.attachDisk(image, "raw", DiskAccess.DISCARDED);
      String write = "printf second >\"$1\"; sync; head -c 6 \"$1\"";
      assertEquals("second", one.dom0().sh(write, scratch.node()));
      Lab.DomainDisk fixed = two.attachDisk(image, "raw", DiskAccess.READ_ONLY);
      assertEquals("firstf", two.dom0().sh("head -c 6 \"$1\"", fixed.node()));
      Dom0.Result refused = two.dom0().execute("sh", "-c", write, "disk", fixed.node());
      assertEquals("firstf", refused.output());
      Lab.DomainDisk kept = two.attachDisk(image, "raw", DiskAccess.WRITTEN);
      two.dom0().sh(write, kept.node());
      two.finish();
    }
    assertTrue(Files.readString(image).startsWith("second"));
  }

  @Test
  void memoryOfALargeGuestFits() {
    int large = OPTIONS.withGuestMemory(4096).memoryMib();
    assertTrue(large >= 4096 + 768, () -> "only " + large);
    assertEquals(LabOptions.DEFAULT_MEMORY_MIB, OPTIONS.withGuestMemory(64).memoryMib());
  }

  @Test
  void pvKernelRunsAndItsConsoleIsHeard(@TempDir Path directory) throws IOException {
    try (Lab lab = Lab.open(OPTIONS.withGuestMemory(128), Progress.silent())) {
      Path kernel = lab.root().directory().resolve("vmlinuz");
      PvRun.Plan plan =
          new PvRun.Plan(
              "plain",
              kernel,
              null,
              "console=hvc0 panic=1",
              128,
              Pattern.compile("Linux version [0-9]"),
              Duration.ofMinutes(5),
              "");
      assertEquals(PvRun.Ending.MATCHED, new PvRun(lab, plan).run().ending());
      assertFalse(lab.dom0().run("xl", "list").contains("plain"));
    }
  }

  @Test
  @Tag("long")
  void countedTimesRepeat() throws IOException {
    List<GuestPlan> plans = List.of(plan("disk-bios"), plan("disk-dma"), plan("nic-e1000"));
    List<GuestResult> idle = run(plans, null).results();
    List<Thread> load = new ArrayList<>();
    for (int i = 0; i < Runtime.getRuntime().availableProcessors(); i++) {
      Thread thread = new Thread(LabTest::spin);
      thread.setDaemon(true);
      thread.start();
      load.add(thread);
    }
    List<GuestResult> busy = run(plans, null).results();
    load.forEach(Thread::interrupt);
    for (int i = 0; i < plans.size(); i++) {
      for (Phase phase : Phase.values()) {
        double first = idle.get(i).phases().get(phase).virtualSeconds();
        double second = busy.get(i).phases().get(phase).virtualSeconds();
        String what = plans.get(i).guest().name() + " " + phase + ": " + first + " and " + second;
        assertTrue(Math.abs(first - second) < 0.01 * first, what);
      }
    }
  }

  private static void spin() {
    long count = 0;
    while (!Thread.currentThread().isInterrupted()) {
      count++;
    }
    assertTrue(count > 0);
  }

  @Test
  @Tag("long")
  void brokenStateIsMadeAnew(@TempDir Path directory) throws IOException {
    // A cache of our own, with the user's packages: only the saved state is made here.
    for (String kind : List.of("lab", "lab-emulator")) {
      Path users = CacheDirectory.ofUser().root().resolve(kind);
      Files.createSymbolicLink(directory.resolve(kind), users);
    }
    CacheDirectory cache = new CacheDirectory(directory);
    try (Lab lab = Lab.open(OPTIONS, cache, Progress.silent())) {
      assertTrue(lab.boot().restored());
    }
    Path devices;
    try (var entries = Files.walk(directory.resolve("lab-state"))) {
      devices = entries.filter(path -> path.endsWith("devices")).findFirst().orElseThrow();
    }
    Files.write(devices, new byte[100]);
    List<String> messages = new ArrayList<>();
    Progress listening = new Progress(event -> messages.add(event.toString()));
    try (Lab lab = Lab.open(OPTIONS, cache, listening)) {
      assertTrue(lab.boot().restored());
      assertTrue(lab.dom0().run("xl", "list").contains("Domain-0"));
    }
    assertTrue(
        messages.stream().anyMatch(line -> line.contains("saved state does not fit")),
        messages::toString);
  }

  @Test
  @Tag("long")
  void bootsWithoutSavedState() throws IOException {
    try (Lab lab = Lab.open(OPTIONS.cold(), Progress.silent())) {
      assertFalse(lab.boot().restored());
      assertTrue(lab.dom0().run("xl", "info").contains("hvm"));
    }
  }

  @Test
  void dom0ReportsHowCommandsEnd() throws IOException {
    try (Lab lab = Lab.open(OPTIONS, Progress.silent())) {
      assertEquals(3, lab.dom0().execute("sh", "-c", "echo out; echo err >&2; exit 3").status());
      assertEquals(127, lab.dom0().execute("no-such-program").status());
      assertEquals(128 + 9, lab.dom0().execute("sh", "-c", "kill -9 $$").status());
      assertEquals("out\n", lab.dom0().execute("sh", "-c", "echo out; echo err >&2").output());
      assertEquals("err\n", lab.dom0().execute("sh", "-c", "echo out; echo err >&2").errors());
      byte[] data = new byte[3_000_000];
      new java.util.Random(1).nextBytes(data);
      lab.dom0().push(data, "/run/data");
      Path back = Files.createTempFile("lab", ".data");
      try {
        lab.dom0().pull("/run/data", back);
        assertEquals(-1, java.util.Arrays.mismatch(data, Files.readAllBytes(back)));
      } finally {
        Files.delete(back);
      }
      // A daemon that keeps the output open does not hold up the result.
      assertEquals(0, lab.dom0().execute("sh", "-c", "sleep 1000 & exit 0").status());
      String many = lab.dom0().run("sh", "-c", "seq 1 100000");
      assertEquals(100_000, many.lines().count());
    }
  }
}
