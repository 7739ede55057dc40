// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.util;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Tells a file system without room from other reasons for a failure. */
public final class FullDisk {
  /** What the C library calls ENOSPC; the messages of Java and of most programs contain it. */
  private static final String NAME = "No space left on device";

  /** Less than this is as good as nothing: it does not hold a block of every kind. */
  private static final long NEXT_TO_NOTHING = 128 << 10;

  private FullDisk() {}

  /** Whether a message says that a file system is full. */
  public static boolean isNamedIn(String message) {
    return message != null && message.contains(NAME);
  }

  /**
   * Whether the file system of a directory has next to no room left. For failures that cannot say
   * so themselves, such as a write to a mapped file.
   */
  public static boolean isAt(Path directory) {
    try {
      return Files.getFileStore(directory).getUsableSpace() < NEXT_TO_NOTHING;
    } catch (IOException e) {
      // Not to be found out: the failure keeps its own message.
      return false;
    }
  }

  /** The failure to report. */
  public static StubdomException failure(String where) {
    return StubdomException.input(
        where, "the disk is full", "free some space there and run it again");
  }
}
