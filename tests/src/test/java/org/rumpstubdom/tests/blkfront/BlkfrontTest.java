// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.blkfront;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rumpstubdom.tests.hosted.HostedDomain;
import org.rumpstubdom.xl.MemoryNeeds;

@Tag("hosted")
class BlkfrontTest {
  private static final long SECOND = 1_000_000_000L;
  private static final int DOMAIN_PAGES = 4096;

  /** Of enum budget_share. */
  private static final int RESERVE = 7;

  /** Of enum mem_owner. */
  private static final int MEM_BLOCK = 5;

  private static final int EIO = -5;
  private static final int EINVAL = -22;
  private static final int ENOSPC = -28;
  private static final int EROFS = -30;
  private static final int EOPNOTSUPP = -95;

  private final BlkBackend.Options options = new BlkBackend.Options();
  private final SparseDisk disk = new SparseDisk();
  private HostedDomain domain;
  private BlkBackend backend;
  private DiskClient client;

  @BeforeEach
  void createDomain() {
    domain = HostedDomain.create(DOMAIN_PAGES, 1);
  }

  @AfterEach
  void closeDomain() {
    domain.close();
  }

  private void connect(int devid, String name) {
    backend = new BlkBackend(domain, devid, options, disk);
    backend.createNodes();
    backend.start();
    domain.addPeer(backend);
    domain.boot(HostedDomain.Service.XENSTORE, HostedDomain.Service.BLKFRONT);
    domain.settle();
    client = new DiskClient(domain, name);
    assertTrue(client.live(), () -> "not connected; console:\n" + domain.console());
  }

  private void connect() {
    connect(768, "xvda");
  }

  private static byte[] pattern(int seed, int len) {
    byte[] data = new byte[len];
    new Random(seed).nextBytes(data);
    return data;
  }

  private int finish(int slot) {
    domain.settle();
    assertTrue(client.done(slot), "the request still waits");
    return client.status(slot);
  }

  private byte[] read(long offset, int len) {
    assertEquals(0, client.submit(0, BlkEntries.READ, offset, len, true));
    assertEquals(0, finish(0));
    byte[] data = client.data(0, len);
    client.release(0);
    return data;
  }

  private void write(long offset, byte[] data) {
    assertEquals(0, client.submitWrite(0, offset, data));
    assertEquals(0, finish(0));
    client.release(0);
  }

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

  // ---- backends that are absent, go and come back
  // -------------------------------------------------

