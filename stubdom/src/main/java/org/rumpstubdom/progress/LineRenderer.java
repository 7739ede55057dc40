// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.progress;

import java.io.PrintStream;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.Consumer;

/** Progress as a plain log of lines, for files, pipes and CI. */
public final class LineRenderer implements Consumer<ProgressEvent> {
  /** A step that says a lot gets a line at most this often. */
  static final Duration INTERVAL = Duration.ofSeconds(10);

  private final PrintStream out;
  private final boolean details;
  private final InstantSource clock;
  private long lastLineMillis;

  /**
   * Makes a renderer.
   *
   * @param out where the lines go; flushed after each, never closed
   * @param details whether tools' output is shown too
   * @param clock tells when another line is due
   */
  public LineRenderer(PrintStream out, boolean details, InstantSource clock) {
    this.out = out;
    this.details = details;
    this.clock = clock;
  }

  @Override
  public void accept(ProgressEvent event) {
    if (event instanceof ProgressEvent.Began began) {
      line(indent(began.depth()) + began.title() + " ...");
    } else if (event instanceof ProgressEvent.Advanced advanced) {
      if (clock.millis() - lastLineMillis >= INTERVAL.toMillis()) {
        line(indent(advanced.depth()) + advanced.title() + measure(advanced));
      }
    } else if (event instanceof ProgressEvent.Ended ended) {
      line(indent(ended.depth()) + ending(ended));
    } else if (event instanceof ProgressEvent.Message message) {
      line(message.text());
    } else if (event instanceof ProgressEvent.Detail detail && details) {
      line("  | " + detail.line());
    }
  }

  static String indent(int depth) {
    return "  ".repeat(depth);
  }

  /** " [n/m] note, 12 s left", as far as known. */
  static String measure(ProgressEvent.Advanced advanced) {
    StringBuilder text = new StringBuilder();
    if (advanced.total() > 0) {
      text.append(" [").append(advanced.done()).append('/').append(advanced.total()).append(']');
    }
    if (!advanced.note().isEmpty()) {
      text.append(' ').append(advanced.note());
    }
    if (advanced.remaining() != null && !advanced.remaining().isZero()) {
      text.append(", ").append(Durations.text(advanced.remaining())).append(" left");
    }
    return text.toString();
  }

  /** "title: done, outcome (12 s)". */
  static String ending(ProgressEvent.Ended ended) {
    String outcome = ended.outcome().isEmpty() ? "" : ", " + ended.outcome();
    return ended.title()
        + (ended.success() ? ": done" + outcome : ": FAILED")
        + " ("
        + Durations.text(ended.elapsed())
        + ")";
  }

  private void line(String text) {
    lastLineMillis = clock.millis();
    out.println(text);
    out.flush();
  }
}
