// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.util;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The user's cache: {@code ${XDG_CACHE_HOME:-$HOME/.cache}/rump-stubdom}, after the XDG Base
 * Directory Specification. Entries are directories {@code KIND/KEY}, where the key is a hash of all
 * that went into the entry; an entry that exists is complete.
 */
public final class CacheDirectory {
  private final Path root;

  /** Uses {@code root}, which is created when first needed. */
  public CacheDirectory(Path root) {
    this.root = root;
  }

  /** The cache of the user who runs this process. */
  public static CacheDirectory ofUser() {
    // As the scripts and other programs find it: HOME first, which Java does not look at.
    String home = System.getenv().getOrDefault("HOME", System.getProperty("user.home"));
    return of(System.getenv(), home);
  }

  /** As {@link #ofUser}, for a given environment and home directory. */
  static CacheDirectory of(Map<String, String> environment, String home) {
    String base = environment.getOrDefault("XDG_CACHE_HOME", "");
    // The specification demands that relative paths be ignored.
    Path cache = base.startsWith("/") ? Path.of(base) : Path.of(home, ".cache");
    return new CacheDirectory(cache.resolve("rump-stubdom"));
  }

  /** The root of the cache; may not exist yet. */
  public Path root() {
    return root;
  }

  /** A directory of the cache, created when missing. */
  public Path directory(String kind) throws IOException {
    return Files.createDirectories(root.resolve(kind));
  }

  /** Fills a new entry. */
  @FunctionalInterface
  public interface Filler {
    /** Writes the entry's files into the empty directory. */
    void fill(Path directory) throws IOException;
  }

  /** Where the entry is, or would be; it is complete when the directory exists. */
  public Path entry(String kind, String key) {
    return root.resolve(kind).resolve(key);
  }

  /**
   * The entry {@code KIND/KEY}, filled first when it is missing. Two processes that want the same
   * entry take turns. A failure or a signal while filling leaves no entry.
   *
   * @param filler makes the content, in a directory that is renamed to its place afterwards
   */
  public Path entry(String kind, String key, Filler filler) throws IOException {
    Path entry = entry(kind, key);
    if (Files.isDirectory(entry)) {
      return entry;
    }
    Path parent = directory(kind);
    return locked(
        kind + "-" + key,
        () -> {
          if (!Files.isDirectory(entry)) {
            try (TemporaryDirectory fresh = TemporaryDirectory.create(parent, "new")) {
              Path content = Files.createDirectory(fresh.path().resolve("entry"));
              filler.fill(content);
              flush(content);
              Files.move(content, entry, StandardCopyOption.ATOMIC_MOVE);
            }
          }
          return entry;
        });
  }

  /** Has the disk take all files: after a power failure, too, an entry that exists is complete. */
  private static void flush(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : (Iterable<Path>) all::iterator) {
        if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
          try (FileChannel channel = FileChannel.open(path)) {
            channel.force(true);
          }
        }
      }
    }
  }

  /** Removes the entry {@code KIND/KEY}, if there is one, as a whole. */
  public void discard(String kind, String key) throws IOException {
    Path parent = directory(kind);
    locked(
        kind + "-" + key,
        () -> {
          try (TemporaryDirectory old = TemporaryDirectory.create(parent, "old")) {
            if (Files.isDirectory(entry(kind, key))) {
              Path gone = old.path().resolve("entry");
              Files.move(entry(kind, key), gone, StandardCopyOption.ATOMIC_MOVE);
            }
          }
          return null;
        });
  }

  /** What is done under a lock. */
  @FunctionalInterface
  public interface Action<T> {
    /** Does it. */
    T run() throws IOException;
  }

  /**
   * Does something under a lock that other processes of this user respect; waits until it is free.
   * The lock goes with the action, or with the process. Not re-entrant, and not between threads of
   * one process.
   */
  public <T> T locked(String name, Action<T> action) throws IOException {
    Path file = directory("locks").resolve(name);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.lock();
      return action.run();
    }
  }
}
