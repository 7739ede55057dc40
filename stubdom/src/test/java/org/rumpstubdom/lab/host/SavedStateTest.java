// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.lab.root.LabEmulator;
import org.rumpstubdom.lab.root.LabRoot;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;

/** A saved state stays when it is not what keeps the emulator from starting. */
final class SavedStateTest {
  private static final LabOptions OPTIONS = LabOptions.of(LabClock.COUNTED);
  private static final LabEmulator EMULATOR = LabEmulator.own();

  @TempDir Path directory;
  private final String temporary = System.getProperty("java.io.tmpdir");
  private CacheDirectory cache;
  private Path state;

  /** A cache with a host that the emulator refuses to boot, and a state of it. */
  @BeforeEach
  void prepare() throws IOException {
    cache = new CacheDirectory(directory.resolve("cache"));
    String rootKey = LabRoot.key(OPTIONS.suite());
    Path root = Files.createDirectories(cache.entry("lab", rootKey));
    for (String file : new String[] {"xen", "vmlinuz", "dom0.cpio"}) {
      Files.writeString(root.resolve(file), "no kernel");
    }
    String key = Machine.stateKey(OPTIONS, new LabRoot(root, rootKey), EMULATOR);
    state = Files.createDirectories(cache.entry("lab-state", key));
    try (RandomAccessFile memory = new RandomAccessFile(state.resolve("memory").toFile(), "rw")) {
      memory.setLength((long) OPTIONS.memoryMib() << 20);
    }
    Files.writeString(state.resolve("devices"), "state");
    Files.writeString(state.resolve("boot.log"), "");
    System.setProperty("java.io.tmpdir", directory.toString());
  }

  @AfterEach
  void restore() {
    System.setProperty("java.io.tmpdir", temporary);
  }

  private StubdomException failure() {
    StubdomException failure =
        assertThrows(
            StubdomException.class, () -> Lab.open(OPTIONS, EMULATOR, cache, Progress.silent()));
    assertTrue(Files.exists(state.resolve("devices")), failure.getMessage());
    return failure;
  }

  @Test
  void survivesATooLongPath() throws IOException {
    Path longPath = Files.createDirectories(directory.resolve("x".repeat(100)));
    System.setProperty("java.io.tmpdir", longPath.toString());
    StubdomException failure = failure();
    assertEquals(ExitCode.INPUT, failure.exitCode());
    assertTrue(failure.fix().contains("TMPDIR"), failure.getMessage());
  }

  @Test
  void survivesAnEmulatorThatDoesNotStart() {
    StubdomException failure = failure();
    assertEquals(ExitCode.TEST, failure.exitCode());
    assertTrue(failure.why().contains("did not start"), failure.getMessage());
  }
}
