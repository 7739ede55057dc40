// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The keys xl knows, from the list in keys.txt. */
final class KnownKeys {
  /** What a key's value must be. */
  enum Kind {
    TEXT,
    NUMBER,
    LIST,
    EITHER
  }

  private static final Map<String, Kind> KEYS = load();

  private KnownKeys() {}

  /** The kind of a key; empty when xl does not know it. */
  static Optional<Kind> kind(String key) {
    return Optional.ofNullable(KEYS.get(key));
  }

  /** The known key most like {@code key}; empty when none is like it. */
  static Optional<String> nearest(String key) {
    String best = null;
    // The longer a key, the more of it may differ; beyond four a guess would mislead.
    int least = Math.min(5, 1 + key.length() / 3);
    for (String known : KEYS.keySet()) {
      int distance = distance(key, known);
      if (distance < least) {
        least = distance;
        best = known;
      }
    }
    return Optional.ofNullable(best);
  }

  /** Damerau-Levenshtein distance (optimal string alignment): an exchange of neighbours is one. */
  static int distance(String a, String b) {
    int[][] cost = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          cost[i][j] = i + j;
          continue;
        }
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        cost[i][j] =
            Math.min(cost[i - 1][j - 1] + change, Math.min(cost[i - 1][j], cost[i][j - 1]) + 1);
        boolean exchanged =
            i > 1
                && j > 1
                && a.charAt(i - 1) == b.charAt(j - 2)
                && a.charAt(i - 2) == b.charAt(j - 1);
        if (exchanged) {
          cost[i][j] = Math.min(cost[i][j], cost[i - 2][j - 2] + 1);
        }
      }
    }
    return cost[a.length()][b.length()];
  }

  private static Map<String, Kind> load() {
    Map<String, Kind> keys = new TreeMap<>();
    try (InputStream in = KnownKeys.class.getResourceAsStream("keys.txt");
        BufferedReader reader =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (!line.startsWith("#")) {
          int blank = line.indexOf(' ');
          keys.put(
              line.substring(0, blank),
              Kind.valueOf(line.substring(blank + 1).toUpperCase(Locale.ROOT)));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return keys;
  }
}
