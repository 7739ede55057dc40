// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.rumpstubdom.image.ImageDirectory;
import org.rumpstubdom.util.Hashing;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.util.Trees;

/**
 * The SHA-256 of every file of the image with default options, as a file of the source tree records
 * them for each Debian release whose QEMU can be built, and what they depend on: our own sources,
 * and the packages with the compilers. QEMU's sources are pinned elsewhere.
 *
 * @param sources the hash of what of this project goes into the image
 * @param files file of the image to its SHA-256, in hexadecimal
 * @param packages Debian package of the build root to its version
 */
public record Checksums(
    String sources, SortedMap<String, String> files, SortedMap<String, String> packages) {
  /** Where they are recorded, below the source tree. */
  public static final Path FILE = Path.of("docs", "checksums.json");

  /** Copies the maps. */
  public Checksums {
    files = new TreeMap<>(files);
    packages = new TreeMap<>(packages);
  }

  /** A copy. */
  @Override
  public SortedMap<String, String> files() {
    return new TreeMap<>(files);
  }

  /** A copy. */
  @Override
  public SortedMap<String, String> packages() {
    return new TreeMap<>(packages);
  }

  /** Those of an image that was built from a source tree with these tools. */
  public static Checksums of(Path checkout, HostTools tools, ImageDirectory image)
      throws IOException {
    SortedMap<String, String> files = new TreeMap<>();
    for (Path file : Trees.list(image.path())) {
      files.put(file.getFileName().toString(), Hashing.sha256(file));
    }
    return new Checksums(sources(checkout), files, tools.packages());
  }

  private static String sources(Path checkout) throws IOException {
    Hashing.Key key = Hashing.key();
    for (String part : KernelBuild.SOURCES) {
      Path path = checkout.resolve(part);
      if (Files.isDirectory(path)) {
        Trees.digest(path).forEach((name, digest) -> key.add(part + "/" + name, digest));
      } else {
        key.addFile(part, path);
      }
    }
    return key.hex();
  }

  /**
   * The recorded ones of a Debian release.
   *
   * @throws StubdomException (3) when none are recorded, or not readably
   */
  public static Checksums recorded(Path checkout, String suite) throws IOException {
    Path file = checkout.resolve(FILE);
    JsonObject suites = read(file);
    try {
      if (suites.has(suite)) {
        return new Gson().fromJson(suites.get(suite), Checksums.class);
      }
    } catch (JsonParseException e) {
      throw unreadable(file, e);
    }
    throw StubdomException.input(
        file.toString(),
        "has no checksums of an image with the QEMU of " + suite,
        "record them with `stubdom build --suite=" + suite + " --record`");
  }

  /** Records these for a release; those of other releases stay. */
  public void record(Path checkout, String suite) throws IOException {
    Path file = checkout.resolve(FILE);
    SortedMap<String, Object> suites = new TreeMap<>(read(file).asMap());
    suites.put(suite, this);
    Files.writeString(file, new GsonBuilder().setPrettyPrinting().create().toJson(suites) + "\n");
  }

  private static JsonObject read(Path file) throws IOException {
    if (!Files.exists(file)) {
      return new JsonObject();
    }
    try {
      return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
    } catch (JsonParseException | IllegalStateException e) {
      throw unreadable(file, e);
    }
  }

  private static StubdomException unreadable(Path file, RuntimeException cause) {
    return StubdomException.input(
        file.toString(), "is not readable: " + cause.getMessage(), "take it from the repository");
  }

  /** The names of files that are not the same in both, or only in one. */
  public List<String> differing(Checksums other) {
    return differences(files, other.files);
  }

  /**
   * What the bytes depend on and is not the same, each in a phrase: without any, equal bytes are to
   * be expected.
   *
   * @param recorded what was recorded
   */
  public List<String> reasons(Checksums recorded) {
    List<String> reasons = new ArrayList<>();
    if (!sources.equals(recorded.sources)) {
      reasons.add("the project's own sources are not those of the record");
    }
    for (String name : differences(packages, recorded.packages)) {
      reasons.add(
          "%s %s, recorded with %s"
              .formatted(
                  name,
                  packages.getOrDefault(name, "missing"),
                  recorded.packages.getOrDefault(name, "none")));
    }
    return reasons;
  }

  private static List<String> differences(
      SortedMap<String, String> one, SortedMap<String, String> other) {
    return Stream.concat(one.keySet().stream(), other.keySet().stream())
        .distinct()
        .sorted()
        .filter(name -> !one.getOrDefault(name, "").equals(other.getOrDefault(name, "")))
        .collect(Collectors.toList());
  }
}
