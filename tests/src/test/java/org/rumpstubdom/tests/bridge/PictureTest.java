// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.bridge;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.tests.bridge.DisplayBackend.Event;
import org.rumpstubdom.tests.hosted.RandomSteps;

/**
 * The guest's picture on its way from QEMU's VNC server to the PV framebuffer, and keys and pointer
 * on theirs back; server and backends are played here.
 */
@Tag("hosted")
class PictureTest {
  private static final long SECOND = 1_000_000_000L;
  private static final String SOCKET = "/run/stubdom-vnc";
  private static final String VNC = "unix:" + SOCKET + ",lock-key-sync=off";

  /** 32 MiB, as the domain of these tests has them, leave the least there is. */
  private static final int ROOM = 1280 << 10;

  private static final int BTN_LEFT = 0x110;
  private static final int BTN_RIGHT = 0x111;
  private static final int BTN_MIDDLE = 0x112;

  private BridgeDomain bridge;
  private DisplayBackend screen;
  private DisplayBackend keyboard;
  private FakeVncServer qemu;
  private List<String> arguments;

  @BeforeEach
  void start() {
    bridge = new BridgeDomain(List.of("-k", "de", "-m", "64"), 1, 2);
    screen = new DisplayBackend(bridge.domain, "vfb", "feature-resize");
    keyboard =
        new DisplayBackend(bridge.domain, "vkbd", "feature-abs-pointer", "feature-raw-pointer");
    bridge.init();
    arguments = bridge.program();
    bridge.domain.settle();
    qemu = new FakeVncServer(bridge, SOCKET);
    bridge.domain.advance(SECOND);
  }

  @AfterEach
  void stop() {
    bridge.close();
  }

  private void begin(int width, int height) {
    qemu.begin(width, height);
    qemu.receive();
    screen.told();
  }

  private static String key(int number, boolean down) {
    return "ff0000%02x00000000%08x".formatted(down ? 1 : 0, number);
  }

  private static String pointer(int buttons, int x, int y) {
    return "05%02x%04x%04x".formatted(buttons, x, y);
  }

  private static String request(int incremental, int width, int height) {
    return "03%02x00000000%04x%04x".formatted(incremental, width, height);
  }

  @Test
  void qemuIsToldWhereToServeAndForgetsItsLayout() {
    int at = arguments.indexOf("-vnc");
    assertTrue(at > 0, arguments.toString());
    assertEquals(VNC, arguments.get(at + 1));
    assertFalse(arguments.contains("-k") || arguments.contains("de"), arguments.toString());
  }

  @Test
  void theBackendsAreConnected() {
    assertEquals(DisplayBackend.CONNECTED, screen.state());
    assertEquals(DisplayBackend.CONNECTED, keyboard.state());
    assertEquals("x86_64-abi", bridge.domain.xenstore().read(screen.frontend + "/protocol"));
    assertEquals("1", bridge.domain.xenstore().read(keyboard.frontend + "/request-abs-pointer"));
    assertEquals("1", bridge.domain.xenstore().read(keyboard.frontend + "/request-raw-pointer"));
    assertEquals(ROOM, screen.memory);
    assertArrayEquals(new byte[4 * screen.width * screen.height], screen.picture());
  }

  @Test
  void thePictureArrives() {
    Random random = new Random(1);
    begin(600, 400);
    assertEquals(600, screen.width);
    assertEquals(400, screen.height);
    assertArrayEquals(new byte[4 * 600 * 400], screen.picture());
    qemu.stream.update(1).raw(random, 0, 0, 600, 400);
    qemu.send();
    assertArrayEquals(qemu.stream.pixels(), screen.picture());
    assertEquals(List.of(Event.update(0, 0, 600, 400)), screen.told());
    assertEquals(request(1, 600, 400), qemu.receive());
    // Several rectangles are one event: around all of them.
    qemu.stream.update(2).hextile(random, 10, 20, 300, 200).raw(random, 500, 300, 7, 3);
    qemu.send();
    assertArrayEquals(qemu.stream.pixels(), screen.picture());
    assertEquals(List.of(Event.update(10, 20, 497, 283)), screen.told());
  }

  private void changeOfThePicture() {
    qemu.stream.update(1).raw(new Random(3), 0, 0, 64, 64);
    qemu.send();
  }

  private void cursorBlinks() {
    qemu.stream.update(1).raw(new Random(3), 0, 0, 16, 16);
    qemu.send();
  }

