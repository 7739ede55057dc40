// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.netbsd;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.CompressorException;
import org.apache.commons.compress.compressors.CompressorStreamFactory;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.Hashing;
import org.rumpstubdom.util.NearestWord;
import org.rumpstubdom.util.StubdomException;

/** The libraries of NetBSD's rump kernel in a directory or in a release's set {@code comp}. */
public final class RumpLibraries {
  /** The version of the hypercalls, rumpuser(3), that our kernel has. */
  static final int HYPERCALLS = 17;

  /** The kernel itself, and the three factions that components belong to. */
  static final List<String> BASE = List.of("rump", "rumpvfs", "rumpdev", "rumpnet");

  /** What a component's library may begin with. */
  private static final List<String> GROUPS =
      List.of("rumpfs_", "rumpnet_", "rumpdev_", "rumpvfs_", "rumpkern_");

  /** What people call components that NetBSD calls otherwise. */
  private static final Map<String, String> ALSO =
      Map.of("inet", "netinet", "inet6", "netinet6", "unix", "local");

  /** Variants for shared objects, profiling and debugging; and what is not for a kernel. */
  private static final Pattern LIBRARY =
      Pattern.compile("librump(?!user|client|hijack|clienthijack)\\w*(?<!_pic|_p|_g)\\.a");

  private static final String FIX = "name a directory with NetBSD's librump*.a, or its comp set";

  private final Path directory;
  private final String hash;
  private final Map<String, RumpLibrary> libraries = new TreeMap<>();

  private RumpLibraries(Path directory, String hash) {
    this.directory = directory;
    this.hash = hash;
  }

  /**
   * Reads the libraries and holds the kernel itself to being NetBSD's, for x86-64, with our
   * hypercalls.
   *
   * @param where a directory with them, or a set comp.tar.xz or comp.tgz, whose libraries then go
   *     into the cache
   * @throws StubdomException (3) when they are not such libraries, with library and symbol
   */
  public static RumpLibraries open(Path where, CacheDirectory cache) throws IOException {
    Path directory = where;
    if (Files.isRegularFile(where)) {
      directory = cache.entry("netbsd", Hashing.sha256(where), entry -> unpack(where, entry));
    }
    if (!Files.isDirectory(directory)) {
      throw StubdomException.input(where.toString(), "no such file or directory", FIX);
    }
    List<Path> files = new ArrayList<>();
    try (Stream<Path> list = Files.list(directory.toRealPath())) {
      list.filter(file -> LIBRARY.matcher(String.valueOf(file.getFileName())).matches())
          .sorted()
          .forEach(files::add);
    }
    Hashing.Key key = Hashing.key();
    for (Path file : files) {
      key.addFile(String.valueOf(file.getFileName()), file);
    }
    RumpLibraries all = new RumpLibraries(directory.toRealPath(), key.hex());
    for (Path file : files) {
      RumpLibrary library = RumpLibrary.read(file);
      all.libraries.put(library.name(), library);
    }
    if (!all.libraries.containsKey("rump")) {
      throw StubdomException.input(where.toString(), "no librump.a, which has rump_init", FIX);
    }
    all.checkKernel();
    return all;
  }

