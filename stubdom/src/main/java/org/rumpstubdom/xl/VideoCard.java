// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import java.util.Locale;

/** Video cards that xl knows, with the memory libxl gives them when nothing is said. */
enum VideoCard {
  NONE(0),
  STDVGA(16),
  CIRRUS(8),
  QXL(128);

  private final int defaultMib;

  VideoCard(int defaultMib) {
    this.defaultMib = defaultMib;
  }

  int defaultMib() {
    return defaultMib;
  }

  /** The guest's; what xl does not know is taken for the usual one. */
  static VideoCard of(GuestConfiguration guest) {
    String name = nameOf(guest);
    for (VideoCard card : values()) {
      if (card.xlName().equals(name)) {
        return card;
      }
    }
    return CIRRUS;
  }

  /** As the guest's configuration calls its card. */
  static String nameOf(GuestConfiguration guest) {
    return guest.string("vga").orElse(guest.flag("stdvga", false) ? "stdvga" : "cirrus");
  }

  String xlName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
