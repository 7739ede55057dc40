// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.tests.hosted.HostedDomain;
import org.rumpstubdom.tests.hosted.HostedLibrary;

/**
 * The place in a vector of buffers (linux/iov.h). Each element is an allocation of exactly its
 * size, so that the address sanitizer sees a byte too many; what is expected comes from one plain
 * array.
 */
@Tag("hosted")
class VectorTest {
  /** struct iovec on x86-64: an address and a length. */
  private static final int ELEMENT = 16;

  private static final long HALF = 1L << 63;

  private HostedDomain domain;
  private final List<Memory> buffers = new ArrayList<>();
  private Memory vector;

  @BeforeEach
  void start() {
    domain = HostedDomain.create(1024, 1);
    HostedLibrary.bind(IovEntries.class);
  }

  @AfterEach
  void stop() {
    domain.close();
  }

  /** Begins at a vector whose elements hold the bytes 1, 2, 3 ... in turn. */
  private void begin(int... sizes) {
    byte next = 1;
    buffers.clear();
    vector = new Memory((long) ELEMENT * sizes.length);
    for (int i = 0; i < sizes.length; i++) {
      Memory buffer = sizes[i] == 0 ? null : new Memory(sizes[i]);
      for (int at = 0; at < sizes[i]; at++) {
        buffer.setByte(at, next++);
      }
      element(i, buffer, sizes[i]);
      if (buffer != null) {
        buffers.add(buffer);
      }
    }
    IovEntries.iovBegin(vector, sizes.length);
  }

  private void element(int i, Pointer base, long len) {
    vector.setPointer((long) ELEMENT * i, base);
    vector.setLong((long) ELEMENT * i + 8, len);
  }

  private byte[] contents() {
    byte[] all = new byte[buffers.stream().mapToInt(b -> (int) b.size()).sum()];
    int at = 0;
    for (Memory b : buffers) {
      b.read(0, all, at, (int) b.size());
      at += (int) b.size();
    }
    return all;
  }

  private static byte[] read(int len) {
    try (Memory to = new Memory(Math.max(len, 1))) {
      int n = (int) IovEntries.iovRead(to, len);
      return to.getByteArray(0, n);
    }
  }

  private static long write(byte... bytes) {
    try (Memory from = new Memory(Math.max(bytes.length, 1))) {
      from.write(0, bytes, 0, bytes.length);
      return IovEntries.iovWrite(from, bytes.length);
    }
  }

  private static byte[] bytes(int first, int n) {
    byte[] b = new byte[n];
    for (int i = 0; i < n; i++) {
      b[i] = (byte) (first + i);
    }
    return b;
  }

  @Test
  void emptyElementsAreSteppedOverWhereverTheyStand() {
    begin(0, 0, 3, 0, 2, 0, 0, 4, 0);
    assertArrayEquals(bytes(1, 3), read(3));
    assertArrayEquals(bytes(4, 4), read(4), "over two borders");
    PointerByReference base = new PointerByReference();
    assertEquals(2, IovEntries.iovPiece(9, base));
    assertEquals(buffers.get(2).share(2), base.getValue());
    assertArrayEquals(bytes(8, 2), read(2));
    assertEquals(0, IovEntries.iovPiece(9, base), "only an empty element is left");
    assertEquals(0, read(1).length);
  }

  @Test
  void vectorsWithoutAByteHaveTheirEndAtTheBeginning() {
    PointerByReference base = new PointerByReference();
    for (int n : new int[] {0, -1, Integer.MIN_VALUE}) {
      IovEntries.iovBegin(null, n);
      assertEquals(0, read(1).length);
      assertEquals(0, write((byte) 1));
      assertEquals(0, IovEntries.iovSkip(-1));
      assertEquals(0, IovEntries.iovPiece(1, base));
    }
    begin(0, 0, 0);
    assertEquals(0, read(1).length);
    assertEquals(0, write((byte) 1));
    assertEquals(0, IovEntries.iovSkip(-1));
  }

