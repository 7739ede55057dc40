// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.scripts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.util.Command;

/** The table of features is whole, names tests that exist, and is the one that is published. */
final class FeaturesTest {
  private static final Path CHECKOUT = Path.of(System.getProperty("rumpstubdom.checkout"));
  private static final Set<String> ANSWERS =
      Set.of("", "works", "differs", "refused", "same", "none");

  /** A row of tests/features.tsv. */
  private record Row(
      String kind,
      String name,
      String dom0,
      String linux,
      String stubdom,
      List<String> tests,
      String remark) {
    static Row parse(String line) {
      String[] cells = line.split("\t", -1);
      assertEquals(7, cells.length, line);
      List<String> tests = cells[5].isEmpty() ? List.of() : List.of(cells[5].split(", ", -1));
      return new Row(cells[0], cells[1], cells[2], cells[3], cells[4], tests, cells[6]);
    }
  }

  private static List<String> lines(String file) throws IOException {
    return Files.readAllLines(CHECKOUT.resolve(file)).stream()
        .filter(line -> !line.startsWith("#") && !line.isBlank())
        .toList();
  }

  private static List<Row> table() throws IOException {
    return lines("tests/features.tsv").stream().map(Row::parse).toList();
  }

  @Test
  void everyKeyHasARow() throws IOException {
    Set<String> known =
        lines("stubdom/src/main/resources/org/rumpstubdom/xl/keys.txt").stream()
            .map(line -> line.split(" ", -1)[0])
            .collect(Collectors.toCollection(TreeSet::new));
    List<String> rows =
        table().stream().filter(row -> row.kind().equals("key")).map(Row::name).toList();
    assertEquals(known, new TreeSet<>(rows));
    assertEquals(known.size(), rows.size(), "no key twice");
  }

  @Test
  void everyTestThatIsNamedExists() throws IOException {
    Set<String> guests =
        lines("tests/guests/guests.tsv").stream()
            .map(line -> line.split("\t", -1)[0])
            .collect(Collectors.toSet());
    List<String> missing = new ArrayList<>();
    for (Row row : table()) {
      for (String test : row.tests()) {
        boolean there =
            test.startsWith("guest ")
                ? guests.contains(test.substring("guest ".length()))
                : test.startsWith("unit ") ? unit(test.substring("unit ".length())) : method(test);
        if (!there) {
          missing.add(row.name() + ": " + test);
        }
      }
    }
    assertEquals(List.of(), missing);
  }

  private static boolean unit(String name) {
    return Files.exists(
        CHECKOUT.resolve("stubdom/src/test/java/org/rumpstubdom/xl/" + name + ".java"));
  }

  private static boolean method(String test) throws IOException {
    String[] parts = test.split("#", -1);
    Path file = CHECKOUT.resolve("tests/src/test/java/org/rumpstubdom/tests/" + parts[0] + ".java");
    if (!Files.exists(file)) {
      return false;
    }
    return parts.length == 1
        || Pattern.compile("(?:void|Stream<DynamicTest>) " + parts[1] + "\\(")
            .matcher(Files.readString(file))
            .find();
  }

  /** The promise of the table: nothing works in dom0 only without a reason. */
  @Test
  void everyCellHasATestOrAReason() throws IOException {
    List<String> bare = new ArrayList<>();
    for (Row row : table()) {
      for (String answer : List.of(row.dom0(), row.linux(), row.stubdom())) {
        assertTrue(ANSWERS.contains(answer), row.toString());
      }
      boolean works = row.stubdom().equals("works");
      boolean less = row.stubdom().equals("differs") || row.stubdom().equals("refused");
      if ((works && row.tests().isEmpty()) || (less && row.remark().isEmpty())) {
        bare.add(row.name());
      }
    }
    assertEquals(List.of(), bare);
  }

  @Test
  void thePublishedTableIsThisOne() throws IOException {
    String made =
        Command.of(CHECKOUT.resolve("scripts/features").toString(), "--print")
            .capture()
            .run()
            .output();
    assertEquals(made, Files.readString(CHECKOUT.resolve("docs/features.md")));
  }
}