  /** Encoding takes the processor from the guest's disks: it is asked for as seldom as will do. */
  @Test
  void whoIsNotAtTheKeyboardIsShownLess() {
    String ask = request(1, 320, 200);
    begin(320, 200);
    // A guest that starts is looked at: as often as QEMU has something.
    for (int i = 0; i < 3; i++) {
      changeOfThePicture();
      assertEquals(ask, qemu.receive());
    }
    bridge.domain.advance(10 * SECOND);
    changeOfThePicture();
    assertEquals(ask, qemu.receive());
    changeOfThePicture();
    bridge.domain.advance(SECOND / 10 - 1);
    assertEquals("", qemu.receive());
    bridge.domain.advance(1);
    assertEquals(ask, qemu.receive());
    bridge.domain.advance(60 * SECOND);
    changeOfThePicture();
    assertEquals(ask, qemu.receive());
    changeOfThePicture();
    bridge.domain.advance(SECOND / 2 - 1);
    assertEquals("", qemu.receive());
    bridge.domain.advance(1);
    assertEquals(ask, qemu.receive());
    // Whoever types sees what comes of it at once.
    changeOfThePicture();
    keyboard.key(30, true);
    assertEquals(key(0x1e, true) + ask, qemu.receive());
    changeOfThePicture();
    assertEquals(ask, qemu.receive());
  }

  /** Each asking costs QEMU several looks at the screen. */
  @Test
  void whatHardlyChangesIsShownMoreAndMoreRarely() {
    String ask = request(1, 320, 200);
    begin(320, 200);
    bridge.domain.advance(70 * SECOND);
    changeOfThePicture();
    assertEquals(ask, qemu.receive());
    for (long gap : List.of(SECOND, 2 * SECOND, 3 * SECOND, 3 * SECOND)) {
      cursorBlinks();
      bridge.domain.advance(gap - 1);
      assertEquals("", qemu.receive());
      bridge.domain.advance(1);
      assertEquals(ask, qemu.receive());
    }
    // What happens at last is not believed to be all.
    changeOfThePicture();
    bridge.domain.advance(SECOND / 2 - 1);
    assertEquals("", qemu.receive());
    bridge.domain.advance(1);
    assertEquals(ask, qemu.receive());
    for (int i = 0; i < 5; i++) {
      cursorBlinks();
      bridge.domain.advance(3 * SECOND);
      assertEquals(ask, qemu.receive());
    }
    cursorBlinks();
    keyboard.key(30, true);
    assertEquals(key(0x1e, true) + ask, qemu.receive());
    cursorBlinks();
    assertEquals(ask, qemu.receive());
  }

  @Test
  void theSizeChangesWithinTheMemory() {
    begin(600, 400);
    qemu.stream.update(1).desktopSize(720, 400);
    qemu.send();
    assertEquals(List.of(Event.resize(720, 400), Event.update(0, 0, 720, 400)), screen.told());
    assertArrayEquals(new byte[4 * 720 * 400], screen.picture());
    assertEquals("", qemu.receive(), "the request before is still to be answered");
    qemu.stream.update(1).hextile(new Random(2), 0, 0, 720, 400);
    qemu.send();
    assertArrayEquals(qemu.stream.pixels(), screen.picture());
  }

  @Test
  void whatDoesNotFitIsLeftOutUntilItFits() {
    begin(600, 400);
    qemu.stream.update(1).raw(new Random(3), 0, 0, 600, 400);
    qemu.send();
    screen.told();
    qemu.receive();
    qemu.stream.update(1).desktopSize(1024, 768);
    qemu.send();
    assertNull(qemu.receive(), "the session ends");
    assertEquals(List.of(Event.update(0, 0, 600, 400)), screen.told());
    assertArrayEquals(new byte[4 * 600 * 400], screen.picture(), "nothing of the old picture");
    qemu.hangUp();
    for (int i = 0; i < 20; i++) {
      bridge.domain.advance(6 * SECOND);
      if (qemu.accept()) {
        qemu.stream.handshake(1024, 768, "QEMU");
        qemu.send();
        assertNull(qemu.receive());
        qemu.hangUp();
      }
    }
    String advice = "1024x768 needs 3072 KiB, there are 1280: raise stubdomain_memory";
    String console = bridge.domain.console();
    assertTrue(console.contains(advice), console);
    assertEquals(console.indexOf(advice), console.lastIndexOf(advice), "said once");
    bridge.domain.advance(6 * SECOND);
    begin(320, 200);
    qemu.stream.update(1).raw(new Random(4), 0, 0, 320, 200);
    qemu.send();
    assertArrayEquals(qemu.stream.pixels(), screen.picture());
  }

