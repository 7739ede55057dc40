// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.source;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * The pinned versions: every Debian package the emulator is made from, with the hash of every file
 * of it. Read from the resource {@code sources.lock.json}, which {@code docs/} explains how to
 * renew.
 */
public final class SourceLock {
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
    /** A source package of which only the upstream archive is used, because Debian changes none. */
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
   */
  public record Pinned(
      String name, String version, Kind kind, List<String> licences, Map<String, String> files) {}

  private static final class Document {
    private String release;
    private List<Pinned> packages;
  }

  /** The lock this program ships with. */
  public static SourceLock load() {
    try (InputStream in = SourceLock.class.getResourceAsStream(RESOURCE);
        Reader reader = new InputStreamReader(in, StandardCharsets.UTF_8)) {
      Document document = new Gson().fromJson(reader, Document.class);
      return new SourceLock(document.release, document.packages);
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
