// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.util;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A private directory (mode 0700) that is deleted on close, and when the process is told to end.
 */
public final class TemporaryDirectory implements AutoCloseable {
  private final Interrupts.Held<Path> held;

  private TemporaryDirectory(Interrupts.Held<Path> held) {
    this.held = held;
  }

  /**
   * Creates a directory below the system's directory for temporary files.
   *
   * @param purpose a short word for its name
   */
  public static TemporaryDirectory create(String purpose) throws IOException {
    return create(Path.of(System.getProperty("java.io.tmpdir")), purpose);
  }

  /** Creates a directory below {@code parent}, which must exist: for large files or renames. */
  public static TemporaryDirectory create(Path parent, String purpose) throws IOException {
    return new TemporaryDirectory(
        Interrupts.acquire(
            "temporary directory",
            () -> Files.createTempDirectory(parent, "stubdom-" + purpose + "-"),
            TemporaryDirectory::remove));
  }

  /** The directory. */
  public Path path() {
    return held.value();
  }

  /** Deletes the directory with all it holds; a second call does nothing. */
  @Override
  public void close() {
    held.close();
  }

  private static void remove(Path directory) {
    try {
      Directories.delete(directory);
    } catch (IOException first) {
      // A process that is just being killed may still have added a file: one more try settles it.
      try {
        Directories.delete(directory);
      } catch (IOException second) {
        throw new UncheckedIOException(second);
      }
    }
  }
}
