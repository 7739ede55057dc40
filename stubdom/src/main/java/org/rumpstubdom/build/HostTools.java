// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.util.StubdomException;

/**
 * The programs a build runs: those of this machine, or of a {@link BuildRoot}. Only the system's
 * own directories count: a compiler or Python that is first on the user's PATH must not change what
 * comes out.
 */
public final class HostTools {
  /** Where the system's programs are. */
  public static final List<Path> SYSTEM =
      List.of(Path.of("/usr/sbin"), Path.of("/usr/bin"), Path.of("/sbin"), Path.of("/bin"));

  /** Program to the Debian package that has it. */
  private static final Map<String, String> NEEDED = new LinkedHashMap<>();

  static {
    NEEDED.put("gcc", "gcc");
    NEEDED.put("ld", "binutils");
    NEEDED.put("make", "make");
    NEEDED.put("meson", "meson");
    NEEDED.put("ninja", "ninja-build");
    NEEDED.put("python3", "python3");
    NEEDED.put("perl", "perl");
    NEEDED.put("pkg-config", "pkgconf");
    NEEDED.put("dpkg-source", "dpkg-dev");
    NEEDED.put("patch", "patch");
    NEEDED.put("tar", "tar");
    NEEDED.put("xz", "xz-utils");
    NEEDED.put("bzip2", "bzip2");
    NEEDED.put("msgfmt", "gettext");
  }

  private final List<Path> directories;

  /** Where the programs live; null: this machine's own root. */
  private final BuildRoot root;

  /** This machine's tools from these directories, the first one wins. */
  public HostTools(List<Path> directories) {
    this(directories, null);
  }

  private HostTools(List<Path> directories, BuildRoot root) {
    this.directories = List.copyOf(directories);
    this.root = root;
  }

  /** This machine's own tools. */
  public static HostTools ofMachine() {
    return new HostTools(SYSTEM);
  }

  /**
   * The tools of a Debian release, in a {@link BuildRoot} of the cache.
   *
   * @param offline fetch nothing
   * @throws StubdomException (3) when they cannot be had
   */
  public static HostTools of(String suite, CacheDirectory cache, boolean offline, Progress progress)
      throws IOException {
    return of(BuildRoot.of(suite, cache, offline, progress));
  }

  /** The tools of a build root. */
  public static HostTools of(BuildRoot root) {
    return new HostTools(SYSTEM, root);
  }

  /** Whether the tools see the files of a {@link BuildRoot} only. */
  boolean confined() {
    return root != null;
  }

  /** The Debian packages the tools come from, with versions; none for this machine's own. */
  public SortedMap<String, String> packages() throws IOException {
    return root == null ? new TreeMap<>() : root.packages();
  }

  /** Where the tools live, in a word; nothing for this machine's own. */
  String place() {
    return root == null ? "" : root.directory().toString();
  }

  /**
   * Where recipes work: a directory whose paths are valid for the tools, too.
   *
   * @param cache whose own directory it is with this machine's tools
   */
  Path work(CacheDirectory cache) throws IOException {
    return root == null ? cache.directory("work") : root.work();
  }

  /**
   * What else the tools may call a directory: in a build root, the path from that root; nothing
   * otherwise.
   */
  Optional<Path> alias(Path directory) {
    return root == null
        ? Optional.empty()
        : Optional.of(Path.of("/").resolve(root.directory().relativize(directory)));
  }

  /** A command of the tools; its program is named by an absolute path. */
  Command command(String program) {
    return root == null ? Command.of(program) : root.command(List.of(program));
  }

  /** A file the tools name, by the name it has for us. */
  Path file(String name) throws IOException {
    return root == null ? Path.of(name) : root.outside(name);
  }

  /** The value of PATH for everything the build runs. */
  String path() {
    return directories.stream().map(Path::toString).collect(Collectors.joining(":"));
  }

  /**
   * Fails with one line that names everything missing.
   *
   * @throws StubdomException (3) when a program the build needs is not there
   */
  void check() {
    List<String> programs = new ArrayList<>();
    Set<String> packages = new LinkedHashSet<>();
    NEEDED.forEach(
        (program, debian) -> {
          if (find(program).isEmpty()) {
            programs.add(program);
            packages.add(debian);
          }
        });
    if (!programs.isEmpty()) {
      throw StubdomException.input(
          String.join(", ", programs),
          "not found in " + path(),
          "apt-get install " + String.join(" ", packages));
    }
  }

  /** The absolute path of a program that {@link #check} has seen. */
  public String program(String name) {
    return find(name)
        .orElseThrow(() -> StubdomException.input(name, "not found in " + path(), "install it"))
        .toString();
  }

  /** The compiler and linker in words; what they produce depends on it. */
  public Map<String, String> versions() {
    Map<String, String> versions = new LinkedHashMap<>();
    for (String name : List.of("gcc", "ld")) {
      versions.put(name, firstLine(name, "--version"));
    }
    return versions;
  }

  /** The first line a program prints. */
  public String firstLine(String name, String argument) {
    String output =
        command(program(name))
            .args(argument)
            .describe(name)
            .env("LC_ALL", "C")
            .capture()
            .run()
            .output();
    return output.lines().findFirst().orElse("");
  }

  private Optional<Path> find(String name) {
    return directories.stream()
        .map(directory -> directory.resolve(name))
        .filter(this::isProgram)
        .findFirst();
  }

  private boolean isProgram(Path file) {
    return root == null ? Files.isRegularFile(file) && Files.isExecutable(file) : root.has(file);
  }
}
