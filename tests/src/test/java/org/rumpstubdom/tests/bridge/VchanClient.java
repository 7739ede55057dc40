// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.bridge;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import org.rumpstubdom.tests.hosted.HostedDomain;

/**
 * The client side of a vchan (xen/io/libxenvchan.h) as libxenvchan drives it, with its rings inside
 * the control page. It acts only when told to; the domain notices when it runs next.
 */
final class VchanClient {
  static final int LEFT_CONS = 0;
  static final int LEFT_PROD = 4;
  static final int RIGHT_CONS = 8;
  static final int RIGHT_PROD = 12;
  private static final int LEFT_ORDER = 16;
  private static final int RIGHT_ORDER = 18;
  static final int CLI_LIVE = 20;
  private static final int SRV_LIVE = 21;
  private static final int CLI_NOTIFY = 22;
  private static final int SRV_NOTIFY = 23;
  private static final int NOTIFY_WRITE = 1;
  private static final int NOTIFY_READ = 2;

  private final HostedDomain domain;
  private final int port;
  private final ByteBuffer page;
  private final int base;
  private final int leftSize;
  private final int rightSize;

  private VchanClient(HostedDomain domain, int ref, int port) {
    this.domain = domain;
    this.port = port;
    if (domain.grantDomid(ref) != 0 || domain.grantReadonly(ref)) {
      throw new AssertionError("the ring must be granted to domain 0, writable");
    }
    base = domain.grantOffset(ref);
    page = domain.ram();
    int left = page.getShort(base + LEFT_ORDER);
    int right = page.getShort(base + RIGHT_ORDER);
    if (left != 10 || right != 11) {
      throw new AssertionError("ring orders " + left + ", " + right);
    }
    leftSize = 1 << left;
    rightSize = 1 << right;
  }

  /** Finds the server in xenstore; null while it is not published. */
  static VchanClient find(HostedDomain domain) {
    String path = BridgeDomain.HOME + "/device-model/" + BridgeDomain.GUEST + "/qmp-vchan";
    long ref = domain.xenstore().readNumber(path + "/ring-ref", 0);
    long port = domain.xenstore().readNumber(path + "/event-channel", 0);
    return ref == 0 || port == 0 ? null : new VchanClient(domain, (int) ref, (int) port);
  }

  int get(int field) {
    return page.getInt(base + field);
  }

  void put(int field, int value) {
    page.putInt(base + field, value);
  }

  /** Makes the server look. */
  void kick() {
    domain.send(port);
  }

  void connect() {
    page.put(base + CLI_LIVE, (byte) 1);
    page.put(base + SRV_NOTIFY, (byte) NOTIFY_WRITE);
    kick();
  }

  void disconnect() {
    page.put(base + CLI_LIVE, (byte) 0);
    kick();
  }

  boolean serverLive() {
    return page.get(base + SRV_LIVE) != 0;
  }

  private void acted(int bit) {
    int notify = page.get(base + CLI_NOTIFY);
    page.put(base + CLI_NOTIFY, (byte) (notify & ~bit));
    if ((notify & bit) != 0) {
      kick();
    }
  }

  /** Puts as much as fits in the ring; returns how much. */
  int write(byte[] data, int from) {
    int prod = get(LEFT_PROD);
    int room = leftSize - (prod - get(LEFT_CONS));
    int n = Math.min(room, data.length - from);
    for (int i = 0; i < n; i++) {
      page.put(base + 1024 + ((prod + i) & (leftSize - 1)), data[from + i]);
    }
    put(LEFT_PROD, prod + n);
    page.put(base + SRV_NOTIFY, (byte) (page.get(base + SRV_NOTIFY) | NOTIFY_READ));
    acted(NOTIFY_WRITE);
    return n;
  }

  /** Sends everything, letting the domain run in between, and takes nothing. */
  void send(String text) {
    byte[] data = text.getBytes(UTF_8);
    int stuck = 0;
    for (int done = 0; done < data.length; ) {
      int n = write(data, done);
      done += n;
      stuck = n == 0 ? stuck + 1 : 0;
      if (stuck > 100) {
        throw new AssertionError("the server does not take the data");
      }
      domain.settle();
    }
  }

  /** Everything in the ring now. */
  byte[] read() {
    int cons = get(RIGHT_CONS);
    int n = get(RIGHT_PROD) - cons;
    if (n < 0 || n > rightSize) {
      throw new AssertionError("the server claims " + n + " bytes");
    }
    byte[] data = new byte[n];
    for (int i = 0; i < n; i++) {
      data[i] = page.get(base + 2048 + ((cons + i) & (rightSize - 1)));
    }
    put(RIGHT_CONS, cons + n);
    page.put(base + SRV_NOTIFY, (byte) (page.get(base + SRV_NOTIFY) | NOTIFY_WRITE));
    acted(NOTIFY_READ);
    return data;
  }

  /** Everything the server has to say, letting it run until it is silent. */
  String receive() {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    domain.settle();
    for (byte[] part = read(); part.length > 0; part = read()) {
      all.writeBytes(part);
      domain.settle();
    }
    return all.toString(UTF_8);
  }
}
