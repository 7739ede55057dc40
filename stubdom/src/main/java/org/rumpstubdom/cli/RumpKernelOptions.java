// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.rumpstubdom.build.KernelBuild;
import org.rumpstubdom.build.netbsd.RumpLibraries;
import org.rumpstubdom.build.netbsd.RumpSelection;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.StubdomException;
import picocli.CommandLine.Option;

/** Options of the commands that build a kernel. */
final class RumpKernelOptions {
  @Option(
      names = "--rump-kernel",
      paramLabel = "WHERE",
      description =
          "Link NetBSD's rump kernel instead of the bundled one: a directory with its librump*.a,"
              + " or a release's comp.tar.xz.")
  private Path rumpKernel;

  @Option(
      names = "--rump-components",
      paramLabel = "LIST",
      split = ",",
      description =
          "Components of NetBSD's rump kernel, such as ext2fs; with what they need, and with tmpfs"
              + " and local, which are always there (default: inet).")
  private List<String> rumpComponents;

  /**
   * NetBSD's rump kernel, or null for the bundled one.
   *
   * @throws StubdomException when there is no such component, or one cannot be linked
   */
  KernelBuild.RumpKernel kernel(CacheDirectory cache) throws IOException {
    requireKernel();
    if (rumpKernel == null) {
      return null;
    }
    return new KernelBuild.RumpKernel(
        RumpLibraries.open(rumpKernel, cache),
        rumpComponents == null ? RumpSelection.DEFAULT : rumpComponents);
  }

  /** Whether none of NetBSD's was named. */
  boolean isBundled() {
    return rumpKernel == null;
  }

  /** Refuses components of no kernel. */
  void requireKernel() {
    if (rumpComponents != null && rumpKernel == null) {
      throw StubdomException.usage(
          "--rump-components", "is for NetBSD's rump kernel", "give --rump-kernel=WHERE, too");
    }
  }
}
