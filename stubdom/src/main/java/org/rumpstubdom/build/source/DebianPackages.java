// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.source;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;

/**
 * Binary packages of a Debian release with all they depend on. mmdebstrap(1) downloads and unpacks
 * them without running any of their scripts, so that neither root nor a container is needed.
 */
public final class DebianPackages {
  private final String suite;
  private final List<String> names;
  private final Progress progress;
  private final boolean pointRelease;

  /**
   * Packages to be had, the newest of the release.
   *
   * @param suite the release's code name
   * @param names the packages; what they depend on comes with them
   */
  public DebianPackages(String suite, List<String> names, Progress progress) {
    this(suite, names, progress, false);
  }

  private DebianPackages(
      String suite, List<String> names, Progress progress, boolean pointRelease) {
    this.suite = suite;
    this.names = names;
    this.progress = progress;
    this.pointRelease = pointRelease;
  }

  /**
   * As the constructor, but without what Debian adds to a release between its point releases:
   * machines then get the same, whatever of that each of them uses and whenever they ask.
   */
  public static DebianPackages ofPointRelease(String suite, List<String> names, Progress progress) {
    return new DebianPackages(suite, names, progress, true);
  }

  /**
   * Unpacks them.
   *
   * @param scratch an existing directory for what is needed on the way, and for {@link #versions}
   * @param packages the directory to unpack into; it gets the links of a merged /usr
   * @param without patterns of what is left out beside documentation, as tar takes them: ./usr/...
   * @throws StubdomException (3) when the archive does not have them or cannot be reached
   */
  public void download(Path scratch, Path packages, List<String> without) throws IOException {
    mergeUsr(packages);
    Path archive = scratch.resolve("packages.tar");
    // A user without root's rights has no chroot, and inside of one no user namespaces either.
    // Nothing of the packages runs, so that none is needed.
    String mode = "root".equals(System.getProperty("user.name")) ? "root" : "chrootless";
    Command fetch =
        Command.of("mmdebstrap", "--variant=extract", "--format=tar", "--architectures=amd64")
            .args("--mode=" + mode)
            .args("--include=" + String.join(",", names), suite, archive.toString())
            .args(sources(scratch))
            // The package manager keeps no record when it only unpacks: the archives' names tell.
            .args("--extract-hook=ls \"$1/var/cache/apt/archives\" >\"$STUBDOM_PACKAGE_LIST\"")
            .env("STUBDOM_PACKAGE_LIST", packageList(scratch).toString())
            .env("TMPDIR", scratch.toString())
            .describe("mmdebstrap")
            .whenMissing("apt-get install mmdebstrap")
            .failsWith(ExitCode.INPUT)
            .onLine(progress::detail);
    try {
      fetch.run();
    } catch (StubdomException e) {
      throw explain(suite, e);
    }
    Command.of("tar", "--extract", "--keep-directory-symlink", "--no-same-owner")
        .args("--no-same-permissions", "--file", archive.toString())
        .args("--exclude=./dev/*", "--exclude=./usr/share/doc", "--exclude=./usr/share/man")
        .args("--exclude=./usr/share/locale")
        .args(without.stream().map(pattern -> "--exclude=" + pattern).toList())
        .in(packages)
        .describe("unpack the packages")
        .run();
    Files.delete(archive);
  }

  /** Makes the links of a merged /usr in an empty directory. */
  public static void mergeUsr(Path tree) throws IOException {
    for (String directory : List.of("bin", "sbin", "lib", "lib64")) {
      Files.createDirectories(tree.resolve("usr").resolve(directory));
      Files.createSymbolicLink(tree.resolve(directory), Path.of("usr", directory));
    }
  }

  /**
   * The release in the archives this machine uses; nothing, which means Debian's public servers,
   * when it uses none.
   */
  private List<String> sources(Path scratch) throws IOException {
    String lines = AptSources.lines(Path.of("/etc/apt"), suite, List.of("deb"));
    if (pointRelease) {
      String main = " " + suite + " main";
      lines =
          lines
              .lines()
              .filter(line -> line.endsWith(main))
              .map(line -> line + "\n")
              .collect(Collectors.joining());
    }
    Path file = scratch.resolve("sources.list");
    return lines.isEmpty() ? List.of() : List.of(Files.writeString(file, lines).toString());
  }

  /** Says it plainly when the archive has no such release. */
  public static StubdomException explain(String suite, StubdomException failure) {
    return failure.details().stream()
        .filter(line -> line.startsWith("E: ") && line.contains("Release file"))
        .findFirst()
        .map(
            line ->
                new StubdomException(
                    ExitCode.INPUT,
                    "--suite=" + suite,
                    line.substring("E: ".length()),
                    "use a Debian release",
                    failure.details(),
                    failure))
        .orElse(failure);
  }

  private static Path packageList(Path scratch) {
    return scratch.resolve("packages.list");
  }

  /**
   * Names and versions of what {@link #download} unpacked, from file names
   * NAME_VERSION_ARCHITECTURE.deb, in which a colon is %3a.
   */
  public SortedMap<String, String> versions(Path scratch) throws IOException {
    SortedMap<String, String> versions = new TreeMap<>();
    for (String file : Files.readAllLines(packageList(scratch))) {
      String[] parts = file.split("_", -1);
      if (parts.length == 3) {
        versions.put(parts[0], parts[1].replace("%3a", ":"));
      }
    }
    return versions;
  }
}
