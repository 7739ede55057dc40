// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.bridge;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What happens without a picture: with vnc=0, or without memory for one. */
@Tag("hosted")
class NoPictureTest {
  private static final long SECOND = 1_000_000_000L;
  private static final String SOCKET = "/run/stubdom-vnc";

  @Test
  void withoutDeviceThereIsNoDifference() {
    try (BridgeDomain bridge = new BridgeDomain(List.of("-k", "de", "-m", "64"), 1, 2)) {
      bridge.init();
      List<String> arguments = bridge.program();
      assertFalse(arguments.contains("-vnc"), arguments.toString());
      assertTrue(arguments.contains("-k"), arguments.toString());
      FakeVncServer qemu = new FakeVncServer(bridge, SOCKET);
      bridge.domain.advance(60 * SECOND);
      assertFalse(qemu.accept());
    }
  }

  /** QEMU needs as much again as the picture has: it must not be begun without. */
  @Test
  void withoutFreeMemoryThereIsNoSession() {
    try (BridgeDomain bridge = new BridgeDomain(List.of("-m", "64"), 1, 2)) {
      DisplayBackend screen = new DisplayBackend(bridge.domain, "vfb", "feature-resize");
      bridge.init();
      bridge.program();
      FakeVncServer qemu = new FakeVncServer(bridge, SOCKET);
      long taken = bridge.mmap(0, 28 << 20, 3, 0x22, -1, 0);
      assertTrue(taken > 0, "memory for the emulator itself");
      bridge.domain.advance(60 * SECOND);
      assertEquals(DisplayBackend.CONNECTED, screen.state());
      assertFalse(qemu.accept());
      String advice = "KiB are free, it is left out: raise stubdomain_memory";
      String console = bridge.domain.console();
      assertTrue(console.contains(advice), console);
      assertEquals(console.indexOf(advice), console.lastIndexOf(advice), "said once");
      assertEquals(0, bridge.munmap(taken, 28 << 20));
      bridge.domain.advance(6 * SECOND);
      qemu.begin(320, 200);
      assertEquals(320, screen.width);
    }
  }

  /** A mode that there was no memory for, then one that is too large: both are left out. */
  @Test
  void memoryMayRunShortInTheMiddle() {
    try (BridgeDomain bridge = new BridgeDomain(List.of("-m", "64"), 1, 2)) {
      DisplayBackend screen = new DisplayBackend(bridge.domain, "vfb", "feature-resize");
      bridge.init();
      bridge.program();
      FakeVncServer qemu = new FakeVncServer(bridge, SOCKET);
      bridge.domain.advance(SECOND);
      qemu.begin(300, 1000);
      qemu.receive();
      long taken = bridge.mmap(0, 28 << 20, 3, 0x22, -1, 0);
      qemu.stream.update(1).desktopSize(1000, 300);
      qemu.send();
      assertNull(qemu.receive(), "the session ends");
      qemu.hangUp();
      assertEquals(0, bridge.munmap(taken, 28 << 20));
      bridge.domain.advance(6 * SECOND);
      assertTrue(qemu.accept());
      qemu.stream.handshake(1024, 768, "QEMU");
      qemu.send();
      assertNull(qemu.receive(), "the session ends");
      qemu.hangUp();
      assertEquals(1000, screen.width);
      assertEquals(300, screen.height);
      assertArrayEquals(new byte[4 * 1000 * 300], screen.picture());
      bridge.domain.advance(6 * SECOND);
      qemu.begin(300, 1000);
    }
  }
}
