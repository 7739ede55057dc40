// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.guest;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Lines with the time they came, on dom0's clock and on ours. The console's thread writes, others
 * read: thread-safe.
 */
final class TimedLog {
  private final List<Line> lines = new ArrayList<>();
  private final StringBuilder unfinished = new StringBuilder();

  /** A line and its time. */
  record Line(String text, long virtualNanos, long wallNanos) {}

  /** Takes in what arrived. */
  synchronized void accept(byte[] data, long virtualNanos) {
    long wall = System.nanoTime();
    unfinished.append(new String(data, StandardCharsets.UTF_8));
    int start = 0;
    for (int end = unfinished.indexOf("\n"); end >= 0; end = unfinished.indexOf("\n", start)) {
      lines.add(new Line(unfinished.substring(start, end), virtualNanos, wall));
      start = end + 1;
    }
    unfinished.delete(0, start);
  }

  /** The first line of that kind; null when there is none. */
  synchronized Line first(Predicate<String> kind) {
    return lines.stream().filter(line -> kind.test(line.text())).findFirst().orElse(null);
  }

  /** The last line of that kind; null when there is none. */
  synchronized Line last(Predicate<String> kind) {
    return lines.stream().filter(line -> kind.test(line.text())).reduce((a, b) -> b).orElse(null);
  }

  /** All lines. */
  synchronized String plain() {
    StringBuilder text = new StringBuilder();
    lines.forEach(line -> text.append(line.text()).append('\n'));
    return text.append(unfinished).toString();
  }

  /** All lines, each with dom0's clock in seconds in front. */
  synchronized String text() {
    StringBuilder text = new StringBuilder();
    for (Line line : lines) {
      text.append("[%12.6f] %s%n".formatted(line.virtualNanos() / 1e9, line.text()));
    }
    return text.append(unfinished).toString();
  }
}
