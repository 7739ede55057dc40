// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.cli;

import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The root of the command line. */
@Command(
    name = "stubdom",
    header = "Run an unmodified QEMU as Xen stub domain.",
    description =
        "Builds the stub domain's image, writes its keys into xl configurations, and tests guests"
            + " on a real Xen under emulation.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      DoctorCommand.class,
      BuildCommand.class,
      ConfigCommand.class,
      TestCommand.class,
      LabCommand.class,
      InspectCommand.class,
      VersionCommand.class,
      CompletionCommand.class,
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done as asked",
      "1:a fault in this program",
      "2:the command line is wrong",
      "3:an input is missing, broken or not supported",
      "4:a build step failed",
      "5:a guest or its emulated host failed",
      "6:something took longer than allowed",
      "130:stopped by Ctrl-C or SIGTERM",
    },
    footer = {"", "Caches: $${XDG_CACHE_HOME:-$$HOME/.cache}/rump-stubdom"})
public final class StubdomCommand implements Runnable {
  @Spec private CommandSpec spec;

  @SuppressWarnings("UnusedVariable") // declares --help and its like
  @Mixin
  private CommonOptions common;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Missing command; see `stubdom --help`");
  }

  /** The bash completion script for the whole command line. */
  static String completionScript(CommandSpec root) {
    return AutoComplete.bash("stubdom", root.root().commandLine());
  }
}
