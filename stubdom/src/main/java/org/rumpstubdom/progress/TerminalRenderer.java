// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.progress;

import java.io.PrintStream;
import java.util.function.Consumer;

/** Progress on a terminal: finished steps stay as lines, the running one is a line rewritten. */
public final class TerminalRenderer implements Consumer<ProgressEvent> {
  /** Carriage return, then "erase to the end of the line" (ECMA-48, EL). */
  private static final String ERASE = "\r\u001b[K";

  private final PrintStream out;
  private final boolean details;
  private final int columns;
  private String status = "";

  /**
   * Makes a renderer.
   *
   * @param out the terminal; flushed after each event, never closed
   * @param details whether tools' output is shown too
   * @param columns the terminal's width; the running line is cut to it
   */
  public TerminalRenderer(PrintStream out, boolean details, int columns) {
    this.out = out;
    this.details = details;
    this.columns = columns;
  }

  @Override
  public void accept(ProgressEvent event) {
    if (event instanceof ProgressEvent.Began began) {
      status(began.title() + " ...");
    } else if (event instanceof ProgressEvent.Advanced advanced) {
      status(advanced.title() + LineRenderer.measure(advanced));
    } else if (event instanceof ProgressEvent.Ended ended) {
      status = "";
      line(LineRenderer.indent(ended.depth()) + LineRenderer.ending(ended));
    } else if (event instanceof ProgressEvent.Message message) {
      line(message.text());
    } else if (event instanceof ProgressEvent.Detail detail && details) {
      line("  | " + detail.line());
    }
  }

  private void status(String text) {
    String next = text.length() < columns ? text : text.substring(0, columns - 1);
    if (!next.equals(status)) {
      status = next;
      out.print(ERASE + status);
      out.flush();
    }
  }

  private void line(String text) {
    out.println(ERASE + text);
    out.print(status);
    out.flush();
  }
}
