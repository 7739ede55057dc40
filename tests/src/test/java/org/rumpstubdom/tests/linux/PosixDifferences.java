// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.linux;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The table of known differences between Linux and us. A row names what either side gives; several
 * outcomes, separated by {@code |}, where chance decides. Whatever is not in the table must agree.
 */
final class PosixDifferences {
  private static final String TABLE = "posix-differences.tsv";
  private static final int FIELDS = 4;

  private final SortedMap<String, Row> rows = new TreeMap<>();

  private record Row(Set<PosixOutcome> linux, Set<PosixOutcome> ours) {}

  /** The committed table. */
  static PosixDifferences load() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(PosixDifferences.class.getResourceAsStream(TABLE))) {
      return parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  /** As {@link #load}; lines that begin with # are comments. */
  static PosixDifferences parse(String text) {
    PosixDifferences table = new PosixDifferences();
    text.lines()
        .filter(line -> !line.startsWith("#"))
        .forEach(
            line -> {
              String[] fields = line.split("\t", -1);
              if (fields.length != FIELDS || fields[FIELDS - 1].isBlank()) {
                throw new IllegalArgumentException("not test, Linux, ours, reason: " + line);
              }
              Row row = new Row(outcomes(fields[1]), outcomes(fields[2]));
              if (row.linux().equals(row.ours())) {
                throw new IllegalArgumentException("no difference: " + line);
              }
              if (table.rows.put(fields[0], row) != null) {
                throw new IllegalArgumentException("listed twice: " + line);
              }
            });
    return table;
  }

  private static Set<PosixOutcome> outcomes(String field) {
    Set<PosixOutcome> outcomes = EnumSet.noneOf(PosixOutcome.class);
    Arrays.stream(field.split("\\|", -1)).map(PosixOutcome::valueOf).forEach(outcomes::add);
    return outcomes;
  }

  /** The tests in the table. */
  Set<String> tests() {
    return Collections.unmodifiableSet(rows.keySet());
  }

  /** Whether the table says that this test does not end with us. */
  boolean hangsWithUs(String test) {
    return rows.containsKey(test) && rows.get(test).ours().contains(PosixOutcome.HANG);
  }

  /** What is wrong with a pair of outcomes, in words; empty when it is as it should be. */
  Optional<String> complaint(String test, PosixOutcome linux, PosixOutcome ours) {
    Row row = rows.get(test);
    if (row == null) {
      return linux == ours
          ? Optional.empty()
          : Optional.of("%s: Linux %s, ours %s, not listed".formatted(test, linux, ours));
    }
    return row.linux().contains(linux) && row.ours().contains(ours)
        ? Optional.empty()
        : Optional.of(
            "%s: Linux %s, ours %s, listed are Linux %s, ours %s"
                .formatted(test, linux, ours, row.linux(), row.ours()));
  }
}
