// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.netfront;

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

/** A NIC's life, in which each allocation fails once. */
@Tag("hosted")
final class NicScarcityTest {
  private static final int DOMAIN_PAGES = 4096;
  private static final long READ = 0;
  private static final long WRITE = 1;
  private static final long OPEN = 2;
  private static final long CLOSE = 3;
  private static final long MMAP = 9;
  private static final long IOCTL = 16;
  private static final long TUNSETIFF = 0x400454caL;
  private static final int O_RDWR_NONBLOCK = 2 | 04000;
  private static final int EAGAIN = -11;
  private static final short TAP_NO_PI = 0x1002;
  private static final int SCRATCH = 1 << 17;
  private static final int REQUEST = SCRATCH - 4096;

  /** The life: found, opened, frames both ways, its backend away and back, closed, removed. */
  private static final class Nic implements Scarcity.Life {
    private final Random random = new Random(3);
    private NetBackend backend;
    private long memory;
    private ByteBuffer view;

    @Override
    public void begin(HostedDomain domain) {
      backend = new NetBackend(domain, 2);
      domain.boot(Service.XENSTORE, Service.LINUX, Service.NETFRONT);
      memory = domain.syscall(MMAP, 0, SCRATCH, 3, 0x22, -1, 0);
      view = domain.memory(memory, SCRATCH);
    }

    private boolean arrives(Scarcity scarcity, long fd, int len) {
      assertEquals(len, scarcity.syscall(WRITE, fd, memory, len));
      return !backend.received.isEmpty();
    }

    private void frames(Scarcity scarcity, long fd) {
      for (int len : new int[] {60, 1514, 9000}) {
        byte[] out = NetBackend.frame(random, len);
        view.put(0, out);
        // What is sent before the frontend, too, knows of the connection is lost as without a
        // cable.
        scarcity.until("the frame", () -> arrives(scarcity, fd, len));
        assertArrayEquals(out, backend.received.remove());
        byte[] in = NetBackend.frame(random, len);
        assertTrue(backend.deliver(in));
        assertEquals(len, scarcity.syscall(READ, fd, memory, REQUEST));
        byte[] got = new byte[len];
        view.get(0, got);
        assertArrayEquals(in, got);
      }
    }

    @Override
    public void live(Scarcity scarcity) {
      HostedDomain domain = scarcity.domain();
      domain.addPeer(backend);
      backend.createNodes();
      backend.start();
      domain.settle();
      view.put(REQUEST, "/dev/net/tun\0".getBytes(StandardCharsets.US_ASCII));
      long fd = scarcity.syscall(OPEN, memory + REQUEST, O_RDWR_NONBLOCK, 0);
      assertTrue(fd >= 0, () -> "open: " + fd);
      view.put(REQUEST, new byte[40]);
      view.put(REQUEST, "vif5.2-emu".getBytes(StandardCharsets.US_ASCII));
      view.putShort(REQUEST + 16, TAP_NO_PI);
      // The frontend may still wait for the memory to know the device by.
      scarcity.until(
          "the device", () -> scarcity.syscall(IOCTL, fd, TUNSETIFF, memory + REQUEST) == 0);
      scarcity.until("the connection", backend::connected);
      frames(scarcity, fd);

      // A frame whose checksum is to be filled in may be lost, as any frame may; not the NIC.
      byte[] blank = NetBackend.frame(random, 100);
      assertTrue(backend.deliver(blank, NetBackend.RXF_BLANK, 4096, 0));
      backend.pushFrames();
      long n = scarcity.syscall(READ, fd, memory, REQUEST);
      assertTrue(n == blank.length || n == EAGAIN, () -> "read: " + n);

      backend.unmap();
      domain.xenstore().remove(backend.backend);
      // Else the new backend would take the rings of before for the new ones.
      scarcity.until("an end of the connection", () -> domain.grantCount() == 0);
      backend.createNodes();
      backend.start();
      scarcity.until("the connection", backend::connected);
      frames(scarcity, fd);

      assertEquals(0, scarcity.syscall(CLOSE, fd));
      scarcity.until("the end", () -> !backend.connected());
      backend.removeNodes();
      scarcity.until("the last page", () -> domain.grantCount() == 0);
    }
  }

  @Test
  void itSurvivesEachFailure() {
    assertTrue(Scarcity.each(DOMAIN_PAGES, 1, new Nic()) > 100);
  }

  /** As long as it takes somebody else to let go of something. */
  @Test
  @Tag("long")
  void itSurvivesManyFailuresFromEachOn() {
    assertTrue(Scarcity.each(DOMAIN_PAGES, 200, new Nic()) > 100);
  }
}
