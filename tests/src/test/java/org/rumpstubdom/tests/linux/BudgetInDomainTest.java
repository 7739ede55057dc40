// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rumpstubdom.build.recipe.QemuRecipe;
import org.rumpstubdom.image.ImageDirectory;
import org.rumpstubdom.image.Ramdisk;
import org.rumpstubdom.lab.guest.PvRun;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.lab.host.Lab;
import org.rumpstubdom.lab.host.LabClock;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.tests.lab.TestHost;

/**
 * What the runtime costs: time to the program's start, memory, and CPU time when there is nothing
 * to do. The clock counts instructions and skips idle time, so that an hour is short and all is the
 * same on any computer.
 */
@Tag("lab")
final class BudgetInDomainTest {
  private static final int MEMORY_MIB = 32;
  private static final int LARGEST_MIB = 1024;
  private static final Duration LIMIT = Duration.ofMinutes(2);

  /** One counted instruction is a nanosecond. */
  private static final long NANOS_TO_MAIN = 20_000_000;

  private static final int HOUR_SECONDS = 3600;

  /** xl counts tenths; waking ten times a second would cost more than this. */
  private static final double IDLE_SECONDS_IN_AN_HOUR = 1;

  /** What the emulator may leave used of a stub domain's memory when it has no guest. */
  private static final int IDLE_KIB = 8 << 10;

  @TempDir static Path directory;
  private static ImageDirectory image;
  private static TestPrograms programs;
  private static Path hello;
  private static Path emulator;
  private static Lab lab;

  @BeforeAll
  static void start() throws IOException {
    image = ImageDirectory.open(Path.of(System.getProperty("rumpstubdom.image")));
    programs = new TestPrograms(directory);
    hello = programs.compile("hello");
    emulator = directory.resolve("qemu");
    Files.write(emulator, Ramdisk.read(image.ramdisk(), QemuRecipe.PROGRAM));
    lab = Lab.open(TestHost.of(LabClock.COUNTED).withGuestMemory(LARGEST_MIB), Progress.silent());
  }

  @AfterAll
  static void close() {
    if (lab != null) {
      lab.close();
    }
  }

  private static Path emulatorRamdisk(String... arguments) throws IOException {
    return programs.ramdisk("qemu", emulator, List.of(arguments), Map.of());
  }

  private static PvRun.Result run(Path ramdisk, int memoryMib) throws IOException {
    PvRun.Result result =
        new PvRun(
                lab,
                new PvRun.Plan(
                    "budget", image.kernel(), ramdisk, "loglevel=3", memoryMib, null, LIMIT, ""))
            .run();
    assertEquals(PvRun.Ending.ENDED, result.ending(), result::toString);
    return result;
  }

  private static long number(String pattern, String text) {
    Matcher matcher = Pattern.compile(pattern, Pattern.MULTILINE).matcher(text);
    assertTrue(matcher.find(), () -> "no \"" + pattern + "\" in:\n" + text);
    return Long.parseLong(matcher.group(1));
  }

