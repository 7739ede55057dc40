// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.source;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rumpstubdom.util.Trees;

/**
 * The Debian archives this machine's apt uses (sources.list(5)), in both notations. apt itself
 * would tell only after its lists have been fetched, which a minimal installation never does.
 */
public final class AptSources {
  private static final String KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
  private static final Pattern CLASSIC =
      Pattern.compile("deb(?:-src)?\\s+(?:\\[([^\\]]*)\\]\\s+)?(\\S+)\\s+(\\S+)\\s+(.*)");
  private static final Pattern KEY_OPTION = Pattern.compile("signed-by=(\\S+)");
  private static final Pattern AGED_OPTION =
      Pattern.compile("check-valid-until=(no|false|0|off)", Pattern.CASE_INSENSITIVE);

  /** A release's suites: the release, and what Debian adds to it in suites of their own. */
  private static final Pattern SUITE = Pattern.compile("([^/-]+)(|-updates|-security)");

  /** These releases consist of one suite. */
  private static final Set<String> UNDIVIDED = Set.of("sid", "unstable", "experimental");

  private AptSources() {}

  /**
   * One archive and suite.
   *
   * @param aged whether its lists are taken however old they are, as those of a copy that stays
   */
  private record Entry(
      String uri, String suite, String key, boolean aged, List<String> components) {}

  /**
   * Lines for a {@code sources.list} that names the component main of a Debian release: the
   * machine's own suites of that release, or, on a machine of another release, the same release's
   * suites in the archives the machine uses. Empty when the machine uses no Debian archive.
   *
   * @param etc the directory with {@code sources.list} and {@code sources.list.d}
   * @param release the release's code name, such as "bookworm"
   * @param types {@code deb} for binary packages, {@code deb-src} for source packages
   */
  public static String lines(Path etc, String release, List<String> types) throws IOException {
    Set<String> own = new LinkedHashSet<>();
    Set<String> derived = new LinkedHashSet<>();
    for (Entry entry : read(etc)) {
      Matcher suite = SUITE.matcher(entry.suite());
      if (!entry.components().contains("main") || !isDebian(entry) || !suite.matches()) {
        continue;
      }
      boolean same = suite.group(1).equals(release);
      // Debian's archive is signed by Debian's keys, the key file the user names wins. For another
      // release it is no choice of the user's: the keys of one release may be all it holds.
      String key = same && entry.key().startsWith("/") ? entry.key() : KEYRING;
      if (same || suite.group(2).isEmpty() || !UNDIVIDED.contains(release)) {
        for (String type : types) {
          (same ? own : derived)
              .add(
                  "%s [%ssigned-by=%s] %s %s main\n"
                      .formatted(
                          type,
                          entry.aged() ? "check-valid-until=no " : "",
                          key,
                          entry.uri(),
                          release + suite.group(2)));
        }
      }
    }
    return String.join("", own.isEmpty() ? derived : own);
  }

  private static List<Entry> read(Path etc) throws IOException {
    List<Entry> entries = new ArrayList<>();
    List<Path> files = new ArrayList<>(List.of(etc.resolve("sources.list")));
    if (Files.isDirectory(etc.resolve("sources.list.d"))) {
      files.addAll(Trees.list(etc.resolve("sources.list.d")));
    }
    for (Path file : files) {
      if (!Files.isRegularFile(file)) {
        continue;
      }
      if (file.toString().endsWith(".list")) {
        classic(Files.readString(file), entries);
      } else if (file.toString().endsWith(".sources")) {
        deb822(Files.readString(file), entries);
      }
    }
    return entries;
  }

  private static void classic(String text, List<Entry> entries) {
    for (String line : text.split("\n", -1)) {
      Matcher matcher = CLASSIC.matcher(line.replaceFirst("#.*", "").strip());
      if (matcher.matches()) {
        String options = matcher.group(1) == null ? "" : matcher.group(1);
        Matcher key = KEY_OPTION.matcher(options);
        entries.add(
            new Entry(
                matcher.group(2),
                matcher.group(3),
                key.find() ? key.group(1) : "",
                AGED_OPTION.matcher(options).find(),
                words(matcher.group(4))));
      }
    }
  }

  private static void deb822(String text, List<Entry> entries) {
    for (Map<String, String> stanza : Stanzas.parse(text)) {
      if (isNo(stanza.getOrDefault("Enabled", "yes"))) {
        continue;
      }
      for (String uri : words(stanza.getOrDefault("URIs", ""))) {
        for (String suite : words(stanza.getOrDefault("Suites", ""))) {
          entries.add(
              new Entry(
                  uri,
                  suite,
                  stanza.getOrDefault("Signed-By", ""),
                  isNo(stanza.getOrDefault("Check-Valid-Until", "yes")),
                  words(stanza.getOrDefault("Components", ""))));
        }
      }
    }
  }

  private static boolean isNo(String value) {
    return value.toLowerCase(Locale.ROOT).matches("no|false|0|off");
  }

  /** By its key, or, when none is named, by where it lies on the server. */
  private static boolean isDebian(Entry entry) {
    return entry.key().contains("debian-archive")
        || (entry.key().isEmpty() && entry.uri().matches(".*/debian(-[^/]*)?/?"));
  }

  private static List<String> words(String text) {
    return text.isBlank() ? List.of() : List.of(text.strip().split("\\s+", -1));
  }
}
