// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.lab.host.RemoteCommand;

/** A VNC viewer in dom0 (RFC 6143, 7.1 to 7.3) that sees how large the screen is, and leaves. */
final class Viewer {
  private static final byte[] VERSION = "RFB 003.008\n".getBytes(StandardCharsets.US_ASCII);

  /** The one security type offered: none, or a password. */
  private static final byte[] NO_SECURITY = {1, 1};

  private static final byte[] PASSWORD = {1, 2};

  private static final int CHALLENGE = 16;
  private static final int KEY = 8;

  private static final byte[] SHARED = {1};
  private static final int FIRST_PORT = 5900;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final RemoteCommand connection;
  private final ByteArrayOutputStream received = new ByteArrayOutputStream();
  private int taken;

  private Viewer(Dom0 dom0, String address, int port) throws IOException {
    connection =
        dom0.start(
            List.of("nc", address, Integer.toString(port)),
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
    return look(dom0, "127.0.0.1", Integer.parseInt(words[1]), null);
  }

  /**
   * Looks at a display of another machine.
   *
   * @param password what the server is told when it asks for one; null: it must not ask
   * @return WIDTHxHEIGHT, or "refused"
   */
  static String look(Dom0 dom0, String address, int display, String password) throws IOException {
    Viewer viewer = new Viewer(dom0, address, FIRST_PORT + display);
    try {
      return viewer.enter(password);
    } finally {
      viewer.connection.signal(9);
    }
  }

  private String enter(String password) throws IOException {
    byte[] security = password == null ? NO_SECURITY : PASSWORD;
    assertArrayEquals(VERSION, receive(VERSION.length));
    send(VERSION);
    assertArrayEquals(security, receive(security.length));
    send(Arrays.copyOfRange(security, 1, 2));
    if (password != null) {
      send(response(receive(CHALLENGE), password));
    }
    if (ByteBuffer.wrap(receive(4)).getInt() != 0) {
      return "refused";
    }
    send(SHARED);
    ByteBuffer size = ByteBuffer.wrap(receive(4));
    return size.getShort() + "x" + size.getShort();
  }

  /** The challenge in DES, with the password as the key, whose bits VNC has in the other order. */
  private static byte[] response(byte[] challenge, String password) {
    byte[] key = Arrays.copyOf(password.getBytes(StandardCharsets.US_ASCII), KEY);
    for (int i = 0; i < KEY; i++) {
      key[i] = (byte) (Integer.reverse(key[i]) >>> 24);
    }
    try {
      Cipher des = Cipher.getInstance("DES/ECB/NoPadding");
      des.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "DES"));
      return des.doFinal(challenge);
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
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
