// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.image;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.util.Command;

class FileSystemKindTest {
  @TempDir private Path directory;

  @Test
  void ext2IsSeen() throws IOException {
    Path image = directory.resolve("image");
    Command.of("mke2fs", "-q", "-t", "ext2", image.toString(), "1M").run();
    assertEquals(Optional.of(FileSystemKind.EXT2), FileSystemKind.of(image));
  }

  @Test
  void nothingIsSeenInNothing() throws IOException {
    for (int size : new int[] {0, 1, 513, 32769, 100_000}) {
      Path image = Files.write(directory.resolve("image"), new byte[size]);
      assertEquals(Optional.empty(), FileSystemKind.of(image));
    }
    assertEquals(Optional.empty(), FileSystemKind.of(directory));
  }
}
