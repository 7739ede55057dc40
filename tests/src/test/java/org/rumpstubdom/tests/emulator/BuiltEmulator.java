// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.emulator;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.rumpstubdom.build.DebFile;
import org.rumpstubdom.build.Emulator;
import org.rumpstubdom.build.EmulatorBuild;
import org.rumpstubdom.build.HostTools;
import org.rumpstubdom.build.source.SourceLock;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.Trees;

/**
 * The emulator the tests judge: the one the build makes, from the user's cache when it is there.
 */
final class BuiltEmulator {
  private static final Pattern DATA =
      Pattern.compile("(seabios|ipxe-qemu|qemu-system-data)_.*\\.deb");

  private static Emulator emulator;

  private BuiltEmulator() {}

  static synchronized Emulator get() throws IOException {
    if (emulator == null) {
      emulator = build(CacheDirectory.ofUser(), Runtime.getRuntime().availableProcessors()).run();
    }
    return emulator;
  }

  /** A build of this checkout with another cache or number of jobs. */
  static EmulatorBuild build(CacheDirectory cache, int jobs) {
    Path checkout = Path.of(System.getProperty("rumpstubdom.checkout"));
    return new EmulatorBuild(
        new EmulatorBuild.Options(
            checkout, cache, null, false, jobs, null, false, new HostTools(HostTools.SYSTEM)),
        Progress.silent());
  }

  /**
   * Unpacks all data files of QEMU's packages, as they would be installed: tests that use QEMU's
   * own PC machine need more of them than an image holds.
   */
  static void unpackData(Path directory) throws IOException {
    get();
    // The cache may hold those of other versions, too.
    Set<String> pinned =
        SourceLock.load().packages().stream()
            .flatMap(pin -> pin.files().keySet().stream())
            .filter(name -> DATA.matcher(name).matches())
            .collect(Collectors.toSet());
    for (Path entry : Trees.list(CacheDirectory.ofUser().directory("sources"))) {
      for (Path file : Trees.list(entry)) {
        if (pinned.contains(file.getFileName().toString())) {
          DebFile.extract(
              file, name -> name.matches("usr/(share/(qemu|seabios)|lib/ipxe)/.*"), directory);
        }
      }
    }
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
