// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.emulator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.rumpstubdom.build.DebFile;
import org.rumpstubdom.build.Emulator;
import org.rumpstubdom.build.EmulatorBuild;
import org.rumpstubdom.build.HostTools;
import org.rumpstubdom.build.source.SourceLock;
import org.rumpstubdom.image.Component;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.Hashing;
import org.rumpstubdom.util.Trees;

/**
 * The emulator the tests judge: the one the build makes, from the user's cache when it is there. Of
 * which Debian release is told by the system property rumpstubdom.emulator.
 */
final class BuiltEmulator {
  /** The Debian release. */
  static final String SUITE = System.getProperty("rumpstubdom.emulator", SourceLock.DEFAULT_SUITE);

  private static final Set<String> DATA = Set.of("seabios", "ipxe-qemu", "qemu-system-data");

  private static Emulator emulator;

  private BuiltEmulator() {}

  static synchronized Emulator get() throws IOException {
    if (emulator == null) {
      emulator = build(CacheDirectory.ofUser(), Runtime.getRuntime().availableProcessors()).run();
    }
    return emulator;
  }

  /** A build of this checkout with another cache or number of jobs. */
  static EmulatorBuild build(CacheDirectory cache, int jobs) throws IOException {
    Path checkout = Path.of(System.getProperty("rumpstubdom.checkout"));
    return new EmulatorBuild(
        new EmulatorBuild.Options(
            checkout,
            SUITE,
            cache,
            null,
            false,
            jobs,
            null,
            false,
            HostTools.of(SUITE, cache, false, Progress.silent())),
        Progress.silent());
  }

  /**
   * Unpacks all data files of QEMU's packages, as they would be installed: tests that use QEMU's
   * own PC machine need more of them than an image holds.
   */
  static void unpackData(Path directory) throws IOException {
    // The cache may hold other releases' as well.
    Set<String> wanted =
        get().components().stream()
            .filter(component -> DATA.contains(component.name()))
            .map(Component::sha256)
            .collect(Collectors.toCollection(HashSet::new));
    for (Path entry : Trees.list(CacheDirectory.ofUser().directory("sources"))) {
      for (Path file : Trees.list(entry)) {
        if (file.toString().endsWith(".deb") && wanted.remove(Hashing.sha256(file))) {
          DebFile.extract(
              file, name -> name.matches("usr/(share/(qemu|seabios)|lib/ipxe)/.*"), directory);
        }
      }
    }
    assertEquals(Set.of(), wanted);
  }

  /** Copies a test resource of this package into a directory. */
  static Path resource(String name, Path directory) throws IOException {
    Path file = directory.resolve(name);
    try (InputStream in = BuiltEmulator.class.getResourceAsStream(name)) {
      Files.copy(in, file);
    }
    return file;
  }
}