  /** Takes memory as the emulator might, until so much is left; some of it can be given back. */
  private long leaveFree(long bytes, int later) {
    long borrowed = bridge.populate(later);
    while (bridge.freeMemory() > bytes) {
      bridge.populate(1 << 16);
    }
    return borrowed;
  }

  /** A size that was agreed on with the backend holds, also when there was no memory to fill it. */
  @Test
  void memoryRunsShortBetweenSizes() {
    begin(160, 500);
    long borrowed = leaveFree(2100 << 10, 1 << 20);
    qemu.stream.update(1).desktopSize(640, 480); // 1200 KiB to be sent, and one MiB
    qemu.send();
    assertNull(qemu.receive(), "the session ends");
    assertEquals(List.of(Event.resize(640, 480), Event.update(0, 0, 640, 480)), screen.told());
    String console = bridge.domain.console();
    assertTrue(console.contains("KiB are free, it is left out: raise stubdomain_memory"), console);
    qemu.hangUp();
    BridgeDomain.check(bridge.munmap(borrowed, 1 << 20), "munmap");
    bridge.domain.advance(6 * SECOND);
    // Too large for the pages of the picture: it stays black, all of it and nothing else.
    begin(1024, 768);
    assertNull(qemu.receive());
    assertEquals(List.of(), screen.told().stream().filter(event -> event.type() == 3).toList());
    assertEquals(640, screen.width);
    assertArrayEquals(new byte[4 * 640 * 480], screen.picture());
    qemu.hangUp();
    bridge.domain.advance(6 * SECOND);
    begin(320, 200);
    qemu.stream.update(1).raw(new Random(9), 0, 0, 320, 200);
    qemu.send();
    assertArrayEquals(qemu.stream.pixels(), screen.picture());
  }

  @Test
  void aFullRingLosesNothing() {
    begin(600, 400);
    screen.automatic = false;
    Random random = new Random(5);
    for (int i = 0; i < 100; i++) {
      qemu.stream.update(1).raw(random, 5 * i, 3 * i, 5, 3);
    }
    qemu.stream.update(1).desktopSize(320, 200);
    qemu.stream.update(1).raw(random, 0, 0, 320, 200);
    qemu.send();
    screen.take();
    assertEquals(51, screen.told().size());
    bridge.domain.settle();
    screen.take();
    // Changes of the picture before are of no interest any more.
    assertEquals(List.of(Event.resize(320, 200), Event.update(0, 0, 320, 200)), screen.told());
    assertArrayEquals(qemu.stream.pixels(), screen.picture());
  }

  @Test
  void anEndedSessionIsBegunAgain() {
    for (int i = 0; i < 5; i++) {
      begin(320, 200 + i);
      qemu.hangUp();
      assertFalse(qemu.accept());
      bridge.domain.advance(6 * SECOND);
    }
    // One that says nonsense, too.
    assertTrue(qemu.accept());
    qemu.stream.text("HTTP/1.1 400\n");
    qemu.send();
    assertNull(qemu.receive());
    assertTrue(
        bridge.domain.console().contains("broke the protocol: not protocol version 3.8"),
        bridge.domain.console());
    qemu.hangUp();
    bridge.domain.advance(6 * SECOND);
    begin(320, 200);
  }

  /**
   * QEMU says first that the mode changes, then copies the picture: a new session asks its size.
   */
  @Test
  void aChangeOfTheModeIsANewSession() {
    begin(600, 400);
    qemu.stream.update(1).rectangle(0, 0, 600, 400, 0x574d5669);
    qemu.send();
    assertNull(qemu.receive());
    qemu.hangUp();
    bridge.domain.advance(SECOND / 50);
    begin(320, 200);
    assertEquals(320, screen.width);
    qemu.stream.update(1).raw(new Random(8), 0, 0, 320, 200);
    qemu.send();
    assertArrayEquals(qemu.stream.pixels(), screen.picture());
    assertFalse(bridge.domain.console().contains("warning"), bridge.domain.console());
  }

  @Test
  void withoutBackendThereIsNoSession() {
    begin(320, 200);
    screen.state(DisplayBackend.CLOSED);
    assertNull(qemu.receive());
    assertEquals(DisplayBackend.CLOSED, screen.state());
    qemu.hangUp();
    bridge.domain.advance(100 * SECOND);
    assertFalse(qemu.accept());
    screen.state(DisplayBackend.INIT_WAIT);
    bridge.domain.advance(6 * SECOND);
    begin(300, 200);
    assertEquals(DisplayBackend.CONNECTED, screen.state());
    assertEquals(300, screen.width);
  }

