// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.source;

import com.google.gson.Gson;
import com.google.gson.reflect.TypeToken;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rumpstubdom.util.StubdomException;

/**
 * The pinned versions: every Debian package the emulator of a release is made from, with the hash
 * of every file of it. Read from the resource {@code sources.lock.json}, which {@code docs/}
 * explains how to renew.
 */
public final class SourceLock {
  /** The release whose emulator is built unless told otherwise. */
  public static final String DEFAULT_SUITE = "bookworm";

  private static final String RESOURCE = "/org/rumpstubdom/build/sources.lock.json";

  private final String release;
  private final List<Pinned> packages;

  private SourceLock(String release, List<Pinned> packages) {
    this.release = release;
    this.packages = List.copyOf(packages);
  }

  /** What a pinned package is. */
  public enum Kind {
    /** A source package, unpacked with Debian's changes. */
    SOURCE,
    /** A source package of which only the upstream archive is used, without Debian's changes. */
    UPSTREAM,
    /** A binary package. */
    BINARY
  }

  /**
   * A pinned package.
   *
   * @param name Debian's name of the source or binary package
   * @param version Debian's version, with epoch
   * @param kind how it is used
   * @param licences SPDX expressions of what enters the image
   * @param files file name to SHA-256 (hexadecimal)
   * @param release the release it is from when that is not the lock's; null otherwise
   */
  public record Pinned(
      String name,
      String version,
      Kind kind,
      List<String> licences,
      Map<String, String> files,
      String release) {
    /** A package of the lock's own release. */
    public Pinned(
        String name, String version, Kind kind, List<String> licences, Map<String, String> files) {
      this(name, version, kind, licences, files, null);
    }
  }

  /**
   * The lock of a release.
   *
   * @throws StubdomException (2) when no packages of it are pinned
   */
  public static SourceLock load(String suite) {
    Map<String, List<Pinned>> suites = read();
    if (!suites.containsKey(suite)) {
      throw StubdomException.usage(
          "--suite=" + suite,
          "no packages of it are pinned to build an emulator from",
          "use one of " + String.join(", ", suites.keySet()));
    }
    return new SourceLock(suite, suites.get(suite));
  }

  /** The releases an emulator can be built from. */
  public static List<String> suites() {
    return List.copyOf(read().keySet());
  }

  private static Map<String, List<Pinned>> read() {
    try (InputStream in = SourceLock.class.getResourceAsStream(RESOURCE);
        Reader reader = new InputStreamReader(in, StandardCharsets.UTF_8)) {
      return new Gson()
          .fromJson(reader, new TypeToken<LinkedHashMap<String, List<Pinned>>>() {}.getType());
    } catch (IOException e) {
      throw new IllegalStateException(RESOURCE + " belongs to this program", e);
    }
  }

  /** A lock with other packages, for tests. */
  public static SourceLock of(String release, List<Pinned> packages) {
    return new SourceLock(release, packages);
  }

  /** The code name of the Debian release the packages are from. */
  public String release() {
    return release;
  }

  /** The code name of the release a package is from. */
  public String release(Pinned pin) {
    return pin.release() == null ? release : pin.release();
  }

  /** All packages, in the order of the file. */
  public List<Pinned> packages() {
    return packages;
  }

  /** The package of this name; it must exist. */
  public Pinned get(String name) {
    return packages.stream()
        .filter(p -> p.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("not a pinned package: " + name));
  }
}
