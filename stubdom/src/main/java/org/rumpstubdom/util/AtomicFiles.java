// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.util;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
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
   * link is followed; owner, group and permissions of an existing file are kept, a new one is ours
   * with rw-r--r--. What can be replaced is replaced: only the directory's permissions count, a
   * file that is write-protected itself is not. A device, a pipe or a file this process has open
   * (/dev/stdout) is written to as it is.
   *
   * @throws IOException naming {@code file} when anything fails; the old content is untouched then
   */
  public static void write(Path file, Content content) throws IOException {
    if (isStream(file)) {
      try (OutputStream out =
          Files.newOutputStream(file, StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
        content.writeTo(out);
      } catch (IOException e) {
        throw naming(file, e);
      }
      return;
    }
    Path target = place(file);
    Path beside;
    try {
      beside = Files.createTempFile(target.getParent(), "." + target.getFileName() + ".", "~");
    } catch (IOException e) {
      throw naming(file, e);
    }
    try {
      try (FileChannel channel = FileChannel.open(beside, StandardOpenOption.WRITE);
          OutputStream out = Files.newOutputStream(beside)) {
        OutputStream buffered = new BufferedOutputStream(out, 1 << 16);
        content.writeTo(buffered);
        buffered.flush();
        channel.force(true);
      }
      if (Files.exists(target)) {
        takeOver(target, beside);
      } else {
        Files.setPosixFilePermissions(beside, NEW_FILE);
      }
      Files.move(
          beside, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw concerns(beside, e) ? naming(file, e) : e;
    } finally {
      Files.deleteIfExists(beside);
    }
  }

  /**
   * Checks that {@code file} could be written, for what is written only after long work.
   *
   * @throws IOException naming {@code file} when it could not
   */
  public static void require(Path file) throws IOException {
    if (!Files.isWritable(isStream(file) ? file : place(file).getParent())) {
      throw new AccessDeniedException(file.toString());
    }
  }

  /** The file itself, behind links, when there can be one. */
  private static Path place(Path file) throws IOException {
    boolean link = Files.isSymbolicLink(file);
    String why = "";
    if (link && !Files.exists(file)) {
      why = "is a link to nothing";
    } else if (Files.isDirectory(file)) {
      why = "is a directory";
    }
    Path target = link && why.isEmpty() ? file.toRealPath() : file.toAbsolutePath();
    Path parent = target.getParent();
    if (why.isEmpty() && !Files.isDirectory(parent)) {
      why = Files.exists(parent) ? parent + " is not a directory" : "its directory does not exist";
    }
    if (!why.isEmpty()) {
      throw new FileSystemException(file.toString(), null, why);
    }
    return target;
  }

  /** Whether a rename would cut off a reader, or destroy a node, instead of giving new content. */
  private static boolean isStream(Path file) {
    if (!Files.exists(file) || Files.isDirectory(file)) {
      return false;
    }
    Path place = file.toAbsolutePath();
    boolean openedAlready =
        Files.isSymbolicLink(file) && (place.startsWith("/dev") || place.startsWith("/proc"));
    return openedAlready || !Files.isRegularFile(file);
  }

  private static void takeOver(Path old, Path fresh) throws IOException {
    for (String owner : List.of("unix:uid", "unix:gid")) {
      Object wanted = Files.getAttribute(old, owner);
      if (!wanted.equals(Files.getAttribute(fresh, owner))) {
        Files.setAttribute(fresh, owner, wanted);
      }
    }
    // After the owner: a change of owner takes the set-id bits away.
    Files.setPosixFilePermissions(fresh, Files.getPosixFilePermissions(old));
  }

  /** A failed write does not say to which file, and other failures name the temporary one. */
  private static boolean concerns(Path beside, IOException problem) {
    return problem instanceof FileSystemException system
        ? beside.toString().equals(system.getFile())
        : FullDisk.isNamedIn(problem.getMessage());
  }

  private static IOException naming(Path file, IOException problem) {
    if (problem instanceof AccessDeniedException) {
      return new AccessDeniedException(file.toString());
    }
    String why =
        problem instanceof FileSystemException system && system.getReason() != null
            ? system.getReason()
            : problem.getMessage();
    FileSystemException named = new FileSystemException(file.toString(), null, why);
    named.initCause(problem);
    return named;
  }
}
