// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.source;

import com.google.gson.Gson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.Hashing;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.util.Trees;

/**
 * Gets packages: from the cache, from a directory of the user's, or from Debian's archive. Every
 * file is checked against a SHA-256: the pinned one, or, for a version other than the pinned, the
 * one in apt's signed index or the source package's own {@code .dsc}.
 */
public final class SourceStore {
  private static final String RECORD = "package.json";

  private final CacheDirectory cache;
  private final AptArchive archive;
  private final Path directory;
  private final boolean offline;
  private final Progress progress;

  /**
   * A store.
   *
   * @param archive where to fetch from
   * @param directory the user's own files, or null
   * @param offline never to ask the archive
   */
  public SourceStore(
      CacheDirectory cache,
      AptArchive archive,
      Path directory,
      boolean offline,
      Progress progress) {
    this.cache = cache;
    this.archive = archive;
    this.directory = directory;
    this.offline = offline;
    this.progress = progress;
  }

  /** What a cache entry says about itself. */
  private record Resolution(String version, boolean pinned, Map<String, String> files) {}

  /** Whether {@link #get} would need neither the archive nor the user's directory. */
  public boolean has(SourceLock.Pinned pin) {
    return Files.isDirectory(cache.entry("sources", key(pin)));
  }

  /**
   * The package's files.
   *
   * @throws StubdomException when they cannot be had (3) or one of them is not what it should be
   *     (3)
   */
  public FetchedPackage get(SourceLock.Pinned pin) throws IOException {
    Path entry = cache.entry("sources", key(pin), into -> fill(pin, into));
    Resolution resolution =
        new Gson().fromJson(Files.readString(entry.resolve(RECORD)), Resolution.class);
    if (!resolution.pinned()) {
      progress.message(
          "%s: the pinned version %s is not offered any more; using %s"
              .formatted(pin.name(), pin.version(), resolution.version()));
    }
    return new FetchedPackage(
        pin, resolution.version(), resolution.pinned(), entry, resolution.files());
  }

  private static String key(SourceLock.Pinned pin) {
    Hashing.Key key = Hashing.key().add("name", pin.name()).add("version", pin.version());
    key.add("kind", pin.kind().name());
    new TreeMap<>(pin.files()).forEach(key::add);
    return pin.name() + "-" + key.hex().substring(0, 32);
  }

  private void fill(SourceLock.Pinned pin, Path into) throws IOException {
    Resolution resolution;
    if (directory != null) {
      resolution = copy(pin, into);
    } else if (offline) {
      throw StubdomException.input(
          pin.name() + " " + pin.version(),
          "not in the cache, and --offline forbids fetching it",
          "run once without --offline, or give the files with --sources=DIR");
    } else {
      resolution = fetch(pin, into);
    }
    for (Map.Entry<String, String> file : resolution.files().entrySet()) {
      verify(into.resolve(file.getKey()), file.getValue());
    }
    for (Path file : Trees.list(into)) {
      if (!resolution.files().containsKey(file.getFileName().toString())) {
        Files.delete(file);
      }
    }
    Files.writeString(into.resolve(RECORD), new Gson().toJson(resolution));
  }

  /** Stops the build when a file is not the one that was asked for. */
  private void verify(Path file, String expected) throws IOException {
    String actual = Hashing.sha256(file);
    if (!actual.equals(expected)) {
      throw StubdomException.input(
          file.getFileName().toString(),
          "SHA-256 is " + actual + " instead of " + expected,
          directory == null
              ? "the archive or a proxy on the way serves a different file; try again later"
              : "replace the file in " + directory);
    }
  }

  private Resolution fetch(SourceLock.Pinned pin, Path into) throws IOException {
    archive.update();
    if (archive.download(pin.name(), pin.version(), pin.kind(), into)) {
      return new Resolution(pin.version(), true, pin.files());
    }
    List<AptArchive.Offer> offers =
        pin.kind() == SourceLock.Kind.BINARY
            ? archive.binaryOffers(pin.name())
            : archive.sourceOffers(pin.name());
    for (AptArchive.Offer offer : offers) {
      Trees.clear(into);
      if (!offer.version().equals(pin.version())
          && archive.download(pin.name(), offer.version(), pin.kind(), into)) {
        Map<String, String> files = new LinkedHashMap<>(offer.files());
        if (pin.kind() == SourceLock.Kind.UPSTREAM) {
          files.keySet().removeIf(name -> !name.contains(".orig.tar.") || name.endsWith(".asc"));
        }
        return new Resolution(offer.version(), false, files);
      }
    }
    throw StubdomException.input(
        pin.name() + " " + pin.version(),
        "Debian's archive offers neither this version nor another complete one",
        "give the files with --sources=DIR, or add a suite that has it to apt's sources");
  }

  private Resolution copy(SourceLock.Pinned pin, Path into) throws IOException {
    Map<String, Path> found = new LinkedHashMap<>();
    pin.files().keySet().forEach(name -> find(name).ifPresent(file -> found.put(name, file)));
    if (found.size() == pin.files().size()) {
      for (Map.Entry<String, Path> file : found.entrySet()) {
        Files.copy(file.getValue(), into.resolve(file.getKey()));
      }
      return new Resolution(pin.version(), true, pin.files());
    }
    if (pin.kind() == SourceLock.Kind.SOURCE) {
      Resolution other = copyOther(pin, into);
      if (other != null) {
        return other;
      }
    }
    String missing =
        pin.files().keySet().stream()
            .filter(name -> !found.containsKey(name))
            .findFirst()
            .orElse("");
    throw StubdomException.input(
        directory.resolve(missing).toString(),
        "no such file, and " + pin.name() + " " + pin.version() + " needs it",
        "put it there, or leave out --sources to fetch it");
  }

  /** A source package of another version: the newest .dsc there is, whose hashes then count. */
  private Resolution copyOther(SourceLock.Pinned pin, Path into) throws IOException {
    Pattern dsc = Pattern.compile(Pattern.quote(pin.name()) + "_.*\\.dsc");
    String version = null;
    Map<String, String> files = Map.of();
    for (Path file : Trees.list(directory)) {
      Matcher matcher = dsc.matcher(file.getFileName().toString());
      if (matcher.matches()) {
        Map<String, String> fields = signedStanza(Files.readString(file));
        String offered = fields.getOrDefault("Version", "");
        if (version == null || DebianVersions.compare(offered, version) > 0) {
          version = offered;
          files = new LinkedHashMap<>(Stanzas.files(fields));
          files.put(file.getFileName().toString(), Hashing.sha256(file));
        }
      }
    }
    if (version == null) {
      return null;
    }
    for (String name : files.keySet()) {
      Path file = directory.resolve(name);
      if (!Files.isRegularFile(file)) {
        throw StubdomException.input(
            file.toString(), "no such file, and the .dsc names it", "put it there");
      }
      Files.copy(file, into.resolve(name));
    }
    return new Resolution(version, false, files);
  }

  /** The stanza of a .dsc, which may be wrapped in an OpenPGP signature. */
  private static Map<String, String> signedStanza(String text) {
    return Stanzas.parse(text).stream()
        .filter(stanza -> stanza.containsKey("Source"))
        .findFirst()
        .orElse(Map.of());
  }

  private Optional<Path> find(String name) {
    return List.of(name, name.replace(":", "%3a"), name.replaceFirst("_[0-9]+:", "_")).stream()
        .map(directory::resolve)
        .filter(Files::isRegularFile)
        .findFirst();
  }
}
