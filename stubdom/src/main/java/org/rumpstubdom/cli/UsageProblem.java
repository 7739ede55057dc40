// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.cli;

import java.util.List;
import java.util.stream.Collectors;
import org.rumpstubdom.util.NearestWord;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Says what is wrong with a command line. */
final class UsageProblem {
  private UsageProblem() {}

  /** The problem in the user's terms; the library counts arguments from 0. */
  static String text(ParameterException problem) {
    if (!(problem instanceof UnmatchedArgumentException unmatched)
        || unmatched.getUnmatched().isEmpty()
        || unmatched.isUnknownOption()) {
      return problem.getMessage().replaceFirst("\\.$", "");
    }
    String word = unmatched.getUnmatched().get(0);
    CommandSpec command = problem.getCommandLine().getCommandSpec();
    if (!command.subcommands().isEmpty()) {
      return "'"
          + word
          + "' is no command"
          + NearestWord.among(command.subcommands().keySet(), word)
              .map(name -> ", did you mean '" + name + "'?")
              .orElse("");
    }
    List<PositionalParamSpec> places = command.positionalParameters();
    return "'"
        + word
        + "' is too much: `"
        + command.qualifiedName()
        + "` takes "
        + (places.isEmpty()
            ? "only options"
            : places.stream()
                .map(PositionalParamSpec::paramLabel)
                .collect(Collectors.joining(" ", "one ", "")));
  }
}
