// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.util;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TreesTest {
  @TempDir Path directory;
  private Path one;
  private Path other;

  @BeforeEach
  void makeTwoEqualTrees() throws IOException {
    one = Files.createDirectories(directory.resolve("one"));
    other = directory.resolve("other");
    Files.createDirectory(one.resolve("sub"));
    Files.writeString(one.resolve("sub/file"), "content");
    Files.createSymbolicLink(one.resolve("link"), Path.of("sub/file"));
    Trees.copy(one, other);
    assertEquals(Optional.empty(), Trees.difference(one, other));
  }

  /** A build tool that looks at times sees what has changed, and nothing else. */
  @Test
  void anUpdateTouchesOnlyWhatHasChanged() throws IOException {
    Files.delete(one.resolve("link"));
    Files.delete(other.resolve("link"));
    FileTime early = FileTime.fromMillis(1_000_000);
    Files.writeString(one.resolve("sub/same"), "same");
    Files.writeString(other.resolve("sub/same"), "same");
    Files.writeString(other.resolve("sub/file"), "Content");
    Files.createDirectories(other.resolve("gone/deep"));
    Files.createDirectory(other.resolve("kind"));
    Files.createFile(one.resolve("kind"));
    Files.createDirectories(one.resolve("new/deep"));
    Trees.setTimes(other, early);
    Trees.update(one, other);
    assertEquals(Optional.empty(), Trees.difference(one, other));
    assertEquals(early, Files.getLastModifiedTime(other.resolve("sub/same")));
    assertNotEquals(early, Files.getLastModifiedTime(other.resolve("sub/file")));
  }

  @Test
  void seesAChangedFile() throws IOException {
    Files.writeString(one.resolve("sub/file"), "Content");
    assertEquals(Optional.of("sub/file was changed"), Trees.difference(one, other));
  }

  @Test
  void seesAnAddedFile() throws IOException {
    Files.createFile(one.resolve("sub/new"));
    assertEquals(Optional.of("sub/new was added"), Trees.difference(one, other));
  }

  @Test
  void seesARemovedFile() throws IOException {
    Files.delete(one.resolve("link"));
    assertEquals(Optional.of("link was removed"), Trees.difference(one, other));
  }

  @Test
  void seesAnotherLinkTarget() throws IOException {
    Files.delete(one.resolve("link"));
    Files.createSymbolicLink(one.resolve("link"), Path.of("sub"));
    assertEquals(Optional.of("link was changed"), Trees.difference(one, other));
  }

  @Test
  void seesTheExecutableBit() throws IOException {
    assertEquals(true, one.resolve("sub/file").toFile().setExecutable(true));
    assertEquals(Optional.of("sub/file was changed"), Trees.difference(one, other));
  }
}
