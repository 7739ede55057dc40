// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.progress;

import java.time.Duration;

/** What happens while something long runs. Steps nest; depth 0 is the outermost. */
public sealed interface ProgressEvent {
  /** A step has begun. */
  record Began(String title, int depth) implements ProgressEvent {}

  /**
   * A step has come further.
   *
   * @param done how much is done, in the step's own unit
   * @param total how much there is, 0 when unknown
   * @param remaining estimated time left, null when unknown
   * @param note what it is at; may be empty
   */
  record Advanced(String title, int depth, long done, long total, Duration remaining, String note)
      implements ProgressEvent {}

  /**
   * A step has ended.
   *
   * @param success false when it was left without {@link Progress.Step#done}
   * @param outcome a word on the result, such as "from the cache"; may be empty
   */
  record Ended(String title, int depth, boolean success, Duration elapsed, String outcome)
      implements ProgressEvent {}

  /** A line the user should see. */
  record Message(String text) implements ProgressEvent {}

  /** A line of a tool's output, for those who asked for it. */
  record Detail(String line) implements ProgressEvent {}
}
