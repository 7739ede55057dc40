// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rumpstubdom.build.source.FetchedPackage;
import org.rumpstubdom.build.source.SourceLock;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.util.Trees;

/**
 * The directory one recipe works in, and its tools.
 *
 * <p>The layout is the same for every recipe and machine, and tools are told to call its root
 * {@code /rump}: nothing of where and when a build took place gets into its result.
 */
public final class Workspace {
  /** Part of every cache key: change it when the environment of commands below changes. */
  static final String LAYOUT = "2";

  private static final Pattern NINJA = Pattern.compile("\\[(\\d+)/(\\d+)] (.*)");
  private static final FileTime UNPACKED = FileTime.from(Instant.ofEpochSecond(1_500_000_000));

  private final Path root;
  private final Path out;
  private final Path log;
  private final HostTools tools;
  private final int jobs;
  private final Map<String, FetchedPackage> packages;
  private final Progress progress;
  private final Progress.Step step;

  Workspace(
      Path root,
      Path out,
      Path log,
      HostTools tools,
      int jobs,
      Map<String, FetchedPackage> packages,
      Progress progress,
      Progress.Step step) {
    this.root = root;
    this.out = out;
    this.log = log;
    this.tools = tools;
    this.jobs = jobs;
    this.packages = packages;
    this.progress = progress;
    this.step = step;
  }

  /** The directory all others are in. */
  public Path root() {
    return root;
  }

  /**
   * The compiler's option that makes it call {@link #root} {@code /rump}, by whatever name it hears
   * of it.
   */
  public String prefixMap() {
    return prefixMap(root, tools);
  }

  static String prefixMap(Path root, HostTools tools) {
    String map = "-ffile-prefix-map=" + root + "=/rump";
    return tools.alias(root).map(path -> map + " -ffile-prefix-map=" + path + "=/rump").orElse(map);
  }

  /** Where sources are unpacked. */
  public Path source() {
    return root.resolve("src");
  }

  /** Where commands run; created on demand. */
  public Path build() throws IOException {
    return Files.createDirectories(root.resolve("build"));
  }

  /** A file below {@link #build} that a tool has named by an absolute path, from there. */
  public Path belowBuild(String named) throws IOException {
    Path file = Path.of(named);
    Path build = tools.alias(build()).filter(file::startsWith).orElse(build());
    return build.relativize(file);
  }

  /**
   * What the recipe builds upon: headers below {@code usr/include}, archives in {@code usr/lib}.
   */
  public Path sysroot() {
    return root.resolve("sysroot");
  }

  /** Where the result goes, laid out as below {@code /}. */
  public Path out() {
    return out;
  }

  /** The step's log. */
  public Path log() {
    return log;
  }

  /** How many compilers may run at a time. */
  public int jobs() {
    return jobs;
  }

  /** The build machine's programs. */
  public HostTools tools() {
    return tools;
  }

  /** A package the recipe named. */
  public FetchedPackage fetched(String name) {
    return packages.get(name);
  }

  /** Unpacks a package's sources into {@link #source}, all with one modification time. */
  public void unpack(String name) throws IOException {
    unpack(name, source());
  }

  /** As above, into a directory that must not exist yet. */
  public void unpack(String name, Path into) throws IOException {
    FetchedPackage fetched = fetched(name);
    step.note("unpacking " + name);
    Path files = root.resolve("packages").resolve(name);
    if (!Files.isDirectory(files) && fetched.pin().kind() != SourceLock.Kind.BINARY) {
      Trees.copy(fetched.directory(), files);
    }
    switch (fetched.pin().kind()) {
      case SOURCE ->
          command("dpkg-source", "--no-copy", "--require-strong-checksums", "-x")
              .args(files.resolve(fetched.file(".dsc").getFileName()) + "", into.toString())
              .describe("unpack " + name)
              .in(root)
              .run();
      case UPSTREAM -> {
        Files.createDirectories(into);
        String archive =
            fetched.files().keySet().stream()
                .filter(file -> file.contains(".orig.tar.") && !file.endsWith(".asc"))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(name + " has no upstream archive"));
        // In a user namespace tar believes to be root, and could give files to nobody else.
        command("tar", "-C", into.toString(), "--strip-components=1", "--no-same-owner", "-xf")
            .args(files.resolve(archive).toString())
            .describe("unpack " + name)
            .run();
      }
      case BINARY -> DebFile.extract(fetched.file(".deb"), file -> true, into);
    }
    // Equal times: no makefile can think that a generated file is older than its source.
    Trees.setTimes(into, UNPACKED);
  }

  /** A program of the build machine, run in {@link #build} with the build's own environment. */
  public Command command(String program, String... arguments) throws IOException {
    Path bin = root.resolve("bin");
    return tools
        .command(Files.exists(bin.resolve(program)) ? bin + "/" + program : tools.program(program))
        .args(arguments)
        .describe(program)
        .in(build())
        .log(log)
        .onLine(this::line)
        .cleanEnv()
        .env("PATH", bin + ":" + tools.path())
        .env("HOME", root.toString())
        .env("LC_ALL", "C")
        .env("TZ", "UTC")
        .env("SOURCE_DATE_EPOCH", "0")
        .env("NINJA_STATUS", "[%f/%t] ")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONHASHSEED", "0");
  }

  /** Runs a shell script that is part of a package, from {@link #build}. */
  public Command script(String script, String... arguments) throws IOException {
    List<String> all = new ArrayList<>(List.of(script));
    all.addAll(List.of(arguments));
    return command("sh").args(all).describe(script);
  }

  /** Runs make with as many jobs as allowed. */
  public Command make(String... arguments) throws IOException {
    return command("make", "-j" + jobs).args(arguments);
  }

  /** Says what the step is at. */
  public void note(String text) {
    step.note(text);
  }

  private void line(String line) {
    Matcher ninja = NINJA.matcher(line);
    if (ninja.matches()) {
      step.fraction(Long.parseLong(ninja.group(1)), Long.parseLong(ninja.group(2)));
    }
    progress.detail(line);
  }
}