  @Test
  void mainIsReachedInTime() throws IOException {
    String console = run(programs.ramdisk("hello", hello), MEMORY_MIB).console();
    long entered = number("kernel entered at (\\d+) ns", console);
    long main = number("^main entered at (\\d+) ns", console);
    assertTrue(main > entered, console);
    assertTrue(main - entered <= NANOS_TO_MAIN, () -> main - entered + " instructions to main");
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 8, 16, 32, 256, LARGEST_MIB})
  void smallProgramRunsIn(int memoryMib) throws IOException {
    PvRun.Result result = run(programs.ramdisk("hello", hello), memoryMib);
    assertEquals(
        List.of(TestPrograms.success("hello")),
        TestPrograms.verdicts(result.console()),
        result::toString);
    assertEquals("poweroff", result.shutdown(), result::toString);
    assertEquals(
        (long) memoryMib << 10,
        number("managed, (\\d+) KiB given to the domain", result.console()));
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 32, 256, LARGEST_MIB})
  void emulatorRunsIn(int memoryMib) throws IOException {
    PvRun.Result result = run(emulatorRamdisk("-version"), memoryMib);
    assertTrue(
        Pattern.compile("^QEMU emulator version \\d", Pattern.MULTILINE)
            .matcher(result.console())
            .find(),
        result::toString);
    assertEquals("poweroff", result.shutdown(), result::toString);
  }

  /** The files fit, what the program touches does not: the kernel says it. */
  @Test
  void tooLittleMemoryForTheProgram() throws IOException {
    PvRun.Result result =
        run(
            emulatorRamdisk(
                "-machine",
                "none",
                "-accel",
                "qtest",
                "-display",
                "none",
                "-object",
                "memory-backend-ram,id=m,size=8M,prealloc=on"),
            12);
    number("^\\[[ 0-9.]+] memory: program +(\\d+) KiB", result.console());
    assertTrue(
        result.console().contains("panic: out of memory: the program touched 0x"),
        result::toString);
    assertTrue(result.console().contains("give the stub domain more"), result::toString);
    assertEquals("crash", result.shutdown(), result::toString);
  }

  /** Not even the files fit: there is no domain, and xl says why. */
  @ParameterizedTest
  @CsvSource({"hello, 3, not enough memory for initial mapping", "emulator, 4, too large"})
  void tooLittleMemoryForTheFiles(String program, int memoryMib, String message)
      throws IOException {
    Path ramdisk =
        program.equals("hello") ? programs.ramdisk("hello", hello) : emulatorRamdisk("-version");
    PvRun.Result result = run(ramdisk, memoryMib);
    assertEquals("", result.console());
    assertTrue(
        Pattern.compile(message + ".*: Out of memory").matcher(result.create()).find(),
        result::toString);
  }

  /**
   * An hour with nothing to do but a monitor to listen to. Consoles 1 and 2 have their meaning in a
   * stub domain, so that the monitor is on the third; xl gives the first channel the number of the
   * console that every domain has, and complains.
   */
  @Test
  void emulatorSleepsWhenIdle() throws IOException {
    Dom0 dom0 = lab.dom0();
    dom0.push(image.kernel(), "/run/idle-kernel");
    dom0.push(
        emulatorRamdisk(
            "-accel",
            "qtest",
            "-machine",
            "none",
            "-nodefaults",
            "-display",
            "none",
            "-chardev",
            "serial,id=monitor,path=/dev/hvc3",
            "-mon",
            "chardev=monitor,mode=control"),
        "/run/idle-ramdisk");
    String configuration =
        """
        name = "idle"
        type = "pv"
        kernel = "/run/idle-kernel"
        ramdisk = "/run/idle-ramdisk"
        memory = %d
        cmdline = "loglevel=3"
        channel = [ "connection=pty,name=c0", "connection=pty,name=c1", "connection=pty,name=c2",
                    "connection=pty,name=c3" ]
        """
            .formatted(MEMORY_MIB);
    dom0.push(configuration.getBytes(StandardCharsets.UTF_8), "/run/idle.cfg");
    dom0.run("xl", "create", "/run/idle.cfg");
    assertTrue(ask("{\"execute\":\"qmp_capabilities\"}").has("return"));
    double before = cpuSeconds();
    dom0.run("sleep", Integer.toString(HOUR_SECONDS));
    double used = cpuSeconds() - before;
    assertTrue(used <= IDLE_SECONDS_IN_AN_HOUR, "CPU seconds in an idle hour: " + used);
    JsonObject status = ask("{\"execute\":\"query-status\"}").getAsJsonObject("return");
    assertEquals("running", status.get("status").getAsString());
    assertTrue(ask("{\"execute\":\"quit\"}").has("return"));
    dom0.sh("while xl domid idle; do sleep 1; done");
    String console = dom0.run("cat", "/var/log/xen/console/guest-idle.log");
    long left = number("memory: (\\d+) KiB free \\(", console);
    long managed = number("\\) of (\\d+) KiB managed", console);
    assertTrue(managed - left <= IDLE_KIB, console);
  }

  /** Sends a line to the emulator's monitor and returns the answer. */
  private static JsonObject ask(String command) throws IOException {
    // The emulator looks once a second whether anybody listens.
    String script =
        """
        tty=$(xenstore-read "/local/domain/$(xl domid idle)/device/console/3/tty")
        stty -F "$tty" raw -echo
        exec 3<>"$tty"
        sleep 3
        echo "$1" >&3
        while read -r -t 30 line <&3; do
          case $line in *'"event"'* | *'"QMP"'*) ;; *) break ;; esac
        done
        echo "$line"
        """;
    String answer = lab.dom0().sh(script, command);
    assertTrue(answer.startsWith("{"), () -> "no answer to " + command + ": " + answer);
    return JsonParser.parseString(answer).getAsJsonObject();
  }

  /** What xl counts, in its last column. */
  private static double cpuSeconds() throws IOException {
    String line = lab.dom0().run("xl", "list", "idle").lines().skip(1).findFirst().orElseThrow();
    return Double.parseDouble(line.substring(line.lastIndexOf(' ')).strip());
  }
}
