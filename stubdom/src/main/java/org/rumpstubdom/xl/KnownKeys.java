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

  private record Key(Kind kind, XenRelease since) {}

  private static final Map<String, Key> KEYS = load();

  private KnownKeys() {}

  /** The kind of a key; empty when no xl knows it. */
  static Optional<Kind> kind(String key) {
    return Optional.ofNullable(KEYS.get(key)).map(Key::kind);
  }

  /** The release that knows a known key first. */
  static XenRelease since(String key) {
    return KEYS.get(key).since();
  }

  /** The known key most like {@code key}; empty when none is like it. */
  static Optional<String> nearest(String key) {
    return NearestWord.among(KEYS.keySet(), key);
  }

  private static Map<String, Key> load() {
    Map<String, Key> keys = new TreeMap<>();
    for (String line : Resources.text(KnownKeys.class, "keys.txt").lines().toList()) {
      if (!line.startsWith("#")) {
        String[] words = line.split(" ", -1);
        Kind kind = Kind.valueOf(words[1].toUpperCase(Locale.ROOT));
        XenRelease since =
            words.length == 2 ? XenRelease.oldest() : XenRelease.of(words[2]).orElseThrow();
        keys.put(words[0], new Key(kind, since));
      }
    }
    return keys;
  }
}
