// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.host;

import java.util.List;

/** What drives time in the emulated machine. */
public enum LabClock {
  /**
   * One emulated instruction is one nanosecond, and idle time is skipped: times are repeatable
   * whatever else the computer does. Excludes a second emulation thread.
   */
  COUNTED("counted", "-accel tcg,thread=single,tb-size=512 -icount shift=0,sleep=off"),

  /** The computer's own clock: faster, not repeatable. */
  WALL("wall", "-accel tcg,thread=multi,tb-size=512");

  private final String word;
  private final String arguments;

  LabClock(String word, String arguments) {
    this.word = word;
    this.arguments = arguments;
  }

  /** QEMU's arguments for it. */
  List<String> arguments() {
    return List.of(arguments.split(" ", -1));
  }

  @Override
  public String toString() {
    return word;
  }
}
