// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.util;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
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
   * The room a file system has left for this user, in bytes.
   *
   * <p>Not by {@link Files#getFileStore}, which fails where the table of mounts does not name the
   * file system: in a chroot whose root is no mount point, as build roots of packages often are.
   *
   * @param place an existing file or directory of the file system
   * @throws NoSuchFileException when there is no such place
   */
  public static long usableSpace(Path place) throws IOException {
    if (!Files.exists(place)) {
      throw new NoSuchFileException(place.toString());
    }
    return place.toFile().getUsableSpace();
  }

  /**
   * Whether the file system of a directory has next to no room left. For failures that cannot say
   * so themselves, such as a write to a mapped file.
   */
  public static boolean isAt(Path directory) {
    try {
      return usableSpace(directory) < NEXT_TO_NOTHING;
    } catch (IOException e) {
      // Not to be found out: the failure keeps its own message.
      return false;
    }
  }

  /**
   * Fails (3) unless the file system of a directory in the cache has some room: better than in the
   * middle, where the programs that do the work may have nothing clear to say.
   *
   * @param bytes how much is needed
   * @param what needs it, for the message
   */
  public static void require(Path directory, long bytes, String what) throws IOException {
    long free = usableSpace(directory);
    if (free < bytes) {
      throw StubdomException.input(
          directory.toString(),
          "only %d MiB free, %s needs %d".formatted(free >> 20, what, bytes >> 20),
          "free some space, or set XDG_CACHE_HOME to a larger disk");
    }
  }

  /** The failure to report. */
  public static StubdomException failure(String where) {
    return StubdomException.input(
        where, "the disk is full", "free some space there and run it again");
  }
}
