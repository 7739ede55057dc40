// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.netfront;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rumpstubdom.tests.hosted.HostedDomain;
import org.rumpstubdom.tests.hosted.HostedDomain.Service;

/** The tap device as QEMU opens and uses it, through system calls. */
@Tag("hosted")
class TapNodeTest {
  private static final long READ = 0;
  private static final long WRITE = 1;
  private static final long OPEN = 2;
  private static final long CLOSE = 3;
  private static final long POLL = 7;
  private static final long MMAP = 9;
  private static final long IOCTL = 16;

  private static final int O_RDWR = 2;
  private static final int O_NONBLOCK = 04000;
  private static final int EAGAIN = -11;
  private static final int ENODEV = -19;
  private static final int EINVAL = -22;
  private static final long TUNSETIFF = 0x400454caL;
  private static final long TUNGETFEATURES = 0x800454cfL;
  private static final long TUNSETOFFLOAD = 0x400454d0L;
  private static final long TUNGETIFF = 0x800454d2L;
  private static final long TUNSETSNDBUF = 0x400454d4L;
  private static final int IFF_TAP = 2;
  private static final int IFF_NO_PI = 0x1000;
  private static final int IFF_VNET_HDR = 0x4000;
  private static final int SCRATCH = 1 << 18;
  private static final int REQUEST = SCRATCH - 4096;

  private final Random random = new Random(3);
  private HostedDomain domain;
  private NetBackend backend;
  private long memory;
  private ByteBuffer view;

  @BeforeEach
  void boot() {
    domain = HostedDomain.create(4096, 1);
    backend = new NetBackend(domain, 2);
    backend.createNodes();
    backend.start();
    domain.addPeer(backend);
    domain.boot(Service.XENSTORE, Service.LINUX, Service.NETFRONT);
    memory = domain.syscall(MMAP, 0, SCRATCH, 3, 0x22, -1, 0);
    view = domain.memory(memory, SCRATCH);
  }

  @AfterEach
  void closeDomain() {
    domain.close();
  }

  private long open(int flags) {
    view.put(0, "/dev/net/tun\0".getBytes(StandardCharsets.US_ASCII));
    return domain.syscall(OPEN, memory, flags, 0);
  }

  private long setInterface(long fd, String name, int flags) {
    view.put(REQUEST, new byte[40]);
    view.put(REQUEST, name.getBytes(StandardCharsets.US_ASCII));
    view.putShort(REQUEST + 16, (short) flags);
    return domain.syscall(IOCTL, fd, TUNSETIFF, memory + REQUEST);
  }

  private long openTap() {
    long fd = open(O_RDWR | O_NONBLOCK);
    assertEquals(0, setInterface(fd, "vif5.2-emu", IFF_TAP | IFF_NO_PI));
    domain.settle();
    assertTrue(backend.connected(), () -> domain.console());
    return fd;
  }

  private long poll(long fd, int events) {
    view.putInt(REQUEST, (int) fd).putShort(REQUEST + 4, (short) events);
    view.putShort(REQUEST + 6, (short) 0);
    domain.syscall(POLL, memory + REQUEST, 1, 0);
    return view.getShort(REQUEST + 6);
  }

  @Test
  void qemusSequenceOfCalls() {
    long fd = open(O_RDWR);
    assertEquals(0, domain.syscall(IOCTL, fd, TUNGETFEATURES, memory));
    assertEquals(IFF_TAP | IFF_NO_PI, view.getInt(0) & (IFF_TAP | IFF_NO_PI));
    assertEquals(0, view.getInt(0) & IFF_VNET_HDR, "no header is offered");
    assertEquals(0, setInterface(fd, "vif5.2-emu", IFF_TAP | IFF_NO_PI));
    assertEquals(EINVAL, domain.syscall(IOCTL, fd, TUNSETOFFLOAD, 1));
    assertEquals(0, domain.syscall(IOCTL, fd, TUNSETOFFLOAD, 0));
    view.putInt(0, Integer.MAX_VALUE);
    assertEquals(0, domain.syscall(IOCTL, fd, TUNSETSNDBUF, memory));
    assertEquals(0, domain.syscall(IOCTL, fd, TUNGETIFF, memory));
    assertEquals(IFF_TAP | IFF_NO_PI, view.getShort(16));
    byte[] name = new byte[11];
    view.get(0, name);
    assertEquals("vif5.2-emu\0", new String(name, StandardCharsets.US_ASCII));
  }

