// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.guest;

/**
 * What was heard of a guest's life, each line with the time it came. Grows while the guest runs.
 *
 * @param create what xl create said, which goes on to watch over the guest
 * @param unpause what xl unpause said
 * @param port what the follower of the serial port said beside the guest's output
 * @param measured what the commands of a measurement said
 * @param serial the guest's output
 */
record GuestTrace(
    TimedLog create, TimedLog unpause, TimedLog port, TimedLog measured, SerialFollower serial) {
  /** What xl create says when the domain is there and it begins to watch over it. */
  static final String UP = "Waiting for domain ";

  /** What the follower of the serial port says when it listens. */
  static final String READY = "ready ";

  /** A time that has not come. */
  static final long NEVER = -1;

  GuestTrace(SerialFollower serial) {
    this(new TimedLog(), new TimedLog(), new TimedLog(), new TimedLog(), serial);
  }

  /** The line that says that the domain was created; null when it was not. */
  TimedLog.Line created() {
    return create.first(line -> line.startsWith(UP));
  }

  /** The line with which xl unpause began; null when it has not. */
  TimedLog.Line unpaused() {
    return unpause.first(line -> true);
  }

  /** The last line that tells of a domain's end; null when there is none. */
  TimedLog.Line shutdown() {
    return create.last(line -> line.contains(ShutdownReason.MARK));
  }

  /** When the output had the pattern, on dom0's clock in nanoseconds; {@link #NEVER} if not yet. */
  long match() {
    return serial.match().exceptionally(problem -> NEVER).getNow(NEVER);
  }
}
