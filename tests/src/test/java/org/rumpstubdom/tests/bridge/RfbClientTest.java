// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.bridge;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Memory;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.tests.hosted.HostedDomain;
import org.rumpstubdom.tests.hosted.HostedLibrary;
import org.rumpstubdom.tests.hosted.RandomSteps;

/** The client of QEMU's VNC server, with the server played here. */
@Tag("hosted")
class RfbClientTest {
  private static final int EPROTO = 71;
  private static final int ENOSPC = 28;
  private static final int ECONNABORTED = 103;

  /** What the client says up to the first request, after RFC 6143 and QEMU's rfbproto notes. */
  private static final String HELLO =
      hex(RfbStream.VERSION.getBytes(US_ASCII)) // version
          + "01" // security type None
          + "01" // shared
          + "00000000 20180001 00ff 00ff 00ff 100800 000000" // 32-bit little-endian true colour
          + "02000005 00000005 00000000 ffffff21 fffffefe" // Hextile, Raw, DesktopSize, keys
          + "574d5669"; // changes of the mode, in QEMU's way

  private static final int CANVAS = 4 * 200 * 150;

  private HostedDomain domain;
  private Memory canvas;

  @BeforeEach
  void start() {
    domain = HostedDomain.create(1024, 1);
    HostedLibrary.bind(RfbEntries.class);
    canvas = new Memory(CANVAS);
    canvas.clear();
    RfbEntries.rfbStart(canvas, CANVAS);
  }

