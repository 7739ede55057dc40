// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.rumpstubdom.build.EmulatorBuild;
import org.rumpstubdom.build.HostTools;
import org.rumpstubdom.build.KernelBuild;
import org.rumpstubdom.build.source.SourceLock;
import org.rumpstubdom.image.Ramdisk;
import org.rumpstubdom.image.RamdiskManifest;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.Command;

/** Compiles the programs under tests/programs with the project's C library. */
final class TestPrograms {
  static final Path CHECKOUT = Path.of(System.getProperty("rumpstubdom.checkout"));
  static final int JOBS = Runtime.getRuntime().availableProcessors();
  private static final Path SOURCES = CHECKOUT.resolve("tests/programs");

  private final Path directory;
  private final Path compiler;

  /** A set that keeps its files in {@code directory}. */
  TestPrograms(Path directory) throws IOException {
    this.directory = directory;
    EmulatorBuild.Options options =
        new EmulatorBuild.Options(
            CHECKOUT,
            SourceLock.DEFAULT_SUITE,
            CacheDirectory.ofUser(),
            null,
            false,
            JOBS,
            null,
            tools());
    compiler =
        new EmulatorBuild(options, Progress.silent())
            .installToolchain(directory.resolve("toolchain"));
  }

  static HostTools tools() {
    return HostTools.ofMachine();
  }

  /** The kernel, built when its sources have changed. */
  static Path kernel() throws IOException {
    return new KernelBuild(
            CHECKOUT, CacheDirectory.ofUser(), tools(), JOBS, null, Progress.silent())
        .run();
  }

  static List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(SOURCES)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".c"))
          .map(name -> name.substring(0, name.length() - 2))
          .sorted()
          .toList();
    }
  }

  /** The verdict of a program that keeps all its promises. */
  static String success(String name) {
    return "TEST " + name + ": SUCCESS";
  }

  /** The lines of a program's output that are verdicts. */
  static List<String> verdicts(String output) {
    return output.lines().map(String::strip).filter(line -> line.startsWith("TEST ")).toList();
  }

  Path compile(String name) {
    Path program = directory.resolve(Path.of(name).getFileName());
    Command.of(compiler.toString(), "-O2", "-Wall", "-Wextra", "-Werror", "-I" + SOURCES)
        .args("-o", program.toString(), SOURCES.resolve(name + ".c").toString())
        .run();
    return program;
  }

  /** A ramdisk that runs the program. */
  Path ramdisk(String name, Path program) throws IOException {
    return ramdisk(name, program, List.of(), Map.of());
  }

  /** A ramdisk that runs the program with arguments and an environment. */
  Path ramdisk(String name, Path program, List<String> arguments, Map<String, String> environment)
      throws IOException {
    SortedMap<String, Ramdisk.Entry> entries = new TreeMap<>();
    entries.put("bin/" + name, Ramdisk.file(program));
    Path file = directory.resolve(name + ".cpio");
    Ramdisk.write(file, RamdiskManifest.plain("/bin/" + name, arguments, environment), entries);
    return file;
  }
}
