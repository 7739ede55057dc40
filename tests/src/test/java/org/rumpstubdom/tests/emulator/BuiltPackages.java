// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.emulator;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.util.Trees;

/** What {@code scripts/package} makes, with an image that is there. */
public record BuiltPackages(Path directory) {
  /** The package with the image. */
  public static final String IMAGE = "rump-stubdom_";

  /** The package with the command line. */
  public static final String TOOLS = "rump-stubdom-tools_";

  /** How many files there are: two packages, and an archive of each. */
  private static final int FILES = 4;

  /**
   * Makes them.
   *
   * @param time seconds of the time that is in their version, or null for the commit's
   */
  public static BuiltPackages build(Path directory, Path image, Long time) throws IOException {
    Path script = Path.of(System.getProperty("rumpstubdom.checkout"), "scripts/package");
    Command command =
        Command.of(script.toString(), "--out=" + directory, "--image=" + image)
            .describe("scripts/package");
    if (time != null) {
      command.env("SOURCE_DATE_EPOCH", Long.toString(time));
    }
    command.run();
    BuiltPackages built = new BuiltPackages(directory);
    List<Path> files = Trees.list(directory);
    if (files.size() != FILES) {
      throw new AssertionError("scripts/package made " + files);
    }
    return built;
  }

  /** The Debian package whose file's name begins so. */
  public Path deb(String beginning) throws IOException {
    return one(beginning, ".deb");
  }

  /** The archive of a package: the name of the package's file with other separators. */
  public Path archive(String beginning) throws IOException {
    return one(beginning.replace('_', '-') + "0", ".tar.xz");
  }

  private Path one(String beginning, String ending) throws IOException {
    List<Path> found =
        Trees.list(directory).stream()
            .filter(file -> file.getFileName().toString().startsWith(beginning))
            .filter(file -> file.getFileName().toString().endsWith(ending))
            .toList();
    if (found.size() != 1) {
      throw new AssertionError(beginning + "*" + ending + " is " + found);
    }
    return found.get(0);
  }

  /** Unpacks a package into a new directory, without installing it. */
  public Path unpacked(String beginning, Path into) throws IOException {
    Files.createDirectories(into);
    Command.of("dpkg-deb", "-x", deb(beginning).toString(), into.toString()).run();
    return into;
  }
}
