// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.root;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.rumpstubdom.build.source.DebianPackages;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.util.StubdomException;

/**
 * A small system put together from a large unpacked one: chosen programs with their libraries,
 * kernel modules with what they depend on, and files written here. Not thread-safe.
 */
final class SystemTree {
  private static final int MAX_LINKS = 8;

  private final Path source;
  private final Path target;
  private final List<String> programs = new ArrayList<>();

  /**
   * Begins an empty tree.
   *
   * @param source the unpacked packages, with /bin, /sbin, /lib and /lib64 merged into /usr
   * @param target an empty directory
   */
  SystemTree(Path source, Path target) throws IOException {
    this.source = source;
    this.target = target;
    DebianPackages.mergeUsr(target);
    for (String directory : List.of("dev", "proc", "sys", "run", "tmp", "root", "etc", "var")) {
      Files.createDirectories(target.resolve(directory));
    }
    link("var/run", "../run");
  }

  Path target() {
    return target;
  }

  /** Copies a file of the source, following links; the name stays. */
  void file(String path) throws IOException {
    Path from = existing(path);
    Path to = parent(path);
    Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
  }

  /** Copies a program; its libraries come with {@link #libraries}. */
  void program(String path) throws IOException {
    file(path);
    programs.add(path);
  }

  /** Copies the regular files directly in a directory whose names match a glob. */
  void files(String directory, String glob) throws IOException {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(existing(directory), glob)) {
      for (Path entry : entries) {
        if (!Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
          names.add(entry.getFileName().toString());
        }
      }
    }
    for (String name : names) {
      file(directory + "/" + name);
    }
  }

  /**
   * Copies the regular files whose names match a glob, in whichever directories of {@code /usr}
   * they are: releases have some files in one package or another.
   *
   * @throws StubdomException when there is none
   */
  void filesAnywhere(String glob) throws IOException {
    PathMatcher matcher = source.getFileSystem().getPathMatcher("glob:" + glob);
    List<Path> found;
    try (Stream<Path> files = Files.walk(source.resolve("usr"))) {
      found =
          files
              .filter(file -> matcher.matches(file.getFileName()) && Files.isRegularFile(file))
              .sorted()
              .toList();
    }
    if (found.isEmpty()) {
      throw StubdomException.build("lab root", glob + " is in none of the packages", "report it");
    }
    for (Path file : found) {
      file(source.relativize(file).toString());
    }
  }

  /** Makes a symbolic link, replacing what has its name. */
  void link(String path, String to) throws IOException {
    Path link = parent(path);
    Files.deleteIfExists(link);
    Files.createSymbolicLink(link, Path.of(to));
  }

  /** Writes a file. */
  void write(String path, byte[] content, boolean program) throws IOException {
    Path file = parent(path);
    Files.write(file, content);
    Files.setPosixFilePermissions(
        file, PosixFilePermissions.fromString(program ? "rwxr-xr-x" : "rw-r--r--"));
  }

  /** Writes a text file. */
  void write(String path, String content) throws IOException {
    write(path, content.getBytes(StandardCharsets.UTF_8), false);
  }

  /** Copies busybox and links all its applets that the tree has no program for. */
  void busybox() throws IOException {
    file("usr/bin/busybox");
    String applets =
        Command.of(source.resolve("usr/bin/busybox").toString(), "--list").capture().run().output();
    for (String applet : applets.lines().toList()) {
      boolean present =
          Files.exists(target.resolve("usr/bin").resolve(applet), LinkOption.NOFOLLOW_LINKS)
              || Files.exists(
                  target.resolve("usr/sbin").resolve(applet), LinkOption.NOFOLLOW_LINKS);
      if (!present) {
        link("usr/bin/" + applet, "busybox");
      }
    }
  }

  /** Copies the shared libraries of all programs so far. */
  void libraries() throws IOException {
    for (String library : SharedLibraries.of(source, programs)) {
      file(library);
    }
  }

  /**
   * Copies kernel modules with those they need.
   *
   * @param release the kernel's release; its modules.dep must be there (see depmod(8))
   * @param names the modules; one that is built into the kernel is left out. Of names separated by
   *     bars the first that the kernel has
   * @return the paths in loading order, absolute within the tree
   */
  List<String> modules(String release, List<String> names) throws IOException {
    String base = "usr/lib/modules/" + release;
    Map<String, List<String>> byName = new TreeMap<>();
    for (String line : Files.readAllLines(existing(base + "/modules.dep"))) {
      String[] parts = line.split(":", 2);
      List<String> order = new ArrayList<>();
      if (!parts[1].isBlank()) {
        order.addAll(List.of(parts[1].trim().split(" ", -1)));
      }
      // The file lists what a module needs, nearest first.
      Collections.reverse(order);
      order.add(parts[0]);
      byName.put(moduleName(parts[0]), order);
    }
    Set<String> builtIn = new LinkedHashSet<>();
    for (String line : Files.readAllLines(existing(base + "/modules.builtin"))) {
      builtIn.add(moduleName(line));
    }
    Set<String> order = new LinkedHashSet<>();
    for (String alternatives : names) {
      String name =
          Stream.of(alternatives.split("\\|", -1))
              .map(SystemTree::moduleName)
              .filter(module -> byName.containsKey(module) || builtIn.contains(module))
              .findFirst()
              .orElseThrow(
                  () ->
                      StubdomException.build(
                          "lab root",
                          "kernel " + release + " has no module " + alternatives,
                          "report it"));
      for (String module : byName.getOrDefault(name, List.of())) {
        file(base + "/" + module);
        order.add("/" + base + "/" + module);
      }
    }
    return List.copyOf(order);
  }

  private static String moduleName(String path) {
    String name = path.substring(path.lastIndexOf('/') + 1);
    int end = name.indexOf(".ko");
    return (end < 0 ? name : name.substring(0, end)).replace('-', '_');
  }

  /** The file a path of the source leads to; absolute links lead to places in the source. */
  private Path existing(String path) throws IOException {
    Path file = source.resolve(path);
    for (int links = 0; links < MAX_LINKS && Files.isSymbolicLink(file); links++) {
      Path to = Files.readSymbolicLink(file);
      file = to.isAbsolute() ? source.resolve(to.toString().substring(1)) : file.resolveSibling(to);
    }
    if (Files.isSymbolicLink(file) || !Files.exists(file)) {
      throw StubdomException.build(
          "lab root", "/" + path + " is in none of the packages", "report it");
    }
    return file;
  }

  private Path parent(String path) throws IOException {
    Path file = target.resolve(path);
    Files.createDirectories(file.getParent());
    return file;
  }
}
