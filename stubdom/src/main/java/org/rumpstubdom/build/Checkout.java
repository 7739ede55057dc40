// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build;

import java.nio.file.Files;
import java.nio.file.Path;
import org.rumpstubdom.util.StubdomException;

/** The project's source tree: the kernel and the overlay are built from it. */
public final class Checkout {
  private Checkout() {}

  /** Whether there is one; the command line may be installed without. */
  public static boolean present() {
    return Files.isDirectory(tree().resolve("rump-runtime"));
  }

  private static Path tree() {
    String home = System.getenv("STUBDOM_HOME");
    return Path.of(home == null ? "" : home).toAbsolutePath();
  }

  /**
   * The tree the launcher was started from ({@code STUBDOM_HOME}).
   *
   * @throws StubdomException (3) when there is none
   */
  public static Path locate() {
    Path tree = tree();
    if (!present()) {
      throw StubdomException.input(
          tree.toString(),
          "is not the project's source tree",
          "start the program as scripts/stubdom, or set STUBDOM_HOME");
    }
    return tree;
  }
}
