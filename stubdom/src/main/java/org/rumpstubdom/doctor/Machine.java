// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.doctor;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.FullDisk;
import org.rumpstubdom.util.Programs;

/** The facts about a machine that the doctor looks at. */
interface Machine {
  /**
   * Whether a program is on the PATH, or a file with this absolute path is there. In a path, {@code
   * *} stands for any characters but a slash, so that a path need not name a version.
   */
  boolean has(String probe);

  /** Whether apt has fetched its lists: before, it knows no package. */
  boolean hasPackageLists();

  /** Memory programs can still get, in MiB. */
  long availableMemoryMib() throws IOException;

  /** Space left where the cache is, in MiB. */
  long cacheSpaceMib() throws IOException;

  /** Where the cache is. */
  Path cache();

  /** The processor architecture as Java names it, such as "amd64". */
  String architecture();

  /** The feature release of the Java that runs. */
  int java();

  /** Processors that can be used. */
  int processors();

  /** Whether commands run as root. */
  boolean root();

  /** Whether a file or directory has a name that matches an absolute path with {@code *} in it. */
  static boolean exists(String pattern) {
    Set<Path> matching = Set.of(Path.of("/"));
    for (Path name : Path.of(pattern)) {
      Set<Path> below = new TreeSet<>();
      for (Path directory : matching) {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, name.toString())) {
          entries.forEach(below::add);
        } catch (IOException e) {
          // No directory, or closed to this user: nothing below it matches.
        }
      }
      matching = below;
    }
    return !matching.isEmpty();
  }

  /** This machine. */
  static Machine here() {
    return new Machine() {
      @Override
      public boolean has(String probe) {
        return probe.startsWith("/") ? exists(probe) : Programs.find(probe).isPresent();
      }

      @Override
      public boolean hasPackageLists() {
        return exists("/var/lib/apt/lists/*_Packages*");
      }

      @Override
      public long availableMemoryMib() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
          if (line.startsWith("MemAvailable:")) {
            return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024;
          }
        }
        throw new IOException("/proc/meminfo has no MemAvailable");
      }

      @Override
      public long cacheSpaceMib() throws IOException {
        Path place = cache();
        while (!Files.exists(place)) {
          place = place.getParent();
        }
        return FullDisk.usableSpace(place) >> 20;
      }

      @Override
      public Path cache() {
        return CacheDirectory.ofUser().root();
      }

      @Override
      public String architecture() {
        return System.getProperty("os.arch");
      }

      @Override
      public int java() {
        return Runtime.version().feature();
      }

      @Override
      public int processors() {
        return Runtime.getRuntime().availableProcessors();
      }

      @Override
      public boolean root() {
        return "root".equals(System.getProperty("user.name"));
      }
    };
  }
}
