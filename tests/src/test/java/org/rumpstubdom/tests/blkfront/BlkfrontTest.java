// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.blkfront;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a disk does for its user, with a backend that keeps the protocol. */
@Tag("hosted")
class BlkfrontTest extends BlkfrontDisk {
  private static final int EINVAL = -22;
  private static final int ENOSPC = -28;
  private static final int EROFS = -30;
  private static final int EOPNOTSUPP = -95;

  @ParameterizedTest
  @CsvSource({
    "768,xvda",
    "832,xvdb",
    "5632,xvdc",
    "5696,xvdd",
    "51712,xvda",
    "51728,xvdb",
    "51952,xvdp",
    "268439808,xvdr",
    "268441856,xvdz",
    "2048,xvda",
    "2288,xvdp"
  })
  void theLetterIsThePosition(int devid, String name) {
    connect(devid, name);
    assertEquals(options.sectors * 512, client.size());
  }

  @ParameterizedTest
  @CsvSource({
    "0,0,false",
    "0,0,true",
    "32,0,false",
    "256,1,true",
    "12,2,false",
    "1,4,true",
    "100000,9,true"
  })
  void dataArrivesWhereItBelongs(int indirect, int ringOrder, boolean persistent) {
    options.indirectSegments = indirect;
    options.ringOrder = ringOrder;
    options.persistent = persistent;
    options.sectors = 8192;
    connect();
    for (int len : new int[] {512, 1024, 4096, 4608, 11 * 4096, 12 * 4096 + 512, 1 << 20}) {
      byte[] data = pattern(len, len);
      long offset = 3L * 512 + len;
      write(offset, data);
      assertArrayEquals(data, disk.read(offset, len), "on the backend's disk");
      assertArrayEquals(data, read(offset, len));
    }
    assertEquals(indirect > 11, backend.indirectRequests > 0);
  }

  @Test
  void manyRequestsAreInFlightAndAnsweredInAnyOrder() {
    connect();
    backend.automatic = false;
    for (int slot = 0; slot < 100; slot++) {
      assertEquals(0, client.submitWrite(slot, slot * 4096L, pattern(slot, 4096)));
    }
    domain.settle();
    assertEquals(32, backend.pending.size(), "the ring is full");
    Random random = new Random(7);
    while (!backend.pending.isEmpty()) {
      int i = random.nextInt(backend.pending.size());
      backend.answer(i, backend.execute(backend.pending.get(i)));
      backend.pushAnswers();
      domain.settle();
    }
    for (int slot = 0; slot < 100; slot++) {
      assertTrue(client.done(slot));
      assertEquals(0, client.status(slot));
      assertArrayEquals(pattern(slot, 4096), disk.read(slot * 4096L, 4096));
      client.release(slot);
    }
  }

  @Test
  void pagesAreUsedOverAndOverAgain() {
    options.indirectSegments = 64;
    options.persistent = true;
    connect();
    write(0, pattern(1, 1 << 18));
    int grants = domain.grantCount();
    for (int i = 0; i < 500; i++) {
      write(0, pattern(i, 1 << 18));
    }
    assertEquals(grants, domain.grantCount());
  }

  @Test
  void oneNotificationServesManyRequests() {
    connect();
    backend.automatic = false;
    for (int slot = 0; slot < 20; slot++) {
      client.submit(slot, BlkEntries.READ, slot * 512L, 512, true);
    }
    domain.settle();
    assertEquals(20, backend.pending.size());
    assertEquals(1, backend.notifications);
    backend.automatic = true;
    domain.settle();
    for (int slot = 0; slot < 20; slot++) {
      client.release(slot);
    }
  }

  @Test
  void aFlushIsWhatTheBackendOffers() {
    options.flushCache = true;
    options.barrier = true;
    connect();
    assertEquals(0, client.submit(0, BlkEntries.FLUSH, 0, 0, false));
    assertEquals(0, finish(0));
    assertEquals(1, backend.flushes);
    assertEquals(0, backend.barriers);
  }

