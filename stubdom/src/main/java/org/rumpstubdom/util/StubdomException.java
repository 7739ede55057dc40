// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.util;

import java.util.List;

/**
 * A failure the user can act on: what failed, why, and how to mend it, with the exit code.
 *
 * <p>The message is always one line. Lines that help to see the cause, such as the end of a tool's
 * output, travel separately as {@link #details()}.
 */
public final class StubdomException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ExitCode exitCode;
  private final String what;
  private final String why;
  private final String fix;
  private final transient List<String> details;

  /**
   * Makes a failure.
   *
   * @param exitCode how the process ends
   * @param what the thing that failed: a file with its line, a step, a program
   * @param why the reason
   * @param fix what the user can do; empty when there is nothing to do
   */
  public StubdomException(ExitCode exitCode, String what, String why, String fix) {
    this(exitCode, what, why, fix, List.of(), null);
  }

  /** As above, with the lines that led to the failure and its cause (null when there is none). */
  public StubdomException(
      ExitCode exitCode,
      String what,
      String why,
      String fix,
      List<String> details,
      Throwable cause) {
    super(oneLine(what, why, fix), cause);
    this.exitCode = exitCode;
    this.what = what;
    this.why = why;
    this.fix = fix;
    this.details = List.copyOf(details);
  }

  /** An input is missing, broken or not supported. */
  public static StubdomException input(String what, String why, String fix) {
    return new StubdomException(ExitCode.INPUT, what, why, fix);
  }

  /** The options contradict each other in a way the option parser cannot see. */
  public static StubdomException usage(String what, String why, String fix) {
    return new StubdomException(ExitCode.USAGE, what, why, fix);
  }

  /** A build step failed. */
  public static StubdomException build(String what, String why, String fix) {
    return new StubdomException(ExitCode.BUILD, what, why, fix);
  }

  /** A guest or its emulated host failed. */
  public static StubdomException test(String what, String why, String fix) {
    return new StubdomException(ExitCode.TEST, what, why, fix);
  }

  /** Something took longer than allowed. */
  public static StubdomException timeout(String what, String why, String fix) {
    return new StubdomException(ExitCode.TIMEOUT, what, why, fix);
  }

  /** The user stopped the program. */
  public static StubdomException interrupted(String what) {
    return new StubdomException(ExitCode.INTERRUPTED, what, "interrupted", "");
  }

  private static String oneLine(String what, String why, String fix) {
    String line = fix.isEmpty() ? what + ": " + why : what + ": " + why + "; " + fix;
    return line.replaceAll("\\s*[\\r\\n]+\\s*", " ");
  }

  /** How the process ends. */
  public ExitCode exitCode() {
    return exitCode;
  }

  /** The thing that failed. */
  public String what() {
    return what;
  }

  /** The reason. */
  public String why() {
    return why;
  }

  /** What the user can do; may be empty. */
  public String fix() {
    return fix;
  }

  /** Lines that led to the failure, oldest first; empty after deserialisation. */
  public List<String> details() {
    return details == null ? List.of() : details;
  }
}
