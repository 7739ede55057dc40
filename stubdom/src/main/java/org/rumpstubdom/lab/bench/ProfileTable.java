// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/** Profiles as a table, in instructions: a row for each who executes, a column for each profile. */
public final class ProfileTable {
  private static final String NONE = "-";

  private final List<List<String>> rows = new ArrayList<>();

  /** A table of some profiles, in that order. */
  ProfileTable(List<Profile> profiles) {
    Set<String> parts = new TreeSet<>(CodeOwners.ORDER);
    profiles.forEach(profile -> parts.addAll(profile.parts().keySet()));
    // A part that is next to nothing everywhere is in the sum only, but what nobody owns always
    // shows.
    parts.removeIf(part -> profiles.stream().allMatch(profile -> isNothing(profile, part)));
    parts.add(CodeOwners.OTHER);
    List<String> header = new ArrayList<>(List.of("instructions"));
    profiles.forEach(profile -> header.add(name(profile)));
    rows.add(header);
    for (String part : parts) {
      List<String> row = new ArrayList<>(List.of(part));
      profiles.forEach(
          profile -> {
            Double value = profile.parts().get(part);
            row.add(value == null ? NONE : number(value));
          });
      rows.add(row);
    }
    List<String> sums = new ArrayList<>(List.of("sum"));
    profiles.forEach(profile -> sums.add(number(profile.sum())));
    rows.add(sums);
    List<String> measured = new ArrayList<>(List.of("measured"));
    profiles.forEach(profile -> measured.add(number(profile.measured())));
    rows.add(measured);
  }

  private static boolean isNothing(Profile profile, String part) {
    return profile.parts().getOrDefault(part, 0.0) < 0.5;
  }

  private static String name(Profile profile) {
    return "%s %s, %s"
        .formatted(profile.group(), profile.name().replace('-', ' '), profile.model());
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%,.0f", value);
  }

  /** All profiles of a result as plain text, a table for each figure. */
  public static String text(ProfileResult result) {
    StringBuilder text = new StringBuilder();
    for (String key : result.keys()) {
      text.append(text.isEmpty() ? "" : "\n");
      text.append(new TextTable(new ProfileTable(result.of(key)).rows).plain());
    }
    return text.toString();
  }

  /** The same for a document. */
  String markdown() {
    return new TextTable(rows).markdown();
  }
}
