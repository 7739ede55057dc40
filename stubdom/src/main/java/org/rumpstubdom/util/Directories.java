// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.util;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/** Operations on whole directory trees. */
public final class Directories {
  private Directories() {}

  /**
   * Checks that a directory is there or could be made, for what is written only after long work.
   *
   * @throws IOException naming {@code directory} when it could not
   */
  public static void requirePossible(Path directory) throws IOException {
    Path place = directory.toAbsolutePath().normalize();
    while (!Files.exists(place)) {
      place = place.getParent();
    }
    if (!Files.isDirectory(place)) {
      throw new FileSystemException(
          directory.toString(), null, place + " exists and is not a directory");
    }
    if (!Files.isWritable(place)) {
      throw new AccessDeniedException(directory.toString());
    }
  }

  /**
   * Deletes a directory with all it holds; symbolic links are removed, not followed. A missing
   * directory is no error, nor is a file that disappears meanwhile.
   */
  public static void delete(Path directory) throws IOException {
    if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException problem)
              throws IOException {
            if (problem instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw problem;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, IOException problem)
              throws IOException {
            if (problem != null) {
              throw problem;
            }
            Files.deleteIfExists(visited);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
