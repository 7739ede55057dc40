// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.bridge;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.rumpstubdom.tests.bridge.BridgeDomain.GUEST;
import static org.rumpstubdom.tests.bridge.BridgeDomain.O_NONBLOCK;
import static org.rumpstubdom.tests.bridge.BridgeDomain.O_RDWR;

import com.google.gson.JsonObject;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rumpstubdom.tests.hosted.HostedDomain;
import org.rumpstubdom.tests.hosted.Scarcity;

/** What QEMU and libxl do with the bridge, in which each allocation fails once. */
@Tag("hosted")
final class BridgeScarcityTest {
  private static final int DOMAIN_PAGES = 8192;
  private static final int PAGE = HostedDomain.PAGE_SIZE;
  private static final long FRAME = 0x100;
  private static final int FRAMES = 4;
  private static final int REF = 40;
  private static final int ARRAYS = 4096;

  // Requests of xen-sys/Linux/privcmd.h, evtchn.h and gntdev.h.
  private static final long MMAPBATCH_V2 = 0x205004;
  private static final long BIND_INTERDOMAIN = 0x84501;
  private static final long UNBIND = 0x44503;
  private static final long MAP_GRANT_REF = 0x184700;
  private static final long UNMAP_GRANT_REF = 0x104701;

  private static final int XS_READ = 2;

  /** The life: a QMP session, a console, frames and grants of the guest, ports, xenstore. */
  private static final class Bridge implements Scarcity.Life {
    private BridgeDomain bridge;
    private FakeMonitor qemu;
    private HostedDomain domain;
    private Scarcity scarcity;

    @Override
    public void begin(HostedDomain made) {
      domain = made;
      bridge = new BridgeDomain(domain, List.of("-m", "64"), 1, 2).init();
      bridge.program();
      qemu = new FakeMonitor(bridge);
      qemu.greet();
      ByteBuffer guest = domain.foreignMemory(GUEST, FRAME, FRAMES);
      guest.putLong(0, 77);
      domain.foreignGrant(GUEST, REF, FRAME, false);
    }

    /** What libxl does when an operation fails for its connection's sake: another one. */
    private void session() {
      VchanClient client = VchanClient.find(domain);
      scarcity.until("an answer to a QMP command", () -> exchange(client));
      client.disconnect();
      domain.settle();
    }

    private boolean exchange(VchanClient client) {
      client.disconnect();
      domain.settle();
      client.receive();
      client.connect();
      if (!client.receive().contains("QMP")) {
        return false;
      }
      try {
        client.send("{\"execute\":\"qmp_capabilities\",\"id\":1}\r\n");
        if (!client.receive().contains("return")) {
          return false;
        }
        client.send("{\"execute\":\"query-status\",\"id\":2}\r\n");
      } catch (AssertionError e) {
        return false; // the server has ended the session
      }
      JsonObject command;
      boolean answered = false;
      while ((command = qemu.next()) != null) {
        qemu.succeed(command);
        answered = true;
      }
      return answered && client.receive().contains("\"id\":2");
    }

    private int open(String path) {
      return (int)
          BridgeDomain.check(
              scarcity.repeated(path, () -> bridge.open(path, O_RDWR | O_NONBLOCK)), path);
    }

    private void close(int fd) {
      BridgeDomain.check(bridge.close(fd), "close");
    }

    private void console() {
      int fd = open("/dev/hvc1");
      byte[] text = "to the console\n".getBytes(US_ASCII);
      ConsoleBackend backend = ConsoleBackend.connect(domain, 1);
      domain.addPeer(backend);
      assertEquals(text.length, scarcity.repeated("write", () -> bridge.write(fd, text)));
      domain.settle();
      assertArrayEquals(text, backend.taken());
      domain.removePeer(backend);
      close(fd);
    }

    private long ioctl(int fd, long request, byte[] argument) {
      return scarcity.repeated("ioctl", () -> bridge.ioctl(fd, request, argument));
    }

    private static byte[] numbers(long... words) {
      ByteBuffer bytes = ByteBuffer.allocate(8 * words.length);
      bytes.order(java.nio.ByteOrder.LITTLE_ENDIAN);
      for (long word : words) {
        bytes.putLong(word);
      }
      return bytes.array();
    }

    private void frames() {
      int fd = open("/dev/xen/privcmd");
      long at =
          BridgeDomain.check(
              scarcity.repeated("mmap", () -> bridge.mmap(0, FRAMES * PAGE, 3, 1, fd, 0)), "mmap");
      for (int i = 0; i < FRAMES; i++) {
        bridge.scratch().putLong(ARRAYS + 8 * i, FRAME + i).putInt(ARRAYS + 512 + 4 * i, -1);
      }
      byte[] batch =
          numbers(FRAMES | (long) GUEST << 32, at, bridge.at(ARRAYS), bridge.at(ARRAYS + 512));
      assertEquals(0, ioctl(fd, MMAPBATCH_V2, batch));
      assertEquals(77, domain.memory(at, PAGE).getLong(0));
      assertEquals(0, scarcity.repeated("munmap", () -> bridge.munmap(at, FRAMES * PAGE)));
      close(fd);
    }

    private void grants() {
      int fd = open("/dev/xen/gntdev");
      byte[] map = numbers(1, 0, GUEST | (long) REF << 32);
      assertEquals(0, ioctl(fd, MAP_GRANT_REF, map));
      long index = bridge.scratch().getLong(8);
      long at =
          BridgeDomain.check(
              scarcity.repeated("mmap", () -> bridge.mmap(0, PAGE, 3, 1, fd, index)), "mmap");
      assertEquals(77, domain.memory(at, PAGE).getLong(0));
      assertEquals(0, scarcity.repeated("munmap", () -> bridge.munmap(at, PAGE)));
      assertEquals(0, ioctl(fd, UNMAP_GRANT_REF, numbers(index, 1)));
      close(fd);
    }

    private void ports() {
      int fd = open("/dev/xen/evtchn");
      domain.offerPort(GUEST, 11);
      byte[] remote = numbers(GUEST | 11L << 32);
      long port = BridgeDomain.check(ioctl(fd, BIND_INTERDOMAIN, remote), "bind");
      domain.send((int) port);
      domain.settle();
      assertEquals(4, bridge.readResult(fd, 64));
      assertEquals(0, ioctl(fd, UNBIND, new byte[] {(byte) port, 0, 0, 0}));
      close(fd);
    }

    private void store() {
      int fd = open("/dev/xen/xenbus");
      byte[] path = "domid\0".getBytes(US_ASCII);
      ByteBuffer request = ByteBuffer.allocate(16 + path.length);
      request.order(java.nio.ByteOrder.LITTLE_ENDIAN);
      request.putInt(XS_READ).putInt(5).putInt(0).putInt(path.length).put(path);
      assertEquals(
          request.capacity(), scarcity.repeated("write", () -> bridge.write(fd, request.array())));
      byte[][] answer = new byte[1][];
      scarcity.until("xenstore's answer", () -> (answer[0] = bridge.read(fd, 64)) != null);
      assertTrue(new String(answer[0], US_ASCII).endsWith("" + HostedDomain.DOMID));
      close(fd);
    }

    @Override
    public void live(Scarcity all) {
      scarcity = all;
      session();
      console();
      frames();
      grants();
      ports();
      store();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 10})
  void itSurvivesEachFailure(long count) {
    assertTrue(Scarcity.each(DOMAIN_PAGES, count, new Bridge()) > 25);
  }
}