  @AfterEach
  void stop() {
    domain.close();
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  private static String hex(String text) {
    return text.replace(" ", "");
  }

  private static int input(RfbStream server) {
    byte[] bytes = server.take();
    return RfbEntries.rfbInput(bytes, bytes.length);
  }

  private static void accept(RfbStream server) {
    assertEquals(0, input(server), RfbClientTest::why);
    assertEquals(0, RfbEntries.rfbStrays());
  }

  private static String sent() {
    byte[] room = new byte[4096];
    return hex(Arrays.copyOf(room, RfbEntries.rfbSent(room, room.length)));
  }

  private static String why() {
    byte[] room = new byte[256];
    RfbEntries.rfbWhy(room, room.length);
    return new String(room, US_ASCII).replace("\0", "");
  }

  private static String request(int incremental, int width, int height) {
    return "03%02x00000000%04x%04x".formatted(incremental, width, height);
  }

  private byte[] painted(RfbStream server) {
    return canvas.getByteArray(0, 4 * server.picture.length);
  }

  /** A session that is past the handshake. */
  private static RfbStream ready(int width, int height) {
    RfbStream server = new RfbStream().handshake(width, height, "QEMU");
    accept(server);
    sent();
    return server;
  }

  @Test
  void theHandshakeIsAnsweredStepByStep() {
    RfbStream server = new RfbStream();
    accept(server.text(RfbStream.VERSION));
    assertEquals(hex(RfbStream.VERSION.getBytes(US_ASCII)), sent());
    accept(server.u8(3).u8(2).u8(1).u8(19)); // VNC authentication, none, VeNCrypt
    assertEquals("01", sent());
    accept(server.u32(0));
    assertEquals("01", sent());
    accept(server.serverInit(100, 50, "QEMU (guest)"));
    assertEquals(hex(HELLO).substring(28) + request(0, 100, 50), sent());
    assertEquals(100L << 32 | 50, RfbEntries.rfbSize());
  }

  @Test
  void updatesArePaintedAndAskedForAgain() {
    Random random = new Random(1);
    RfbStream server = ready(100, 50);
    accept(server.update(1).raw(random, 0, 0, 100, 50));
    assertEquals(request(1, 100, 50), sent());
    assertArrayEquals(server.pixels(), painted(server));
    accept(server.update(2).raw(random, 3, 4, 5, 6).hextile(random, 60, 13, 40, 37));
    assertEquals(request(1, 100, 50), sent());
    assertArrayEquals(server.pixels(), painted(server));
    assertEquals(2, RfbEntries.rfbUpdates());
  }

  /** QEMU keeps each answer in memory until it is sent: two would be one too many. */
  @Test
  void aNewSizeIsNoAnswer() {
    RfbStream server = ready(100, 50);
    accept(server.update(1).desktopSize(200, 150));
    assertEquals("", sent());
    accept(server.update(1).raw(new Random(2), 0, 0, 200, 150));
    assertEquals(request(1, 200, 150), sent());
    assertArrayEquals(server.pixels(), painted(server));
    accept(server.update(2).raw(new Random(3), 0, 0, 9, 9).desktopSize(20, 15));
    assertEquals(request(0, 20, 15), sent());
  }

  @Test
  void whatDoesNotAnswerARequestIsNotTakenForAnAnswer() {
    RfbStream server = ready(100, 50);
    accept(server.u8(2)); // bell
    accept(server.u8(3).u8(0).u8(0).u8(0).u32(5).text("hello")); // clipboard
    accept(server.u8(3).u8(0).u8(0).u8(0).u32(0));
    accept(server.update(1).rectangle(0, 0, 100, 50, RfbStream.EXTENDED_KEY));
    assertEquals("", sent());
    accept(server.update(0)); // everything in it was clipped away
    assertEquals(request(1, 100, 50), sent());
  }

  @Test
  void keysWaitForTheServerToTakeScanCodes() {
    RfbEntries.rfbKey(0x1e, 1);
    RfbEntries.rfbPointer(1, 2, 0);
    assertEquals("", sent());
    RfbStream server = ready(100, 50);
    RfbEntries.rfbKey(0x1e, 1);
    assertEquals("", sent());
    accept(server.update(1).rectangle(0, 0, 100, 50, RfbStream.EXTENDED_KEY));
    RfbEntries.rfbKey(0x1e, 1);
    RfbEntries.rfbKey(0x9d, 0);
    RfbEntries.rfbPointer(99, 49, 5);
    RfbEntries.rfbPointer(100, 4_000_000_000L, 0); // beyond the last pixel
    assertEquals(
        hex("ff00 0001 00000000 0000001e" + "ff00 0000 00000000 0000009d")
            + hex("05 05 0063 0031" + "05 00 0063 0031"),
        sent());
  }

  /** A server that keeps the protocol, cut at random. */
  @Test
  void anyStreamInAnyPieces() {
    RandomSteps.run(
        "RfbClientTest.anyStreamInAnyPieces",
        steps -> {
          Random random = steps.random();
          RfbStream server = new RfbStream();
          server.handshake(1 + random.nextInt(100), 1 + random.nextInt(75), "x".repeat(40));
          while (steps.next()) {
            int what = random.nextInt(500);
            if (what == 0) {
              server.update(1).desktopSize(1 + random.nextInt(200), 1 + random.nextInt(150));
            } else if (what == 1) {
              server.u8(3).u8(0).u8(0).u8(0).u32(7).text("clipped");
            } else if (what < 10) {
              int rectangles = random.nextInt(4);
              server.update(rectangles);
              for (int i = 0; i < rectangles; i++) {
                server.anything(random);
              }
            } else {
              continue;
            }
            byte[] bytes = server.take();
            for (int at = 0; at < bytes.length; ) {
              int most = random.nextBoolean() ? 3 : 5000;
              int n = Math.min(bytes.length - at, 1 + random.nextInt(most));
              assertEquals(0, RfbEntries.rfbInput(Arrays.copyOfRange(bytes, at, at + n), n), why());
              at += n;
            }
            if (what != 0) { // a new size has no pixels yet
              assertPainted(server, what);
            } else {
              server.update(1).raw(random, 0, 0, server.width, server.height);
              accept(server);
            }
            sent();
          }
        });
  }

  private void assertPainted(RfbStream server, int what) {
    assertEquals(0, RfbEntries.rfbStrays());
    assertEquals(-1, Arrays.mismatch(server.pixels(), painted(server)), "after step " + what);
  }

  /** Streams with wrong bytes in them: nothing is painted outside, nothing hangs. */
  @Test
  void aServerThatLies() {
    RandomSteps.run(
        "RfbClientTest.aServerThatLies",
        steps -> {
          Random random = steps.random();
          long ended = 0;
          for (long i = 0; i < steps.total() / 100; i++) {
            RfbEntries.rfbStart(canvas, CANVAS);
            RfbStream server = new RfbStream();
            server.handshake(1 + random.nextInt(64), 1 + random.nextInt(64), "QEMU");
            server.update(1).rectangle(0, 0, 1, 1, RfbStream.EXTENDED_KEY);
            server.update(2).anything(random).anything(random);
            server.update(1).desktopSize(1 + random.nextInt(64), 1 + random.nextInt(64));
            server.update(1).anything(random);
            byte[] bytes = server.take();
            int lies = 1 + random.nextInt(4);
            for (int lie = 0; lie < lies; lie++) {
              // Mostly where lengths are.
              int range = random.nextBoolean() ? Math.min(bytes.length, 80) : bytes.length;
              bytes[random.nextInt(range)] = (byte) random.nextInt();
            }
            int cut = random.nextInt(bytes.length + 1);
            int first = RfbEntries.rfbInput(bytes, cut);
            byte[] rest = Arrays.copyOfRange(bytes, cut, bytes.length);
            int second = RfbEntries.rfbInput(rest, rest.length);
            assertTrue(second == 0 || second == -EPROTO || second == -ENOSPC, "error " + second);
            if (first != 0) {
              assertEquals(first, second, "an ended session stays ended");
            }
            assertEquals(second != 0, !why().isEmpty());
            assertEquals(0, RfbEntries.rfbStrays());
            ended += second != 0 ? 1 : 0;
            sent();
          }
          assertTrue(ended > 0, "no lie was found out");
        });
  }

  private void refused(String reason, int error, RfbStream server) {
    assertEquals(-error, input(server));
    assertEquals(reason, why());
    RfbEntries.rfbStart(canvas, CANVAS);
  }

  @Test
  void violationsEndTheSession() {
    refused("not protocol version 3.8", EPROTO, new RfbStream().text("RFB 003.003\n"));
    refused("the server refuses", EPROTO, new RfbStream().text(RfbStream.VERSION).u8(0));
    refused(
        "the server asks for authentication",
        EPROTO,
        new RfbStream().text(RfbStream.VERSION).u8(2).u8(2).u8(19));
    refused(
        "the server refuses", EPROTO, new RfbStream().text(RfbStream.VERSION).u8(1).u8(1).u32(1));
    refused("an empty picture", EPROTO, new RfbStream().handshake(0, 10, ""));
    refused("the picture does not fit", ENOSPC, new RfbStream().handshake(201, 150, ""));
    refused(
        "an endless name",
        EPROTO,
        new RfbStream()
            .text(RfbStream.VERSION)
            .u8(1)
            .u8(1)
            .u32(0)
            .u16(10)
            .u16(10)
            .u32(0)
            .u32(0)
            .u32(0)
            .u32(0)
            .u32(-1));
    refused("an unknown message", EPROTO, ready(10, 10).u8(1));
    refused(
        "the screen changes its mode",
        ECONNABORTED,
        ready(10, 10).update(1).rectangle(0, 0, 10, 10, RfbStream.WMVI));
    refused("an endless text", EPROTO, ready(10, 10).u8(3).u8(0).u8(0).u8(0).u32(-4));
    refused(
        "an encoding nobody asked for",
        EPROTO,
        ready(10, 10).update(1).rectangle(0, 0, 1, 1, 1)); // CopyRect
    for (int encoding : new int[] {RfbStream.RAW, RfbStream.HEXTILE}) {
      refused(
          "a rectangle outside the picture",
          EPROTO,
          ready(10, 10).update(1).rectangle(1, 0, 10, 10, encoding));
      refused(
          "a rectangle outside the picture",
          EPROTO,
          ready(10, 10).update(1).rectangle(0, 0xffff, 1, 0xffff, encoding));
    }
    refused(
        "a subrectangle outside its tile",
        EPROTO,
        ready(10, 10)
            .update(1)
            .rectangle(0, 0, 10, 10, RfbStream.HEXTILE)
            .u8(2 | 8)
            .u32(0)
            .u8(1)
            .u8(0x99)
            .u8(0x10));
  }

  /** Set 1 of the scan codes, as in the tables of IBM's and Microsoft's keyboard documents. */
  @Test
  void keysHaveTheScanCodesOfSetOne() {
    int[][] known = {
      {1, 0x01}, // escape
      {2, 0x02}, // 1
      {16, 0x10}, // Q
      {28, 0x1c}, // enter
      {42, 0x2a}, // left shift
      {54, 0x36}, // right shift
      {57, 0x39}, // space
      {58, 0x3a}, // caps lock
      {59, 0x3b}, // F1
      {69, 0x45}, // num lock
      {83, 0x53}, // keypad .
      {86, 0x56}, // between left shift and Z
      {87, 0x57}, // F11
      {88, 0x58}, // F12
      {96, 0x9c}, // keypad enter: e0 1c
      {97, 0x9d}, // right control: e0 1d
      {98, 0xb5}, // keypad /: e0 35
      {100, 0xb8}, // right alt: e0 38
      {102, 0xc7}, // home: e0 47
      {103, 0xc8}, // up
      {104, 0xc9}, // page up
      {105, 0xcb}, // left
      {106, 0xcd}, // right
      {107, 0xcf}, // end
      {108, 0xd0}, // down
      {109, 0xd1}, // page down
      {110, 0xd2}, // insert
      {111, 0xd3}, // delete
      {125, 0xdb}, // left logo: e0 5b
      {126, 0xdc}, // right logo: e0 5c
      {127, 0xdd}, // menu: e0 5d
      {0, 0},
      {85, 0},
      {200, 0},
      {300, 0},
      {0x110, 0}
    };
    for (int[] pair : known) {
      assertEquals(pair[1], RfbEntries.keyNumber(pair[0]), "key " + pair[0]);
    }
    boolean[] used = new boolean[256];
    for (int code = 1; code < 1024; code++) {
      int number = RfbEntries.keyNumber(code);
      assertTrue(number == 0 || !used[number], "two keys have number " + number);
      used[number] = true;
    }
  }

  /** A hand-made tile, so that encoder and decoder of these tests cannot err together. */
  @Test
  void aTileByHand() {
    RfbStream server = ready(2, 2);
    accept(
        server
            .update(1)
            .rectangle(0, 0, 2, 2, RfbStream.HEXTILE)
            .u8(2 | 4 | 8)
            .u32(0x01020300)
            .u32(0x0a0b0c00)
            .u8(1)
            .u8(0x10)
            .u8(0x01)); // from (1, 0), one wide, two high
    ByteBuffer pixels = ByteBuffer.wrap(canvas.getByteArray(0, 16));
    int[] expected = {0x01020300, 0x0a0b0c00, 0x01020300, 0x0a0b0c00};
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], pixels.getInt(4 * i), "pixel " + i);
    }
  }
}