  @Test
  void keysBecomeScanCodes() {
    begin(320, 200);
    keyboard.key(30, true); // A
    keyboard.key(30, true); // repeated
    keyboard.key(30, false);
    keyboard.key(97, true); // right control
    keyboard.key(97, false);
    assertEquals(
        key(0x1e, true) + key(0x1e, true) + key(0x1e, false) + key(0x9d, true) + key(0x9d, false),
        qemu.receive());
  }

  @Test
  void whatIsTypedWithoutASessionIsLost() {
    keyboard.key(30, true);
    bridge.domain.advance(SECOND);
    begin(320, 200);
    keyboard.key(30, false); // QEMU never heard of its going down
    keyboard.key(31, true);
    assertEquals(key(0x1f, true), qemu.receive());
  }

  /** QEMU takes a new client's buttons for all up, and leaves the guest with the old ones. */
  @Test
  void aButtonHeldAcrossSessionsComesUp() {
    begin(600, 399);
    keyboard.key(BTN_LEFT, true);
    keyboard.position(partX(10, 600), partY(20, 399), 0);
    assertEquals(pointer(1, 10, 20), qemu.receive());
    qemu.hangUp();
    bridge.domain.settle();
    keyboard.key(BTN_LEFT, false);
    bridge.domain.advance(6 * SECOND);
    qemu.begin(600, 399);
    bridge.domain.advance(SECOND);
    String said = qemu.receive();
    assertTrue(said.contains(pointer(1, 10, 20) + pointer(0, 10, 20)), said);
  }

  /** QEMU lets keys go when a client leaves, as this one does at each change of the mode. */
  @Test
  void aKeyHeldAcrossAChangeOfTheModeGoesDownAgain() {
    begin(600, 399);
    keyboard.key(42, true); // shift
    keyboard.key(31, true);
    keyboard.key(31, false);
    assertEquals(key(0x2a, true) + key(0x1f, true) + key(0x1f, false), qemu.receive());
    qemu.stream.update(1).rectangle(0, 0, 600, 399, RfbStream.WMVI);
    qemu.send();
    assertNull(qemu.receive());
    qemu.hangUp();
    keyboard.key(30, true); // typed while there is no session
    bridge.domain.advance(SECOND / 10);
    qemu.begin(720, 400);
    String said = qemu.receive();
    assertTrue(said.contains(key(0x2a, true) + key(0x1e, true)), said);
    assertFalse(said.contains(key(0x1f, true)), said);
    keyboard.key(42, false);
    assertEquals(key(0x2a, false), qemu.receive());
  }

  @Test
  void aKeyboardThatGoesLetsGo() {
    begin(600, 399);
    keyboard.key(30, true);
    keyboard.key(BTN_LEFT, true);
    keyboard.position(partX(10, 600), partY(20, 399), 0);
    assertEquals(key(0x1e, true) + pointer(1, 10, 20), qemu.receive());
    keyboard.state(DisplayBackend.CLOSED);
    assertEquals(key(0x1e, false) + pointer(0, 10, 20), qemu.receive());
    keyboard.state(DisplayBackend.INIT_WAIT);
    bridge.domain.settle();
    keyboard.key(31, true);
    assertEquals(key(0x1f, true), qemu.receive());
    keyboard.put(DisplayBackend.IN_PROD, keyboard.get(DisplayBackend.IN_CONS) + 52);
    assertEquals(key(0x1f, false), qemu.receive());
  }

  /** What QEMU computes of a column: a part of 0x7fff of the width, which is in steps of 16. */
  private static int partX(int column, int width) {
    return column * 0x7fff / ((width + 15) / 16 * 16);
  }

  /** And of a row: of the height as it is. */
  private static int partY(int row, int height) {
    return row * 0x7fff / height;
  }

  @Test
  void everyPixelCanBePointedAt() {
    begin(600, 399);
    for (int x = 0; x < 600; x++) {
      int y = x % 399;
      keyboard.position(partX(x, 600), partY(y, 399), 0);
      assertEquals(pointer(0, x, y), qemu.receive());
    }
    keyboard.position(0x7fff, 0x7fff, 0);
    keyboard.position(Integer.MIN_VALUE, Integer.MAX_VALUE, 0);
    assertEquals(pointer(0, 599, 398) + pointer(0, 0, 398), qemu.receive());
  }

