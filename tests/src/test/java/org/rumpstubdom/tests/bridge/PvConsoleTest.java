// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.bridge;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.rumpstubdom.tests.bridge.BridgeDomain.EIO;
import static org.rumpstubdom.tests.bridge.BridgeDomain.O_NONBLOCK;
import static org.rumpstubdom.tests.bridge.BridgeDomain.O_RDONLY;
import static org.rumpstubdom.tests.bridge.BridgeDomain.O_RDWR;
import static org.rumpstubdom.tests.bridge.BridgeDomain.O_WRONLY;
import static org.rumpstubdom.tests.bridge.BridgeDomain.POLLIN;
import static org.rumpstubdom.tests.bridge.BridgeDomain.POLLOUT;
import static org.rumpstubdom.tests.bridge.BridgeDomain.check;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.tests.hosted.HostedDomain;

/** The consoles as /dev/hvc*, with dom0's end played here. */
@Tag("hosted")
class PvConsoleTest {
  private BridgeDomain bridge;

  @BeforeEach
  void start() {
    bridge = new BridgeDomain(List.of("-m", "64"), 1, 2, 3, 4).init();
  }

  @AfterEach
  void stop() {
    bridge.close();
  }

  private int open(int number, int flags) {
    return (int) check(bridge.open("/dev/hvc" + number, flags), "open of console " + number);
  }

  private ConsoleBackend backend(int number) {
    bridge.domain.settle();
    ConsoleBackend backend = ConsoleBackend.connect(bridge.domain, number);
    assertNotNull(backend, "console " + number + " is in xenstore");
    return backend;
  }

  private static byte[] random(long seed, int size) {
    byte[] data = new byte[size];
    new Random(seed).nextBytes(data);
    return data;
  }

  @Test
  void onlyWhatIsOpenedIsOffered() {
    open(3, O_RDWR);
    bridge.domain.settle();
    assertEquals("4", bridge.domain.xenstore().read(BridgeDomain.HOME + "/device/console/3/state"));
    assertNull(ConsoleBackend.connect(bridge.domain, 4));
  }

  @Test
  void whatDoesNotExistCannotBeOpened() {
    assertEquals(-BridgeDomain.ENXIO, bridge.open("/dev/hvc5", O_RDWR));
    for (String name : List.of("", "x", "3.in", "03x", "-1", "99", "4294967299")) {
      assertTrue(bridge.open("/dev/hvc" + name, O_RDWR) < 0, name);
    }
  }

  @Test
  void serialCarriesEveryByteBothWays() {
    int fd = open(3, O_RDWR | O_NONBLOCK);
    byte[] out = random(1, 10_000);
    byte[] in = random(2, 10_000);
    ConsoleBackend backend = backend(3);
    backend.bytesPerStep(700);
    assertEquals(POLLOUT, bridge.poll(fd));
    ByteArrayOutputStream got = new ByteArrayOutputStream();
    int typed = 0;
    for (int sent = 0; sent < out.length || got.size() < in.length; ) {
      if (sent < out.length) {
        byte[] part = Arrays.copyOfRange(out, sent, Math.min(out.length, sent + 1500));
        long n = bridge.write(fd, part);
        sent += n == -BridgeDomain.EAGAIN ? 0 : (int) check(n, "write");
      }
      typed += backend.type(in, typed);
      byte[] part = bridge.read(fd, 333);
      if (part != null) {
        got.writeBytes(part);
      }
      backend.step();
    }
    while (backend.step()) {
      bridge.domain.settle();
    }
    assertArrayEquals(out, backend.taken());
    assertArrayEquals(in, got.toByteArray());
    assertNull(bridge.read(fd, 10), "nothing more");
  }

  @Test
  void aFullRingSaysSo() {
    int fd = open(3, O_RDWR | O_NONBLOCK);
    assertEquals(2048, bridge.write(fd, new byte[3000]));
    assertEquals(-BridgeDomain.EAGAIN, bridge.write(fd, new byte[1]));
    assertEquals(0, bridge.poll(fd));
    backend(3).step();
    assertEquals(POLLOUT, bridge.poll(fd));
  }

  @Test
  void aBlockingReaderIsWoken() {
    int fd = open(2, O_RDONLY);
    ConsoleBackend backend = backend(2);
    HostedDomain.Call read = bridge.startRead(fd, 4096, 100);
    bridge.domain.settle();
    assertFalse(read.done());
    backend.type("resume".getBytes(ISO_8859_1), 0);
    bridge.domain.settle();
    assertEquals(6, read.result());
    byte[] data = new byte[6];
    bridge.scratch().get(4096, data);
    assertEquals("resume", new String(data, ISO_8859_1));
  }

