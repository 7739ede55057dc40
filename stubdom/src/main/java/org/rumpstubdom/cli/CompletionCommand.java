// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code stubdom completion}. */
@Command(
    name = "completion",
    description = "Print the completion script for bash: `source <(stubdom completion)`.")
public final class CompletionCommand implements Runnable {
  @Spec private CommandSpec spec;

  @SuppressWarnings("UnusedVariable") // declares --help and its like
  @Mixin
  private CommonOptions common;

  @Override
  public void run() {
    spec.commandLine().getOut().print(StubdomCommand.completionScript(spec));
    spec.commandLine().getOut().flush();
  }
}
