// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.emulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rumpstubdom.build.source.AptSources;
import org.rumpstubdom.cli.Main;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.Command;

/**
 * The image is built in bare systems of several Debian releases, with a JRE and mmdebstrap beside
 * the essential packages and nothing else, and has the bytes that docs/checksums.json records: they
 * do not depend on the machine.
 */
@Tag("emulator")
@Tag("long")
final class BuildRootsTest {
  private static final Path CHECKOUT = Path.of(System.getProperty("rumpstubdom.checkout"));

  /** Files of the project that the command reads. */
  private static final List<String> SOURCES =
      List.of(
          "LICENSE",
          "meson.build",
          "meson_options.txt",
          "rump-runtime",
          "xen-blkfront",
          "xen-netfront",
          "device-model-bridge",
          "docs");

  /** In the new system: its own directory, the emulator's release, the class path. */
  private static final String TRIAL =
      """
      mkdir -p /root/.cache
      for program in gcc ld make meson ninja; do
          ! command -v "$program" || exit 1
      done
      cd /stubdom
      env HOME=/root STUBDOM_HOME=/stubdom java -cp "$2" %s build --suite="$1" --out=/results/image \
          --verify >/results/said 2>/results/progress || echo "status $?" >>/results/said
      """
          .formatted(Main.class.getName());

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"bookworm", "trixie", "sid"})
  void aBareSystemGivesTheRecordedBytes(String machine) throws IOException {
    Path files = Files.createDirectory(directory.resolve("stubdom"));
    for (String name : SOURCES) {
      Command.of("cp", "-R", CHECKOUT.resolve(name).toString(), files.toString()).run();
    }
    // The packages' files are pinned by their hashes: fetching them again would prove nothing.
    Path cache = Files.createDirectories(directory.resolve("cache/rump-stubdom"));
    CacheDirectory usual = CacheDirectory.ofUser();
    BuiltEmulator.get();
    Command.of("cp", "-R", usual.directory("sources").toString(), cache.toString()).run();
    List<String> classPath = new ArrayList<>();
    for (String part : System.getProperty("java.class.path").split(":", -1)) {
      if (part.isEmpty() || !Files.exists(Path.of(part))) {
        continue; // Surefire's list ends in a colon and names this module's classes, which has
        // none.
      }
      String name = "classes" + classPath.size();
      Command.of("cp", "-R", part, files.resolve(name).toString()).run();
      classPath.add("/stubdom/" + name);
    }
    Files.writeString(files.resolve("trial"), TRIAL);
    Path results = Files.createDirectory(directory.resolve("results"));
    Path sources =
        Files.writeString(
            directory.resolve("sources.list"),
            AptSources.lines(Path.of("/etc/apt"), machine, List.of("deb")));
    Command.of("mmdebstrap", "--variant=minbase", "--format=null")
        // An archive may be a copy that is not renewed: its lists are old, its packages the same.
        .args("--aptopt=Acquire::Check-Valid-Until \"false\"")
        .args("--include=default-jre-headless,mmdebstrap", machine, "/dev/null")
        .args(sources.toString())
        .args("--customize-hook=copy-in " + files + " " + results + " /")
        .args("--customize-hook=mkdir -p \"$1/root/.cache\"")
        .args("--customize-hook=copy-in " + cache + " /root/.cache")
        .args(
            "--customize-hook=chroot \"$1\" sh -eu /stubdom/trial "
                + BuiltEmulator.SUITE
                + " "
                + String.join(":", classPath))
        .args("--customize-hook=copy-out /results/said /results/progress " + results)
        .env("TMPDIR", directory.toString())
        .describe("mmdebstrap")
        .run();
    List<String> said = Files.readAllLines(results.resolve("said"));
    String progress = Files.readString(results.resolve("progress"));
    assertTrue(progress.contains("build QEMU: done"), progress);
    assertEquals(
        "verify    the same bytes as recorded in docs/checksums.json",
        said.get(said.size() - 1),
        progress);
  }
}