  @Test
  void theEndInTheMiddleOfACallCutsIt() {
    begin(3, 4);
    assertEquals(5, IovEntries.iovSkip(5));
    try (Memory to = new Memory(8)) {
      to.setMemory(0, 8, (byte) 0x55);
      assertEquals(2, IovEntries.iovRead(to, 8));
      assertArrayEquals(
          new byte[] {6, 7, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55}, to.getByteArray(0, 8));
    }
    assertEquals(0, read(8).length);

    begin(3, 4);
    assertEquals(6, IovEntries.iovSkip(6));
    assertEquals(1, write((byte) 91, (byte) 92, (byte) 93));
    assertEquals(0, write((byte) 94));
    assertArrayEquals(new byte[] {1, 2, 3, 4, 5, 6, 91}, contents());

    begin(3, 4);
    assertEquals(7, IovEntries.iovSkip(Long.MAX_VALUE));
    assertEquals(0, IovEntries.iovSkip(1));
  }

  @Test
  void nothingIsAskedAndNothingMoves() {
    begin(2, 2);
    assertEquals(1, IovEntries.iovSkip(1));
    assertEquals(0, IovEntries.iovSkip(0));
    assertEquals(0, read(0).length);
    assertEquals(0, write());
    assertArrayEquals(bytes(2, 3), read(3));
  }

  /**
   * Lengths whose sums do not fit in 64 bits: places are right, and nothing but the bytes asked for
   * is touched.
   */
  @Test
  void lengthsThatOverflowTogether() {
    try (Memory real = new Memory(8);
        Memory small = new Memory(4)) {
      real.write(0, bytes(1, 8), 0, 8);
      small.write(0, bytes(9, 4), 0, 4);
      vector = new Memory(3L * ELEMENT);
      element(0, real, HALF);
      element(1, real, -1); // SIZE_MAX
      element(2, small, 4);
      IovEntries.iovBegin(vector, 3);
      PointerByReference base = new PointerByReference();
      assertArrayEquals(bytes(1, 8), read(8));
      assertEquals(HALF - 8, IovEntries.iovPiece(-1, base));
      assertEquals(HALF - 8, IovEntries.iovSkip(HALF - 8), "to the second element");
      assertArrayEquals(bytes(1, 8), read(8));
      assertEquals(-9, IovEntries.iovSkip(-9), "SIZE_MAX - 8: to the third");
      assertArrayEquals(bytes(9, 4), read(5));

      IovEntries.iovBegin(vector, 3);
      assertEquals(-1, IovEntries.iovSkip(-1), "SIZE_MAX: into the second");
      assertEquals(HALF, IovEntries.iovPiece(-1, base), "SIZE_MAX - (SIZE_MAX - HALF)");
      assertEquals(Pointer.nativeValue(real) + HALF - 1, Pointer.nativeValue(base.getValue()));
      assertEquals(HALF + 4, IovEntries.iovSkip(-1), "to the end, which is nearer");
    }
  }

  @Test
  void anyCutGivesTheSameBytes() {
    Random random = new Random(20260101);
    for (int round = 0; round < 2000; round++) {
      int[] sizes = random.ints(1 + random.nextInt(8), 0, 6).toArray();
      begin(sizes);
      byte[] expected = contents();
      int at = 0;
      for (int step = 0; step < 12; step++) {
        int ask = random.nextInt(9);
        int got = Math.min(ask, expected.length - at);
        switch (random.nextInt(3)) {
          case 0 -> assertArrayEquals(Arrays.copyOfRange(expected, at, at + got), read(ask));
          case 1 -> assertEquals(got, IovEntries.iovSkip(ask));
          default -> {
            byte[] news = new byte[ask];
            random.nextBytes(news);
            assertEquals(got, write(news));
            System.arraycopy(news, 0, expected, at, got);
          }
        }
        at += got;
      }
      assertArrayEquals(expected, contents(), () -> Arrays.toString(sizes));
    }
  }
}
