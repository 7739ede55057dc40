// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.source;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.Hashing;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.util.Trees;

/**
 * Gets packages: from a directory of the user's, from the cache, or from Debian's archive. Every
 * file is checked, whenever it is asked for, against a SHA-256: the pinned one, or, for a version
 * other than the pinned, the one in apt's signed index or in the source package's own {@code .dsc},
 * whose signature is not checked.
 */
public final class SourceStore {
  private static final String KIND = "sources";
  private static final String RECORD = "package.json";
  private static final int KEY_DIGITS = 32;
  private static final Pattern PLAIN_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9+.~_:%-]*");

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

  /**
   * What a cache entry says about itself.
   *
   * @param authenticated whether a pin or a signature vouches for the files
   */
  private record Resolution(
      String version, boolean pinned, boolean authenticated, Map<String, String> files) {}

  /** A package in the user's directory: what it is, and where each of its files is. */
  private record Found(Resolution resolution, Map<String, Path> places) {}

  /** Puts a package's files into an empty directory and says what they are. */
  @FunctionalInterface
  private interface Source {
    Resolution fill(Path into) throws IOException;
  }

  /** Whether {@link #get} would need neither the archive nor the user's directory. */
  public boolean has(SourceLock.Pinned pin) {
    return directory == null && (isCached(key(pin)) || isCached(substituteKey(pin)));
  }

  private boolean isCached(String key) {
    return Files.isDirectory(cache.entry(KIND, key));
  }

  /**
   * The package's files.
   *
   * @throws StubdomException when they cannot be had (3) or one of them is not what it should be
   *     (3)
   */
  public FetchedPackage get(SourceLock.Pinned pin) throws IOException {
    Found found = directory == null ? null : find(pin);
    if (found != null) {
      Resolution resolution = found.resolution();
      if (!resolution.pinned()) {
        progress.message(
            "%s: the pinned version %s is not in %s; using %s, not authenticated"
                .formatted(pin.name(), pin.version(), directory, resolution.version()));
      }
      String key = resolution.pinned() ? key(pin) : key(pin.name(), resolution);
      return entry(pin, key, resolution.files(), into -> copy(found, into));
    }
    boolean cached = isCached(key(pin));
    if (directory != null) {
      if (!cached) {
        throw missing(pin);
      }
      progress.message(
          "%s: %s is not in %s, but in the cache already"
              .formatted(pin.name(), pin.version(), directory));
    }
    if (cached || !isCached(substituteKey(pin))) {
      try {
        return entry(pin, key(pin), pin.files(), into -> fetch(pin, into));
      } catch (NotOfferedException e) {
        progress.detail(e.getMessage());
      }
    }
    FetchedPackage other = entry(pin, substituteKey(pin), null, into -> fetchSubstitute(pin, into));
    progress.message(
        "%s: the pinned version %s is not offered any more; using %s"
            .formatted(pin.name(), pin.version(), other.version()));
    return other;
  }

  /** The archive does not have the pinned version. */
  private static final class NotOfferedException extends IOException {
    private static final long serialVersionUID = 1L;

    NotOfferedException(SourceLock.Pinned pin) {
      super(pin.name() + " " + pin.version() + " is not offered");
    }
  }

  /** Of the pinned version, wherever it came from. */
  private static String key(SourceLock.Pinned pin) {
    Hashing.Key key = Hashing.key().add("name", pin.name()).add("version", pin.version());
    key.add("kind", pin.kind().name());
    new TreeMap<>(pin.files()).forEach(key::add);
    return pin.name() + "-" + key.hex().substring(0, KEY_DIGITS);
  }

  /** Of what the archive has instead of the pinned version. */
  private static String substituteKey(SourceLock.Pinned pin) {
    return key(pin) + "-substitute";
  }

  /** Of a version of the user's. */
  private static String key(String name, Resolution resolution) {
    Hashing.Key key = Hashing.key().add("name", name).add("version", resolution.version());
    new TreeMap<>(resolution.files()).forEach(key::add);
    return name + "-" + key.hex().substring(0, KEY_DIGITS) + "-user";
  }

  /**
   * The entry of the cache, filled when it is missing or damaged.
   *
   * @param files what it has to hold; null when only the entry itself knows
   */
  private FetchedPackage entry(
      SourceLock.Pinned pin, String key, Map<String, String> files, Source source)
      throws IOException {
    for (int attempt = 0; attempt < 2; attempt++) {
      Path entry = cache.entry(KIND, key, into -> fill(source, into));
      Resolution resolution = whole(entry);
      if (resolution != null && (files == null || files.equals(resolution.files()))) {
        return new FetchedPackage(
            pin,
            resolution.version(),
            resolution.pinned(),
            resolution.pinned() || resolution.authenticated(),
            entry,
            resolution.files());
      }
      progress.message(pin.name() + ": what the cache holds is damaged; replaced");
      cache.discard(KIND, key);
    }
    throw StubdomException.input(
        cache.entry(KIND, key).toString(), "does not stay as it was written", "check the disk");
  }

  /** What an entry holds; null when that is not what was put there. */
  private static Resolution whole(Path entry) throws IOException {
    try {
      Resolution resolution =
          new Gson().fromJson(Files.readString(entry.resolve(RECORD)), Resolution.class);
      if (resolution == null || resolution.version() == null || resolution.files() == null) {
        return null;
      }
      for (Map.Entry<String, String> file : resolution.files().entrySet()) {
        if (!Hashing.sha256(entry.resolve(file.getKey())).equals(file.getValue())) {
          return null;
        }
      }
      return resolution;
    } catch (NoSuchFileException | CharacterCodingException | JsonParseException e) {
      return null;
    }
  }

  private void fill(Source source, Path into) throws IOException {
    Resolution resolution = source.fill(into);
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

  private void requireOnline(SourceLock.Pinned pin) {
    if (offline) {
      throw StubdomException.input(
          pin.name() + " " + pin.version(),
          "not in the cache, and --offline forbids fetching it",
          "run once without --offline, or give the files with --sources=DIR");
    }
  }

  private Resolution fetch(SourceLock.Pinned pin, Path into) throws IOException {
    requireOnline(pin);
    archive.update();
    if (!archive.download(pin.name(), pin.version(), pin.kind(), into)) {
      throw new NotOfferedException(pin);
    }
    return new Resolution(pin.version(), true, true, pin.files());
  }

  private Resolution fetchSubstitute(SourceLock.Pinned pin, Path into) throws IOException {
    requireOnline(pin);
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
        return new Resolution(offer.version(), false, true, files);
      }
    }
    throw StubdomException.input(
        pin.name() + " " + pin.version(),
        "Debian's archive offers neither this version nor another complete one",
        "give the files with --sources=DIR, or add a suite that has it to apt's sources");
  }

  private static Resolution copy(Found found, Path into) throws IOException {
    for (Map.Entry<String, Path> file : found.places().entrySet()) {
      Files.copy(file.getValue(), into.resolve(file.getKey()));
    }
    return found.resolution();
  }

  /** The package in the user's directory: the pinned version, or the newest other one; or null. */
  private Found find(SourceLock.Pinned pin) throws IOException {
    Map<String, Path> places = new LinkedHashMap<>();
    pin.files().keySet().forEach(name -> find(name).ifPresent(file -> places.put(name, file)));
    if (places.size() == pin.files().size()) {
      return new Found(new Resolution(pin.version(), true, true, pin.files()), places);
    }
    return pin.kind() == SourceLock.Kind.SOURCE ? findOther(pin) : null;
  }

  private StubdomException missing(SourceLock.Pinned pin) {
    String missing =
        pin.files().keySet().stream().filter(name -> find(name).isEmpty()).findFirst().orElse("");
    return StubdomException.input(
        directory.resolve(missing).toString(),
        "no such file, and " + pin.name() + " " + pin.version() + " needs it",
        "put it there, or leave out --sources to fetch it");
  }

  /** A source package of another version: the newest .dsc there is, whose hashes then count. */
  private Found findOther(SourceLock.Pinned pin) throws IOException {
    Pattern dsc = Pattern.compile(Pattern.quote(pin.name()) + "_.*\\.dsc");
    String version = null;
    Path newest = null;
    Map<String, String> files = Map.of();
    for (Path file : Trees.list(directory)) {
      if (dsc.matcher(file.getFileName().toString()).matches()) {
        Map<String, String> fields = signedStanza(Files.readString(file));
        String offered = fields.getOrDefault("Version", "");
        if (version == null || DebianVersions.compare(offered, version) > 0) {
          version = offered;
          newest = file;
          files = new LinkedHashMap<>(Stanzas.files(fields));
          files.put(file.getFileName().toString(), Hashing.sha256(file));
        }
      }
    }
    if (version == null) {
      return null;
    }
    Map<String, Path> places = new LinkedHashMap<>();
    for (String name : files.keySet()) {
      if (!PLAIN_NAME.matcher(name).matches()) {
        throw StubdomException.input(
            newest.toString(), "names a file \"" + name + "\", which is no plain name", "");
      }
      Path file = directory.resolve(name);
      if (!Files.isRegularFile(file)) {
        throw StubdomException.input(
            file.toString(), "no such file, and the .dsc names it", "put it there");
      }
      places.put(name, file);
    }
    return new Found(new Resolution(version, false, false, files), places);
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
