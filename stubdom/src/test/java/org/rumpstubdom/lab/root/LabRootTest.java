// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.root;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rumpstubdom.build.source.DebianPackages;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;

final class LabRootTest {
  @ParameterizedTest
  @ValueSource(strings = {"", "../etc", "--help", "book worm", "12"})
  void refusesWhatIsNoRelease(String suite, @TempDir Path directory) {
    CacheDirectory cache = new CacheDirectory(directory);
    StubdomException failure =
        assertThrows(StubdomException.class, () -> LabRoot.of(suite, cache, Progress.silent()));
    assertEquals(ExitCode.USAGE, failure.exitCode());
  }

  private static StubdomException failed(String... details) {
    return new StubdomException(
        ExitCode.INPUT, "mmdebstrap", "exit status 25", "", List.of(details), null);
  }

  @Test
  void saysWhenTheArchiveHasNoSuchRelease() {
    StubdomException failure =
        DebianPackages.explain(
            "nosuch",
            failed(
                "Reading package lists...",
                "E: The repository 'http://deb.example.org nosuch Release' does not have a Release"
                    + " file.",
                "I: removing tempdir /tmp/mmdebstrap.x...",
                "E: mmdebstrap failed to run"));
    assertEquals(
        "--suite=nosuch: The repository 'http://deb.example.org nosuch Release' does not have a"
            + " Release file.; use a Debian release",
        failure.getMessage());
    StubdomException other = failed("E: No space");
    assertSame(other, DebianPackages.explain("nosuch", other));
  }
}
