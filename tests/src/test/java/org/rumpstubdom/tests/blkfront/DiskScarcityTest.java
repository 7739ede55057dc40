// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.blkfront;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.tests.hosted.HostedDomain;
import org.rumpstubdom.tests.hosted.HostedDomain.Service;
import org.rumpstubdom.tests.hosted.Scarcity;

/** A disk's life, in which each allocation fails once. */
@Tag("hosted")
final class DiskScarcityTest {
  private static final int DOMAIN_PAGES = 4096;
  private static final long OPEN = 2;
  private static final long CLOSE = 3;
  private static final long MMAP = 9;
  private static final long PREAD64 = 17;
  private static final long PWRITE64 = 18;
  private static final long PREADV = 295;
  private static final long FSYNC = 74;
  private static final int O_RDWR = 2;
  private static final int SCRATCH = 1 << 20;

  /** More of a vector than is kept on the kernel's stack. */
  private static final int VECTORS = 200;

  /** The life: found, used by requests and by system calls, backend away and back, removed. */
  private static final class Disk implements Scarcity.Life {
    private SparseDisk disk;
    private BlkBackend backend;
    private long memory;
    private ByteBuffer view;

    @Override
    public void begin(HostedDomain domain) {
      BlkBackend.Options options = new BlkBackend.Options();
      options.indirectSegments = 64;
      options.persistent = true;
      options.flushCache = true;
      options.sectors = 8192;
      disk = new SparseDisk();
      backend = new BlkBackend(domain, 768, options, disk);
      domain.boot(Service.XENSTORE, Service.LINUX, Service.BLKFRONT);
      memory = domain.syscall(MMAP, 0, SCRATCH, 3, 0x22, -1, 0);
      view = domain.memory(memory, SCRATCH);
      view.put(SCRATCH - 64, "/dev/xvda\0".getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] pattern(int seed, int len) {
      byte[] data = new byte[len];
      new Random(seed).nextBytes(data);
      return data;
    }

    @Override
    public void live(Scarcity scarcity) {
      HostedDomain domain = scarcity.domain();
      domain.addPeer(backend);
      backend.createNodes();
      backend.start();
      scarcity.until("the disk", () -> DiskClient.isThere("xvda"));
      DiskClient client = new DiskClient(domain, "xvda");
      scarcity.until("the connection", client::live);

      byte[] large = pattern(1, 600 * 1024);
      assertEquals(0, client.submitWrite(0, 512, large));
      scarcity.until("the large write", () -> client.done(0));
      assertEquals(0, client.status(0));
      assertArrayEquals(large, disk.read(512, large.length));
      client.release(0);

      long fd = scarcity.syscall(OPEN, memory + SCRATCH - 64, O_RDWR, 0);
      assertTrue(fd >= 0, () -> "open: " + fd);
      byte[] odd = pattern(2, 3333);
      view.put(0, odd);
      assertEquals(odd.length, scarcity.syscall(PWRITE64, fd, memory, odd.length, 777));
      assertArrayEquals(odd, disk.read(777, odd.length));
      assertEquals(odd.length, scarcity.syscall(PREAD64, fd, memory + 8192, odd.length, 777));
      for (int i = 0; i < VECTORS; i++) {
        view.putLong(16 * i, memory + 65536 + 512L * i).putLong(16 * i + 8, 512);
      }
      assertEquals(512 * VECTORS, scarcity.syscall(PREADV, fd, memory, VECTORS, 512, 0));
      byte[] got = new byte[512 * VECTORS];
      view.get(65536, got);
      assertArrayEquals(disk.read(512, got.length), got);
      assertEquals(0, scarcity.syscall(FSYNC, fd));

      backend.automatic = false;
      byte[] repeated = pattern(3, 100 * 1024);
      assertEquals(0, client.submitWrite(1, 1 << 20, repeated));
      domain.settle();
      backend.unmap();
      domain.xenstore().remove(backend.backend);
      domain.settle();
      backend.automatic = true;
      backend.createNodes();
      backend.start();
      scarcity.until("the repeated write", () -> client.done(1));
      assertEquals(0, client.status(1));
      assertArrayEquals(repeated, disk.read(1 << 20, repeated.length));
      client.release(1);

      assertEquals(0, scarcity.syscall(CLOSE, fd));
      client.unuse();
      scarcity.until("the end", () -> !client.live());
      backend.removeNodes();
      scarcity.until("the removal", client::gone);
      scarcity.until("the last page", () -> domain.grantCount() == 0);
    }
  }

  @Test
  void itSurvivesEachFailure() {
    assertTrue(Scarcity.each(DOMAIN_PAGES, 1, new Disk()) > 100);
  }

  /** As long as it takes somebody else to let go of something. */
  @Test
  @Tag("long")
  void itSurvivesManyFailuresFromEachOn() {
    assertTrue(Scarcity.each(DOMAIN_PAGES, 40, new Disk()) > 100);
  }
}
