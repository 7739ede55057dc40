// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.bridge;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.rumpstubdom.tests.bridge.BridgeDomain.check;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import org.rumpstubdom.tests.hosted.HostedDomain;

/** QEMU's VNC server as its system calls: it listens where the bridge has told it to. */
final class FakeVncServer {
  private static final long SYS_SOCKET = 41;
  private static final long SYS_SENDTO = 44;
  private static final long SYS_BIND = 49;
  private static final long SYS_LISTEN = 50;
  private static final long SYS_ACCEPT4 = 288;
  private static final int AF_UNIX = 1;
  private static final int SOCK_STREAM_NONBLOCK = 1 | BridgeDomain.O_NONBLOCK;
  private static final int MSG_NOSIGNAL = 0x4000;
  private static final int EPIPE = 32;
  private static final int ECONNRESET = 104;
  private static final int CHUNK = 16 << 10;
  private static final int PATIENCE = 10_000;

  private final BridgeDomain bridge;
  private final int listener;
  private final ByteArrayOutputStream received = new ByteArrayOutputStream();
  final RfbStream stream = new RfbStream();
  private int connection = -1;

  FakeVncServer(BridgeDomain bridge, String path) {
    this.bridge = bridge;
    HostedDomain domain = bridge.domain;
    listener = (int) check(domain.syscall(SYS_SOCKET, AF_UNIX, SOCK_STREAM_NONBLOCK, 0), "socket");
    byte[] name = path.getBytes(ISO_8859_1);
    ByteBuffer memory = bridge.scratch();
    memory.putShort(0, (short) AF_UNIX);
    memory.put(2, name);
    memory.put(2 + name.length, (byte) 0);
    check(domain.syscall(SYS_BIND, listener, bridge.at(0), name.length + 3), "bind");
    check(domain.syscall(SYS_LISTEN, listener, 1), "listen");
  }

  /** Whether somebody has connected; then that is the connection from now on. */
  boolean accept() {
    long fd = bridge.domain.syscall(SYS_ACCEPT4, listener, 0, 0, BridgeDomain.O_NONBLOCK);
    if (fd == -BridgeDomain.EAGAIN) {
      return false;
    }
    connection = (int) check(fd, "accept4");
    return true;
  }

  void hangUp() {
    check(bridge.close(connection), "close");
    connection = -1;
  }

  /**
   * Writes what the stream has collected, in pieces, while the domain reads. False when the client
   * hung up meanwhile. Without a client the bytes are lost.
   */
  boolean send() {
    byte[] bytes = stream.take();
    int at = 0;
    for (int tries = 0; at < bytes.length && connection >= 0; tries++) {
      byte[] piece = Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + CHUNK));
      bridge.scratch().put(0, piece);
      long n =
          bridge.domain.syscall(
              SYS_SENDTO, connection, bridge.at(0), piece.length, MSG_NOSIGNAL, 0, 0);
      if (n == -EPIPE || n == -ECONNRESET) {
        return false;
      }
      at += n == -BridgeDomain.EAGAIN ? 0 : (int) check(n, "sendto");
      bridge.domain.settle();
      if (tries > PATIENCE) {
        throw new AssertionError("nobody reads");
      }
    }
    bridge.domain.settle();
    return true;
  }

  /** The client's bytes since the last call; null when it has hung up. */
  String receive() {
    bridge.domain.settle();
    byte[] part;
    while ((part = bridge.read(connection, CHUNK)) != null) {
      if (part.length == 0) {
        return null;
      }
      received.writeBytes(part);
    }
    String text = HexFormat.of().formatHex(received.toByteArray());
    received.reset();
    return text;
  }

  /** Accepts a connection and shows a picture of that size; keys may come as scan codes. */
  void begin(int width, int height) {
    if (!accept()) {
      throw new AssertionError("nobody connects; console:\n" + bridge.domain.console());
    }
    stream.handshake(width, height, "QEMU");
    stream.update(1).rectangle(0, 0, width, height, RfbStream.EXTENDED_KEY);
    send();
  }
}