  @Test
  void aSaveEndsWhenEverythingWasTaken() {
    // Also when the descriptor is non-blocking: QEMU sets that on its own.
    int fd = open(1, O_WRONLY | O_NONBLOCK);
    byte[] state = random(3, 100_000);
    ConsoleBackend backend = backend(1);
    HostedDomain.Call write = bridge.startWrite(fd, 4096, state);
    for (int i = 0; i < 1000 && !write.done(); i++) {
      bridge.domain.settle();
      if (!write.done()) {
        assertTrue(backend.taken().length < state.length);
        backend.bytesPerStep(1 + i % 2048);
        backend.step();
      }
    }
    bridge.domain.settle();
    assertEquals(state.length, write.result());
    assertArrayEquals(state, backend.taken());
  }

  @Test
  void aSaveFailsWhenTheBackendStalls() {
    int fd = open(1, O_WRONLY);
    HostedDomain.Call write = bridge.startWrite(fd, 4096, new byte[5000]);
    bridge.domain.settle();
    ConsoleBackend backend = backend(1);
    bridge.domain.advance(29_000_000_000L);
    backend.bytesPerStep(10);
    backend.step();
    bridge.domain.settle();
    bridge.domain.advance(29_000_000_000L);
    assertFalse(write.done(), "some progress is progress");
    bridge.domain.advance(2_000_000_000L);
    assertEquals(-EIO, write.result());
    assertTrue(bridge.domain.console().contains("the save fails"));
    assertEquals(-EIO, bridge.ftruncate(fd, 0), "what has gone out would be loaded first");
  }

  @Test
  void qemuMayTruncateTheSaveFile() {
    int fd = open(1, O_WRONLY);
    assertEquals(0, bridge.ftruncate(fd, 0));
    assertEquals(-BridgeDomain.EINVAL, bridge.ftruncate(fd, 10));
  }

  @Test
  void aSecondSaveIsRefused() {
    int fd = open(1, O_WRONLY);
    assertEquals(0, bridge.ftruncate(fd, 0));
    HostedDomain.Call write = bridge.startWrite(fd, 4096, new byte[100]);
    bridge.domain.settle();
    ConsoleBackend backend = backend(1);
    backend.bytesPerStep(100);
    backend.step();
    bridge.domain.settle();
    assertEquals(100, write.result());
    assertEquals(-EIO, bridge.ftruncate(fd, 0));
    assertTrue(bridge.domain.console().contains("a second save of this guest is refused"));
  }

  @Test
  void lyingIndexesAreAnErrorNotAnAccident() {
    int fd = open(3, O_RDWR | O_NONBLOCK);
    ConsoleBackend backend = backend(3);
    backend.put(ConsoleBackend.IN_PROD, 1025);
    assertEquals(-EIO, bridge.readResult(fd, 10));
    int other = open(4, O_RDWR | O_NONBLOCK);
    backend(4).put(ConsoleBackend.OUT_CONS, 1);
    assertEquals(-EIO, bridge.write(other, new byte[10]));
    assertTrue(bridge.domain.console().contains("console 4: the backend's output index"));
  }

  @Test
  void console0IsTheLog() {
    int fd = open(0, O_RDWR);
    assertEquals(6, bridge.write(fd, "hello\n".getBytes(ISO_8859_1)));
    assertTrue(bridge.domain.console().contains("hello\n"));
    assertEquals(0, bridge.read(fd, 10).length, "it has no input");
    assertEquals(POLLIN | POLLOUT, bridge.poll(fd));
  }

  @Test
  void itLooksLikeATerminalLine() {
    int fd = open(3, O_RDWR);
    assertEquals(0, bridge.ioctl(fd, 0x5401, bridge.at(0)), "TCGETS");
    assertEquals(0, bridge.scratch().getInt(12), "no echo, no line editing");
    bridge.scratch().putInt(8, 0x1cb2);
    assertEquals(0, bridge.ioctl(fd, 0x5402, bridge.at(0)), "TCSETS");
    bridge.scratch().putInt(8, 0);
    assertEquals(0, bridge.ioctl(fd, 0x5401, bridge.at(0)));
    assertEquals(0x1cb2, bridge.scratch().getInt(8), "settings are kept");
    assertEquals(0, bridge.ioctl(fd, 0x5415, bridge.at(0)), "TIOCMGET");
    assertEquals(0x120, bridge.scratch().getInt(0) & 0x120, "clear to send, data set ready");
    assertEquals(-BridgeDomain.ENOTTY, bridge.ioctl(fd, 0x1234, bridge.at(0)));
    assertEquals(-BridgeDomain.EFAULT, bridge.ioctl(fd, 0x5401, 0x10));
  }
}
