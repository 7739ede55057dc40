// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.image;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.rumpstubdom.util.StubdomException;

/**
 * A ramdisk with a program that is no device model, and with files for it. It has the users root
 * and nobody unless it is given an /etc/passwd.
 */
public final class ProgramImage {
  /** Whom programs look up before they give up privilege, which means nothing here. */
  private static final Map<String, String> USERS =
      Map.of(
          "etc/passwd",
          "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
          "etc/group",
          "root:x:0:\nnogroup:x:65534:\n");

  private final Path program;
  private final SortedMap<String, Ramdisk.Entry> entries = new TreeMap<>();

  /**
   * An image of the program alone.
   *
   * @throws StubdomException (3) when it is no static x86-64 executable
   */
  public ProgramImage(Path program) throws IOException {
    this.program = program;
    requireStatic(program);
    USERS.forEach(
        (name, text) -> entries.put(name, Ramdisk.bytes(text.getBytes(StandardCharsets.US_ASCII))));
    entries.put(name().substring(1), Ramdisk.file(program, 0755));
  }

  private static void requireStatic(Path program) throws IOException {
    if (!Files.isRegularFile(program)) {
      throw StubdomException.input(
          program.toString(), Files.exists(program) ? "is not a file" : "no such file", "");
    }
    ElfFile elf = ElfFile.read(program);
    if (!elf.statically() || elf.positionIndependent()) {
      throw StubdomException.input(
          program.toString(),
          "is no static executable at fixed addresses",
          "compile and link it with `scripts/stubdom cc`");
    }
  }

  /** The program's path in the image. */
  public String name() {
    return "/bin/" + program.getFileName();
  }

  /**
   * Adds a file, or all of a directory.
   *
   * @param path where it is to be, absolute
   */
  public void add(Path source, String path) throws IOException {
    if (!Files.isDirectory(source)) {
      put(source, path);
      return;
    }
    try (Stream<Path> files = Files.walk(source)) {
      for (Path file : files.filter(f -> !Files.isDirectory(f)).sorted().toList()) {
        put(file, path + "/" + source.relativize(file));
      }
    }
  }

  private void put(Path source, String path) {
    if (!Files.isRegularFile(source)) {
      throw StubdomException.input(
          source.toString(), Files.exists(source) ? "is not a file" : "no such file", "");
    }
    String name = path.replaceAll("/+", "/").replaceFirst("^/", "");
    entries.put(name, Ramdisk.file(source));
  }

  /** Writes the ramdisk, atomically. */
  public void write(Path file, List<String> arguments, Map<String, String> environment)
      throws IOException {
    Ramdisk.write(file, RamdiskManifest.plain(name(), arguments, environment), entries);
  }
}
