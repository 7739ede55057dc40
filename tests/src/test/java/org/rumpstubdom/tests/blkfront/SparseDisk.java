// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.blkfront;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/** A disk's contents: zeroes, except where something was written. */
final class SparseDisk {
  private static final int CHUNK = 4096;

  private final Map<Long, byte[]> chunks = new HashMap<>();

  void write(long offset, ByteBuffer from, int at, int len) {
    for (int done = 0; done < len; ) {
      int inside = (int) ((offset + done) % CHUNK);
      int n = Math.min(len - done, CHUNK - inside);
      byte[] chunk = chunks.computeIfAbsent((offset + done) / CHUNK, k -> new byte[CHUNK]);
      from.get(at + done, chunk, inside, n);
      done += n;
    }
  }

  void read(long offset, ByteBuffer to, int at, int len) {
    for (int done = 0; done < len; ) {
      int inside = (int) ((offset + done) % CHUNK);
      int n = Math.min(len - done, CHUNK - inside);
      byte[] chunk = chunks.get((offset + done) / CHUNK);
      if (chunk == null) {
        for (int i = 0; i < n; i++) {
          to.put(at + done + i, (byte) 0);
        }
      } else {
        to.put(at + done, chunk, inside, n);
      }
      done += n;
    }
  }

  byte[] read(long offset, int len) {
    byte[] data = new byte[len];
    read(offset, ByteBuffer.wrap(data), 0, len);
    return data;
  }

  void write(long offset, byte[] data) {
    write(offset, ByteBuffer.wrap(data), 0, data.length);
  }
}