  @Test
  void buttonsArePressedWhereThePointerIs() {
    begin(600, 399);
    // dom0's QEMU says first which button, then where.
    keyboard.key(BTN_LEFT, true);
    bridge.domain.settle();
    keyboard.position(partX(10, 600), partY(20, 399), 0);
    assertEquals(pointer(1, 10, 20), qemu.receive());
    keyboard.key(BTN_RIGHT, true);
    keyboard.key(BTN_LEFT, false);
    keyboard.position(partX(11, 600), partY(20, 399), 0);
    assertEquals(pointer(5, 10, 20) + pointer(4, 11, 20), qemu.receive());
    // Another backend might not say where.
    keyboard.key(BTN_RIGHT, false);
    keyboard.key(BTN_MIDDLE, true);
    assertEquals(pointer(0, 11, 20), qemu.receive());
    bridge.domain.advance(SECOND);
    assertEquals(pointer(2, 11, 20), qemu.receive());
  }

  @Test
  void theWheelTurnsByPresses() {
    begin(600, 399);
    keyboard.position(partX(10, 600), partY(20, 399), -1);
    assertEquals(pointer(0, 10, 20) + pointer(8, 10, 20) + pointer(0, 10, 20), qemu.receive());
    keyboard.position(partX(10, 600), partY(20, 399), 2);
    assertEquals(
        pointer(0, 10, 20) + (pointer(16, 10, 20) + pointer(0, 10, 20)).repeat(2), qemu.receive());
  }

  @Test
  void aRelativePointerMoves() {
    begin(600, 400);
    keyboard.motion(10, 20, 0);
    keyboard.motion(-3, 7, 0);
    keyboard.motion(-1000, Integer.MAX_VALUE, 0);
    assertEquals(pointer(0, 10, 20) + pointer(0, 7, 27) + pointer(0, 0, 399), qemu.receive());
  }

  @Test
  void nonsenseFromTheKeyboardIsCountedAndDropped() {
    begin(600, 400);
    keyboard.event(3, 1, 0x300, 0, 0);
    keyboard.event(3, 1, -1, 0, 0);
    keyboard.event(3, 7, 30, 0, 0);
    keyboard.event(5, 0, 1, 2, 3); // multi-touch: nobody asked for it
    keyboard.event(0, 0, 0, 0, 0);
    keyboard.key(200, true); // has no scan code
    keyboard.key(30, true);
    assertEquals(key(0x1e, true), qemu.receive());
    String said = "vkbd: the backend names a key that does not exist; ignored";
    String console = bridge.domain.console();
    assertEquals(console.indexOf(said), console.lastIndexOf(said), console);
    assertTrue(console.contains(said), console);
  }

  @Test
  void aWildIndexIsTheEndOfItsRingAlone() {
    begin(600, 400);
    keyboard.put(DisplayBackend.IN_PROD, keyboard.get(DisplayBackend.IN_CONS) + 52);
    assertEquals("", qemu.receive());
    keyboard.put(DisplayBackend.IN_PROD, keyboard.get(DisplayBackend.IN_CONS));
    keyboard.key(30, true);
    assertEquals("", qemu.receive());
    assertTrue(
        bridge.domain.console().contains("vkbd: the backend's input index is out of range"),
        bridge.domain.console());
    qemu.stream.update(1).raw(new Random(6), 0, 0, 600, 400);
    qemu.send();
    assertArrayEquals(qemu.stream.pixels(), screen.picture());
    screen.automatic = false;
    screen.put(DisplayBackend.OUT_CONS, screen.get(DisplayBackend.OUT_PROD) + 1);
    qemu.stream.update(1).raw(new Random(7), 0, 0, 600, 400);
    qemu.send();
    assertNull(qemu.receive(), "nobody looks at the picture");
    assertTrue(
        bridge.domain.console().contains("vfb: the backend's output index is out of range"),
        bridge.domain.console());
  }

