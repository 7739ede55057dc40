// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.bridge;

import static org.rumpstubdom.tests.bridge.BridgeDomain.check;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.rumpstubdom.tests.hosted.HostedDomain;

/**
 * A bridge whose device files are driven as Xen's Linux libraries do it: request numbers and
 * structures are written out from xen-sys/Linux/{privcmd,evtchn,gntdev}.h and xen/io/xs_wire.h.
 */
abstract class XenDeviceFiles {
  static final int GUEST = BridgeDomain.GUEST;
  static final int PAGE = HostedDomain.PAGE_SIZE;
  static final int PROT_RW = 3;
  static final int MAP_SHARED = 1;

  /** Offset of arrays in scratch memory, away from the structures at 0. */
  static final int ARRAYS = 4096;

  BridgeDomain bridge;
  HostedDomain domain;

  @BeforeEach
  void start() {
    bridge = new BridgeDomain(List.of("-m", "64")).init();
    domain = bridge.domain;
  }

  @AfterEach
  void stop() {
    bridge.close();
  }

  int open(String path, int flags) {
    return (int) check(bridge.open(path, flags), path);
  }

  static byte[] bytes(Object... values) {
    ByteBuffer b = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (Object v : values) {
      if (v instanceof Long l) {
        b.putLong(l);
      } else if (v instanceof Integer i) {
        b.putInt(i);
      } else if (v instanceof Short s) {
        b.putShort(s);
      } else {
        throw new AssertionError(v);
      }
    }
    byte[] out = new byte[b.position()];
    b.flip().get(out);
    return out;
  }
}
