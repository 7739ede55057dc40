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
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.util.Command;

/** The table of features is whole, names tests that exist, and is the one that is published. */
final class FeaturesTest {
  private static final Path CHECKOUT = Path.of(System.getProperty("rumpstubdom.checkout"));
  private static final Set<String> CLAIMS =
      Set.of("", "works", "differs", "refused", "same", "none");
  private static final Set<String> OUTCOMES =
      Set.of("passed", "failed", "works", "refused", "same");

  /** A row of tests/features.tsv. */
  private record Row(String kind, String name, List<String> claims, List<String> tests) {
    static Row parse(String line) {
      String[] cells = line.split("\t", -1);
      assertEquals(7, cells.length, line);
      List<String> claims =
          Stream.of(cells[2], cells[3], cells[4])
              .flatMap(claim -> Stream.of(claim.split("/", -1)))
              .toList();
      List<String> tests = cells[5].isEmpty() ? List.of() : List.of(cells[5].split(", ", -1));
      return new Row(cells[0], cells[1], claims, tests);
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
    Set<String> named = new TreeSet<>();
    for (Row row : table()) {
      assertTrue(CLAIMS.containsAll(row.claims()), row.toString());
      named.addAll(row.tests());
    }
    for (String line : lines("tests/features-results.tsv")) {
      String[] cells = line.split("\t", -1);
      assertTrue(cells.length == 4 && OUTCOMES.contains(cells[3]), line);
      named.add(cells[0]);
    }
    List<String> missing = new ArrayList<>();
    for (String test : named) {
      boolean there =
          test.startsWith("guest ")
              ? guests.contains(test.substring("guest ".length()))
              : test.startsWith("unit ") ? unit(test.substring("unit ".length())) : method(test);
      if (!there) {
        missing.add(test);
      }
    }
    assertEquals(List.of(), missing);
  }

  private static boolean unit(String name) {
    return Files.exists(
        CHECKOUT.resolve("stubdom/src/test/java/org/rumpstubdom/xl/" + name + ".java"));
  }

  private static boolean method(String test) throws IOException {
    String[] parts = test.split("[#\\[]", -1);
    Path file = CHECKOUT.resolve("tests/src/test/java/org/rumpstubdom/tests/" + parts[0] + ".java");
    if (!Files.exists(file)) {
      return false;
    }
    return Pattern.compile("(?:void|Stream<DynamicTest>) " + parts[1] + "\\(")
        .matcher(Files.readString(file))
        .find();
  }

  /** The promise of the table: nothing works in dom0 only without a reason, and nothing fails. */
  @Test
  void whatIsLessThanInDom0HasAReason() throws IOException {
    List<String> bare = new ArrayList<>();
    for (String line : Files.readAllLines(CHECKOUT.resolve("docs/features.md"))) {
      String[] cells = line.split(" \\| ", -1);
      if (cells.length != 9 || line.startsWith("| ---")) {
        continue;
      }
      String remark = cells[8].replace("|", "").strip();
      for (String ours : List.of(cells[5], cells[6])) {
        if (ours.startsWith("**") && (remark.isEmpty() || ours.equals("**fails**"))) {
          bare.add(line);
        }
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
