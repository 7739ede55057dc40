// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.linux;

import java.nio.file.Path;
import java.util.List;
import org.rumpstubdom.util.Command;

/** The platform that runs kernel and program as one Linux process, {@code stubdom-process}. */
record ProcessPlatform(Path program) {
  /**
   * Exit statuses of the platform's own ({@code platform/process/host.h}): every thread waits for
   * ever; the command line is wrong. A fault and a panic have numbers between them.
   */
  static final int STUCK = 250;

  static final int PANIC = 252;

  static final int USAGE = 253;

  private static final String MEGABYTES = "32";

  /** Builds it in a directory. */
  static ProcessPlatform build(Path directory) {
    return build(directory, List.of());
  }

  /** Builds it with a rump kernel that was chosen for the kernel for Xen. */
  static ProcessPlatform build(Path directory, RumpKernels.Kernel kernel) {
    return build(directory, List.of("-Drump_kernel=" + kernel.linking()));
  }

  private static ProcessPlatform build(Path directory, List<String> options) {
    Command.of("meson", "setup", "-Dkernel=false", "-Dhosted=false", "--werror")
        .args(options)
        .args(directory.toString(), TestPrograms.CHECKOUT.toString())
        .run();
    Command.of("ninja", "-j" + TestPrograms.JOBS, "-C", directory.toString(), "stubdom-process")
        .run();
    return new ProcessPlatform(directory.resolve("stubdom-process"));
  }

  /** The command that runs a ramdisk's program, in as much memory as a stub domain has. */
  Command command(Path ramdisk) {
    return command(ramdisk, "");
  }

  /** The same with a command line for the kernel. */
  Command command(Path ramdisk, String commandLine) {
    return Command.of(program.toString(), MEGABYTES, ramdisk.toString(), commandLine);
  }
}
