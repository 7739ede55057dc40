// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.cli;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.rumpstubdom.util.StubdomException;

/**
 * What ends each guest as it should: the patterns of --until, for all guests or for one by name.
 */
final class Untils {
  private final Map<String, Pattern> named = new HashMap<>();
  private Pattern general;

  /**
   * Sorts the patterns.
   *
   * @param options as given: "NAME=REGEX" where NAME is one of the guests, otherwise "REGEX"
   * @param guests the names of all guests
   * @throws StubdomException (2) when a guest has two
   */
  Untils(List<Pattern> options, Set<String> guests) {
    for (Pattern option : options) {
      String text = option.pattern();
      int equals = text.indexOf('=');
      String name = equals < 0 ? "" : text.substring(0, equals);
      if (guests.contains(name)) {
        if (named.put(name, pattern(text.substring(equals + 1))) != null) {
          throw StubdomException.usage("--until", "is given twice for " + name, "join them with |");
        }
      } else if (general == null) {
        general = option;
      } else {
        throw StubdomException.usage(
            "--until=" + text,
            "is the second pattern for all guests",
            "put the name of its guest and = before it; there is "
                + String.join(", ", new TreeSet<>(guests)));
      }
    }
  }

  private static Pattern pattern(String text) {
    try {
      return Pattern.compile(text);
    } catch (PatternSyntaxException e) {
      throw StubdomException.usage(
          "--until", "'" + text + "' is no regular expression: " + e.getDescription(), "");
    }
  }

  /** The guest's pattern; null when it is to power off. */
  Pattern of(String guest) {
    return named.getOrDefault(guest, general);
  }
}
