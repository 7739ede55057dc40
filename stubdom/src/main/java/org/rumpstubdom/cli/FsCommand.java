// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import org.rumpstubdom.build.Checkout;
import org.rumpstubdom.build.FileTool;
import org.rumpstubdom.build.netbsd.RumpLibraries;
import org.rumpstubdom.image.FileSystemKind;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.util.TemporaryDirectory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code stubdom fs}: files in disk images. */
@Command(
    name = "fs",
    description = {
      "Look at and change files in a disk's image, without privilege.",
      "",
      "The file system is NetBSD's, in a process of yours: ext2fs, ffs, msdos or cd9660.",
    },
    synopsisSubcommandLabel = "(ls|cat|cp|mkdir)")
public final class FsCommand {
  private static final int CHUNK = 1 << 20;

  @Spec private CommandSpec spec;

  @SuppressWarnings("UnusedVariable") // declares --help and its like
  @Mixin
  private CommonOptions common;

  /** What each of them is told. */
  static final class Disk {
    @Option(
        names = "--rump-kernel",
        required = true,
        paramLabel = "WHERE",
        description =
            "NetBSD's rump kernel: a directory with its librump*.a, or a release's comp.tar.xz.")
    private Path libraries;

    @Option(
        names = "--type",
        paramLabel = "KIND",
        description = "ext2fs, ffs, msdos or cd9660 (default: what the image shows).")
    private String type;

    @Parameters(index = "0", paramLabel = "IMAGE", description = "The disk's image, a file.")
    private Path image;

    private FileSystemKind kind() throws IOException {
      if (!Files.isRegularFile(image)) {
        throw StubdomException.input(
            image.toString(), Files.exists(image) ? "is not a file" : "no such file", "");
      }
      if (type == null) {
        return FileSystemKind.of(image)
            .orElseThrow(
                () ->
                    StubdomException.input(
                        image.toString(),
                        "has no file system at its beginning that is known here",
                        "name it with --type; of a disk with partitions give one partition"));
      }
      return FileSystemKind.named(type)
          .orElseThrow(
              () ->
                  StubdomException.usage(
                      "--type=" + type, "is no known kind", "use ext2fs, ffs, msdos or cd9660"));
    }

    private void run(CommonOptions common, String command, String path, Path in, Path out)
        throws IOException {
      if (!path.startsWith("/")) {
        throw StubdomException.usage(
            path, "is no path from the file system's root", "write /" + path);
      }
      FileSystemKind kind = kind();
      CacheDirectory cache = CacheDirectory.ofUser();
      RumpLibraries opened = RumpLibraries.open(libraries, cache);
      new FileTool(Checkout.locate(), cache, opened, common.progress())
          .run(command, image, kind, path, in, out);
    }
  }

  private record Entry(String type, int mode, long size, long time, String name) {
    static Entry parse(String line) {
      String[] fields = line.split("\t", 5);
      return new Entry(
          fields[0],
          Integer.parseInt(fields[1], 8),
          Long.parseLong(fields[2]),
          Long.parseLong(fields[3]),
          fields[4]);
    }
  }

  /** Lists a directory. */
  @Command(name = "ls", description = "List a directory, or show one file.")
  int ls(
      @Mixin CommonOptions common,
      @Mixin JsonOption json,
      @Mixin Disk disk,
      @Parameters(
              index = "1",
              arity = "0..1",
              paramLabel = "PATH",
              defaultValue = "/",
              description = "The directory or file (default: ${DEFAULT-VALUE}).")
          String path)
      throws IOException {
    List<Entry> entries;
    try (TemporaryDirectory work = TemporaryDirectory.create("ls")) {
      Path out = work.path().resolve("out");
      disk.run(common, "ls", path, null, out);
      entries =
          Files.readAllLines(out, java.nio.charset.StandardCharsets.ISO_8859_1).stream()
              .map(Entry::parse)
              .sorted(Comparator.comparing(Entry::name))
              .toList();
    }
    StandardOutput stdout = StandardOutput.of(spec);
    if (json.json()) {
      JsonArray list = new JsonArray();
      for (Entry entry : entries) {
        JsonObject item = new JsonObject();
        item.addProperty("name", entry.name());
        item.addProperty("type", entry.type());
        item.addProperty("mode", "%04o".formatted(entry.mode()));
        item.addProperty("size", entry.size());
        item.addProperty("time", Instant.ofEpochSecond(entry.time()).toString());
        list.add(item);
      }
      JsonObject answer = new JsonObject();
      answer.add("files", list);
      json.print(answer, stdout);
    } else {
      for (Entry entry : entries) {
        String line =
            "%s%04o %12d %s %s%n"
                .formatted(
                    entry.type(),
                    entry.mode(),
                    entry.size(),
                    Instant.ofEpochSecond(entry.time()),
                    entry.name());
        stdout.bytes(line.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
      }
    }
    stdout.flush();
    return ExitCode.OK.status();
  }

  /** Prints a file. */
  @Command(name = "cat", description = "Write a file's contents to standard output.")
  int cat(
      @Mixin CommonOptions common,
      @Mixin Disk disk,
      @Parameters(index = "1", paramLabel = "PATH", description = "The file.") String path)
      throws IOException {
    StandardOutput stdout = StandardOutput.of(spec);
    try (TemporaryDirectory work = TemporaryDirectory.create("cat")) {
      Path out = work.path().resolve("out");
      disk.run(common, "cat", path, null, out);
      try (InputStream in = Files.newInputStream(out)) {
        for (byte[] chunk = in.readNBytes(CHUNK); chunk.length > 0; chunk = in.readNBytes(CHUNK)) {
          stdout.bytes(chunk);
        }
      }
    }
    stdout.flush();
    return ExitCode.OK.status();
  }

  /** Copies a file in. */
  @Command(name = "cp", description = "Copy a file of this machine into the image.")
  int cp(
      @Mixin CommonOptions common,
      @Mixin Disk disk,
      @Parameters(index = "1", paramLabel = "FILE", description = "The file of this machine.")
          Path file,
      @Parameters(index = "2", paramLabel = "PATH", description = "What it becomes.") String path)
      throws IOException {
    if (!Files.isReadable(file)) {
      throw StubdomException.input(
          file.toString(), Files.exists(file) ? "cannot be read" : "no such file", "");
    }
    disk.run(common, "put", path, file, null);
    return ExitCode.OK.status();
  }

  /** Makes a directory. */
  @Command(name = "mkdir", description = "Make a directory.")
  int mkdir(
      @Mixin CommonOptions common,
      @Mixin Disk disk,
      @Parameters(index = "1", paramLabel = "PATH", description = "The directory.") String path)
      throws IOException {
    disk.run(common, "mkdir", path, null, null);
    return ExitCode.OK.status();
  }
}
