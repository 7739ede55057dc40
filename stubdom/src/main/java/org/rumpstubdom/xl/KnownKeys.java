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
import org.rumpstubdom.util.NearestWord;

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
