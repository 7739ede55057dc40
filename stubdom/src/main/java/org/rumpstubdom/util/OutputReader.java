// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.util;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/** Reads what a process prints: to a log, to a listener, and keeps the last lines. */
final class OutputReader {
  /** Where standard output goes; standard error is always read as lines. */
  enum Output {
    /** Together with standard error. */
    LINES,
    /** Into memory. */
    CAPTURE,
    /** Into a file, by redirection. */
    FILE
  }

  private final Deque<String> last = new ArrayDeque<>();
  private final Thread lines;
  private final Thread capture;
  private volatile String captured = "";
  private boolean logging = true;

  OutputReader(Process process, Output output, OutputStream log, Consumer<String> listener) {
    InputStream lineSource =
        output == Output.LINES ? process.getInputStream() : process.getErrorStream();
    if (output == Output.CAPTURE) {
      capture = new Thread(() -> captured = readAll(process.getInputStream()), "captured output");
      capture.setDaemon(true);
      capture.start();
    } else {
      capture = null;
    }
    lines = new Thread(() -> readLines(lineSource, log, listener), "output");
    lines.setDaemon(true);
    lines.start();
  }

  /** Waits until everything has been read. */
  void join() throws InterruptedException {
    lines.join();
    if (capture != null) {
      capture.join();
    }
  }

  String output() {
    return captured;
  }

  List<String> lastLines() {
    synchronized (last) {
      return List.copyOf(last);
    }
  }

  private static String readAll(InputStream in) {
    try (in) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      // The pipe breaks when the process is killed; what it said no longer matters then.
      return "";
    }
  }

  private void readLines(InputStream in, OutputStream log, Consumer<String> listener) {
    try (log;
        BufferedReader reader =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (!line.isBlank()) {
          keep(line);
        }
        write(log, line);
        listener.accept(line);
      }
    } catch (IOException e) {
      keep("(output lost: " + e.getMessage() + ")");
    }
  }

  /** A log that cannot be written is no reason to stop the process that is logged. */
  private void write(OutputStream log, String line) {
    try {
      if (logging) {
        log.write((line + "\n").getBytes(StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      logging = false;
      keep("(not logged from here on: " + e.getMessage() + ")");
    }
  }

  private void keep(String line) {
    synchronized (last) {
      last.addLast(line);
      if (last.size() > Command.LAST_LINES) {
        last.removeFirst();
      }
    }
  }
}
