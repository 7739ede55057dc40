// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.blkfront;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rumpstubdom.tests.hosted.HostedDomain;
import org.rumpstubdom.xl.MemoryNeeds;

/** Little memory, and few grants. */
@Tag("hosted")
class BlkfrontMemoryTest extends BlkfrontDisk {
  /** Of enum budget_share. */
  private static final int RESERVE = 7;

  /** Of enum mem_owner. */
  private static final int MEM_BLOCK = 5;

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
