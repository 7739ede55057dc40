// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import org.rumpstubdom.progress.LineRenderer;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.progress.TerminalRenderer;
import picocli.CommandLine.Option;

/** Options every command has. */
public final class CommonOptions {
  private static final int USUAL_COLUMNS = 80;

  @Option(
      names = {"-v", "--verbose"},
      description = "Show the output of the tools that are run.")
  private boolean verbose;

  @Option(
      names = "--stacktrace",
      description = "On an error, also print where in the program it arose.")
  private boolean stacktrace;

  @SuppressWarnings("UnusedVariable") // its presence is all picocli needs
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and exit.")
  private boolean help;

  /** Whether the user wants to see what the tools say. */
  public boolean verbose() {
    return verbose;
  }

  /** Whether the user wants Java's stack trace with an error. */
  public boolean stacktrace() {
    return stacktrace;
  }

  /**
   * Progress on standard error: a line rewritten in place on a terminal; plain lines when there is
   * none, in CI, or when NO_COLOR asks for plain output.
   */
  public Progress progress() {
    boolean plain =
        !standardErrorIsTerminal()
            || System.getenv("NO_COLOR") != null
            || System.getenv("CI") != null
            || "dumb".equals(System.getenv("TERM"));
    return new Progress(
        plain
            ? new LineRenderer(System.err, verbose, InstantSource.system())
            : new TerminalRenderer(System.err, verbose, columns()));
  }

  /** System.console() would ask about standard input and output, which may well be redirected. */
  private static boolean standardErrorIsTerminal() {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException e) {
      return false;
    }
  }

  private static int columns() {
    String columns = System.getenv("COLUMNS");
    return columns != null && columns.matches("[1-9]\\d{1,3}")
        ? Integer.parseInt(columns)
        : USUAL_COLUMNS;
  }
}
