// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.rumpstubdom.util.NearestWord;
import org.rumpstubdom.util.Resources;

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
    return NearestWord.among(KEYS.keySet(), key);
  }

  private static Map<String, Kind> load() {
    Map<String, Kind> keys = new TreeMap<>();
    for (String line : Resources.text(KnownKeys.class, "keys.txt").lines().toList()) {
      if (!line.startsWith("#")) {
        int blank = line.indexOf(' ');
        keys.put(
            line.substring(0, blank),
            Kind.valueOf(line.substring(blank + 1).toUpperCase(Locale.ROOT)));
      }
    }
    return keys;
  }
}