  @ParameterizedTest
  @CsvSource({
    "vif5.2-emu,0",
    "vif123.2-emu,0",
    "tap2,0",
    "vif2.3-emu,-19",
    "vif5.-emu,-22",
    "emu,-22",
    "vif5.4294967298-emu,-22"
  })
  void theNameSaysWhichDevice(String name, int result) {
    assertEquals(result, setInterface(open(O_RDWR), name, IFF_TAP | IFF_NO_PI));
  }

  @Test
  void otherKindsOfInterfaceAreRefused() {
    long fd = open(O_RDWR);
    assertEquals(EINVAL, setInterface(fd, "vif5.2-emu", 1 | IFF_NO_PI));
    assertEquals(EINVAL, setInterface(fd, "vif5.2-emu", IFF_TAP));
    assertEquals(EINVAL, setInterface(fd, "vif5.2-emu", IFF_TAP | IFF_NO_PI | IFF_VNET_HDR));
    assertEquals(ENODEV, setInterface(fd, "vif5.9-emu", IFF_TAP | IFF_NO_PI));
    assertEquals(0, setInterface(fd, "vif5.2-emu", IFF_TAP | IFF_NO_PI));
  }

  @Test
  void oneReadIsOneFrameAndOneWriteIsOneFrame() {
    long fd = openTap();
    assertEquals(EAGAIN, domain.syscall(READ, fd, memory, 65536));
    for (int len : new int[] {60, 1514, 9000}) {
      byte[] in = NetBackend.frame(random, len);
      assertEquals(4, poll(fd, 5) & 5);
      backend.deliver(in);
      domain.settle();
      assertEquals(5, poll(fd, 5) & 5);
      assertEquals(len, domain.syscall(READ, fd, memory, 65536));
      byte[] got = new byte[len];
      view.get(0, got);
      assertArrayEquals(in, got);
      byte[] out = NetBackend.frame(random, len);
      view.put(0, out);
      assertEquals(len, domain.syscall(WRITE, fd, memory, len));
      domain.settle();
      assertArrayEquals(out, backend.received.remove());
    }
  }

  @Test
  void aBlockingReaderAndAPollerWakeUp() {
    long fd = open(O_RDWR);
    assertEquals(0, setInterface(fd, "vif5.2-emu", IFF_TAP | IFF_NO_PI));
    domain.settle();
    view.putInt(REQUEST, (int) fd).putShort(REQUEST + 4, (short) 1);
    HostedDomain.Call poller = domain.startSyscall(POLL, memory + REQUEST, 1, -1);
    domain.settle();
    assertFalse(poller.done());
    backend.deliver(NetBackend.frame(random, 100));
    domain.settle();
    assertTrue(poller.done());
    assertEquals(100, domain.syscall(READ, fd, memory, 65536));
    HostedDomain.Call reader = domain.startSyscall(READ, fd, memory, 65536);
    domain.settle();
    assertFalse(reader.done());
    backend.deliver(NetBackend.frame(random, 101));
    domain.settle();
    assertEquals(101, reader.result());
  }

  @Test
  void closingTheTapTakesTheDeviceOffTheBridge() {
    long fd = openTap();
    backend.deliver(NetBackend.frame(random, 100));
    domain.settle();
    assertEquals(0, domain.syscall(CLOSE, fd));
    domain.settle();
    assertFalse(backend.connected());
    assertEquals(NetBackend.CLOSED, backend.frontendState());
    domain.advance(1_000_000_000);
    assertEquals(0, domain.grantCount());
    fd = openTap();
    assertEquals(EAGAIN, domain.syscall(READ, fd, memory, 65536), "a frame outlived the close");
  }
}
