// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.util;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Writes files so that a reader sees the old content or the new, never a part. */
public final class AtomicFiles {
  private static final Set<PosixFilePermission> NEW_FILE =
      PosixFilePermissions.fromString("rw-r--r--");

  private AtomicFiles() {}

  /** What goes into a file. */
  @FunctionalInterface
  public interface Content {
    /** Writes everything to the stream, which the caller buffers and closes. */
    void writeTo(OutputStream out) throws IOException;
  }

  /** Replaces or creates {@code file} with the text in UTF-8. */
  public static void write(Path file, String text) throws IOException {
    write(file, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Replaces or creates {@code file} with the bytes. */
  public static void write(Path file, byte[] bytes) throws IOException {
    write(file, out -> out.write(bytes));
  }

  /**
   * Replaces or creates {@code file}: writes beside it, flushes to the disk, renames. A symbolic
   * link is followed; the permissions of an existing file are kept, a new one gets rw-r--r--.
   *
   * @throws IOException when anything fails; the old content is untouched then
   */
  public static void write(Path file, Content content) throws IOException {
    Path target = Files.isSymbolicLink(file) ? file.toRealPath() : file.toAbsolutePath();
    Set<PosixFilePermission> permissions =
        Files.exists(target) ? Files.getPosixFilePermissions(target) : NEW_FILE;
    Path beside = Files.createTempFile(target.getParent(), "." + target.getFileName() + ".", "~");
    try {
      try (FileChannel channel = FileChannel.open(beside, StandardOpenOption.WRITE);
          OutputStream out = Files.newOutputStream(beside)) {
        OutputStream buffered = new BufferedOutputStream(out, 1 << 16);
        content.writeTo(buffered);
        buffered.flush();
        channel.force(true);
      }
      Files.setPosixFilePermissions(beside, permissions);
      Files.move(
          beside, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      // A failed write does not say to which file.
      throw FullDisk.isNamedIn(e.getMessage())
          ? new FileSystemException(file.toString(), null, e.getMessage())
          : e;
    } finally {
      Files.deleteIfExists(beside);
    }
  }
}
