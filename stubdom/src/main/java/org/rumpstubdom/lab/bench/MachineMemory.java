// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import java.io.IOException;
import java.util.OptionalLong;
import org.rumpstubdom.lab.host.Lab;
import org.rumpstubdom.util.StubdomException;

/**
 * Where the emulator has the machine's memory in its own: in one piece, whose first part the
 * machine has from address 0 and the rest, if any, from 4 GiB.
 *
 * @param host address of the piece in the emulator
 * @param bytes its size
 * @param low how much of it the machine has from address 0
 */
record MachineMemory(long host, long bytes, long low) {
  private static final long HIGH = 4L << 30;
  private static final int PAGE_SHIFT = 12;

  /** The number of the page with an address in the machine. */
  static long page(long physical) {
    return physical >>> PAGE_SHIFT;
  }

  /** That of a host, by its emulator's own account. */
  static MachineMemory of(Lab lab) throws IOException {
    long bytes = (long) lab.options().memoryMib() << 20;
    OptionalLong first = lab.hostAddress(0);
    if (first.isEmpty()) {
      throw StubdomException.test("the emulator", "does not tell where its memory is", "");
    }
    OptionalLong high = lab.hostAddress(HIGH);
    long low = high.isPresent() ? high.getAsLong() - first.getAsLong() : bytes;
    return new MachineMemory(first.getAsLong(), bytes, low);
  }

  /** The address in the machine of what the emulator has there; empty when that is no memory. */
  OptionalLong physical(long address) {
    long offset = address - host;
    if (offset < 0 || offset >= bytes) {
      return OptionalLong.empty();
    }
    return OptionalLong.of(offset < low ? offset : HIGH + offset - low);
  }
}
