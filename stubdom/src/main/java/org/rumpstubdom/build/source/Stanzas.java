// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.source;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Debian control data (deb-control(5)): stanzas of fields, separated by empty lines. */
final class Stanzas {
  private Stanzas() {}

  /**
   * Splits control data into stanzas. Continuation lines are joined to their field with a line
   * break and without the leading blank; comments and lines that are neither are ignored.
   */
  static List<Map<String, String>> parse(String text) {
    List<Map<String, String>> stanzas = new ArrayList<>();
    Map<String, String> current = new LinkedHashMap<>();
    String field = null;
    for (String line : text.split("\n", -1)) {
      if (line.startsWith("#")) {
        continue;
      }
      if (line.isBlank()) {
        if (!current.isEmpty()) {
          stanzas.add(current);
          current = new LinkedHashMap<>();
        }
        field = null;
      } else if (line.charAt(0) == ' ' || line.charAt(0) == '\t') {
        if (field != null) {
          current.merge(field, line.strip(), (old, more) -> old + "\n" + more);
        }
      } else if (line.indexOf(':') > 0) {
        field = line.substring(0, line.indexOf(':'));
        current.put(field, line.substring(line.indexOf(':') + 1).strip());
      }
    }
    if (!current.isEmpty()) {
      stanzas.add(current);
    }
    return stanzas;
  }

  /**
   * The files a stanza lists in {@code Checksums-Sha256}: name to hash.
   *
   * @param stanza a source package's stanza from a {@code Sources} index
   */
  static Map<String, String> files(Map<String, String> stanza) {
    Map<String, String> files = new LinkedHashMap<>();
    for (String line : stanza.getOrDefault("Checksums-Sha256", "").split("\n", -1)) {
      String[] word = line.strip().split("\\s+", -1);
      if (word.length == 3) {
        files.put(word[2], word[0]);
      }
    }
    return files;
  }
}
