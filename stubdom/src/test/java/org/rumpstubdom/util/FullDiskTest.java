// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.util;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FullDiskTest {
  @TempDir Path directory;

  @Test
  void roomIsDemandedBeforeTheWork() throws IOException {
    FullDisk.require(directory, 1 << 20, "a test");
    StubdomException failure =
        assertThrows(StubdomException.class, () -> FullDisk.require(directory, 1L << 60, "a test"));
    assertEquals(ExitCode.INPUT, failure.exitCode());
    assertEquals(directory.toString(), failure.what());
    assertTrue(failure.why().endsWith(" MiB free, a test needs 1099511627776"), failure.why());
  }

  @Test
  void aDirectoryWithRoomIsNotFull() {
    assertFalse(FullDisk.isAt(directory));
    assertFalse(FullDisk.isAt(directory.resolve("missing")));
  }

  @Test
  void theNameIsFoundInAMessage() {
    assertTrue(FullDisk.isNamedIn("write (28: No space left on device)"));
    assertFalse(FullDisk.isNamedIn("Permission denied"));
    assertFalse(FullDisk.isNamedIn(null));
  }
}