  private static void unpack(Path set, Path target) throws IOException {
    try (InputStream file = new BufferedInputStream(Files.newInputStream(set));
        InputStream plain = new CompressorStreamFactory().createCompressorInputStream(file);
        TarArchiveInputStream tar = new TarArchiveInputStream(plain)) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        String name = entry.getName().replaceFirst(".*/", "");
        Path library = target.resolve(name);
        // The set has libraries of other ABIs below usr/lib/i386.
        if (entry.isFile()
            && entry.getName().matches("(\\./)?usr/lib/[^/]+")
            && LIBRARY.matcher(name).matches()) {
          Files.deleteIfExists(library);
          Files.copy(tar, library);
        }
      }
    } catch (CompressorException e) {
      throw StubdomException.input(set.toString(), "neither a directory nor a set", FIX);
    } catch (IOException e) {
      throw StubdomException.input(set.toString(), "not a whole set: " + e.getMessage(), FIX);
    }
  }

  private void checkKernel() {
    RumpLibrary kernel = library("rump");
    kernel.check();
    for (String symbol : List.of("rump_init", "rump_pub_lwproc_rfork", "rumpns_copyright")) {
      if (!kernel.defines(symbol)) {
        throw StubdomException.input(
            kernel.fileName(), "has no " + symbol + ": not NetBSD's rump kernel", FIX);
      }
    }
    Optional<Integer> version = hypercalls();
    if (version.isPresent() && version.get() != HYPERCALLS) {
      throw StubdomException.input(
          kernel.fileName(),
          "calls rumpuser_init for hypercalls of version "
              + version.get()
              + ", our kernel has version "
              + HYPERCALLS,
          "name libraries of a NetBSD release with version " + HYPERCALLS);
    }
  }

  /** The release by the kernel's own constant, "10.0" for example, when it has one. */
  public Optional<String> release() {
    return fromKernel(object -> object.string("rumpns_osrelease"));
  }

  /** The version of the hypercalls that the kernel asks for, where its code shows it. */
  public Optional<Integer> hypercalls() {
    return fromKernel(object -> object.constantArgument("rumpuser_init"));
  }

  /** What the kernel prints as its copyright notice when it starts. */
  Optional<String> notice() {
    return fromKernel(object -> object.string("rumpns_copyright")).filter(text -> !text.isBlank());
  }

  private <T> Optional<T> fromKernel(Function<RelocatableObject, Optional<T>> what) {
    return library("rump").objects().stream().map(what).flatMap(Optional::stream).findFirst();
  }

  /** A hash over all libraries. */
  public String hash() {
    return hash;
  }

  /** Where they are. */
  public Path directory() {
    return directory;
  }

  /** All libraries, by name. */
  List<RumpLibrary> all() {
    return List.copyOf(libraries.values());
  }

  /** The library of a name such as "rumpnet". */
  RumpLibrary library(String name) {
    RumpLibrary library = libraries.get(name);
    if (library == null) {
      throw StubdomException.input(
          directory.toString(),
          "no " + RumpLibrary.PREFIX + name + RumpLibrary.SUFFIX + need(name),
          FIX);
    }
    return library;
  }

  /** Who of a faction calls what is in no library here, in words. */
  private String need(String faction) {
    for (RumpLibrary library : libraries.values()) {
      if (library.name().matches("rump(fs|net|dev)_.*") && factionOf(library).equals(faction)) {
        for (RelocatableObject object : library.objects()) {
          for (Map.Entry<String, RelocatableObject.Kind> symbol : object.globals().entrySet()) {
            if (symbol.getValue() == RelocatableObject.Kind.undefined
                && symbol.getKey().startsWith("rumpns_")
                && libraries.values().stream().noneMatch(l -> l.defines(symbol.getKey()))) {
              return ", and " + library.where(object) + " needs " + symbol.getKey();
            }
          }
        }
      }
    }
    return "";
  }

  private static String factionOf(RumpLibrary library) {
    String group = library.name().replaceFirst("_.*", "");
    return group.equals("rumpfs") ? "rumpvfs" : group;
  }

  /**
   * The library of a component.
   *
   * @param component its name with or without its group: tmpfs, inet, rumpnet_local
   * @throws StubdomException (2) when there is none
   */
  RumpLibrary component(String component) {
    if (libraries.containsKey(component)) {
      return libraries.get(component);
    }
    List<String> known = new ArrayList<>();
    for (String group : GROUPS) {
      RumpLibrary library = libraries.get(group + ALSO.getOrDefault(component, component));
      if (library != null) {
        return library;
      }
      libraries.keySet().stream()
          .filter(name -> name.startsWith(group))
          .forEach(name -> known.add(name.substring(group.length())));
    }
    throw StubdomException.usage(
        "--rump-components: " + component,
        "no such component in " + directory,
        NearestWord.among(known, component)
            .map(word -> "did you mean " + word + "?")
            .orElse("there are " + String.join(", ", known)));
  }
}
