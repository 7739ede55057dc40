// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.bridge;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import org.rumpstubdom.tests.hosted.HostedDomain;

/** dom0's end of a PV console ring (xen/io/console.h). As a peer it takes what comes. */
final class ConsoleBackend implements HostedDomain.Peer {
  private static final int IN = 0;
  private static final int IN_SIZE = 1024;
  private static final int OUT = IN_SIZE;
  private static final int OUT_SIZE = 2048;
  static final int IN_CONS = OUT + OUT_SIZE;
  static final int IN_PROD = IN_CONS + 4;
  static final int OUT_CONS = IN_CONS + 8;
  static final int OUT_PROD = IN_CONS + 12;

  private final HostedDomain domain;
  private final int port;
  private final ByteBuffer ram;
  private final int base;
  private final ByteArrayOutputStream taken = new ByteArrayOutputStream();
  private int bytesPerStep = Integer.MAX_VALUE;

  private ConsoleBackend(HostedDomain domain, int ref, int port) {
    this.domain = domain;
    this.port = port;
    ram = domain.ram();
    if (domain.grantDomid(ref) != 0 || domain.grantReadonly(ref)) {
      throw new AssertionError("the ring must be granted to domain 0, writable");
    }
    base = domain.grantOffset(ref);
  }

  /** Finds the ring in xenstore; null while the frontend has not offered it. */
  static ConsoleBackend connect(HostedDomain domain, int number) {
    String path = BridgeDomain.HOME + "/device/console/" + number;
    int ref = (int) domain.xenstore().readNumber(path + "/ring-ref", -1);
    int port = (int) domain.xenstore().readNumber(path + "/port", -1);
    return ref < 0 || port < 0 ? null : new ConsoleBackend(domain, ref, port);
  }

  void bytesPerStep(int bytes) {
    bytesPerStep = bytes;
  }

  int get(int field) {
    return ram.getInt(base + field);
  }

  void put(int field, int value) {
    ram.putInt(base + field, value);
    domain.send(port);
  }

  @Override
  public boolean step() {
    int cons = get(OUT_CONS);
    int used = get(OUT_PROD) - cons;
    if (used < 0 || used > OUT_SIZE) {
      throw new AssertionError("the frontend claims " + used + " bytes");
    }
    int n = Math.min(used, bytesPerStep);
    for (int i = 0; i < n; i++) {
      taken.write(ram.get(base + OUT + ((cons + i) & (OUT_SIZE - 1))));
    }
    if (n > 0) {
      put(OUT_CONS, cons + n);
    }
    return n > 0;
  }

  /** Everything taken so far. */
  byte[] taken() {
    return taken.toByteArray();
  }

  /** Puts as much as fits into the input ring; returns how much. */
  int type(byte[] data, int from) {
    int prod = get(IN_PROD);
    int n = Math.min(data.length - from, IN_SIZE - (prod - get(IN_CONS)));
    for (int i = 0; i < n; i++) {
      ram.put(base + IN + ((prod + i) & (IN_SIZE - 1)), data[from + i]);
    }
    put(IN_PROD, prod + n);
    return n;
  }
}
