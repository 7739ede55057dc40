// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.linux;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.rumpstubdom.build.EmulatorBuild;
import org.rumpstubdom.build.HostTools;
import org.rumpstubdom.build.source.AptArchive;
import org.rumpstubdom.build.source.FetchedPackage;
import org.rumpstubdom.build.source.SourceLock;
import org.rumpstubdom.build.source.SourceStore;
import org.rumpstubdom.image.Ramdisk;
import org.rumpstubdom.image.RamdiskManifest;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.util.Hashing;
import org.rumpstubdom.util.TemporaryDirectory;
import org.rumpstubdom.util.Trees;

/**
 * The Open POSIX Test Suite as Debian's source package {@code posixtestsuite} has it, compiled with
 * the project's C library: the interfaces one process can be asked about. The programs are kept in
 * the cache.
 */
final class PosixSuite {
  /** What a test turned out to be when it was compiled. */
  enum Kind {
    /** A program of one process. */
    PROGRAM,
    /** Needs a second process: fork, exec or one of their kind is linked into it. */
    FORKS,
    /** Has no main function: that it compiles is the test. */
    DEFINITIONS,
    /** Uses what the C library does not have. */
    NOT_IN_LIBC
  }

  private static final String LOCK = "posixtestsuite.lock.json";

  /** Directories below conformance/interfaces, by the interface they are about. */
  private static final Pattern INTERFACES =
      Pattern.compile("(pthread_|sem_|clock_|sched_|sig).*|mmap|munmap|nanosleep");

  /** The suite's name for tests that are programs (its script locate-test). */
  private static final Pattern TEST = Pattern.compile("[0-9]+-[0-9]+\\.c");

  /** As the suite's makefile has it, without debugging information; warnings are its own affair. */
  private static final List<String> FLAGS =
      List.of("-std=gnu99", "-O2", "-w", "-D_POSIX_C_SOURCE=200112L", "-D_GNU_SOURCE");

  private static final Pattern SECOND_PROCESS =
      Pattern.compile("(?m) [TW] (_?fork|_Fork|vfork|posix_spawn|execve|fexecve)$");
  private static final String NO_MAIN = "undefined reference to `main'";
  private static final String INDEX = "index.tsv";

  /** Some tests become another user; on Linux they find one in the machine's list. */
  private static final String USERS =
      """
      root:x:0:0:root:/:/bin/sh
      daemon:x:1:1:daemon:/:/bin/sh
      """;

  private final Path entry;
  private final SortedMap<String, Kind> kinds;

  private PosixSuite(Path entry, SortedMap<String, Kind> kinds) {
    this.entry = entry;
    this.kinds = kinds;
  }

  /** The compiled suite, from the cache or made now. */
  static PosixSuite prepare() throws IOException {
    CacheDirectory cache = CacheDirectory.ofUser();
    Progress progress = Progress.silent();
    HostTools tools = TestPrograms.tools();
    AptArchive archive =
        new AptArchive(
            cache.directory("apt"),
            SourceLock.DEFAULT_SUITE,
            cache.directory("logs").resolve("posix.log"));
    FetchedPackage source = new SourceStore(cache, archive, null, false, progress).get(pin());
    try (TemporaryDirectory work = TemporaryDirectory.create("posix")) {
      EmulatorBuild.Options options =
          new EmulatorBuild.Options(
              TestPrograms.CHECKOUT,
              SourceLock.DEFAULT_SUITE,
              cache,
              null,
              false,
              TestPrograms.JOBS,
              null,
              tools);
      Path compiler =
          new EmulatorBuild(options, progress).installToolchain(work.path().resolve("toolchain"));
      Hashing.Key key = Hashing.key().add("flags", FLAGS.toString());
      key.add("tests", INTERFACES + " " + TEST).add("forks", SECOND_PROCESS.pattern());
      tools.versions().forEach(key::add);
      new TreeMap<>(source.files()).forEach(key::add);
      Trees.digest(work.path().resolve("toolchain/sysroot")).forEach(key::add);
      Path entry =
          cache.entry(
              "posix",
              key.hex().substring(0, 32),
              into -> new Build(source, compiler, tools, into).run(work.path().resolve("src")));
      return new PosixSuite(entry, readIndex(entry.resolve(INDEX)));
    }
  }