  @Test
  void aBarrierServesAsFlush() {
    options.barrier = true;
    connect();
    assertEquals(0, client.submit(0, BlkEntries.FLUSH, 0, 0, false));
    assertEquals(0, finish(0));
    assertEquals(1, backend.barriers);
  }

  @Test
  void withoutEitherAFlushSucceedsAtOnce() {
    connect();
    assertEquals(0, client.submit(0, BlkEntries.FLUSH, 0, 0, false));
    assertTrue(client.done(0));
    assertEquals(0, client.status(0));
  }

  @Test
  void aFlushTheBackendCannotDoFallsBackToTheBarrier() {
    options.flushCache = true;
    options.barrier = true;
    connect();
    backend.automatic = false;
    client.submit(0, BlkEntries.FLUSH, 0, 0, false);
    domain.settle();
    assertEquals(BlkBackend.OP_FLUSH, backend.pending.get(0).operation);
    backend.answer(0, BlkBackend.NOT_SUPPORTED);
    backend.pushAnswers();
    domain.settle();
    assertEquals(BlkBackend.OP_BARRIER, backend.pending.get(0).operation);
    backend.automatic = true;
    assertEquals(0, finish(0));
    assertEquals(1, backend.barriers);
  }

  @Test
  void discardAndZeroes() {
    options.discard = true;
    connect();
    write(0, pattern(1, 16384));
    assertEquals(0, client.submit(0, BlkEntries.DISCARD, 4096, 4096, false));
    assertEquals(0, finish(0));
    assertEquals(1, backend.discards);
    assertEquals(0, client.submit(0, BlkEntries.WRITE, 8192, 4096, false));
    assertEquals(0, finish(0));
    byte[] expected = pattern(1, 16384);
    Arrays.fill(expected, 4096, 12288, (byte) 0);
    assertArrayEquals(expected, read(0, 16384));
  }

  @Test
  void discardIsRefusedWhenNotOfferedAndAfterTheBackendRefusedIt() {
    connect();
    assertEquals(EOPNOTSUPP, client.submit(0, BlkEntries.DISCARD, 0, 512, false));
    options.discard = true;
    backend.setState(BlkBackend.CLOSING); // negotiate again
    domain.settle();
    assertTrue(client.live());
    backend.automatic = false;
    assertEquals(0, client.submit(0, BlkEntries.DISCARD, 0, 512, false));
    domain.settle();
    backend.answer(0, BlkBackend.NOT_SUPPORTED);
    backend.pushAnswers();
    assertEquals(EOPNOTSUPP, finish(0));
    assertEquals(EOPNOTSUPP, client.submit(0, BlkEntries.DISCARD, 0, 512, false));
  }

  @Test
  void aReadOnlyDiskIsOnlyRead() {
    options.readonly = true;
    connect();
    assertEquals(EROFS, client.submitWrite(0, 0, new byte[512]));
    assertArrayEquals(new byte[512], read(0, 512));
  }

  @Test
  void theEndAndTheSectorSizeAreRespected() {
    options.sectorSize = 4096;
    options.sectors = 1024;
    connect();
    assertEquals(EINVAL, client.submit(0, BlkEntries.READ, 512, 4096, true));
    assertEquals(EINVAL, client.submit(0, BlkEntries.READ, 0, 512, true));
    assertEquals(EINVAL, client.submit(0, BlkEntries.READ, 0, 0, true));
    assertEquals(ENOSPC, client.submit(0, BlkEntries.READ, 1024 * 512, 4096, true));
    assertEquals(ENOSPC, client.submit(0, BlkEntries.READ, 1024 * 512 - 4096, 8192, true));
    assertEquals(ENOSPC, client.submit(0, BlkEntries.READ, -4096, 8192, true));
    write(1024 * 512 - 4096, pattern(3, 4096));
    assertArrayEquals(pattern(3, 4096), read(1024 * 512 - 4096, 4096));
  }

