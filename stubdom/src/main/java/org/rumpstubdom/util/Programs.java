// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.util;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Finds the external programs this tool runs. */
public final class Programs {
  /** Administrators' programs (chroot, mke2fs, losetup) are not on every user's PATH. */
  private static final String EXTRA = "/usr/local/sbin:/usr/sbin:/sbin";

  private Programs() {}

  /**
   * Looks a program up as the shell does, then in the system administrator's directories.
   *
   * @param name a name without slash, or a path, which is returned when it is executable
   * @return the absolute path, or empty when there is no such program
   */
  public static Optional<Path> find(String name) {
    if (name.contains("/")) {
      return executable(Path.of(name));
    }
    for (String directory : path().split(":", -1)) {
      Optional<Path> found = executable(Path.of(directory.isEmpty() ? "." : directory, name));
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  /** The PATH of programs this tool runs: they find what {@link #find} does. */
  static String path() {
    return path(System.getenv("PATH"));
  }

  /** The same for a user with that PATH, or none. */
  static String path(String users) {
    return (users == null ? "/usr/bin:/bin" : users) + ":" + EXTRA;
  }

  private static Optional<Path> executable(Path candidate) {
    return Files.isRegularFile(candidate) && Files.isExecutable(candidate)
        ? Optional.of(candidate.toAbsolutePath())
        : Optional.empty();
  }
}
