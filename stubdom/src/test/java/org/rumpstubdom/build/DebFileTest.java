// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.commons.compress.archivers.ar.ArArchiveEntry;
import org.apache.commons.compress.archivers.ar.ArArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.util.Trees;

final class DebFileTest {
  @TempDir Path directory;

  @Test
  void extractsWhatDpkgDebPacked() throws IOException {
    Path tree = Files.createDirectory(directory.resolve("tree"));
    Files.createDirectories(tree.resolve("DEBIAN"));
    Files.writeString(
        tree.resolve("DEBIAN/control"),
        "Package: t\nVersion: 1\nArchitecture: all\nMaintainer: t <t@example.org>\nDescription: t\n");
    Files.createDirectories(tree.resolve("usr/share/t"));
    Files.writeString(tree.resolve("usr/share/t/file"), "content");
    Files.createSymbolicLink(tree.resolve("usr/share/t/link"), Path.of("file"));
    for (String compression : new String[] {"xz", "gzip"}) {
      Path deb = directory.resolve(compression + ".deb");
      Command.of("dpkg-deb", "-Z" + compression, "--root-owner-group", "--build")
          .args(tree.toString(), deb.toString())
          .run();
      Path expected = directory.resolve(compression + "-dpkg");
      Command.of("dpkg-deb", "-x", deb.toString(), expected.toString()).run();
      Path actual = Files.createDirectory(directory.resolve(compression + "-ours"));
      DebFile.extract(deb, name -> true, actual);
      assertEquals(Optional.empty(), Trees.difference(actual, expected));
      Path one = Files.createDirectory(directory.resolve(compression + "-one"));
      DebFile.extract(deb, "usr/share/t/file"::equals, one);
      assertEquals(1, Trees.list(one.resolve("usr/share/t")).size());
    }
  }

  @Test
  void refusesNamesThatLeadOutside() throws IOException {
    Path data = directory.resolve("data.tar.gz");
    try (TarArchiveOutputStream tar =
        new TarArchiveOutputStream(new GzipCompressorOutputStream(Files.newOutputStream(data)))) {
      byte[] content = "evil".getBytes(StandardCharsets.US_ASCII);
      TarArchiveEntry entry = new TarArchiveEntry("./../evil");
      entry.setSize(content.length);
      tar.putArchiveEntry(entry);
      tar.write(content);
      tar.closeArchiveEntry();
    }
    Path deb = directory.resolve("evil.deb");
    try (ArArchiveOutputStream ar = new ArArchiveOutputStream(Files.newOutputStream(deb))) {
      ar.putArchiveEntry(new ArArchiveEntry("data.tar.gz", Files.size(data)));
      Files.copy(data, ar);
      ar.closeArchiveEntry();
    }
    Path out = Files.createDirectory(directory.resolve("out"));
    StubdomException failure =
        assertThrows(StubdomException.class, () -> DebFile.extract(deb, name -> true, out));
    assertTrue(failure.why().contains("../evil"), failure.why());
    assertFalse(Files.exists(directory.resolve("evil")));
  }

  @Test
  void refusesWhatIsNoPackage() throws IOException {
    Path deb = Files.writeString(directory.resolve("x.deb"), "!<arch>\n");
    assertThrows(StubdomException.class, () -> DebFile.extract(deb, name -> true, directory));
  }
}
