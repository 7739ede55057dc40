// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import org.rumpstubdom.util.ExitCode;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
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
      BenchCommand.class,
      LabCommand.class,
      InspectCommand.class,
      FsCommand.class,
      RunCommand.class,
      ToolchainCommand.class,
      VersionCommand.class,
      CompletionCommand.class,
      CommandLine.HelpCommand.class,
    },
    exitCodeListHeading = "%nExit codes:%n",
    versionProvider = VersionCommand.Lines.class,
    footerHeading = "%nFiles:%n",
    footer = "Caches: $${XDG_CACHE_HOME:-$$HOME/.cache}/rump-stubdom")
public final class StubdomCommand implements Runnable {
  private CommandSpec spec;

  @SuppressWarnings("UnusedVariable") // declares --help and its like
  @Mixin
  private CommonOptions common;

  @SuppressWarnings("UnusedVariable") // its presence is all picocli needs
  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Print what `stubdom version` prints and exit.")
  private boolean version;

  /** Called by picocli; the list of exit codes in help and manual comes from their definition. */
  @Spec
  void setSpec(CommandSpec command) {
    spec = command;
    Map<String, String> codes = new LinkedHashMap<>();
    for (ExitCode code : ExitCode.values()) {
      codes.put(Integer.toString(code.status()), code.meaning());
    }
    spec.usageMessage().exitCodeList(codes);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }

  /** The bash completion script for the whole command line. */
  static String completionScript(CommandSpec root) {
    return AutoComplete.bash("stubdom", root.root().commandLine());
  }
}
