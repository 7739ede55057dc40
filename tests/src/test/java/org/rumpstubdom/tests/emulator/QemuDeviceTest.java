// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.emulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.build.Emulator;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.util.Trees;

/**
 * Runs QEMU's own device tests against the very file that goes into the image, as a Linux process.
 * {@code qtests.tsv} lists them all.
 */
@Tag("emulator")
final class QemuDeviceTest {
  /** One line of the list. */
  private record Line(String program, List<String> lacks, List<String> leftOut) {
    boolean runs() {
      return lacks.isEmpty() || !leftOut.isEmpty();
    }
  }

  @TempDir static Path directory;
  private static Path programs;
  private static Path emulator;

  /** QEMU finds its data relative to itself: lay out a tree as it would be installed. */
  @BeforeAll
  static void prepare() throws IOException {
    int jobs = Runtime.getRuntime().availableProcessors();
    programs = BuiltEmulator.build(CacheDirectory.ofUser(), jobs).qemuTests();
    Emulator built = BuiltEmulator.get();
    emulator = directory.resolve("usr/bin/qemu-system-i386");
    Files.createDirectories(emulator.getParent());
    Files.copy(built.program(), emulator);
    assertTrue(emulator.toFile().setExecutable(true));
    BuiltEmulator.unpackData(directory);
    assertEquals(-1, Files.mismatch(built.program(), emulator));
  }

  /** The lines that are about the QEMU under test. */
  private static List<Line> lines() throws IOException {
    List<Line> lines = new ArrayList<>();
    try (InputStream in = QemuDeviceTest.class.getResourceAsStream("qtests.tsv")) {
      for (String text : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
        if (!text.startsWith("#")) {
          String[] field = text.split("\t", -1);
          if (words(field, 3).isEmpty() || words(field, 3).contains(BuiltEmulator.SUITE)) {
            lines.add(new Line(field[0], words(field, 1), words(field, 2)));
          }
        }
      }
    }
    return lines;
  }

  private static List<String> words(String[] field, int column) {
    return field.length > column && !field[column].isEmpty()
        ? List.of(field[column].split(" ", -1))
        : List.of();
  }

  @Test
  void everyTestQemuHasIsListed() throws IOException {
    Set<String> listed = new TreeSet<>();
    for (Line line : lines()) {
      assertTrue(listed.add(line.program()), line.program() + " is listed twice");
    }
    Set<String> built = new TreeSet<>();
    for (Path file : Trees.list(programs)) {
      built.add(file.getFileName().toString());
    }
    assertTrue(built.remove("qemu-img"));
    assertEquals(built, listed);
  }

  @TestFactory
  Stream<DynamicTest> deviceTests() throws IOException {
    return lines().stream()
        .map(
            line ->
                DynamicTest.dynamicTest(
                    line.program() + (line.runs() ? "" : " is left out"),
                    () -> {
                      line.lacks().forEach(QemuDeviceTest::lacks);
                      if (line.runs()) {
                        run(line);
                      }
                    }));
  }

  private static void run(Line line) {
    Command command =
        Command.of(programs.resolve(line.program()).toString(), "--tap", "-k")
            .in(directory)
            .env("QTEST_QEMU_BINARY", emulator.toString())
            .env("QTEST_QEMU_IMG", programs.resolve("qemu-img").toString())
            .timeout(Duration.ofMinutes(10))
            .capture();
    line.leftOut().forEach(part -> command.args("-s", part));
    Command.Result result = command.execute();
    String output = result.output();
    assertEquals(0, result.status(), () -> output + String.join("\n", result.lastLines()));
    assertFalse(output.contains("\nnot ok "), output);
    assertTrue(output.lines().anyMatch(text -> text.startsWith("ok ")), output);
  }

  private static void lacks(String what) {
    String kind = what.substring(0, what.indexOf(':'));
    String name = what.substring(what.indexOf(':') + 1);
    List<String> arguments =
        switch (kind) {
          case "machine" -> List.of("-machine", "help");
          case "accel" -> List.of("-accel", "help");
          case "device" -> List.of("-M", "pc", "-accel", "qtest", "-device", "help");
          default -> throw new IllegalArgumentException(what);
        };
    String help = Command.of(emulator.toString()).args(arguments).capture().run().output();
    assertTrue(help.lines().count() > 1, help);
    assertFalse(help.matches("(?s).*(^|[\\s\"])" + name + "([\\s\",].*|$)"), name + " is there");
  }
}