  private static SourceLock.Pinned pin() throws IOException {
    try (Reader reader =
        new InputStreamReader(
            Objects.requireNonNull(PosixSuite.class.getResourceAsStream(LOCK)),
            StandardCharsets.UTF_8)) {
      return new Gson().fromJson(reader, SourceLock.Pinned.class);
    }
  }

  private static SortedMap<String, Kind> readIndex(Path file) throws IOException {
    SortedMap<String, Kind> kinds = new TreeMap<>();
    for (String line : Files.readAllLines(file)) {
      String[] fields = line.split("\t", -1);
      kinds.put(fields[0], Kind.valueOf(fields[1]));
    }
    return kinds;
  }

  /** The tests of a kind, such as {@code pthread_create/1-1}. */
  List<String> tests(Kind kind) {
    return kinds.keySet().stream().filter(name -> kinds.get(name) == kind).toList();
  }

  /** The executable of a test of the kind {@link Kind#PROGRAM}. */
  Path program(String name) {
    return program(entry, name);
  }

  /** Writes a ramdisk that runs the test in a world with two users. */
  Path ramdisk(String name, Path file) throws IOException {
    SortedMap<String, Ramdisk.Entry> entries = new TreeMap<>();
    entries.put("bin/test", Ramdisk.file(program(name)));
    entries.put("etc/passwd", Ramdisk.bytes(USERS.getBytes(StandardCharsets.US_ASCII)));
    Ramdisk.write(file, RamdiskManifest.plain("/bin/test", List.of(), Map.of()), entries);
    return file;
  }

  private static Path program(Path entry, String name) {
    return entry.resolve("programs").resolve(name);
  }

  /** Compiles everything into a new cache entry. */
  private record Build(FetchedPackage source, Path compiler, HostTools tools, Path into) {
    void run(Path unpacked) throws IOException {
      Command.of(tools.program("dpkg-source"), "--no-copy", "--require-strong-checksums", "-x")
          .args(source.file(".dsc").toString(), unpacked.toString())
          .run();
      Path interfaces = unpacked.resolve("conformance/interfaces");
      SortedMap<String, Callable<Kind>> jobs = new TreeMap<>();
      for (String name : names(interfaces)) {
        jobs.put(name, () -> compile(unpacked, interfaces.resolve(name + ".c"), name));
      }
      StringBuilder index = new StringBuilder();
      for (Map.Entry<String, Kind> test : Parallel.run(TestPrograms.JOBS, jobs).entrySet()) {
        index.append(test.getKey()).append('\t').append(test.getValue()).append('\n');
      }
      Files.writeString(into.resolve(INDEX), index);
    }

    private static List<String> names(Path interfaces) throws IOException {
      List<String> names = new ArrayList<>();
      for (Path directory : Trees.list(interfaces)) {
        if (!INTERFACES.matcher(directory.getFileName().toString()).matches()) {
          continue;
        }
        try (Stream<Path> files = Files.walk(directory)) {
          files
              .filter(file -> TEST.matcher(file.getFileName().toString()).matches())
              .map(file -> interfaces.relativize(file).toString().replaceFirst("\\.c$", ""))
              .forEach(names::add);
        }
      }
      names.sort(Comparator.naturalOrder());
      return names;
    }

    private Kind compile(Path suite, Path file, String name) throws IOException {
      Path program = program(into, name);
      Files.createDirectories(program.getParent());
      Command.Result compiled =
          Command.of(compiler.toString())
              .args(FLAGS)
              .args("-I" + suite.resolve("include"), "-o", program.toString(), file.toString())
              .env("LC_ALL", "C")
              .execute();
      if (compiled.status() != 0) {
        boolean noMain = compiled.lastLines().stream().anyMatch(line -> line.contains(NO_MAIN));
        return noMain ? Kind.DEFINITIONS : Kind.NOT_IN_LIBC;
      }
      String symbols = Command.of(tools.program("nm"), program.toString()).capture().run().output();
      if (SECOND_PROCESS.matcher(symbols).find()) {
        Files.delete(program);
        return Kind.FORKS;
      }
      return Kind.PROGRAM;
    }
  }
}