  @Test
  void anAbsentBackendDelaysNothing() {
    backend = new BlkBackend(domain, 5632, options, disk);
    backend.createNodes(); // an empty CD drive: its backend never leaves state 1
    domain.boot(HostedDomain.Service.XENSTORE, HostedDomain.Service.BLKFRONT);
    long before = domain.now();
    domain.settle();
    assertEquals(before, domain.now());
    client = new DiskClient(domain, "xvdc");
    assertEquals(EIO, client.submit(0, BlkEntries.READ, 0, 512, true));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void requestsSurviveARestartOfTheBackend(boolean orderly) {
    options.persistent = true;
    connect();
    backend.automatic = false;
    byte[] data = pattern(9, 200_704);
    client.submitWrite(0, 0, data);
    client.submit(1, BlkEntries.READ, 400_384, 4096, true);
    disk.write(400_384, pattern(10, 4096));
    domain.settle();
    assertFalse(backend.pending.isEmpty());
    if (orderly) {
      backend.setState(BlkBackend.CLOSING);
      domain.advance(6 * SECOND); // nothing is answered, the frontend stops waiting
    } else {
      backend.unmap();
      domain.xenstore().remove(backend.backend);
      domain.settle();
      assertFalse(client.live());
      backend.createNodes();
      backend.start();
    }
    backend.automatic = true;
    domain.settle();
    assertTrue(client.live(), () -> domain.console());
    assertTrue(client.done(0) && client.done(1));
    assertEquals(0, client.status(0));
    assertArrayEquals(data, disk.read(0, data.length));
    assertArrayEquals(pattern(10, 4096), client.data(1, 4096));
    client.release(0);
    client.release(1);
  }

  @Test
  void aRestartBetweenTwoLooksIsNoticed() {
    connect();
    backend.automatic = false;
    client.submitWrite(0, 0, pattern(4, 512));
    domain.settle();
    backend.unmap();
    domain.xenstore().remove(backend.backend);
    backend.createNodes();
    backend.start(); // the frontend sees nothing but InitWait
    backend.automatic = true;
    assertEquals(0, finish(0));
    assertArrayEquals(pattern(4, 512), disk.read(0, 512));
    client.release(0);
  }

  @Test
  void anotherBackendTakesOver() {
    connect();
    write(0, pattern(2, 4096));
    domain.removePeer(backend);
    backend.unmap();
    domain.xenstore().remove(backend.backend);
    domain.settle();
    backend = new BlkBackend(domain, 768, options, disk, "qdisk");
    domain.addPeer(backend);
    backend.createNodes();
    backend.start();
    domain.settle();
    assertTrue(client.live(), () -> domain.console());
    assertArrayEquals(pattern(2, 4096), read(0, 4096));
  }

  @Test
  void aBackendThatStaysAwayMakesRequestsFail() {
    connect();
    backend.automatic = false;
    client.submit(0, BlkEntries.READ, 0, 512, true);
    domain.settle();
    domain.removePeer(backend);
    backend.unmap();
    domain.xenstore().remove(backend.backend);
    domain.settle();
    domain.advance(30 * SECOND);
    assertEquals(0, client.submit(1, BlkEntries.READ, 0, 512, true));
    assertFalse(client.done(0));
    domain.advance(31 * SECOND);
    assertEquals(EIO, client.status(0));
    assertEquals(EIO, client.status(1));
    assertEquals(EIO, client.submit(2, BlkEntries.READ, 0, 512, true));
    // It comes back after all.
    domain.addPeer(backend);
    backend.automatic = true;
    backend.createNodes();
    backend.start();
    domain.settle();
    assertArrayEquals(new byte[512], read(0, 512));
    client.release(0);
    client.release(1);
  }

  @Test
  void aRemovedDiskFailsItsRequestsAndLeavesNothingBehind() {
    domain.boot(HostedDomain.Service.XENSTORE, HostedDomain.Service.BLKFRONT);
    domain.settle();
    backend = new BlkBackend(domain, 768, options, disk);
    backend.createNodes();
    backend.start();
    domain.addPeer(backend);
    domain.settle();
    client = new DiskClient(domain, "xvda");
    int ports = domain.portCount();
    backend.automatic = false;
    client.submit(0, BlkEntries.READ, 0, 512, true);
    domain.settle();
    backend.removeNodes();
    domain.settle();
    assertTrue(client.done(0));
    assertEquals(EIO, client.status(0));
    assertTrue(client.gone());
    assertEquals(0, domain.grantCount());
    assertEquals(ports - 1, domain.portCount());
    client.release(0);
  }

  @Test
  void pagesABackendKeepsMappedAreNotUsedAgain() {
    options.persistent = true;
    connect();
    write(0, pattern(1, 65536));
    int granted = domain.grantCount();
    domain.removePeer(backend);
    domain
        .xenstore()
        .remove(backend.frontend); // the toolstack is gone, the backend keeps all mapped
    domain.advance(SECOND);
    assertTrue(client.gone());
    assertTrue(domain.grantCount() > 0 && domain.grantCount() <= granted);
    backend.unmap();
    domain.advance(120 * SECOND);
    assertEquals(0, domain.grantCount(), "given back once the backend let go");
  }

  // ---- shortage
  // -----------------------------------------------------------------------------------

  /** Requests of 64 KiB until no more fit on the ring: granted pages grow as far as they may. */
  private static void flood(DiskClient client, int firstSlot, int requests) {
    for (int i = 0; i < requests; i++) {
      int slot = firstSlot + i;
      assertEquals(0, client.submitWrite(slot, i * 65536L, pattern(slot, 65536)));
    }
  }

  private static void finishFlood(
      HostedDomain domain, DiskClient client, SparseDisk disk, int firstSlot, int requests) {
    domain.settle();
    for (int i = 0; i < requests; i++) {
      int slot = firstSlot + i;
      assertTrue(client.done(slot));
      assertEquals(0, client.status(slot));
      assertArrayEquals(pattern(slot, 65536), disk.read(i * 65536L, 65536));
      client.release(slot);
    }
  }

  @Test
  void growingPoolsLeaveTheReserve() {
    options.indirectSegments = 32;
    options.sectors = 1 << 16;
    connect();
    long left = domain.call("hosted_budget_pages", RESERVE) + 40;
    try (Memory slot = new Memory(8)) {
      // What a program may have touched by now.
      while (domain.call("hosted_pages_free") > left) {
        assertEquals(
            0, domain.call("rumpuser_anonmmap", 0, 4096, 12, 0, Pointer.nativeValue(slot)));
      }
    }
    backend.automatic = false;
    flood(client, 0, 30);
    domain.settle();
    long free = domain.call("hosted_pages_free");
    assertTrue(free >= domain.call("hosted_budget_pages", RESERVE), "only " + free + " are free");
    backend.automatic = true;
    finishFlood(domain, client, disk, 0, 30);
  }

  /** Seven disks take all they can get; the last has as much as each of them. */
  @Test
  void busyDisksLeaveTheirPartToLaterOnes() {
    options.indirectSegments = 32;
    options.sectors = 1 << 16;
    BlkBackend[] backends = new BlkBackend[8];
    SparseDisk[] platters = new SparseDisk[backends.length];
    for (int i = 0; i < backends.length; i++) {
      platters[i] = new SparseDisk();
      backends[i] = new BlkBackend(domain, 51712 + 16 * i, options, platters[i]);
      backends[i].createNodes();
      backends[i].start();
      backends[i].automatic = false;
      domain.addPeer(backends[i]);
    }
    domain.boot(HostedDomain.Service.XENSTORE, HostedDomain.Service.BLKFRONT);
    domain.settle();
    DiskClient[] clients = new DiskClient[backends.length];
    for (int i = 0; i < backends.length; i++) {
      clients[i] = new DiskClient(domain, "xvd" + (char) ('a' + i));
    }
    for (int i = 0; i < backends.length; i++) {
      flood(clients[i], 16 * i, 16);
      domain.settle();
    }
    int first = segments(backends[0]);
    int last = segments(backends[7]);
    assertTrue(last >= 32, "the last disk has " + last + " pages under way, the first " + first);
    assertTrue(first <= 2 * last, "the last disk has " + last + ", the first " + first);
    for (int i = 0; i < backends.length; i++) {
      backends[i].automatic = true;
    }
    for (int i = 0; i < backends.length; i++) {
      finishFlood(domain, clients[i], platters[i], 16 * i, 16);
    }
  }

  private static int segments(BlkBackend backend) {
    return backend.pending.stream().mapToInt(request -> request.refs.length).sum();
  }

  /** A disk that came when there was no other gives up what is more than its part now. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void grownPoolShrinksForALaterDisk(boolean persistent) {
    options.indirectSegments = 32;
    options.sectors = 1 << 16;
    options.persistent = persistent;
    connect();
    backend.automatic = false;
    flood(client, 0, 16);
    domain.settle();
    int alone = segments(backend);
    for (int i = 1; i < 8; i++) {
      BlkBackend other = new BlkBackend(domain, 51712 + 16 * i, options, new SparseDisk());
      other.createNodes();
      other.start();
      domain.addPeer(other);
      domain.settle();
      assertTrue(new DiskClient(domain, "xvd" + (char) ('a' + i)).live());
      domain.settle();
    }
    int before = domain.grantCount();
    backend.automatic = true;
    finishFlood(domain, client, disk, 0, 16);
    if (persistent) {
      // Taken back they would be nobody's: the backend has them mapped, but for one it never saw.
      assertTrue(domain.grantCount() >= before - 1, before + " to " + domain.grantCount());
    } else {
      assertTrue(domain.grantCount() < before - alone / 2, before + " to " + domain.grantCount());
    }
    write(0, pattern(9, 1 << 20));
    assertArrayEquals(pattern(9, 1 << 20), read(0, 1 << 20));
  }

  /** A backend that comes and goes and never lets go costs a small part of the memory. */
  @Test
  void pagesThatBackendsKeepAreLimited() {
    options.persistent = true;
    connect();
    for (int round = 0; round < 60; round++) {
      if (client.live()) {
        write(0, pattern(round, 65536));
      }
      domain.removePeer(backend);
      domain.xenstore().remove(backend.frontend);
      domain.settle();
      backend = new BlkBackend(domain, 768, options, disk);
      backend.createNodes();
      backend.start();
      domain.addPeer(backend);
      domain.settle();
    }
    int most = DOMAIN_PAGES / 32 + 40; // and one connection's
    assertTrue(domain.grantCount() <= most, domain.grantCount() + " pages are kept");
    assertFalse(client.live(), "no more is granted to such a backend");
  }

  /**
   * A disk nobody has opened, as an empty CD drive: a backend that is taken away waits for the
   * frontend's end. What replaces it between two looks is another disk, whose end is waited for,
   * too, and which can be used.
   */
  @Test
  void aDiskNobodyOpenedIsLetGo() {
    backend = new BlkBackend(domain, 5632, options, disk);
    backend.createNodes();
    domain.boot(HostedDomain.Service.XENSTORE, HostedDomain.Service.BLKFRONT);
    for (int i = 0; i < 2; i++) {
      backend.setState(BlkBackend.INIT_WAIT);
      domain.settle();
      assertEquals(1, backend.frontendState());
      backend.setState(BlkBackend.CLOSING);
      domain.settle();
      assertEquals(BlkBackend.CLOSED, backend.frontendState());
      backend.removeNodes();
      backend.createNodes();
    }
    backend.start();
    domain.addPeer(backend);
    domain.settle();
    client = new DiskClient(domain, "xvdc");
    assertTrue(client.live(), domain.console());
  }

  /** The same with a backend that is meant to go on: it is connected to when it is needed. */
  @Test
  void aBackendThatBeganAnewBeforeTheDiskWasOpened() {
    backend = new BlkBackend(domain, 768, options, disk);
    backend.createNodes();
    backend.start();
    domain.addPeer(backend);
    domain.boot(HostedDomain.Service.XENSTORE, HostedDomain.Service.BLKFRONT);
    domain.settle();
    backend.setState(BlkBackend.CLOSING);
    domain.settle();
    client = new DiskClient(domain, "xvda");
    assertTrue(client.live(), domain.console());
  }

  /** hdc and xvdc have the same letter, but not the same number. */
  @Test
  void anotherNumberOfTheSameLetterCanFollow() {
    connect(5632, "xvdc");
    backend.removeNodes();
    domain.settle();
    assertTrue(client.gone());
    backend = new BlkBackend(domain, 51744, options, disk);
    backend.createNodes();
    backend.start();
    domain.addPeer(backend);
    domain.settle();
    client = new DiskClient(domain, "xvdc");
    assertTrue(client.live() && !client.gone(), domain.console());
    write(0, pattern(1, 4096));
    assertArrayEquals(pattern(1, 4096), disk.read(0, 4096));
    backend.removeNodes();
    domain.settle();
    backend = new BlkBackend(domain, 5632, options, disk);
    backend.createNodes();
    backend.start();
    domain.addPeer(backend);
    domain.settle();
    assertTrue(client.live() && !client.gone(), domain.console());
  }

  @Test
  void withFewGrantsRequestsWaitTheirTurn() {
    connect();
    domain.grantLimit(domain.grantCount()); // no more than the reserve
    backend.automatic = false;
    for (int slot = 0; slot < 30; slot++) {
      assertEquals(0, client.submitWrite(slot, slot * 16384L, pattern(slot, 16384)));
    }
    domain.settle();
    assertTrue(backend.pending.size() < 30);
    backend.automatic = true;
    domain.settle();
    for (int slot = 0; slot < 30; slot++) {
      assertTrue(client.done(slot));
      assertArrayEquals(pattern(slot, 16384), disk.read(slot * 16384L, 16384));
      client.release(slot);
    }
  }

  @Test
  void withoutGrantsTheConnectionIsTriedAgain() {
    domain.grantLimit(0);
    backend = new BlkBackend(domain, 768, options, disk);
    backend.createNodes();
    backend.start();
    domain.addPeer(backend);
    domain.boot(HostedDomain.Service.XENSTORE, HostedDomain.Service.BLKFRONT);
    domain.advance(10 * SECOND);
    client = new DiskClient(domain, "xvda");
    assertFalse(client.live());
    domain.grantLimit(1000);
    domain.advance(2 * SECOND);
    assertTrue(client.live());
    write(0, pattern(1, 4096));
  }

  // ---- lies
  // ---------------------------------------------------------------------------------------

  private void assertBrokenThenUsableAgain(String message) {
    domain.settle();
    assertTrue(domain.console().contains(message), domain.console());
    assertTrue(client.done(0));
    assertEquals(EIO, client.status(0));
    client.release(0);
    backend.automatic = true;
    domain.settle();
    assertTrue(client.live(), () -> domain.console());
    write(0, pattern(8, 4096));
    assertArrayEquals(pattern(8, 4096), read(0, 4096));
  }

  private void oneRequestPending() {
    connect();
    backend.automatic = false;
    client.submit(0, BlkEntries.READ, 0, 512, true);
    domain.settle();
    assertEquals(1, backend.pending.size());
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 31, 32, 0xffffffffL, 0x100000000L, Long.MIN_VALUE, -1})
  void anAnswerToNothing(long idChange) {
    oneRequestPending();
    backend.ring.respond(
        BlkBackend.response(backend.pending.get(0).id ^ idChange, BlkBackend.OP_READ, 0));
    backend.pushAnswers();
    assertBrokenThenUsableAgain("answer to a request that was not made");
  }

