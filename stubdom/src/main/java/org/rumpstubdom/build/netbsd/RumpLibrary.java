// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.netbsd;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.ar.ArArchiveEntry;
import org.apache.commons.compress.archivers.ar.ArArchiveInputStream;
import org.rumpstubdom.util.StubdomException;

/** One static library: its objects, and what is wrong with it, which matters once it is used. */
final class RumpLibrary {
  static final String PREFIX = "lib";
  static final String SUFFIX = ".a";

  private final Path file;
  private final Map<String, byte[]> contents = new TreeMap<>();
  private final List<RelocatableObject> objects = new ArrayList<>();
  private StubdomException problem;

  private RumpLibrary(Path file) {
    this.file = file;
  }

  /** Reads a library; what is wrong with it is kept for {@link #check}. */
  static RumpLibrary read(Path file) throws IOException {
    RumpLibrary library = new RumpLibrary(file);
    library.readMembers();
    return library;
  }

  private void readMembers() throws IOException {
    try (InputStream start = Files.newInputStream(file)) {
      if (new String(start.readNBytes(7), StandardCharsets.ISO_8859_1).equals("!<thin>")) {
        problem = failure("a thin archive: its objects are elsewhere", "name whole archives");
        return;
      }
    }
    String member = "";
    try (InputStream stream = new BufferedInputStream(Files.newInputStream(file));
        ArArchiveInputStream archive = new ArArchiveInputStream(stream)) {
      for (ArArchiveEntry entry = archive.getNextEntry();
          entry != null;
          entry = archive.getNextEntry()) {
        member = entry.getName();
        if (!isIndex(member)) {
          byte[] content = archive.readAllBytes();
          objects.add(new RelocatableObject(member, content));
          contents.putIfAbsent(member, content);
        }
      }
    } catch (IOException e) {
      problem = failure("not a whole archive", "name another copy");
    } catch (IllegalArgumentException e) {
      problem =
          StubdomException.input(
              fileName() + "(" + member + ")", e.getMessage(), "name libraries of NetBSD/amd64");
    }
  }

  /** The archive's own index of symbols, as the different tools name it. */
  private static boolean isIndex(String member) {
    return member.isEmpty() || member.startsWith("/") || member.startsWith("__.SYMDEF");
  }

  private StubdomException failure(String why, String fix) {
    return StubdomException.input(fileName(), why, fix);
  }

  /**
   * Holds every object to what the kernel can be linked with.
   *
   * @throws StubdomException (3) that names library, object and symbol
   */
  void check() {
    if (problem != null) {
      throw problem;
    }
    if (objects.isEmpty() && !RumpLibraries.BASE.contains(name())) {
      throw failure("is empty: no object in it, and no symbol", "name another copy");
    }
    for (RelocatableObject object : objects) {
      Optional<String> other = object.otherMachine();
      if (other.isPresent()) {
        throw StubdomException.input(
            where(object),
            object.landmark() + " is " + other.get(),
            "name libraries of NetBSD/amd64");
      }
      Optional<String> low = object.firstRelocation(RelocatableObject.R_X86_64_32);
      if (low.isPresent()) {
        throw StubdomException.input(
            where(object),
            "compiled for the low 4 GiB: R_X86_64_32 against " + low.get(),
            "name libraries compiled with -fPIE or -mcmodel=kernel");
      }
      if (object.hasConstructors()) {
        throw StubdomException.input(
            where(object),
            object.landmark() + " comes with constructors, not link sets",
            "name libraries of a NetBSD release");
      }
    }
  }

  /** An object as messages name it. */
  String where(RelocatableObject object) {
    return fileName() + "(" + object.name() + ")";
  }

  /** The archive. */
  Path file() {
    return file;
  }

  /** The file's name. */
  String fileName() {
    return String.valueOf(file.getFileName());
  }

  /** The name without "lib" and ".a". */
  String name() {
    String name = fileName();
    return name.substring(PREFIX.length(), name.length() - SUFFIX.length());
  }

  /** Its objects, in the archive's order. */
  List<RelocatableObject> objects() {
    return objects;
  }

  /** An object's bytes. */
  byte[] content(RelocatableObject object) {
    return contents.get(object.name()).clone();
  }

  /** Whether one of its objects defines the symbol for others. */
  boolean defines(String symbol) {
    return objects.stream()
        .map(object -> object.globals().get(symbol))
        .anyMatch(
            kind ->
                kind == RelocatableObject.Kind.defined
                    || kind == RelocatableObject.Kind.weak
                    || kind == RelocatableObject.Kind.common);
  }
}
