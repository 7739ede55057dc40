// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.emulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.image.ImageDirectory;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.util.Trees;

/** The packages as files; dpkg-deb, lintian and sha256sum judge them. */
@Tag("emulator")
final class PackagesTest {
  private static final Path IMAGE = Path.of(System.getProperty("rumpstubdom.image", ""));

  @TempDir private static Path directory;

  private static BuiltPackages packages;

  @BeforeAll
  static void build() throws IOException {
    packages = BuiltPackages.build(directory.resolve("first"), IMAGE, null);
  }

  @Test
  void aSecondRunElsewhereGivesTheSameBytes() throws IOException {
    Path script = Path.of(System.getProperty("rumpstubdom.checkout"), "scripts/package");
    Path elsewhere = Files.createDirectories(directory.resolve("another/and/longer/place"));
    Command.of("sh", "-c", "umask 077 && exec \"$0\" --out=second \"--image=$1\"")
        .args(script.toString(), IMAGE.toAbsolutePath().toString())
        .in(elsewhere)
        .env("TMPDIR", elsewhere.toString())
        .env("TZ", "Asia/Kathmandu")
        .env("LC_ALL", "C")
        .run();
    assertEquals(Trees.digest(packages.directory()), Trees.digest(elsewhere.resolve("second")));
    assertEquals(
        List.of(elsewhere.resolve("second")), Trees.list(elsewhere), "what it worked with is gone");
  }

  @Test
  void lintianHasNothingToSay() throws IOException {
    for (String name : List.of(BuiltPackages.IMAGE, BuiltPackages.TOOLS)) {
      Command.Result result =
          Command.of("lintian", "--allow-root", "--display-info", "--pedantic")
              .args(packages.deb(name).toString())
              .capture()
              .execute();
      assertEquals("", result.output());
      assertEquals(0, result.status(), result::toString);
    }
  }

  /** Names and permissions of a package's files, as dpkg-deb lists them. */
  private static Set<String> contents(String name) throws IOException {
    return Command.of("dpkg-deb", "--contents", packages.deb(name).toString())
        .capture()
        .run()
        .output()
        .lines()
        .map(line -> line.split("\\s+", -1))
        .map(words -> words[0] + " " + words[1] + " " + words[words.length - 1])
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static void has(Set<String> contents, String... files) {
    for (String file : files) {
      assertTrue(contents.contains(file), () -> file + " is not among " + contents);
    }
  }

  @Test
  void theImageIsWholeWithWhatAnAdministratorNeeds() throws IOException {
    Set<String> contents = contents(BuiltPackages.IMAGE);
    for (Path file : Trees.list(IMAGE)) {
      has(contents, "-rw-r--r-- root/root ./usr/lib/rump-stubdom/" + file.getFileName());
    }
    has(
        contents,
        "-rwxr-xr-x root/root ./usr/lib/rump-stubdom/check-host",
        "-rwxr-xr-x root/root ./usr/lib/rump-stubdom/show-screen",
        "-rw-r--r-- root/root ./usr/share/doc/rump-stubdom/copyright",
        "-rw-r--r-- root/root ./usr/share/doc/rump-stubdom/SUPPORT.md.gz");
    Path root = packages.unpacked(BuiltPackages.IMAGE, directory.resolve("image"));
    Path installed = root.resolve(ImageDirectory.INSTALLED.substring(1));
    Command.of("sha256sum", "--strict", "-c", ImageDirectory.SUMS).in(installed).run();
    // Who hands on a package has to hand on these.
    String copyright = Files.readString(installed.resolve(ImageDirectory.COPYRIGHT));
    for (String text :
        List.of(
            "Copyright 2026 The Rump Stubdom Authors",
            "GNU GENERAL PUBLIC LICENSE",
            "GNU LESSER GENERAL PUBLIC LICENSE",
            "Jean-loup Gailly",
            "Rich Felker",
            "Fabrice Bellard",
            "University of Cambridge",
            "Kevin O'Connor",
            "ipxe-qemu")) {
      assertTrue(copyright.contains(text), text);
    }
    String summary = Files.readString(root.resolve("usr/share/doc/rump-stubdom/copyright"));
    for (String part : "QEMU zlib pcre2 glib nettle libaio pixman musl Xen libfdt".split(" ", -1)) {
      assertTrue(summary.contains(part), part);
    }
  }

  @Test
  void theArchivesAreThePackagesFiles() throws IOException {
    for (String name : List.of(BuiltPackages.IMAGE, BuiltPackages.TOOLS)) {
      Path unpacked = packages.unpacked(name, directory.resolve("package-" + name));
      Path archive = Files.createDirectories(directory.resolve("archive-" + name));
      Command.of("tar", "-C", archive.toString(), "-xf", packages.archive(name).toString()).run();
      assertEquals(Trees.digest(unpacked), Trees.digest(archive));
    }
  }

  @Test
  void theToolsWorkWhereverTheyAreUnpacked() throws IOException {
    has(
        contents(BuiltPackages.TOOLS),
        "-rwxr-xr-x root/root ./usr/bin/stubdom",
        "-rw-r--r-- root/root ./usr/share/rump-stubdom/stubdom.jar",
        "-rw-r--r-- root/root ./usr/share/man/man1/stubdom.1.gz",
        "-rw-r--r-- root/root ./usr/share/man/man1/stubdom-config.1.gz",
        "-rw-r--r-- root/root ./usr/share/bash-completion/completions/stubdom");
    Path root = packages.unpacked(BuiltPackages.TOOLS, directory.resolve("tools"));
    Path guest =
        Files.writeString(
            directory.resolve("guest.cfg"),
            "name = \"g\"\ntype = \"hvm\"\nmemory = 256\nvnc = 0\n"
                + "disk = [ '/dev/vg/g,raw,hda,rw' ]\n");
    String text =
        Command.of(root.resolve("usr/bin/stubdom").toString(), "config", guest.toString())
            .in(directory)
            .capture()
            .run()
            .output();
    assertTrue(text.contains("stubdomain_kernel = \"/usr/lib/rump-stubdom/stubdom-kernel\""), text);
    Command.of("bash", "-n", root + "/usr/share/bash-completion/completions/stubdom").run();
    String names =
        Command.of("bash", "-c", ". \"$0\" && complete -p stubdom")
            .args(root + "/usr/share/bash-completion/completions/stubdom")
            .capture()
            .run()
            .output();
    assertTrue(names.startsWith("complete "), names);
  }
}
