// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.blkfront;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a backend's cache loses when its domain crashes. */
@Tag("hosted")
class BlkfrontCacheTest extends BlkfrontDisk {
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
}
