// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.emulator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.build.Emulator;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.Trees;

/** Builds the emulator again, elsewhere, later and with another number of jobs. */
@Tag("long")
final class ReproducibleBuildTest {
  @TempDir Path directory;

  @Test
  void aColdBuildElsewhereGivesTheSameBytes() throws IOException {
    Emulator first = BuiltEmulator.get();
    CacheDirectory usual = CacheDirectory.ofUser();
    Path longer = directory.resolve("a/directory/with/a/much/longer/name/than/the/other/one");
    CacheDirectory cold = new CacheDirectory(longer);
    // The sources are the same files: fetching them again would prove nothing.
    Trees.copy(usual.directory("sources"), cold.directory("sources"));
    Emulator second = BuiltEmulator.build(cold, 3).run();
    assertEquals(-1, Files.mismatch(first.program(), second.program()));
    assertEquals(Trees.digest(first.runtimeFiles()), Trees.digest(second.runtimeFiles()));
  }
}
