// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.rumpstubdom.util.StubdomException;

/**
 * Holds the checker to {@code tests/configs/expectations.tsv}: what it says of each configuration
 * there, no more and no less.
 */
class RealConfigurationsTest {
  /** The module's directory is the current one when Maven runs its tests. */
  private static final Path CONFIGS = Path.of("..", "tests", "configs");

  private static final Set<String> UNREADABLE =
      Set.of("hyphen.cfg", "line-ends.cfg", "manager-of-vms.cfg");

  /** A row of the table: what is to be said begins with the text. */
  private record Expectation(String file, String level, int line, String text) {
    static Expectation parse(String row) {
      String[] cells = row.split("\t", -1);
      assertEquals(4, cells.length, row);
      return new Expectation(cells[0], cells[1], Integer.parseInt(cells[2]), cells[3]);
    }
  }

  static List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(CONFIGS)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".cfg"))
          .sorted()
          .toList();
    }
  }

  /** Without those that xl cannot read. */
  static List<String> readable() throws IOException {
    return files().stream().filter(name -> !UNREADABLE.contains(name)).toList();
  }

  @ParameterizedTest
  @MethodSource("files")
  void whatIsSaidIsWhatTheTableSays(String name) throws IOException {
    List<Expectation> expected = table().stream().filter(row -> row.file().equals(name)).toList();
    List<Expectation> found = found(name);
    assertEquals(lines(expected, expected), lines(found, expected));
  }

  /** A row whose file is gone would hold no one to anything. */
  @Test
  void everyRowHasItsFile() throws IOException {
    TreeSet<String> named = new TreeSet<>();
    table().forEach(row -> named.add(row.file()));
    named.removeAll(files());
    assertEquals(new TreeSet<>(), named);
    assertFalse(files().isEmpty());
  }

  /** The command's own keys read back as it set them, each once, whatever was there. */
  @ParameterizedTest
  @MethodSource("readable")
  void theKeysOfTheStubDomainAreSetOnce(String name) throws IOException {
    GuestConfiguration guest = GuestConfiguration.load(CONFIGS.resolve(name));
    var keys = StubdomKeys.installed(MemoryNeeds.BASE_MIB);
    GuestConfiguration edited = GuestConfiguration.parse(Path.of(name), Bytes.of(guest.with(keys)));
    keys.forEach((key, value) -> assertEquals(value, edited.string(key).orElse(""), key));
    assertEquals(
        List.of(),
        edited.overridden().stream().map(Assignment::key).filter(keys::containsKey).toList());
  }

  private static List<Expectation> table() throws IOException {
    return Files.readAllLines(CONFIGS.resolve("expectations.tsv")).stream()
        .filter(row -> !row.startsWith("#"))
        .map(Expectation::parse)
        .toList();
  }

  private static List<Expectation> found(String name) throws IOException {
    Path file = CONFIGS.resolve(name);
    List<Expectation> found = new ArrayList<>();
    try {
      for (Problem problem :
          Checker.checkWithoutFiles(
              GuestConfiguration.load(file), DeviceModel.STUBDOM, XenRelease.oldest(), null)) {
        found.add(
            new Expectation(
                name,
                problem.severity().name().toLowerCase(Locale.ROOT),
                problem.line(),
                problem.reason() + "; " + problem.fix()));
      }
    } catch (StubdomException e) {
      String[] parts = e.getMessage().substring(file.toString().length() + 1).split(": ", 2);
      found.add(new Expectation(name, "error", Integer.parseInt(parts[0]), parts[1]));
    }
    return found;
  }

  /** One line each; of a text the part that the row at the same place gives, where it begins so. */
  private static List<String> lines(List<Expectation> rows, List<Expectation> expected) {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      Expectation row = rows.get(i);
      String wanted = i < expected.size() ? expected.get(i).text() : row.text();
      String text = row.text().startsWith(wanted) ? wanted : row.text();
      lines.add(String.join("\t", row.file(), row.level(), "" + row.line(), text));
    }
    return lines;
  }
}
