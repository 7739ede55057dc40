// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.util;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Looking at, copying and comparing whole directory trees. */
public final class Trees {
  private Trees() {}

  /** What a directory holds, sorted by name. */
  public static List<Path> list(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.sorted().toList();
    }
  }

  /** Deletes what a directory holds. */
  public static void clear(Path directory) throws IOException {
    for (Path entry : list(directory)) {
      Directories.delete(entry);
    }
  }

  /**
   * Copies what {@code from} holds into {@code to}, over what is there. Symbolic links are copied
   * as such; permissions and times are kept.
   */
  public static void copy(Path from, Path to) throws IOException {
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path visited, BasicFileAttributes attributes)
              throws IOException {
            Files.createDirectories(to.resolve(from.relativize(visited)));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.copy(
                file,
                to.resolve(from.relativize(file)),
                LinkOption.NOFOLLOW_LINKS,
                StandardCopyOption.REPLACE_EXISTING,
                StandardCopyOption.COPY_ATTRIBUTES);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /**
   * Makes {@code to} what {@code from} is, a file or a tree, and leaves files that have the right
   * content untouched: what looks at their times sees only those that changed.
   */
  public static void update(Path from, Path to) throws IOException {
    if (!Files.isDirectory(from)) {
      if (!Files.isRegularFile(to) || Files.mismatch(from, to) != -1) {
        Directories.delete(to);
        Files.copy(from, to);
      }
      return;
    }
    if (!Files.isDirectory(to)) {
      Directories.delete(to);
      Files.createDirectories(to);
    }
    for (Path entry : list(to)) {
      if (!Files.exists(from.resolve(entry.getFileName()))) {
        Directories.delete(entry);
      }
    }
    for (Path entry : list(from)) {
      update(entry, to.resolve(entry.getFileName()));
    }
  }

  /** Gives every file and directory of a tree the same modification time. */
  public static void setTimes(Path tree, FileTime time) throws IOException {
    try (Stream<Path> all = Files.walk(tree)) {
      for (Path path : (Iterable<Path>) all::iterator) {
        if (!Files.isSymbolicLink(path)) {
          Files.setLastModifiedTime(path, time);
        }
      }
    }
  }

  /**
   * The first difference between two trees, in words: names, kinds, contents, link targets and the
   * executable bit count, times do not. Empty when there is none.
   */
  public static Optional<String> difference(Path one, Path other) throws IOException {
    SortedMap<String, String> a = digest(one);
    SortedMap<String, String> b = digest(other);
    for (var entry : a.entrySet()) {
      String theirs = b.get(entry.getKey());
      if (theirs == null) {
        return Optional.of(entry.getKey() + " was added");
      }
      if (!theirs.equals(entry.getValue())) {
        return Optional.of(entry.getKey() + " was changed");
      }
    }
    return b.keySet().stream()
        .filter(name -> !a.containsKey(name))
        .findFirst()
        .map(name -> name + " was removed");
  }

  /** A line for every file below a directory: relative name to what it is and holds. */
  public static SortedMap<String, String> digest(Path tree) throws IOException {
    SortedMap<String, String> digests = new TreeMap<>();
    try (Stream<Path> all = Files.walk(tree)) {
      for (Path path : (Iterable<Path>) all::iterator) {
        String what;
        if (Files.isSymbolicLink(path)) {
          what = "link " + Files.readSymbolicLink(path);
        } else if (Files.isDirectory(path)) {
          what = "directory";
        } else {
          what = (Files.isExecutable(path) ? "program " : "file ") + Hashing.sha256(path);
        }
        digests.put(tree.relativize(path).toString(), what);
      }
    }
    return digests;
  }
}
