// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.util;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Set;

/**
 * Says that a directory is in use: a locked file in it. The kernel gives the lock up with the
 * process, however that ends, so a mark without its lock is of a process that was killed.
 */
final class OwnerMark implements AutoCloseable {
  private static final String NAME = ".owner";

  /**
   * The directories this process has marked. It must not open their marks again: closing any
   * descriptor of a file gives up all of the process's locks on it (fcntl(2)).
   */
  private static final Set<Path> OWN = new HashSet<>();

  private final Path directory;
  private final FileChannel channel;

  private OwnerMark(Path directory, FileChannel channel) {
    this.directory = directory;
    this.channel = channel;
  }

  /** Marks a directory that is not marked yet. */
  static OwnerMark set(Path directory) throws IOException {
    Path unlocked = directory.resolve(NAME + ".new");
    FileChannel channel =
        FileChannel.open(unlocked, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try {
      channel.lock();
      synchronized (OWN) {
        OWN.add(directory);
      }
      // Nobody sees the mark before it is locked.
      Files.move(unlocked, directory.resolve(NAME), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    return new OwnerMark(directory, channel);
  }

  /** Deletes a directory if it is marked, and the process that marked it is no more. */
  static void deleteIfAbandoned(Path directory) throws IOException {
    synchronized (OWN) {
      Path mark = directory.resolve(NAME);
      if (OWN.contains(directory) || !Files.isRegularFile(mark, LinkOption.NOFOLLOW_LINKS)) {
        return;
      }
      try (FileChannel channel = FileChannel.open(mark, StandardOpenOption.WRITE);
          FileLock lock = channel.tryLock()) {
        if (lock != null) {
          Directories.delete(directory);
        }
      }
    }
  }

  /** Gives the mark up; the directory should be gone by then. */
  @Override
  public void close() throws IOException {
    channel.close();
    synchronized (OWN) {
      OWN.remove(directory);
    }
  }
}
