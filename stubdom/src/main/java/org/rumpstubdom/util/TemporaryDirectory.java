// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.util;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;

/**
 * A private directory (mode 0700) that is deleted on close, and when the process is told to end. A
 * process that was killed outright leaves those in the system's directory for temporary files; the
 * next one that creates a directory there deletes them.
 */
public final class TemporaryDirectory implements AutoCloseable {
  private static final String PREFIX = "stubdom-";

  /** The mark is null in a directory whose files become somebody's. */
  private record Owned(Path path, OwnerMark mark) {}

  private final Interrupts.Held<Owned> held;

  private TemporaryDirectory(Interrupts.Held<Owned> held) {
    this.held = held;
  }

  /**
   * Creates a directory below the system's directory for temporary files.
   *
   * @param purpose a short word for its name
   */
  public static TemporaryDirectory create(String purpose) throws IOException {
    Path parent = Path.of(System.getProperty("java.io.tmpdir"));
    TemporaryDirectory created =
        new TemporaryDirectory(
            Interrupts.acquire(
                "temporary directory",
                () -> {
                  Path path = Files.createTempDirectory(parent, PREFIX + purpose + "-");
                  return new Owned(path, OwnerMark.set(path));
                },
                TemporaryDirectory::remove));
    deleteAbandoned(parent, Files.getOwner(created.path()));
    return created;
  }

  /** Creates a directory below {@code parent}, which must exist: for large files or renames. */
  public static TemporaryDirectory create(Path parent, String purpose) throws IOException {
    return new TemporaryDirectory(
        Interrupts.acquire(
            "temporary directory",
            () -> new Owned(Files.createTempDirectory(parent, PREFIX + purpose + "-"), null),
            TemporaryDirectory::remove));
  }

  /**
   * Only what is the user's own: in a directory of somebody else names could change under our
   * hands. What cannot be deleted is left, it does no harm to what is to be done now.
   */
  private static void deleteAbandoned(Path parent, UserPrincipal user) {
    try (DirectoryStream<Path> candidates = Files.newDirectoryStream(parent, PREFIX + "*")) {
      for (Path candidate : candidates) {
        try {
          if (Files.isDirectory(candidate, LinkOption.NOFOLLOW_LINKS)
              && Files.getOwner(candidate, LinkOption.NOFOLLOW_LINKS).equals(user)) {
            OwnerMark.deleteIfAbandoned(candidate);
          }
        } catch (IOException e) {
          // The others may still go.
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      // It cannot be listed.
    }
  }

  /** The directory. */
  public Path path() {
    return held.value().path();
  }

  /** Deletes the directory with all it holds; a second call does nothing. */
  @Override
  public void close() {
    held.close();
  }

  private static void remove(Owned owned) {
    try {
      try {
        Directories.delete(owned.path());
      } catch (IOException first) {
        // A process that is just being killed may still have added a file: one more try settles it.
        Directories.delete(owned.path());
      } finally {
        if (owned.mark() != null) {
          owned.mark().close();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
