// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.util;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * An external program to run: its arguments, environment, directory, log and limits.
 *
 * <p>The program gets a process group of its own. Ending it, whether by {@link Running#close}, a
 * time limit or a signal to us, kills the whole group and all descendants, so that nothing
 * survives; nor does it when we are killed without a chance to clean up (see {@link #TETHER}).
 * Objects are mutable until started and not thread-safe.
 */
public final class Command {
  /** How many lines of output a failure shows. */
  static final int LAST_LINES = 12;

  /**
   * What the shell does before it becomes the program. Standard input is a pipe whose other end is
   * ours and never written to: it ends when we do, whatever ended us. A watcher in the program's
   * group waits for that and kills the group. The program itself sees an empty standard input, and
   * no child: the watcher is an orphan from the beginning.
   */
  private static final String TETHER =
      """
      exec 3<&0 0</dev/null
      ({ cd /; read -r nothing <&3; kill -s KILL -- -$$; } >/dev/null 2>&1 &)
      exec 3<&-
      exec "$@"
      """;

  private final List<String> arguments;
  private final Map<String, String> environment = new TreeMap<>();
  private boolean cleanEnvironment;
  private Path directory;
  private Path log;
  private Path input;
  private Path outputFile;
  private OutputReader.Output output = OutputReader.Output.LINES;
  private Duration timeout;
  private ExitCode failureCode = ExitCode.BUILD;
  private String description;
  private String missingFix = "install it; `stubdom doctor` names the package";
  private Consumer<String> onLine = line -> {};

  private Command(List<String> arguments) {
    if (arguments.isEmpty()) {
      throw new IllegalArgumentException("a command needs a program");
    }
    this.arguments = new ArrayList<>(arguments);
    this.description = arguments.get(0);
  }

  /** A command with its arguments; the program is looked up on the PATH. */
  public static Command of(String... arguments) {
    return new Command(List.of(arguments));
  }

  /** A command with its arguments; the program is looked up on the PATH. */
  public static Command of(List<String> arguments) {
    return new Command(arguments);
  }

  /** Appends arguments. */
  public Command args(String... more) {
    arguments.addAll(List.of(more));
    return this;
  }

  /** Appends arguments. */
  public Command args(List<String> more) {
    arguments.addAll(more);
    return this;
  }

  /** Says in words what the command does, for messages; the program's name otherwise. */
  public Command describe(String text) {
    description = text;
    return this;
  }

  /** Sets an environment variable. */
  public Command env(String name, String value) {
    environment.put(name, value);
    return this;
  }

  /** Starts from an empty environment (with PATH) instead of ours. */
  public Command cleanEnv() {
    cleanEnvironment = true;
    return this;
  }

  /** Runs in this directory. */
  public Command in(Path workingDirectory) {
    directory = workingDirectory;
    return this;
  }

  /** Appends the output to this file, which is created when missing. */
  public Command log(Path file) {
    log = file;
    return this;
  }

  /** Feeds this file to standard input, which is empty otherwise. */
  public Command input(Path file) {
    input = file;
    return this;
  }

  /** Writes standard output, byte for byte, to this file; lines then come from stderr only. */
  public Command outputTo(Path file) {
    outputFile = file;
    output = OutputReader.Output.FILE;
    return this;
  }

  /** Keeps standard output for {@link Result#output}; lines then come from stderr only. */
  public Command capture() {
    output = OutputReader.Output.CAPTURE;
    return this;
  }

  /** Hears every line of output, on the thread that reads it. */
  public Command onLine(Consumer<String> listener) {
    onLine = listener;
    return this;
  }

  /** Kills the command and fails with exit code 6 when it takes longer. */
  public Command timeout(Duration limit) {
    timeout = limit;
    return this;
  }

  /** The exit code of our process when the command fails; 4 (build) otherwise. */
  public Command failsWith(ExitCode code) {
    failureCode = code;
    return this;
  }

  /** What to tell the user when the program is not installed. */
  public Command whenMissing(String fix) {
    missingFix = fix;
    return this;
  }

  /**
   * Runs the command to its end.
   *
   * @return the result, whose status is 0
   * @throws StubdomException when the program is missing (3), fails (see {@link #failsWith}), takes
   *     too long (6) or we are interrupted (130); its details are the last lines of output
   */
  public Result run() {
    Result result = execute();
    if (result.status() != 0) {
      throw failure("exit status " + result.status(), result.lastLines(), failureCode);
    }
    return result;
  }

  /** As {@link #run}, but returns whatever the exit status is. */
  public Result execute() {
    try (Running running = start()) {
      return running.await();
    }
  }

  /** Starts the command in the background. */
  public Running start() {
    Path program =
        Programs.find(arguments.get(0))
            .orElseThrow(
                () ->
                    StubdomException.input(
                        arguments.get(0), "program not found on this machine", missingFix));
    List<String> line = new ArrayList<>();
    // A session of its own gives the program its own process group, whose number is its pid.
    Programs.find("setsid").ifPresent(setsid -> line.add(setsid.toString()));
    boolean tethered = input == null && !line.isEmpty();
    if (tethered) {
      line.addAll(List.of("/bin/sh", "-c", TETHER, "sh"));
    }
    line.add(program.toString());
    line.addAll(arguments.subList(1, arguments.size()));
    ProcessBuilder builder = new ProcessBuilder(line);
    if (cleanEnvironment) {
      builder.environment().clear();
    }
    builder.environment().put("PATH", Programs.path());
    builder.environment().putAll(environment);
    if (directory != null) {
      builder.directory(directory.toFile());
    }
    if (!tethered) {
      Path file = input == null ? Path.of("/dev/null") : input;
      builder.redirectInput(ProcessBuilder.Redirect.from(file.toFile()));
    }
    if (outputFile != null) {
      builder.redirectOutput(outputFile.toFile());
    } else if (output == OutputReader.Output.LINES) {
      builder.redirectErrorStream(true);
    }
    try {
      OutputStream logStream = openLog();
      Interrupts.Held<Process> held =
          Interrupts.acquire(description, builder::start, ProcessTree::kill);
      return new Running(this, held, new OutputReader(held.value(), output, logStream, onLine));
    } catch (IOException e) {
      throw new StubdomException(
          ExitCode.INPUT, description, "cannot be started: " + e.getMessage(), "", List.of(), e);
    }
  }

  private OutputStream openLog() throws IOException {
    if (log == null) {
      return OutputStream.nullOutputStream();
    }
    if (log.getParent() != null) {
      Files.createDirectories(log.getParent());
    }
    OutputStream out =
        Files.newOutputStream(log, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    out.write(("+ " + String.join(" ", arguments) + "\n").getBytes(StandardCharsets.UTF_8));
    return out;
  }

  private StubdomException failure(String why, List<String> lastLines, ExitCode code) {
    String fix = log == null ? "" : "see " + log;
    String reason = lastLines.isEmpty() ? why : why + ": " + lastLines.get(lastLines.size() - 1);
    return new StubdomException(code, description, reason, fix, lastLines, null);
  }

  /**
   * How a command ended.
   *
   * @param status the exit status; 128 plus the signal when it was killed by one
   * @param output standard output, decoded as UTF-8, when it was captured; empty otherwise
   * @param lastLines the last lines of the remaining output, oldest first
   */
  public record Result(int status, String output, List<String> lastLines) {}

  /** A command that has been started. Closing kills it with all its descendants. */
  public static final class Running implements AutoCloseable {
    private final Command command;
    private final Interrupts.Held<Process> held;
    private final OutputReader reader;

    private Running(Command command, Interrupts.Held<Process> held, OutputReader reader) {
      this.command = command;
      this.held = held;
      this.reader = reader;
    }

    /** The process id, which is also the number of its process group. */
    public long pid() {
      return held.value().pid();
    }

    /** Whether the process has not ended yet. */
    public boolean isAlive() {
      return held.value().isAlive();
    }

    /** The last lines of output so far, oldest first. */
    public List<String> lastLines() {
      return reader.lastLines();
    }

    /**
     * Waits for the end.
     *
     * @throws StubdomException when it takes too long (6) or we are interrupted (130)
     */
    public Result await() {
      try {
        if (command.timeout == null) {
          held.value().waitFor();
        } else if (!held.value().waitFor(command.timeout.toMillis(), TimeUnit.MILLISECONDS)) {
          held.close();
          reader.join();
          throw command.failure(
              "not finished after " + command.timeout.toSeconds() + " s",
              reader.lastLines(),
              ExitCode.TIMEOUT);
        }
        int status = held.value().exitValue();
        // Descendants that hold the pipe open would make us wait for their output for ever.
        held.close();
        reader.join();
        if (Interrupts.interrupted()) {
          throw StubdomException.interrupted(command.description);
        }
        return new Result(status, reader.output(), reader.lastLines());
      } catch (InterruptedException e) {
        held.close();
        Thread.currentThread().interrupt();
        throw StubdomException.interrupted(command.description);
      }
    }

    @Override
    public void close() {
      held.close();
    }
  }
}
