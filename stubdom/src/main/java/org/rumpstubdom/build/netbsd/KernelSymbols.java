// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.netbsd;

import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The kernel's side of the seam, by its objects without the bundled rump kernel.
 *
 * @param offered what it defines, weakly too
 * @param firm what of it no library may define again
 * @param called what it needs of a rump kernel
 */
public record KernelSymbols(Set<String> offered, Set<String> firm, Set<String> called) {
  /** From what {@code nm -g -P} prints of the objects: a name, the kind's letter, numbers. */
  public static KernelSymbols parse(Stream<String> lines) {
    Set<String> offered = new TreeSet<>();
    Set<String> firm = new TreeSet<>();
    Set<String> called = new TreeSet<>();
    lines.forEach(
        line -> {
          String[] fields = line.split(" ", -1);
          if (fields.length < 2 || fields[1].length() != 1) {
            return; // the name of an object, or an empty line
          }
          switch (fields[1].charAt(0)) {
            case 'U' -> {
              // The rest is the linker script's.
              if (fields[0].startsWith("rump")) {
                called.add(fields[0]);
              }
            }
            case 'w', 'v' -> {}
            case 'W', 'V' -> offered.add(fields[0]);
            default -> {
              offered.add(fields[0]);
              firm.add(fields[0]);
            }
          }
        });
    called.removeAll(offered);
    return new KernelSymbols(offered, firm, called);
  }
}
