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

/**
 * A VNC viewer in dom0 (RFC 6143, 7.1 to 7.6) that sees how large the screen is, and leaves. It
 * asks for a corner of the picture a few times: a server may learn the size when somebody looks,
 * and says it then to who understands that (7.8.2).
 */
final class Viewer {
  private static final byte[] VERSION = "RFB 003.008\n".getBytes(StandardCharsets.US_ASCII);

  /** The one security type offered: none, or a password. */
  private static final byte[] NO_SECURITY = {1, 1};

  private static final byte[] PASSWORD = {1, 2};

  private static final int CHALLENGE = 16;
  private static final int KEY = 8;

  private static final byte[] SHARED = {1};
  private static final int PIXEL_FORMAT = 16;
  private static final int RAW = 0;
  private static final int DESKTOP_SIZE = -223;
  private static final int CORNER = 16;
  private static final int LOOKS = 3;
  private static final int FIRST_PORT = 5900;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final RemoteCommand connection;
  private final ByteArrayOutputStream received = new ByteArrayOutputStream();
  private int taken;

  /** So many bytes. */
  private int pixel;

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
    return look(dom0, "127.0.0.1", display(dom0, domain), null);
  }

  /** Presses a key, by its X11 symbol (7.5.4), and lets it go. */
  static void press(Dom0 dom0, String domain, int symbol) throws IOException {
    Viewer viewer = new Viewer(dom0, "127.0.0.1", FIRST_PORT + display(dom0, domain));
    try {
      viewer.enter(null);
      for (int down = 1; down >= 0; down--) {
        viewer.send(ByteBuffer.allocate(8).putInt(4 << 24 | down << 16).putInt(symbol).array());
      }
      // What comes after the keys is answered after them.
      viewer.look();
    } finally {
      viewer.connection.signal(9);
    }
  }

  private static int display(Dom0 dom0, String domain) throws IOException {
    String address = dom0.sh("VNCVIEWER=echo exec xl vncviewer \"$1\"", domain).strip();
    return Integer.parseInt(address.split(":", -1)[1]);
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
    String seen = size.getShort() + "x" + size.getShort();
    pixel = receive(PIXEL_FORMAT)[0] / 8;
    receive(ByteBuffer.wrap(receive(4)).getInt()); // the desktop's name
    send(ByteBuffer.allocate(12).putInt(2 << 24 | 2).putInt(RAW).putInt(DESKTOP_SIZE).array());
    for (int i = 0; i < LOOKS; i++) {
      String changed = look();
      seen = changed.isEmpty() ? seen : changed;
    }
    return seen;
  }

  /** One look at the corner; the new size if that is told instead. */
  private String look() throws IOException {
    send(
        ByteBuffer.allocate(10)
            .putShort((short) (3 << 8))
            .putInt(0)
            .putShort((short) CORNER)
            .putShort((short) CORNER)
            .array());
    ByteBuffer header = ByteBuffer.wrap(receive(4));
    if (header.get() != 0) {
      throw new AssertionError("no update");
    }
    header.get();
    String size = "";
    for (int left = header.getShort(); left > 0; left--) {
      ByteBuffer part = ByteBuffer.wrap(receive(12));
      int width = part.getShort(4);
      int height = part.getShort(6);
      if (part.getInt(8) == DESKTOP_SIZE) {
        size = width + "x" + height;
      } else {
        receive(width * height * pixel);
      }
    }
    return size;
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
