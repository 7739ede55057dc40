// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.blkfront;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.rumpstubdom.tests.hosted.HostedDomain;
import org.rumpstubdom.tests.hosted.HostedLibrary;

/**
 * Makes requests to one disk of the frontend. Each buffer is a heap block of its own, exactly as
 * long as the request, so that AddressSanitizer sees a byte too much.
 */
final class DiskClient {
  private final long disk;
  private final ByteBuffer results;
  private final Memory[] buffers = new Memory[BlkEntries.SLOTS];
  private final int[] expected = new int[BlkEntries.SLOTS];

  /** Whether the frontend knows a disk of that name. */
  static boolean isThere(String name) {
    HostedLibrary.bind(BlkEntries.class);
    return BlkEntries.blkThere(name) != 0;
  }

  /** The disk is in use from now on: the frontend connects it if its backend lets it. */
  DiskClient(HostedDomain domain, String name) {
    HostedLibrary.bind(BlkEntries.class);
    disk = BlkEntries.blkUse(name);
    if (disk == 0) {
      throw new AssertionError("no disk " + name);
    }
    results =
        BlkEntries.blkResults()
            .getByteBuffer(0, BlkEntries.SLOTS * 8L)
            .order(ByteOrder.LITTLE_ENDIAN);
    domain.settle();
  }

  /** The disk is no longer in use. */
  void unuse() {
    BlkEntries.blkUnuse(disk);
  }

  /** Starts a request with a zeroed buffer, or without one; returns blk_submit()'s result. */
  int submit(int slot, int op, long offset, int len, boolean buffer) {
    if (buffer) {
      buffers[slot] = new Memory(Math.max(1, len));
      buffers[slot].clear();
    }
    return go(slot, op, offset, len, len / 3);
  }

  /** Starts a write of the data. */
  int submitWrite(int slot, long offset, byte[] data) {
    buffers[slot] = new Memory(data.length);
    buffers[slot].write(0, data, 0, data.length);
    return go(slot, BlkEntries.WRITE, offset, data.length, data.length / 2);
  }

  private int go(int slot, int op, long offset, int len, int split) {
    Pointer buffer = buffers[slot] == null ? Pointer.NULL : buffers[slot];
    int rc = BlkEntries.blkSubmit(disk, slot, op, offset, len, buffer, buffer == null ? 0 : split);
    if (rc == 0) {
      expected[slot]++;
    } else {
      release(slot);
    }
    return rc;
  }

  /** Whether the slot's request was answered; more than one answer fails the test. */
  boolean done(int slot) {
    int completions = results.getInt(slot * 8 + 4);
    if (completions > expected[slot]) {
      throw new AssertionError("request in slot " + slot + " was completed twice");
    }
    return completions == expected[slot];
  }

  int status(int slot) {
    return results.getInt(slot * 8);
  }

  byte[] data(int slot, int len) {
    return buffers[slot].getByteArray(0, len);
  }

  void release(int slot) {
    if (buffers[slot] != null) {
      buffers[slot].close();
      buffers[slot] = null;
    }
  }

  long size() {
    return BlkEntries.blkSize(disk);
  }

  boolean live() {
    return BlkEntries.blkPhase(disk) == BlkEntries.PHASE_LIVE;
  }

  boolean gone() {
    return (BlkEntries.blkPhase(disk) & BlkEntries.GONE) != 0;
  }
}