  @Test
  void theLastSectorOfAVeryLargeDisk() {
    options.sectors = 1L << 42; // 2 PiB
    connect();
    long last = (1L << 51) - 512;
    write(last, pattern(5, 512));
    assertArrayEquals(pattern(5, 512), disk.read(last, 512));
    assertArrayEquals(pattern(5, 512), read(last, 512));
  }

  @Test
  void aResizeIsSeen() {
    connect();
    options.sectors = 4096;
    domain.xenstore().write(backend.backend + "/sectors", 4096);
    backend.setState(BlkBackend.CONNECTED);
    domain.settle();
    assertEquals(4096 * 512, client.size());
    write(4095 * 512, pattern(1, 512));
  }

  @Test
  void aBackendErrorIsTheRequestsOnly() {
    connect();
    backend.automatic = false;
    client.submit(0, BlkEntries.READ, 0, 512, true);
    client.submit(1, BlkEntries.READ, 512, 512, true);
    domain.settle();
    backend.answer(0, BlkBackend.ERROR);
    backend.answer(0, BlkBackend.OKAY);
    backend.pushAnswers();
    domain.settle();
    assertEquals(EIO, client.status(0));
    assertEquals(0, client.status(1));
    client.release(0);
    client.release(1);
  }

  @Test
  void anErrorInTheMiddleOfALargeRequestAnswersItOnce() {
    connect();
    backend.automatic = false;
    client.submit(0, BlkEntries.READ, 0, 1 << 19, true); // 12 parts of 44 KiB
    domain.settle();
    backend.answer(5, BlkBackend.ERROR);
    backend.pushAnswers();
    domain.settle();
    assertFalse(client.done(0), "answered while parts are still with the backend");
    backend.automatic = true;
    assertEquals(EIO, finish(0));
    client.release(0);
  }

  @Test
  void twoFlushesRefusedAtOnceAreBothDoneAnotherWay() {
    options.flushCache = true;
    options.barrier = true;
    connect();
    backend.automatic = false;
    client.submit(0, BlkEntries.FLUSH, 0, 0, false);
    client.submit(1, BlkEntries.FLUSH, 0, 0, false);
    domain.settle();
    backend.answer(0, BlkBackend.NOT_SUPPORTED);
    backend.answer(0, BlkBackend.NOT_SUPPORTED);
    backend.pushAnswers();
    domain.settle();
    backend.automatic = true;
    domain.settle();
    assertTrue(client.done(0) && client.done(1));
    assertEquals(2, backend.barriers);
  }

  @Test
  void flushesOfAReadOnlyDiskNeedNoBackend() {
    options.flushCache = true;
    options.readonly = true;
    connect();
    client.submit(0, BlkEntries.FLUSH, 0, 0, false);
    domain.settle();
    assertTrue(client.done(0));
    assertEquals(0, client.status(0));
    assertEquals(0, backend.flushes);
  }

  /** One request of many parts takes turns with what comes after it. */
  @Test
  void aLongRequestDoesNotHoldUpTheOthers() {
    options.sectors = 1 << 22;
    connect();
    backend.automatic = false;
    client.submit(0, BlkEntries.WRITE, 0, 1 << 30, false);
    client.submit(1, BlkEntries.READ, 0, 512, true);
    client.submit(2, BlkEntries.WRITE, 0, 1 << 30, false);
    client.submitWrite(3, 1L << 30, pattern(3, 100_352));
    int answered = 0;
    while (!client.done(1) || !client.done(3)) {
      domain.settle();
      backend.answer(0, BlkBackend.OKAY);
      backend.pushAnswers();
      assertTrue(++answered < 100, "others wait until the long one is done");
    }
    assertFalse(client.done(0) || client.done(2));
    client.release(1);
    client.release(3);
  }
}
