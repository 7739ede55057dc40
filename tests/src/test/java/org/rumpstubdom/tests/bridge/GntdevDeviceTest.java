// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.rumpstubdom.tests.bridge.BridgeDomain.EINVAL;
import static org.rumpstubdom.tests.bridge.BridgeDomain.O_RDWR;
import static org.rumpstubdom.tests.bridge.BridgeDomain.check;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.tests.hosted.HostedLibrary;

/** Grants of the guest. */
@Tag("hosted")
class GntdevDeviceTest extends XenDeviceFiles {
  private static final long MAP_GRANT = 0x184700;
  private static final long UNMAP_GRANT = 0x104701;
  private static final long GET_OFFSET = 0x184702;
  private static final long SET_MAX = 0x44703;
  private static final long UNMAP_NOTIFY = 0x104707;
  private static final long GRANT_COPY = 0x104708;

  @Test
  void grantsAreMappedAndGivenBack() {
    ByteBuffer other = domain.foreignMemory(0, 0x300, 2);
    other.putInt(0, 30).putInt(PAGE, 31);
    domain.foreignGrant(0, 8, 0x300, false);
    domain.foreignGrant(0, 9, 0x301, false);
    int fd = open("/dev/xen/gntdev", O_RDWR);
    assertEquals(0, bridge.ioctl(fd, SET_MAX, bytes(64)));
    assertEquals(0, bridge.ioctl(fd, MAP_GRANT, bytes(2, 0, 0L, 0, 8, 0, 9)));
    long index = bridge.scratch().getLong(8);
    long va = check(bridge.mmap(0, 2L * PAGE, PROT_RW, MAP_SHARED, fd, index), "mmap");
    assertEquals(30, domain.memory(va, 4).getInt(0));
    assertEquals(31, domain.memory(va + PAGE, 4).getInt(0));
    assertEquals(0, bridge.ioctl(fd, GET_OFFSET, bytes(va, 0L, 0, 0)));
    assertEquals(index, bridge.scratch().getLong(8));
    assertEquals(2, bridge.scratch().getInt(16));
    assertEquals(0, bridge.ioctl(fd, UNMAP_NOTIFY, bytes(index + PAGE + 1, 1, 0)));
    other.put(PAGE + 1, (byte) 9);
    assertEquals(0, bridge.munmap(va, 2L * PAGE));
    assertEquals(0, other.get(PAGE + 1), "the byte is cleared on the way out");
    assertEquals(0, bridge.ioctl(fd, UNMAP_GRANT, bytes(index, 2, 0)));
    assertEquals(-2, bridge.ioctl(fd, UNMAP_GRANT, bytes(index, 2, 0)));
    assertEquals(-EINVAL, bridge.mmap(0, 2L * PAGE, PROT_RW, MAP_SHARED, fd, index));
  }

  @Test
  void aGrantThatDoesNotExistFailsTheMapping() {
    int fd = open("/dev/xen/gntdev", O_RDWR);
    assertEquals(0, bridge.ioctl(fd, MAP_GRANT, bytes(1, 0, 0L, 0, 99)));
    long index = bridge.scratch().getLong(8);
    assertTrue(bridge.mmap(0, PAGE, PROT_RW, MAP_SHARED, fd, index) < 0);
    assertEquals(-EINVAL, bridge.ioctl(fd, MAP_GRANT, bytes(0, 0, 0L, 0, 99)));
    assertEquals(-EINVAL, bridge.ioctl(fd, MAP_GRANT, bytes(-1, 0, 0L, 0, 99)));
    bridge.close(fd);
  }

  @Test
  void copiesAreSplitAtOurPageBoundaries() {
    List<String> ops = new ArrayList<>();
    HostedLibrary.Hypercalls fn =
        (op, command, list, count, a4, a5) -> {
          ByteBuffer o = domain.memory(list, 40);
          ops.add(
              op
                  + " "
                  + command
                  + " x"
                  + count
                  + " from "
                  + o.getLong(0)
                  + "+"
                  + o.getShort(10)
                  + " to +"
                  + o.getShort(26)
                  + " len "
                  + o.getShort(32)
                  + " flags "
                  + o.getShort(34));
          o.putShort(36, (short) 0);
          return 0;
        };
    domain.hypercalls(fn);
    int fd = open("/dev/xen/gntdev", O_RDWR);
    // 100 bytes of grant 5 of domain 0, from offset 8, to memory that crosses a page 60 bytes on.
    byte[] segment =
        bytes(5, (short) 8, (short) 0, bridge.at(3 * ARRAYS - 60), (short) 100, (short) 1, 0x7f7f);
    bridge.scratch().put(ARRAYS, segment);
    assertEquals(0, bridge.ioctl(fd, GRANT_COPY, bytes(1, 0, bridge.at(ARRAYS))));
    assertEquals(
        List.of(
            "20 5 x1 from 5+8 to +4036 len 60 flags 1", "20 5 x1 from 5+68 to +0 len 40 flags 1"),
        ops);
    assertEquals(0, bridge.scratch().getShort(ARRAYS + 20), "status");
    bridge.scratch().putShort(ARRAYS + 16, (short) 4090);
    assertEquals(-EINVAL, bridge.ioctl(fd, GRANT_COPY, bytes(1, 0, bridge.at(ARRAYS))));
  }
}
