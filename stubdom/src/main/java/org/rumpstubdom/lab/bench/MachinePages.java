// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which PV domain a page of the machine belongs to, as Xen told a program in dom0. */
final class MachinePages {
  private static final Pattern LINE = Pattern.compile("(?m)^page (\\d+) ([0-9a-f]+)$");

  private final Map<Long, Integer> owners = new HashMap<>();

  private MachinePages() {}

  /** Those in what the program "profile" said. */
  static MachinePages of(String said) {
    MachinePages pages = new MachinePages();
    Matcher line = LINE.matcher(said);
    while (line.find()) {
      pages.owners.put(Long.parseLong(line.group(2), 16), Integer.parseInt(line.group(1)));
    }
    return pages;
  }

  /** The domain that has the page; empty when none that was asked about has. */
  OptionalInt owner(long page) {
    Integer owner = owners.get(page);
    return owner == null ? OptionalInt.empty() : OptionalInt.of(owner);
  }
}
