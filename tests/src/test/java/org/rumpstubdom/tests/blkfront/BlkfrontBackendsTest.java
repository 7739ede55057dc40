// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.blkfront;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rumpstubdom.tests.hosted.HostedDomain;

/** Backends that are absent, go and come back. */
@Tag("hosted")
class BlkfrontBackendsTest extends BlkfrontDisk {
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
}
