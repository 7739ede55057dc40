// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.emulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rumpstubdom.build.source.AptSources;
import org.rumpstubdom.util.Command;

/** Both packages in a plain Debian of either release: apt finds what they depend on. */
@Tag("emulator")
@Tag("long")
final class PackagesOfDebianTest {
  /** In the new system, which is the first argument; the second one has the packages. */
  private static final String HOOK =
      """
      set -e
      cp "$STUBDOM_PACKAGES"/*.deb "$STUBDOM_PACKAGES"/guest.cfg "$1/tmp"
      mountpoint -q "$1/proc" || { mount -t proc proc "$1/proc" && mounted=yes; }
      trap '[ -z "${mounted:-}" ] || umount "$1/proc"' EXIT
      inside() { chroot "$1" env DEBIAN_FRONTEND=noninteractive sh -ec "$2"; }
      files() { (cd "$1" && find . -path ./proc -prune -o -name '*stubdom*' -print | grep -v '^./tmp/'); }
      inside "$1" 'apt-get install -q -y --no-install-recommends /tmp/rump-stubdom*.deb'
      {
        inside "$1" 'cd / && stubdom version && stubdom config /tmp/guest.cfg'
        inside "$1" '/usr/lib/rump-stubdom/check-host || echo "check-host: $?"'
        inside "$1" 'apt-get purge -q -y rump-stubdom rump-stubdom-tools >/dev/null'
        echo "left: $(files "$1")"
      } >"$STUBDOM_PACKAGES/said"
      """;

  @TempDir private static Path directory;

  private static BuiltPackages packages;

  @BeforeAll
  static void build() throws IOException {
    Path image = Path.of(System.getProperty("rumpstubdom.image"));
    packages = BuiltPackages.build(directory.resolve("packages"), image, null);
  }

  @ParameterizedTest
  @CsvSource({"bookworm, 17", "trixie, 21"})
  void aptInstallsThemAndTheyWork(String suite, String java) throws IOException {
    Path sources =
        Files.writeString(
            directory.resolve(suite + ".list"),
            AptSources.lines(Path.of("/etc/apt"), suite, List.of("deb")));
    Path hook = Files.writeString(directory.resolve("hook"), HOOK);
    Files.writeString(
        packages.directory().resolve("guest.cfg"),
        "name = \"g\"\ntype = \"hvm\"\nmemory = 256\nvnc = 0\n"
            + "disk = [ '/dev/vg/g,raw,hda,rw' ]\n");
    Command.of("mmdebstrap", "--variant=apt", "--format=null", suite, "/dev/null")
        .args(sources.toString(), "--customize-hook=sh " + hook + " \"$1\"")
        .env("STUBDOM_PACKAGES", packages.directory().toString())
        .run();
    String said = Files.readString(packages.directory().resolve("said"));
    assertTrue(said.startsWith("stubdom "), said);
    assertTrue(said.contains("\nJava " + java + "."), said);
    assertTrue(said.contains("\"/usr/lib/rump-stubdom/stubdom-kernel\""), said);
    // There is no Xen, but the image is good.
    assertTrue(said.contains("ok    image: /usr/lib/rump-stubdom is whole\n"), said);
    assertTrue(said.contains("fail  xl: not found"), said);
    assertTrue(said.contains("check-host: 3\n"), said);
    assertEquals("left: ", said.lines().reduce((a, b) -> b).orElseThrow());
    assertFalse(said.contains("warn"), said);
  }
}
