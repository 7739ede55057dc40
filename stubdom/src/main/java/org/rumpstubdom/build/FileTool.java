// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.rumpstubdom.build.netbsd.RumpLibraries;
import org.rumpstubdom.image.FileSystemKind;
import org.rumpstubdom.image.ProgramImage;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.util.TemporaryDirectory;

/**
 * Files in a disk's image, by NetBSD's file systems in a process, without any privilege: the kernel
 * as a process, with a program on it (rump-runtime/programs/fs.c).
 */
public final class FileTool {
  private static final String MEGABYTES = "64";
  private static final String SOURCE = "rump-runtime/programs/fs.c";
  private static final String DIRECTORY = "/mnt";
  private static final String SAID = "fs: ";

  /** The kernel's: the disk could not be mounted. */
  private static final int NO_DISK = 249;

  private final Path checkout;
  private final CacheDirectory cache;
  private final RumpLibraries libraries;
  private final Progress progress;

  /** A tool with NetBSD's libraries. */
  public FileTool(Path checkout, CacheDirectory cache, RumpLibraries libraries, Progress progress) {
    this.checkout = checkout;
    this.cache = cache;
    this.libraries = libraries;
    this.progress = progress;
  }

  /**
   * Runs one command of the program.
   *
   * @param command what to do
   * @param image the disk's image
   * @param path what to do it to, absolute in the file system
   * @param in what goes in, or null
   * @param out what comes out, or null
   * @throws StubdomException (3) with the file system's reason
   */
  public void run(String command, Path image, FileSystemKind kind, String path, Path in, Path out)
      throws IOException {
    HostTools tools = HostTools.ofMachine();
    int jobs = Runtime.getRuntime().availableProcessors();
    KernelBuild.RumpKernel rump = new KernelBuild.RumpKernel(libraries, List.of(kind.component()));
    Path process = new KernelBuild(checkout, cache, tools, jobs, rump, progress).process();
    try (TemporaryDirectory work = TemporaryDirectory.create("fs")) {
      Path directory = work.path();
      ProgramImage program = new ProgramImage(compile(directory, tools, jobs));
      Path ramdisk = directory.resolve("ramdisk");
      program.write(ramdisk, List.of(command, DIRECTORY + path), Map.of());
      boolean readOnly = kind.readOnly() || !Files.isWritable(image);
      // The kernel's command line has words: names without blanks stand for the files.
      link(directory.resolve("disk"), image);
      StringBuilder words = new StringBuilder();
      words.append(readOnly ? "rump.disk-ro=disk" : "rump.disk=disk");
      words.append(" rump.mount=image,").append(kind.component()).append(',').append(DIRECTORY);
      words.append(readOnly && !kind.readOnly() ? ",ro" : "");
      if (in != null) {
        link(directory.resolve("in"), in);
        words.append(" rump.in=in");
      }
      if (out != null) {
        link(directory.resolve("out"), out);
        words.append(" rump.out=out");
      }
      Command.Result result =
          Command.of(process.toString(), MEGABYTES, ramdisk.toString(), words.toString())
              .in(directory)
              .capture()
              .execute();
      if (result.status() != 0) {
        throw failure(image, result);
      }
    }
  }

  private static void link(Path name, Path file) throws IOException {
    Files.createSymbolicLink(name, file.toAbsolutePath());
  }

  private Path compile(Path directory, HostTools tools, int jobs) throws IOException {
    EmulatorBuild.Options options =
        new EmulatorBuild.Options(
            checkout, EmulatorBuild.DEFAULT_SUITE, cache, null, false, jobs, null, tools);
    Path compiler =
        new EmulatorBuild(options, progress).installToolchain(directory.resolve("toolchain"));
    Path program = directory.resolve("fs");
    Command.of(compiler.toString(), "-O2", "-o", program.toString())
        .args(checkout.resolve(SOURCE).toString())
        .run();
    return program;
  }

  private static StubdomException failure(Path image, Command.Result result) {
    List<String> lines = result.output().lines().toList();
    for (String line : lines) {
      if (line.startsWith(SAID)) {
        String why = line.substring(SAID.length()).replaceFirst("^" + DIRECTORY, "");
        return StubdomException.input(image.toString(), why, "");
      }
    }
    if (result.status() == NO_DISK) {
      return StubdomException.input(
          image.toString(),
          "cannot be mounted: " + lines.get(lines.size() - 1).replaceFirst(".*\\((\\w+)\\)$", "$1"),
          "have its file system checked, or name another --type");
    }
    return new StubdomException(
        ExitCode.INPUT,
        image.toString(),
        "the file system's kernel ended with status " + result.status(),
        "have its file system checked",
        lines,
        null);
  }
}
