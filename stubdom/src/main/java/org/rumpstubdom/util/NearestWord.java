// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.util;

import java.util.Collection;
import java.util.Optional;

/** Guesses what was meant by a word that was mistyped. */
public final class NearestWord {
  private NearestWord() {}

  /** The known word most like {@code word}; empty when none is like it. */
  public static Optional<String> among(Collection<String> words, String word) {
    String best = null;
    // The longer a word, the more of it may differ; beyond four a guess would mislead.
    int least = Math.min(5, 1 + word.length() / 3);
    for (String known : words) {
      int distance = distance(word, known);
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
}
