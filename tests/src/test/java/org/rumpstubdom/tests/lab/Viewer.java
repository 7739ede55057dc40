// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.lab.host.RemoteCommand;

/** A VNC viewer in dom0 (RFC 6143, 7.1 to 7.3) that sees how large the screen is, and leaves. */
final class Viewer {
  private static final byte[] VERSION = "RFB 003.008\n".getBytes(StandardCharsets.US_ASCII);

  /** The one security type offered: none. */
  private static final byte[] SECURITY = {1, 1};

  private static final byte[] SHARED = {1};
  private static final int FIRST_PORT = 5900;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final RemoteCommand connection;
  private final ByteArrayOutputStream received = new ByteArrayOutputStream();
  private int taken;

  private Viewer(Dom0 dom0, int port) throws IOException {
    connection =
        dom0.start(
            List.of("nc", "127.0.0.1", Integer.toString(port)),
            (error, data, nanos) -> {
              synchronized (received) {
                received.writeBytes(data);
                received.notifyAll();
              }
            });
  }

  /**
   * Does what {@code xl vncviewer} does.
   *
   * @return WIDTHxHEIGHT
   */
  static String look(Dom0 dom0, String domain) throws IOException {
    String address = dom0.sh("VNCVIEWER=echo exec xl vncviewer \"$1\"", domain).strip();
    String[] words = address.split(":", -1);
    Viewer viewer = new Viewer(dom0, FIRST_PORT + Integer.parseInt(words[1]));
    try {
      return viewer.enter();
    } finally {
      viewer.connection.signal(9);
    }
  }

  private String enter() throws IOException {
    assertArrayEquals(VERSION, receive(VERSION.length));
    send(VERSION);
    assertArrayEquals(SECURITY, receive(SECURITY.length));
    send(Arrays.copyOfRange(SECURITY, 1, 2));
    assertArrayEquals(new byte[4], receive(4));
    send(SHARED);
    ByteBuffer size = ByteBuffer.wrap(receive(4));
    return size.getShort() + "x" + size.getShort();
  }

  private void send(byte[] data) throws IOException {
    connection.input(data, data.length);
  }

  private byte[] receive(int length) throws IOException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    synchronized (received) {
      while (received.size() - taken < length) {
        if (System.nanoTime() > end || connection.end().isDone()) {
          throw new AssertionError("the VNC server says no more");
        }
        try {
          received.wait(1000);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new IOException("interrupted", e);
        }
      }
      byte[] data = Arrays.copyOfRange(received.toByteArray(), taken, taken + length);
      taken += length;
      return data;
    }
  }
}
