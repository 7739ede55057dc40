// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;

/** What is said of a build root before anything is fetched; builds use one in other tests. */
final class BuildRootTest {
  @TempDir Path directory;

  @Test
  void nothingIsFetchedOffline() {
    CacheDirectory empty = new CacheDirectory(directory.resolve("cache"));
    StubdomException refusal =
        assertThrows(
            StubdomException.class, () -> BuildRoot.of("bookworm", empty, true, Progress.silent()));
    assertEquals(ExitCode.INPUT, refusal.exitCode());
    assertTrue(refusal.getMessage().contains("--offline"), refusal.getMessage());
    assertFalse(Files.exists(empty.root()));
  }
}
