// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.rumpstubdom.util.StubdomException;

/**
 * The guests of tests/guests that measure, in the order they run. The first one's creation pays
 * what only a fresh host does: times of creation are taken from a later one.
 */
public enum BenchGuest {
  /** Ports and memory-mapped registers. */
  IO(true),
  /** An IDE disk. */
  IDE(true),
  /** A disk behind the AHCI controller. */
  AHCI(true),
  /** A disk behind the LSI 53C895A. */
  SCSI(false),
  /** Frames through an Intel 82540EM. */
  E1000(true),
  /** Frames through a Realtek RTL8139. */
  RTL8139(false),
  /** Frames that the host sends in one go. */
  IN(false),
  /** A guest that has nothing to do. */
  IDLE(false),
  /** The same with a screen that nobody looks at. */
  IDLE_VNC(false),
  /** Several guests at the same time. */
  SCALE(false),
  /** The least memory that a stub domain works in. */
  MEMORY(false);

  /** Whose times of creation count. */
  static final BenchGuest STARTED = IDE;

  private final boolean brief;

  BenchGuest(boolean brief) {
    this.brief = brief;
  }

  /** Its group of figures, by which command lines name it. */
  public String group() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Its name in tests/guests. */
  String guest() {
    return FigureLines.PREFIX + (this == MEMORY ? AHCI : this).group();
  }

  /** Whether it is one guest that runs once on each device model. */
  public boolean isSingle() {
    return this != SCALE && this != MEMORY;
  }

  /** Those of the short run, which a change is checked with. */
  public static List<BenchGuest> brief() {
    return Arrays.stream(values()).filter(guest -> guest.brief).toList();
  }

  /**
   * The one with that group.
   *
   * @throws StubdomException (2) when there is none
   */
  public static BenchGuest of(String group) {
    return Arrays.stream(values())
        .filter(guest -> guest.group().equals(group))
        .findFirst()
        .orElseThrow(() -> unknown(group));
  }

  private static StubdomException unknown(String group) {
    List<String> known = Arrays.stream(values()).map(BenchGuest::group).toList();
    return StubdomException.usage(
        group,
        "measures nothing",
        "name some of " + known.stream().collect(Collectors.joining(", ")));
  }
}
