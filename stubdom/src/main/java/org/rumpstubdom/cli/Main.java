// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.cli;

import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.FullDisk;
import org.rumpstubdom.util.Interrupts;
import org.rumpstubdom.util.StubdomException;
import picocli.CommandLine;

/** The program's entry: parses the command line, runs the command, ends with its exit code. */
public final class Main {
  private Main() {}

  /** Runs the command line and ends the process. */
  public static void main(String[] args) {
    Interrupts.install(
        () -> {
          // A line of progress may stand on the terminal.
          System.err.println();
          System.err.println("stubdom: interrupted; cleaned up");
        });
    int status = commandLine().execute(args);
    for (ExitCode code : ExitCode.values()) {
      if (code.status() == status) {
        Interrupts.exit(code);
      }
    }
    Interrupts.exit(ExitCode.INTERNAL);
  }

  /** The command line with its error handling, writing to standard output and error. */
  static CommandLine commandLine() {
    CommandLine line = new CommandLine(new StubdomCommand());
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setParameterExceptionHandler(
        (problem, arguments) -> {
          PrintWriter err = problem.getCommandLine().getErr();
          err.println(
              "stubdom: "
                  + problem.getMessage().replaceAll("\\s*[\\r\\n]+\\s*", " ")
                  + "; see `"
                  + problem.getCommandLine().getCommandSpec().qualifiedName()
                  + " --help`");
          err.flush();
          return ExitCode.USAGE.status();
        });
    line.setExecutionExceptionHandler(
        (problem, command, parsed) -> {
          StubdomException failure = explain(problem);
          PrintWriter err = command.getErr();
          if (Interrupts.interrupted()) {
            // The shutdown hook speaks and ends the process.
            return ExitCode.INTERRUPTED.status();
          }
          failure.details().forEach(detail -> err.println("  | " + detail));
          err.println("stubdom: " + failure.getMessage());
          if (parsed.originalArgs().contains("--stacktrace")) {
            problem.printStackTrace(err);
          }
          err.flush();
          return failure.exitCode().status();
        });
    return line;
  }

  /** Turns any exception into a line for the user. */
  static StubdomException explain(Exception problem) {
    if (problem instanceof StubdomException known) {
      return known;
    }
    Throwable cause =
        problem instanceof UncheckedIOException && problem.getCause() != null
            ? problem.getCause()
            : problem;
    String text = String.valueOf(cause.getMessage());
    if (FullDisk.isNamedIn(text)) {
      boolean known = cause instanceof FileSystemException system && system.getFile() != null;
      return FullDisk.failure(known ? ((FileSystemException) cause).getFile() : text);
    }
    if (cause instanceof NoSuchFileException missing) {
      return StubdomException.input(missing.getFile(), "no such file or directory", "");
    }
    if (cause instanceof AccessDeniedException denied) {
      return StubdomException.input(
          denied.getFile(), "permission denied", "run as a user who may access it");
    }
    if (cause instanceof FileSystemException system && system.getFile() != null) {
      return StubdomException.input(
          system.getFile(), system.getReason() == null ? text : system.getReason(), "");
    }
    return new StubdomException(
        ExitCode.INTERNAL,
        "internal error",
        cause.getClass().getSimpleName() + ": " + text,
        "run again with --stacktrace and report it",
        List.of(),
        cause);
  }
}
