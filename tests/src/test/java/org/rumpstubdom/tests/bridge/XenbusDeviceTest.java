// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.bridge;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.rumpstubdom.tests.bridge.BridgeDomain.EINVAL;
import static org.rumpstubdom.tests.bridge.BridgeDomain.O_NONBLOCK;
import static org.rumpstubdom.tests.bridge.BridgeDomain.O_RDWR;
import static org.rumpstubdom.tests.bridge.BridgeDomain.POLLIN;
import static org.rumpstubdom.tests.bridge.BridgeDomain.POLLOUT;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.tests.hosted.HostedDomain;

/** xenstore over its device file. */
@Tag("hosted")
class XenbusDeviceTest extends XenDeviceFiles {
  private static final int XS_READ = 2;
  private static final int XS_GET_PERMS = 3;
  private static final int XS_WATCH = 4;
  private static final int XS_WRITE = 11;
  private static final int XS_SET_PERMS = 14;
  private static final int XS_WATCH_EVENT = 15;
  private static final int XS_ERROR = 16;

  private static byte[] message(int type, int id, String payload) {
    byte[] body = payload.getBytes(ISO_8859_1);
    ByteBuffer b = ByteBuffer.allocate(16 + body.length).order(ByteOrder.LITTLE_ENDIAN);
    return b.putInt(type).putInt(id).putInt(0).putInt(body.length).put(body).array();
  }

  private String answer(int fd, int piece) {
    StringBuilder all = new StringBuilder();
    for (byte[] part = bridge.read(fd, piece); part != null; part = bridge.read(fd, piece)) {
      all.append(new String(part, ISO_8859_1));
    }
    return all.toString();
  }

  private static String text(byte[] message) {
    return new String(message, ISO_8859_1);
  }

  @Test
  void requestsInPiecesAndAnswersInPieces() {
    int fd = open("/dev/xen/xenbus", O_RDWR | O_NONBLOCK);
    assertEquals(POLLOUT, bridge.poll(fd));
    byte[] request = message(XS_READ, 0x12345678, "target\0");
    for (byte b : request) {
      assertEquals(1, bridge.write(fd, new byte[] {b}));
    }
    domain.settle();
    assertEquals(POLLIN | POLLOUT, bridge.poll(fd));
    assertEquals(text(message(XS_READ, 0x12345678, "" + GUEST)), answer(fd, 3));
    byte[] two = (text(request) + text(message(XS_READ, 7, "nothing\0"))).getBytes(ISO_8859_1);
    assertEquals(two.length, bridge.write(fd, two));
    domain.settle();
    assertEquals(
        text(message(XS_READ, 0x12345678, "" + GUEST)) + text(message(XS_ERROR, 7, "ENOENT\0")),
        answer(fd, 4096));
  }

  @Test
  void watchEventsComeBetweenAnswers() {
    int fd = open("/dev/xen/xenbus", O_RDWR | O_NONBLOCK);
    String path = "/local/domain/" + GUEST + "/vm";
    bridge.write(fd, message(XS_WATCH, 1, path + "\0my token\0"));
    domain.settle();
    String event = text(message(XS_WATCH_EVENT, 0, path + "\0my token\0"));
    String first = answer(fd, 4096);
    assertTrue(first.contains(text(message(XS_WATCH, 1, "OK\0"))), first);
    assertTrue(first.contains(event), first);
    domain.xenstore().write(path, "elsewhere");
    domain.settle();
    assertEquals(event, answer(fd, 100));
    bridge.close(fd);
    domain.settle();
    domain.xenstore().write(path, "again");
    domain.settle();
  }

  @Test
  void aBlockedReaderIsWokenByTheAnswer() {
    int fd = open("/dev/xen/xenbus", O_RDWR);
    HostedDomain.Call read = bridge.startRead(fd, ARRAYS, 16);
    domain.settle();
    assertFalse(read.done());
    bridge.write(fd, message(XS_READ, 3, "target\0"));
    domain.settle();
    assertEquals(16, read.result());
    assertEquals(3, bridge.scratch().getInt(ARRAYS + 4));
  }

  /** QEMU's way of making a directory: as if it ran in domain 0, and owned by that. */
  @Test
  void aNodeGivenToDomain0StaysOurs() {
    int fd = open("/dev/xen/xenbus", O_RDWR | O_NONBLOCK);
    String path = "device-model/" + GUEST + "/backends/console";
    bridge.write(fd, message(XS_WRITE, 1, path + "\0"));
    bridge.write(fd, message(XS_SET_PERMS, 2, path + "\0n0\0r" + GUEST + "\0"));
    domain.settle();
    assertEquals(
        text(message(XS_WRITE, 1, "OK\0")) + text(message(XS_SET_PERMS, 2, "OK\0")),
        answer(fd, 4096));
    bridge.write(fd, message(XS_GET_PERMS, 3, path + "\0"));
    domain.settle();
    assertEquals(
        text(message(XS_GET_PERMS, 3, "n" + HostedDomain.DOMID + "\0r" + GUEST + "\0")),
        answer(fd, 4096));
    // What is not well formed is the daemon's to refuse.
    for (String body : new String[] {"", path, path + "\0", path + "\0n0", "\0n0\0"}) {
      bridge.write(fd, message(XS_SET_PERMS, 4, body));
      domain.settle();
      assertTrue(answer(fd, 4096).startsWith(text(message(XS_ERROR, 4, "")).substring(0, 4)), body);
    }
    // With this owner in it the request would be longer than any may be.
    String longest = "a".repeat(4096 - 4) + "\0n0\0";
    bridge.write(fd, message(XS_SET_PERMS, 5, longest));
    domain.settle();
    assertTrue(answer(fd, 4096).startsWith(text(message(XS_ERROR, 5, "")).substring(0, 4)));
  }

  @Test
  void anOverlongRequestIsRefused() {
    int fd = open("/dev/xen/xenbus", O_RDWR | O_NONBLOCK);
    byte[] request = message(XS_READ, 3, "target\0");
    ByteBuffer.wrap(request).order(ByteOrder.LITTLE_ENDIAN).putInt(12, 4097);
    assertEquals(-EINVAL, bridge.write(fd, request));
    ByteBuffer.wrap(request).order(ByteOrder.LITTLE_ENDIAN).putInt(12, -1);
    assertEquals(-EINVAL, bridge.write(fd, request));
    bridge.write(fd, message(XS_READ, 4, "target\0"));
    domain.settle();
    assertEquals(text(message(XS_READ, 4, "" + GUEST)), answer(fd, 64));
  }
}
