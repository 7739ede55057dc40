// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.host;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.rumpstubdom.util.StubdomException;

/** Running commands in dom0 and moving files, on top of the control channel. Thread-safe. */
public final class Dom0 {
  private static final int COPY_BYTES = 1 << 18;

  private final AgentChannel channel;

  Dom0(AgentChannel channel) {
    this.channel = channel;
  }

  /**
   * How a command ended.
   *
   * @param status exit code, or 128 plus the signal
   * @param output standard output, as UTF-8
   * @param errors standard error, as UTF-8
   */
  public record Result(int status, String output, String errors) {}

  /** Starts a command; see {@link AgentChannel#start}. */
  public RemoteCommand start(List<String> argv, RemoteCommand.Listener listener)
      throws IOException {
    return channel.start(argv, false, listener);
  }

  /**
   * Has dom0 start a command by itself as soon as another one writes a text, without this computer
   * in between, whose delays would show in the times. Ends with {@link RemoteCommand#NOT_STARTED}
   * when the other command ends without writing the text.
   *
   * @param other a command that was started or registered before
   * @param text what it writes, at most 60 bytes
   * @throws IOException when the machine ended
   */
  public RemoteCommand startAfter(
      RemoteCommand other, String text, List<String> argv, RemoteCommand.Listener listener)
      throws IOException {
    return channel.startAfter(other, text, argv, listener);
  }

  /** Starts a command on a terminal; all it writes is output. */
  public RemoteCommand startOnTerminal(List<String> argv, RemoteCommand.Listener listener)
      throws IOException {
    return channel.start(argv, true, listener);
  }

  /** Runs a command to its end, whatever its status. */
  public Result execute(String... argv) throws IOException {
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    RemoteCommand command =
        start(List.of(argv), (error, data, nanos) -> (error ? errors : output).writeBytes(data));
    command.endInput();
    RemoteCommand.End end = command.await();
    return new Result(
        end.status(),
        output.toString(StandardCharsets.UTF_8),
        errors.toString(StandardCharsets.UTF_8));
  }

  /** Runs a command that has to succeed; returns its standard output. */
  public String run(String... argv) throws IOException {
    Result result = execute(argv);
    if (result.status() != 0) {
      throw StubdomException.test(
          String.join(" ", argv),
          "exit status " + result.status() + " in dom0: " + result.errors().strip(),
          "");
    }
    return result.output();
  }

  /** Runs a shell script that has to succeed; its arguments are $1 and so on. */
  public String sh(String script, String... arguments) throws IOException {
    String[] argv = new String[arguments.length + 4];
    argv[0] = "sh";
    argv[1] = "-c";
    argv[2] = script;
    argv[3] = "lab";
    System.arraycopy(arguments, 0, argv, 4, arguments.length);
    return run(argv);
  }

  /** Writes a file in dom0. */
  public void push(byte[] content, String path) throws IOException {
    push(new java.io.ByteArrayInputStream(content), path);
  }

  /** Copies a file into dom0, which keeps it in memory. */
  public void push(Path file, String path) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      push(in, path);
    }
  }

  private void push(InputStream in, String path) throws IOException {
    RemoteCommand command =
        start(List.of("sh", "-c", "cat >\"$1\"", "push", path), (e, d, n) -> {});
    byte[] buffer = new byte[COPY_BYTES];
    for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
      command.input(buffer, n);
    }
    command.endInput();
    if (command.await().status() != 0) {
      throw StubdomException.test(path, "cannot be written in dom0", "is dom0's memory full?");
    }
  }

  /** Copies a file out of dom0; does nothing when there is none. */
  public void pull(String path, Path file) throws IOException {
    try (OutputStream out = Files.newOutputStream(file)) {
      RemoteCommand command =
          start(
              List.of("cat", path),
              (error, data, nanos) -> {
                try {
                  if (!error) {
                    out.write(data);
                  }
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      command.endInput();
      if (command.await().status() != 0) {
        Files.deleteIfExists(file);
      }
    }
  }
}
