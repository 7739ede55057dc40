// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.host;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.rumpstubdom.util.StubdomException;

/** A command that runs, or ran, in dom0. Thread-safe. */
public final class RemoteCommand {
  /** Hears what a command does; called on the channel's thread. */
  @FunctionalInterface
  public interface Listener {
    /**
     * Output arrived.
     *
     * @param error whether it is from standard error
     * @param data the bytes
     * @param nanos dom0's clock when the agent read them
     */
    void output(boolean error, byte[] data, long nanos);
  }

  /** Status of a command that was to be started after another one, and never was. */
  public static final int NOT_STARTED = 125;

  /**
   * The end of a command.
   *
   * @param status its exit code, or 128 plus the signal that killed it
   * @param nanos dom0's clock at that moment
   */
  public record End(int status, long nanos) {}

  private static final int SHOWN = 60;

  private final AgentChannel channel;
  private final int id;
  private final String what;
  private final Listener listener;
  private final CompletableFuture<End> end = new CompletableFuture<>();

  RemoteCommand(AgentChannel channel, int id, List<String> argv, Listener listener) {
    this.channel = channel;
    this.id = id;
    String line = String.join(" ", argv);
    this.what = line.length() <= SHOWN ? line : line.substring(0, SHOWN) + "...";
    this.listener = listener;
  }

  int id() {
    return id;
  }

  /** Feeds its standard input. */
  public void input(byte[] data, int length) throws IOException {
    channel.input(id, data, length);
  }

  /** Ends its standard input. */
  public void endInput() throws IOException {
    channel.endInput(id);
  }

  /** Sends a signal to it and its children. */
  public void signal(int number) throws IOException {
    channel.signal(id, number);
  }

  /** Tells its terminal the size of ours. */
  public void window(int rows, int columns) throws IOException {
    channel.window(id, rows, columns);
  }

  /** Completed when the command ends, exceptionally when the machine does. */
  public CompletableFuture<End> end() {
    return end;
  }

  /**
   * Waits for its end.
   *
   * @throws IOException when the machine ended first, or the thread was interrupted
   * @throws StubdomException (6) when it takes so long that something must be wrong
   */
  public End await() throws IOException {
    Duration limit = channel.patience();
    return await(limit)
        .orElseThrow(
            () ->
                StubdomException.timeout(
                    what, "has not ended in dom0 after " + limit.toSeconds() + " s", ""));
  }

  /** Waits for its end, for as long as a user takes. */
  public End awaitUser() throws IOException {
    Optional<End> ended = Optional.empty();
    while (ended.isEmpty()) {
      ended = await(channel.patience());
    }
    return ended.get();
  }

  /** Waits for its end, at most this long; empty when it still runs then. */
  public Optional<End> await(Duration limit) throws IOException {
    try {
      return Optional.of(end.get(limit.toNanos(), TimeUnit.NANOSECONDS));
    } catch (TimeoutException e) {
      return Optional.empty();
    } catch (ExecutionException e) {
      throw failure(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /**
   * Why something that was waited for did not come, to be thrown.
   *
   * @param problem what a future of {@link #end}, or one built on it, failed with
   * @throws StubdomException when that was the cause
   */
  public static IOException failure(ExecutionException problem) {
    if (problem.getCause() instanceof StubdomException known) {
      throw known;
    }
    return new IOException(problem.getCause().getMessage(), problem.getCause());
  }

  void output(boolean error, byte[] data, long nanos) {
    listener.output(error, data, nanos);
  }

  void ended(End how) {
    end.complete(how);
  }

  void broken(IOException why) {
    end.completeExceptionally(why);
  }
}
