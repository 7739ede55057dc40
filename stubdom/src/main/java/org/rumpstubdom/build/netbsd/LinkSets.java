// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.netbsd;

import java.util.Set;
import java.util.TreeSet;

/**
 * NetBSD's link sets: sections of pointers that linkers bracket with symbols. A set that nobody
 * fills has no section, so its brackets come from a script.
 */
final class LinkSets {
  static final String PREFIX = "link_set_";
  private static final String START = "__start_";
  private static final String STOP = "__stop_";

  private LinkSets() {}

  /** Whether a symbol is one of a set's brackets. */
  static boolean isBracket(String symbol) {
    return symbol.startsWith(START + PREFIX) || symbol.startsWith(STOP + PREFIX);
  }

  /** A linker script that gives the sets among these brackets that are not filled an empty one. */
  static String script(Set<String> brackets, Set<String> filled) {
    Set<String> empty = new TreeSet<>();
    for (String bracket : brackets) {
      String set = bracket.substring(bracket.indexOf(PREFIX));
      if (!filled.contains(set)) {
        empty.add(set);
      }
    }
    StringBuilder script = new StringBuilder("/* Link sets without a member. */\n");
    for (String set : empty) {
      // Any address near the code serves, as nothing is read there.
      script.append(START).append(set).append(" = rump_init;\n");
      script.append(STOP).append(set).append(" = rump_init;\n");
    }
    return script.toString();
  }
}