  /** A server that does not read: input is dropped, but no key stays down. */
  @Test
  void aStuckServerLosesInputButNoKeyStaysDown() {
    begin(600, 399);
    keyboard.key(30, true);
    for (int i = 0; i < 20_000; i++) {
      keyboard.position(i % 0x7fff, i % 0x7fff, 1_000_000);
      bridge.domain.settle();
    }
    keyboard.key(31, true); // dropped
    keyboard.key(30, false);
    keyboard.key(31, false);
    StringBuilder all = new StringBuilder();
    for (String part = qemu.receive(); !part.isEmpty(); part = qemu.receive()) {
      all.append(part);
    }
    assertTrue(all.indexOf(key(0x1e, true)) == 0);
    assertTrue(all.toString().endsWith(key(0x1e, false)), "the key is up again");
    assertEquals(-1, all.indexOf(key(0x1f, true)));
    keyboard.position(partX(5, 600), partY(6, 399), 0);
    assertEquals(pointer(0, 5, 6), qemu.receive());
  }

  @Test
  void theToolstackHearsNothingOfTheInnerServer() {
    FakeMonitor monitor = new FakeMonitor(bridge);
    VchanClient client = VchanClient.find(bridge.domain);
    monitor.greet();
    client.connect();
    client.receive();
    client.send("{\"execute\":\"qmp_capabilities\",\"id\":1}");
    client.receive();
    client.send("{\"execute\":\"query-vnc\",\"id\":2}");
    assertEquals("{\"id\": 2, \"return\": {\"enabled\": false}}\r\n", client.receive());
    client.send(
        "{\"execute\":\"change-vnc-password\",\"id\":3,\"arguments\":{\"password\":\"x\"}}");
    assertEquals("{\"id\": 3, \"return\": {}}\r\n", client.receive());
    assertNull(monitor.next(), "QEMU was not asked");
  }

  /** One thing a backend may do, or the emulator. */
  private void somethingHappens(Random random) {
    DisplayBackend one = random.nextBoolean() ? screen : keyboard;
    switch (random.nextInt(40)) {
      case 0 -> one.put(4 * random.nextInt(4), random.nextInt());
      case 1 -> one.state(random.nextInt(8));
      case 2, 3, 4 -> one.state(DisplayBackend.INIT_WAIT);
      case 5, 6, 7, 8, 9 ->
          keyboard.event(
              random.nextInt(256),
              random.nextInt(256),
              random.nextInt(),
              random.nextInt(),
              random.nextInt());
      case 10, 11, 12, 13, 14 -> keyboard.key(random.nextInt(0x130), random.nextBoolean());
      case 15, 16, 17, 18, 19 ->
          keyboard.position(random.nextInt(0x8000), random.nextInt(0x8000), random.nextInt(3) - 1);
      case 20 -> qemu.stream.update(1).desktopSize(1 + random.nextInt(300), 200);
      case 21, 22, 23, 24, 25, 26, 27, 28, 29 -> qemu.stream.update(1).anything(random);
      default -> bridge.domain.advance(random.nextInt(1000) * SECOND / 1000);
    }
  }

  /** Frontends and session with backends that may lie in all they say. */
  @Test
  void backendsThatLie() {
    RandomSteps.run(
        "PictureTest.backendsThatLie",
        steps -> {
          Random random = steps.random();
          int sessions = 0;
          screen.automatic = false; // its indexes may be wild
          begin(300, 200);
          for (long i = 0; i < steps.total() / 200; i++) {
            somethingHappens(random);
            if (!qemu.send()) {
              qemu.hangUp();
            }
            if (qemu.accept()) {
              sessions++;
              qemu.stream.handshake(1 + random.nextInt(300), 1 + random.nextInt(200), "QEMU");
            }
          }
          assertTrue(sessions > 0, "no session ended");
          // The domain lives, and backends that begin anew find all in order.
          for (int state : new int[] {DisplayBackend.CLOSED, DisplayBackend.INIT_WAIT}) {
            screen.state(state);
            keyboard.state(state);
            bridge.domain.advance(10 * SECOND);
          }
          assertEquals(DisplayBackend.CONNECTED, screen.state(), bridge.domain.console());
          assertEquals(DisplayBackend.CONNECTED, keyboard.state(), bridge.domain.console());
          screen.automatic = true;
          do { // connections from before may still wait, long closed
            while (!qemu.accept()) {
              bridge.domain.advance(SECOND);
            }
            qemu.stream.handshake(300, 200, "QEMU");
            qemu.stream.update(1).rectangle(0, 0, 300, 200, RfbStream.EXTENDED_KEY);
            qemu.stream.update(1).raw(random, 0, 0, 300, 200);
          } while (!qemu.send());
          assertArrayEquals(qemu.stream.pixels(), screen.picture());
          bridge.domain.advance(SECOND); // the next change is asked for by then
          qemu.receive();
          keyboard.key(30, true);
          assertEquals(key(0x1e, true), qemu.receive());
        });
  }
}
