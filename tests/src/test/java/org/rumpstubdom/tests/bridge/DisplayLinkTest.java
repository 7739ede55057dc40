// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How the screen and the keyboard find a backend that does not say that it waits for them. */
@Tag("hosted")
class DisplayLinkTest {
  private static final long SECOND = 1_000_000_000L;

  @Test
  void aBackendThatIsSetUpIsServed() {
    try (BridgeDomain bridge = new BridgeDomain(List.of("-m", "64"), 1, 2)) {
      DisplayBackend screen = new DisplayBackend(bridge.domain, "vfb", "feature-resize");
      DisplayBackend keyboard = new DisplayBackend(bridge.domain, "vkbd", "feature-abs-pointer");
      screen.layOutAfresh();
      keyboard.layOutAfresh();
      bridge.init();
      bridge.program();
      FakeVncServer qemu = new FakeVncServer(bridge, "/run/stubdom-vnc");
      bridge.domain.advance(SECOND);
      assertEquals(DisplayBackend.INITIALISING, screen.state());
      assertEquals(DisplayBackend.INITIALISING, keyboard.state());
      screen.setUp();
      keyboard.setUp();
      bridge.domain.advance(SECOND);
      assertEquals(DisplayBackend.CONNECTED, screen.state());
      assertEquals(DisplayBackend.CONNECTED, keyboard.state());
      qemu.begin(320, 200);
      assertEquals(320, screen.width);
    }
  }

  /** One that goes back while it is served has gone: what it was told counts no more. */
  @Test
  void aBackendThatGoesBackIsLeft() {
    try (BridgeDomain bridge = new BridgeDomain(List.of("-m", "64"), 1, 2)) {
      DisplayBackend screen = new DisplayBackend(bridge.domain, "vfb", "feature-resize");
      bridge.init();
      bridge.program();
      bridge.domain.advance(SECOND);
      screen.setUp();
      bridge.domain.advance(SECOND);
      assertEquals(DisplayBackend.CONNECTED, screen.state());
      screen.state(DisplayBackend.INITIALISING);
      bridge.domain.advance(SECOND);
      assertEquals(DisplayBackend.CLOSED, screen.state());
    }
  }
}
