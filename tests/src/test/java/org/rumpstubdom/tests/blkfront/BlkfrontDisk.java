// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.blkfront;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.rumpstubdom.tests.hosted.HostedDomain;

/** A disk with a backend that keeps the protocol, for the tests of the block frontend. */
abstract class BlkfrontDisk {
  static final long SECOND = 1_000_000_000L;
  static final int DOMAIN_PAGES = 4096;
  static final int EIO = -5;

  final BlkBackend.Options options = new BlkBackend.Options();
  final SparseDisk disk = new SparseDisk();
  HostedDomain domain;
  BlkBackend backend;
  DiskClient client;

  @BeforeEach
  void createDomain() {
    domain = HostedDomain.create(DOMAIN_PAGES, 1);
  }

  @AfterEach
  void closeDomain() {
    domain.close();
  }

  void connect(int devid, String name) {
    backend = new BlkBackend(domain, devid, options, disk);
    backend.createNodes();
    backend.start();
    domain.addPeer(backend);
    domain.boot(HostedDomain.Service.XENSTORE, HostedDomain.Service.BLKFRONT);
    domain.settle();
    client = new DiskClient(domain, name);
    assertTrue(client.live(), () -> "not connected; console:\n" + domain.console());
  }

  void connect() {
    connect(768, "xvda");
  }

  static byte[] pattern(int seed, int len) {
    byte[] data = new byte[len];
    new Random(seed).nextBytes(data);
    return data;
  }

  int finish(int slot) {
    domain.settle();
    assertTrue(client.done(slot), "the request still waits");
    return client.status(slot);
  }

  byte[] read(long offset, int len) {
    assertEquals(0, client.submit(0, BlkEntries.READ, offset, len, true));
    assertEquals(0, finish(0));
    byte[] data = client.data(0, len);
    client.release(0);
    return data;
  }

  void write(long offset, byte[] data) {
    assertEquals(0, client.submitWrite(0, offset, data));
    assertEquals(0, finish(0));
    client.release(0);
  }
}
