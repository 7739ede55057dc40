// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rumpstubdom.cli.Main;
import org.rumpstubdom.lab.host.Lab;
import org.rumpstubdom.lab.host.LabClock;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.CacheDirectory;

/** {@code stubdom test} as a process of its own: refusals, signals, and what is left afterwards. */
@Tag("lab")
final class InterruptedLabTest {
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /** Starts the command line with its own directory for temporary files. */
  private static Process stubdom(Path temporary, String... arguments) throws IOException {
    List<String> line =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Djava.io.tmpdir=" + temporary,
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "test",
                "--device-model=dom0"));
    line.addAll(List.of(arguments));
    return new ProcessBuilder(line).redirectErrorStream(true).start();
  }

  private static int status(Process process) throws InterruptedException {
    assertTrue(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS), "still running");
    return process.exitValue();
  }

  /** Reads the process's output up to a line with this text. */
  private static void awaitOutput(BufferedReader output, String text) throws IOException {
    List<String> lines = new ArrayList<>();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      lines.add(line);
      if (line.contains(text)) {
        return;
      }
    }
    throw new AssertionError("ended without \"" + text + "\": " + lines);
  }

  /** Processes that work below a directory. */
  private static List<String> processesIn(Path directory) throws IOException {
    try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
      return processes
          .filter(InterruptedLabTest::isProcess)
          .filter(process -> worksIn(process, directory))
          .map(Path::toString)
          .toList();
    }
  }

  private static boolean worksIn(Path process, Path directory) {
    try {
      return Files.readSymbolicLink(process.resolve("cwd")).startsWith(directory);
    } catch (IOException e) {
      // It has ended, or is not ours to look at.
      return false;
    }
  }

  private static boolean isProcess(Path path) {
    return path.getFileName().toString().matches("[0-9]+");
  }

  private static List<Path> filesIn(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> !file.getFileName().toString().startsWith("hsperf")).toList();
    }
  }

  @ParameterizedTest
  @CsvSource({"INT,start the emulated host", "TERM,run disk-bios"})
  void signalsLeaveNothingBehind(String signal, String moment, @TempDir Path temporary)
      throws IOException, InterruptedException {
    // The state is there, or the signal would come while it is made.
    Lab.open(TestHost.of(LabClock.COUNTED), Progress.silent()).close();
    Set<String> before = savedStates();
    Process process = stubdom(temporary, TestGuest.named("disk-bios").file().toString());
    try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
      awaitOutput(output, moment);
      assertEquals(
          0,
          new ProcessBuilder("kill", "-s", signal, Long.toString(process.pid())).start().waitFor());
      output.lines().forEach(line -> {});
    }
    assertEquals(130, status(process));
    assertEquals(List.of(), processesIn(temporary));
    assertEquals(List.of(), filesIn(temporary));
    assertEquals(before, savedStates(), "the saved state of the host is another's too");
  }

  /** What tells one saved state of the host from another: its files' times. */
  private static Set<String> savedStates() throws IOException {
    Set<String> states = new TreeSet<>();
    try (Stream<Path> files = Files.walk(CacheDirectory.ofUser().entry("lab-state", ""))) {
      for (Path file : files.filter(path -> path.endsWith("devices")).toList()) {
        states.add(file + " " + Files.getLastModifiedTime(file));
      }
    }
    return states;
  }

  @Test
  void killedProgramTakesTheMachineWithIt(@TempDir Path temporary)
      throws IOException, InterruptedException {
    Process process = stubdom(temporary, TestGuest.named("disk-bios").file().toString());
    try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
      awaitOutput(output, "run disk-bios");
      assertEquals(1, processesIn(temporary).size());
      process.destroyForcibly();
    }
    assertEquals(128 + 9, status(process));
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!processesIn(temporary).isEmpty()) {
      assertTrue(System.nanoTime() < end, "the emulator outlives the program");
      Thread.sleep(200);
    }
  }

  @Test
  void whatCannotWorkIsRefusedBeforeAnythingBoots(@TempDir Path directory)
      throws IOException, InterruptedException {
    Path disk = Files.write(directory.resolve("disk.img"), new byte[512]);
    String good = "name=\"g\"\ntype=\"hvm\"\nmemory=64\ndisk=['" + disk + ",raw,hda,rw']\n";
    Map<String, String> broken =
        Map.of(
            "missing disk",
            good.replace("disk.img", "no-such.img"),
            "too little video memory",
            good + "vga=\"stdvga\"\nvideoram=8\n",
            "broken syntax",
            good + "vif=['\n",
            "a disk of no known format",
            good.replace("raw,hda", "format=cow,hda"),
            "PV guest",
            good.replace("hvm", "pv"));
    Path temporary = Files.createDirectory(directory.resolve("tmp"));
    for (Map.Entry<String, String> entry : broken.entrySet()) {
      Path file = Files.writeString(directory.resolve("guest.cfg"), entry.getValue());
      Process process = stubdom(temporary, file.toString());
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertEquals(3, status(process), () -> entry.getKey() + ": " + said);
      assertEquals(1, said.lines().count(), said);
      assertTrue(said.startsWith("stubdom: " + file), said);
      assertEquals(List.of(), filesIn(temporary));
    }
  }
}
