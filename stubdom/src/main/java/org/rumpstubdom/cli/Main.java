// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.rumpstubdom.lab.bench.BenchResult;
import org.rumpstubdom.lab.host.LabClock;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.FullDisk;
import org.rumpstubdom.util.Interrupts;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.xl.DeviceModel;
import picocli.CommandLine;
import picocli.CommandLine.TypeConversionException;

/** The program's entry: parses the command line, runs the command, ends with its exit code. */
public final class Main {
  /** What Java says when a pipe has no reader any more. */
  private static final String READER_GONE = "Broken pipe";

  private Main() {}

  /** Runs the command line and ends the process. */
  public static void main(String[] args) {
    Interrupts.install(
        () -> {
          // A line of progress may stand on the terminal.
          System.err.println();
          System.err.println("stubdom: interrupted; cleaned up");
        });
    int status = run(commandLine(), args);
    for (ExitCode code : ExitCode.values()) {
      if (code.status() == status) {
        Interrupts.exit(code);
      }
    }
    Interrupts.exit(ExitCode.INTERNAL);
  }

  /**
   * Runs a command line to its end, whatever happens in it.
   *
   * @return the exit status
   */
  static int run(CommandLine line, String... args) {
    int status;
    try {
      status = line.execute(args);
    } catch (Throwable problem) {
      // Errors, such as a stack overflow, pass by the library's own handling.
      return report(line, problem, List.of(args).contains("--stacktrace"));
    }
    Optional<String> unwritten = StandardOutput.of(line.getCommandSpec()).failure();
    if (unwritten.isPresent() && status == ExitCode.OK.status()) {
      if (unwritten.get().equals(READER_GONE)) {
        // As `head` does it: whoever read has what was wanted, and needs no message.
        return ExitCode.INPUT.status();
      }
      return report(line, unwritten(unwritten.get()), false);
    }
    return status;
  }

  private static StubdomException unwritten(String why) {
    return FullDisk.isNamedIn(why)
        ? FullDisk.failure("standard output")
        : StubdomException.input("standard output", "cannot be written: " + why, "");
  }

  /** The command line with its error handling, writing to standard output and error. */
  static CommandLine commandLine() {
    CommandLine line = new CommandLine(new StubdomCommand());
    line.setOut(
        new StandardOutput(new FileOutputStream(FileDescriptor.out), Charset.defaultCharset()));
    line.registerConverter(Pattern.class, Main::pattern);
    line.registerConverter(LabClock.class, word -> constant(LabClock.values(), word));
    line.registerConverter(DeviceModel.class, word -> constant(DeviceModel.values(), word));
    line.registerConverter(
        BenchResult.Counter.class, word -> constant(BenchResult.Counter.values(), word));
    line.setCaseInsensitiveEnumValuesAllowed(true);
    // As getopt(3) does it: what follows an option that needs a value is its value, -vnc too.
    line.setAllowOptionsAsOptionParameters(true);
    // What follows a program is the program's.
    line.getSubcommands().get("run").setStopAtPositional(true);
    line.setParameterExceptionHandler(
        (problem, arguments) -> {
          PrintWriter err = problem.getCommandLine().getErr();
          err.println(
              "stubdom: "
                  + UsageProblem.text(problem).replaceAll("\\s*[\\r\\n]+\\s*", " ")
                  + "; see `"
                  + problem.getCommandLine().getCommandSpec().qualifiedName()
                  + " --help`");
          err.flush();
          return ExitCode.USAGE.status();
        });
    line.setExecutionExceptionHandler(
        (problem, command, parsed) ->
            report(command, problem, parsed.originalArgs().contains("--stacktrace")));
    return line;
  }

  private static Pattern pattern(String text) {
    try {
      return Pattern.compile(text);
    } catch (PatternSyntaxException e) {
      throw new TypeConversionException(
          "'" + text + "' is no regular expression: " + e.getDescription());
    }
  }

  /** The constant that is called so on the command line. */
  private static <T> T constant(T[] constants, String word) {
    for (T constant : constants) {
      if (constant.toString().equalsIgnoreCase(word)) {
        return constant;
      }
    }
    throw new TypeConversionException(
        "expected one of " + List.of(constants) + " but was '" + word + "'");
  }

  private static int report(CommandLine command, Throwable problem, boolean stacktrace) {
    if (Interrupts.interrupted()) {
      // The shutdown hook speaks and ends the process.
      return ExitCode.INTERRUPTED.status();
    }
    StubdomException failure = explain(problem);
    PrintWriter err = command.getErr();
    failure.details().forEach(detail -> err.println("  | " + detail));
    err.println("stubdom: " + failure.getMessage());
    if (stacktrace) {
      problem.printStackTrace(err);
    }
    err.flush();
    return failure.exitCode().status();
  }

  /** Turns any exception into a line for the user. */
  static StubdomException explain(Throwable problem) {
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
    if (cause instanceof FileAlreadyExistsException existing) {
      // Only directories are created without looking first.
      return StubdomException.input(existing.getFile(), "exists and is not a directory", "");
    }
    if (cause instanceof FileSystemException system && system.getFile() != null) {
      // Without a reason the message is the file's name again; the class names the trouble.
      String reason =
          system.getReason() == null ? words(cause.getClass().getSimpleName()) : system.getReason();
      return StubdomException.input(system.getFile(), reason, "");
    }
    return new StubdomException(
        ExitCode.INTERNAL,
        "internal error",
        cause.getClass().getSimpleName() + ": " + text,
        "run again with --stacktrace and report it",
        List.of(),
        cause);
  }

  /** "NotDirectoryException" as "not directory". */
  private static String words(String className) {
    return className
        .replaceFirst("Exception$", "")
        .replaceAll("(?<=[a-z])(?=[A-Z])", " ")
        .toLowerCase(Locale.ROOT);
  }
}
