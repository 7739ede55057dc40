// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.progress;

import java.time.Duration;
import java.time.InstantSource;
import java.util.function.Consumer;

/**
 * Where long-running code says what it is doing. It turns calls into {@link ProgressEvent}s; who
 * listens decides how they look, so that the core never prints.
 *
 * <p>Thread-safe, but steps are meant to nest on one thread.
 */
public final class Progress {
  /**
   * How many units have to be done before the time left is estimated from them. Units of one step
   * (files to compile) differ about as much as they are long; the error of their mean then falls
   * with the square root of their number: at 16, the estimate is right to about a quarter.
   */
  static final int MEANINGFUL_UNITS = 16;

  private final Consumer<ProgressEvent> listener;
  private final InstantSource clock;
  private int depth;

  /** Sends the events to {@code listener}, one at a time. */
  public Progress(Consumer<ProgressEvent> listener) {
    this(listener, InstantSource.system());
  }

  /** As above with a clock of the caller's, for tests. */
  public Progress(Consumer<ProgressEvent> listener, InstantSource clock) {
    this.listener = listener;
    this.clock = clock;
  }

  /** A progress nobody watches. */
  public static Progress silent() {
    return new Progress(event -> {});
  }

  /**
   * Begins a step; use with try-with-resources and call {@link Step#done} as its last statement.
   *
   * @param title what is being done, as a short phrase in the present: "compile QEMU"
   */
  public synchronized Step begin(String title) {
    Step step = new Step(title, depth);
    depth++;
    send(new ProgressEvent.Began(title, step.level));
    return step;
  }

  /** Tells the user something in one line. */
  public void message(String text) {
    send(new ProgressEvent.Message(text));
  }

  /** Passes on a line of a tool's output. */
  public void detail(String line) {
    send(new ProgressEvent.Detail(line));
  }

  private synchronized void send(ProgressEvent event) {
    listener.accept(event);
  }

  private synchronized void leave(int level) {
    depth = level;
  }

  /** A step that has begun. Closing without {@link #done} means that it failed. */
  public final class Step implements AutoCloseable {
    private final String title;
    private final int level;
    private final long startMillis = clock.millis();
    private boolean ended;
    private long firstDone = -1;
    private long firstMillis;

    private Step(String title, int level) {
      this.title = title;
      this.level = level;
    }

    /**
     * Says how far the step is, in units of like length; the time left is estimated from them once
     * enough are done.
     */
    public void fraction(long done, long total) {
      fraction(done, total, "");
    }

    /** The same with a word on what the step is at. */
    public void fraction(long done, long total, String note) {
      send(new ProgressEvent.Advanced(title, level, done, total, remaining(done, total), note));
    }

    /**
     * Estimates from what was done since the first report: what came before it is the tool's start,
     * which says nothing about the units.
     */
    private synchronized Duration remaining(long done, long total) {
      long now = clock.millis();
      if (firstDone < 0 || done < firstDone) {
        firstDone = done;
        firstMillis = now;
      }
      long units = done - firstDone;
      if (units < MEANINGFUL_UNITS || total < done) {
        return null;
      }
      return Duration.ofMillis((long) ((double) (now - firstMillis) / units * (total - done)));
    }

    /** Says what the step is at, when there is no measure. */
    public void note(String note) {
      send(new ProgressEvent.Advanced(title, level, 0, 0, null, note));
    }

    /** The step has succeeded. */
    public void done() {
      done("");
    }

    /** The step has succeeded, with a word on how. */
    public void done(String outcome) {
      end(true, outcome);
    }

    @Override
    public void close() {
      end(false, "");
    }

    private void end(boolean success, String outcome) {
      if (!ended) {
        ended = true;
        leave(level);
        Duration elapsed = Duration.ofMillis(clock.millis() - startMillis);
        send(new ProgressEvent.Ended(title, level, success, elapsed, outcome));
      }
    }
  }
}