  @Test
  void aRepeatedAnswer() {
    oneRequestPending();
    client.submit(1, BlkEntries.READ, 0, 512, true);
    domain.settle();
    byte[] answer = BlkBackend.response(backend.pending.get(1).id, BlkBackend.OP_READ, 0);
    backend.ring.respond(answer);
    backend.ring.respond(answer);
    backend.pushAnswers();
    assertBrokenThenUsableAgain("answer to a request that was not made");
    assertEquals(0, client.status(1));
    client.release(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 33, 1000, -1, Integer.MIN_VALUE})
  void aWildIndex(int index) {
    oneRequestPending();
    backend.ring.forgeResponseIndex(index);
    domain.send(backend.port);
    assertBrokenThenUsableAgain("more answers than requests");
  }

  @Test
  void anAnswerToAnotherOperation() {
    oneRequestPending();
    backend.ring.respond(BlkBackend.response(backend.pending.get(0).id, BlkBackend.OP_WRITE, 0));
    backend.pushAnswers();
    assertBrokenThenUsableAgain("answer to another operation");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 12345, -3, -32768, 32767})
  void anUnknownStatusIsAnError(int status) {
    oneRequestPending();
    backend.answer(0, status);
    backend.pushAnswers();
    assertEquals(EIO, finish(0));
    client.release(0);
    backend.automatic = true;
    assertArrayEquals(new byte[512], read(0, 512));
  }

  @ParameterizedTest
  @CsvSource({
    "sectors,x",
    "sectors,-1",
    "sectors,18446744073709551615",
    "sector-size,0",
    "sector-size,513",
    "sector-size,8192",
    "sector-size,4294967296"
  })
  void propertiesThatMakeNoSenseAreRefused(String node, String value) {
    backend =
        new BlkBackend(domain, 768, options, disk) {
          @Override
          void writeProperties() {
            super.writeProperties();
            store.write(backend + "/" + node, value);
          }
        };
    backend.createNodes();
    backend.start();
    domain.addPeer(backend);
    domain.boot(HostedDomain.Service.XENSTORE, HostedDomain.Service.BLKFRONT);
    domain.settle();
    client = new DiskClient(domain, "xvda");
    assertFalse(client.live());
    assertTrue(domain.console().contains("make no sense"), domain.console());
  }

  @Test
  void aBackendThatBreaksTheProtocolOverAndOverIsLeftAlone() {
    connect();
    for (int i = 0; i < 20; i++) {
      if (client.live()) {
        backend.ring.forgeResponseIndex(77);
        domain.send(backend.port);
        domain.settle();
      }
    }
    assertFalse(client.live());
    assertEquals(EIO, client.submit(0, BlkEntries.READ, 0, 512, true));
    domain.advance(120 * SECOND); // pages that were mapped at the time have come back by then
    assertEquals(0, domain.grantCount());
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
  void aSmallerRingAfterABackendThatNeverConnected() {
    options.ringOrder = 1;
    backend = new BlkBackend(domain, 768, options, new SparseDisk());
    backend.createNodes();
    backend.store.write(backend.backend + "/max-ring-page-order", 1);
    backend.setState(BlkBackend.INIT_WAIT);
    domain.boot(HostedDomain.Service.XENSTORE, HostedDomain.Service.BLKFRONT);
    domain.settle();
    client = new DiskClient(domain, "xvda");
    assertEquals("1", backend.store.read(backend.frontend + "/ring-page-order"));
    backend.store.remove(backend.backend + "/max-ring-page-order");
    backend.setState(BlkBackend.CLOSED);
    domain.settle();
    backend.setState(BlkBackend.INIT_WAIT);
    domain.settle();
    assertNull(backend.store.read(backend.frontend + "/ring-page-order"));
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

  @Test
  void theToolstackPointsToAnotherBackendBeforeTheFirstHasConnected() {
    backend = new BlkBackend(domain, 768, options, disk);
    backend.createNodes();
    backend.start();
    domain.boot(HostedDomain.Service.XENSTORE, HostedDomain.Service.BLKFRONT);
    domain.settle();
    client = new DiskClient(domain, "xvda");
    assertEquals(BlkBackend.INITIALISED, backend.frontendState());
    BlkBackend other = new BlkBackend(domain, 768, options, disk, "other");
    other.createNodes();
    other.start();
    domain.addPeer(other);
    domain.settle();
    assertTrue(other.connected(), domain.console());
  }

  // ---- what a backend's cache loses
  // --------------------------------------------------------------

  private void connectWithCache() {
    options.flushCache = true;
    connect();
  }

  private int flush(int slot) {
    assertEquals(0, client.submit(slot, BlkEntries.FLUSH, 0, 0, false));
    return finish(slot);
  }

  /** The backend's domain crashes and begins anew. */
  private void crash() {
    backend.unmap();
    domain.xenstore().remove(backend.backend);
    domain.settle();
    backend.createNodes();
    backend.start();
    domain.settle();
    assertTrue(client.live(), () -> domain.console());
  }

  @Test
  void aFlushAfterACrashTellsOnceThatWritesAreLost() {
    connectWithCache();
    write(0, pattern(1, 4096));
    crash();
    assertEquals(EIO, flush(0));
    assertEquals(0, backend.flushes);
    assertEquals(0, flush(0));
    assertEquals(1, backend.flushes);
    // What a flush has covered cannot be lost.
    crash();
    assertEquals(0, flush(0));
  }

  /** A flush under way covers only what was done before it. */
  @Test
  void aWriteBesideAFlushIsNotCovered() {
    connectWithCache();
    backend.automatic = false;
    client.submit(0, BlkEntries.FLUSH, 0, 0, false);
    client.submitWrite(1, 0, pattern(1, 512));
    domain.settle();
    backend.answer(1, backend.execute(backend.pending.get(1)));
    backend.answer(0, backend.execute(backend.pending.get(0)));
    backend.pushAnswers();
    domain.settle();
    assertTrue(client.done(0) && client.done(1));
    backend.automatic = true;
    crash();
    assertEquals(EIO, flush(0));
    client.release(1);
  }

  /** All that were waiting when the first one tells it tell it: each covers what is lost. */
  @Test
  void everyFlushThatWaitedTellsTheLoss() {
    connectWithCache();
    write(0, pattern(1, 4096));
    backend.automatic = false;
    client.submit(1, BlkEntries.FLUSH, 0, 0, false);
    domain.settle();
    domain.removePeer(backend);
    backend.unmap();
    domain.xenstore().remove(backend.backend);
    domain.settle();
    client.submit(2, BlkEntries.FLUSH, 0, 0, false);
    client.submitWrite(3, 8192, pattern(3, 512));
    domain.addPeer(backend);
    backend.automatic = true;
    backend.createNodes();
    backend.start();
    domain.settle();
    assertEquals(EIO, client.status(1));
    assertEquals(EIO, client.status(2));
    assertEquals(0, client.status(3));
    assertArrayEquals(pattern(3, 512), disk.read(8192, 512));
    assertEquals(0, flush(1));
    client.release(3);
  }

  /** A request that was not reported done is repeated whole: nothing of it can be lost. */
  @Test
  void aRepeatedWriteIsNotLost() {
    connectWithCache();
    backend.automatic = false;
    byte[] data = pattern(1, 100 * 1024);
    client.submitWrite(0, 0, data);
    domain.settle();
    backend.answer(1, backend.execute(backend.pending.get(1)));
    backend.pushAnswers();
    domain.settle();
    backend.automatic = true;
    crash();
    assertEquals(0, finish(0));
    assertEquals(0, flush(1));
    assertArrayEquals(data, disk.read(0, data.length));
    client.release(0);
  }

  @Test
  void anOrderlyEndOfTheBackendLosesNothing() {
    connectWithCache();
    write(0, pattern(1, 4096));
    backend.setState(BlkBackend.CLOSING);
    domain.settle();
    assertTrue(client.live());
    assertEquals(0, flush(0));
  }

  /** Without a flush to ask for, a backend says that it has no cache. */
  @Test
  void aBackendWithoutACacheLosesNothing() {
    connect();
    write(0, pattern(1, 4096));
    crash();
    assertEquals(0, flush(0));
  }

  @Test
  void whatIsPluggedInNextIsAnotherDisk() {
    connectWithCache();
    write(0, pattern(1, 4096));
    backend.removeNodes();
    domain.settle();
    backend.createNodes();
    backend.start();
    domain.settle();
    assertTrue(client.live());
    assertEquals(0, flush(0));
  }

  /**
   * A backend that does not answer before it closes may still write: nothing is repeated before it
   * has said that it is closed.
   */
  @Test
  void nothingIsRepeatedWhileTheOldBackendMayStillWrite() {
    connect();
    backend.automatic = false;
    client.submitWrite(0, 0, pattern(1, 4096));
    domain.settle();
    domain.removePeer(backend);
    backend.setState(BlkBackend.CLOSING);
    domain.settle();
    domain.advance(50 * SECOND);
    assertEquals(BlkBackend.CLOSED, backend.frontendState());
    assertFalse(client.live());
    backend.automatic = true;
    domain.addPeer(backend);
    domain.settle(); // the backend sees Closed, says so, and is begun with again
    assertTrue(client.live());
    assertEquals(0, finish(0));
    assertArrayEquals(pattern(1, 4096), disk.read(0, 4096));
    client.release(0);
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

  /** `stubdom config` adds so much for each disk beyond some. */
  @Test
  void aDiskTakesWhatTheBudgetSays() {
    options.ringOrder = 1;
    long before = domain.call("hosted_memory_used", MEM_BLOCK);
    connect();
    long taken = domain.call("hosted_memory_used", MEM_BLOCK) - before;
    assertTrue(taken <= MemoryNeeds.DISK.kib() * 1024L, () -> "bytes: " + taken);
    assertTrue(taken >= MemoryNeeds.DISK.kib() * 1024L / 2, () -> "far less: " + taken);
  }
}
