// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.rumpstubdom.tests.bridge.BridgeDomain.EFAULT;
import static org.rumpstubdom.tests.bridge.BridgeDomain.EINVAL;
import static org.rumpstubdom.tests.bridge.BridgeDomain.ENOTTY;
import static org.rumpstubdom.tests.bridge.BridgeDomain.O_RDWR;
import static org.rumpstubdom.tests.bridge.BridgeDomain.check;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.tests.hosted.HostedLibrary;

/** Hypercalls and foreign memory. */
@Tag("hosted")
class PrivcmdDeviceTest extends XenDeviceFiles {
  private static final long GETRLIMIT = 97;
  private static final long GETEUID = 107;
  private static final long SETRLIMIT = 160;
  private static final int RLIMIT_AS = 9;
  private static final int ENOMEM = 12;

  private static final long HYPERCALL = 0x305000;
  private static final long MMAPBATCH = 0x185003;
  private static final long MMAPBATCH_V2 = 0x205004;
  private static final long DM_OP = 0x105005;
  private static final long RESTRICT = 0x25006;
  private static final long MMAP_RESOURCE = 0x205007;
  private static final long UNIMPLEMENTED = 0x50ff;

  private long mapBatch(int fd, long address, long... frames) {
    ByteBuffer scratch = bridge.scratch();
    for (int i = 0; i < frames.length; i++) {
      scratch.putLong(ARRAYS + 8 * i, frames[i]);
      scratch.putInt(ARRAYS * 8 + 4 * i, 0x55555555);
    }
    return bridge.ioctl(
        fd,
        MMAPBATCH_V2,
        bytes(
            frames.length,
            (short) GUEST,
            (short) 0,
            address,
            bridge.at(ARRAYS),
            bridge.at(ARRAYS * 8)));
  }

  private int error(int i) {
    return bridge.scratch().getInt(ARRAYS * 8 + 4 * i);
  }

  @Test
  void foreignFramesAreMappedWithAnErrorForEachHole() {
    ByteBuffer guest = domain.foreignMemory(GUEST, 0x100, 300);
    int fd = open("/dev/xen/privcmd", O_RDWR);
    int n = 256; // a bucket of QEMU's map cache
    long va = check(bridge.mmap(0, (long) n * PAGE, PROT_RW, MAP_SHARED, fd, 0), "mmap");
    long[] frames = new long[n];
    for (int i = 0; i < n; i++) {
      guest.putInt(i * PAGE, 1000 + i);
      frames[i] = i % 7 == 3 ? 0x9000 + i : 0x100 + i;
    }
    assertEquals(0, mapBatch(fd, va, frames));
    for (int i = 0; i < n; i++) {
      // ENOENT would make the library ask again for ever.
      assertEquals(i % 7 == 3 ? -EINVAL : 0, error(i), "frame " + i);
      if (i % 7 != 3) {
        assertEquals(1000 + i, domain.memory(va + (long) i * PAGE, 4).getInt(0));
      }
    }
    domain.memory(va + PAGE, 8).putInt(4, 77);
    assertEquals(77, guest.getInt(PAGE + 4), "a write reaches the guest");
    assertEquals(0, bridge.munmap(va, (long) n * PAGE));
    assertEquals(-EINVAL, mapBatch(fd, va, 0x100), "the region is gone");
  }

  @Test
  void theOldRequestMarksErrorsInTheFrames() {
    domain.foreignMemory(GUEST, 0x100, 2);
    int fd = open("/proc/xen/privcmd", O_RDWR);
    long va = check(bridge.mmap(0, 3L * PAGE, PROT_RW, MAP_SHARED, fd, 0), "mmap");
    ByteBuffer scratch = bridge.scratch();
    scratch.putLong(ARRAYS, 0x100).putLong(ARRAYS + 8, 0x9999).putLong(ARRAYS + 16, 0x101);
    byte[] batch = bytes(3, (short) GUEST, (short) 0, va, bridge.at(ARRAYS));
    assertEquals(0, bridge.ioctl(fd, MMAPBATCH, batch));
    assertEquals(0x100, scratch.getLong(ARRAYS));
    assertEquals(0xf0009999L, scratch.getLong(ARRAYS + 8));
    assertEquals(0x101, scratch.getLong(ARRAYS + 16));
  }

  @Test
  void onlyReservedRegionsAreFilled() {
    domain.foreignMemory(GUEST, 0x100, 4);
    int fd = open("/dev/xen/privcmd", O_RDWR);
    long va = check(bridge.mmap(0, 2L * PAGE, PROT_RW, MAP_SHARED, fd, 0), "mmap");
    assertEquals(-EINVAL, mapBatch(fd, va + 1, 0x100), "alignment");
    assertEquals(-EINVAL, mapBatch(fd, va, 0x100, 0x101, 0x102), "too long");
    assertEquals(-EINVAL, mapBatch(fd, bridge.at(0) & -PAGE, 0x100), "the program's own memory");
    assertEquals(-EINVAL, mapBatch(fd, -PAGE, 0x100, 0x101), "wraps around");
    byte[] huge = bytes(-1, (short) GUEST, (short) 0, va, bridge.at(ARRAYS), bridge.at(ARRAYS));
    assertEquals(-EINVAL, bridge.ioctl(fd, MMAPBATCH_V2, huge));
    byte[] wild = bytes(1, (short) GUEST, (short) 0, va, 0x10L, bridge.at(ARRAYS));
    assertEquals(-EFAULT, bridge.ioctl(fd, MMAPBATCH_V2, wild));
  }

  @Test
  void hypercallsPassWithAllArguments() {
    List<String> seen = new ArrayList<>();
    HostedLibrary.Hypercalls fn =
        (op, a1, a2, a3, a4, a5) -> {
          seen.add(op + " " + a1 + " " + a2 + " " + a3 + " " + a4 + " " + a5);
          return op == 34 ? -1 : 4711;
        };
    domain.hypercalls(fn);
    int fd = open("/dev/xen/privcmd", O_RDWR);
    assertEquals(4711, bridge.ioctl(fd, HYPERCALL, bytes(17L, 1L, 2L, 3L, 4L, 5L)));
    assertEquals(-1, bridge.ioctl(fd, HYPERCALL, bytes(34L, 0L, 0L, 0L, 0L, -1L)));
    assertEquals(List.of("17 1 2 3 4 5", "34 0 0 0 0 -1"), seen);
    assertEquals(-ENOTTY, bridge.ioctl(fd, UNIMPLEMENTED, 0));
    assertEquals(-EFAULT, bridge.ioctl(fd, HYPERCALL, 0x10));
  }

  @Test
  void deviceModelOperationsCarryTheirBuffers() {
    List<String> seen = new ArrayList<>();
    HostedLibrary.Hypercalls fn =
        (op, dom, count, bufs, a4, a5) -> {
          ByteBuffer list = domain.memory(bufs, (int) count * 16);
          StringBuilder s = new StringBuilder(op + " dom " + dom);
          for (int i = 0; i < count; i++) {
            long size = list.getLong(16 * i + 8);
            s.append(' ').append(domain.memory(list.getLong(16 * i), 4).getInt(0));
            s.append('/').append(size);
          }
          seen.add(s.toString());
          return 0;
        };
    domain.hypercalls(fn);
    int fd = open("/dev/xen/privcmd", O_RDWR);
    byte[] probe = bytes((short) 0x7ff4, (short) 0, 0, 0L);
    assertEquals(0, bridge.ioctl(fd, DM_OP, probe), "the library's probe");
    ByteBuffer scratch = bridge.scratch();
    scratch.putInt(ARRAYS * 2, 21).putInt(ARRAYS * 3, 22);
    scratch.putLong(ARRAYS, bridge.at(ARRAYS * 2)).putLong(ARRAYS + 8, 32);
    scratch.putLong(ARRAYS + 16, bridge.at(ARRAYS * 3)).putLong(ARRAYS + 24, 5000);
    byte[] op = bytes((short) GUEST, (short) 2, 0, bridge.at(ARRAYS));
    assertEquals(0, bridge.ioctl(fd, DM_OP, op));
    assertEquals(List.of("41 dom " + GUEST + " 21/32 22/5000"), seen);
    scratch.putLong(ARRAYS + 16, 0x10);
    assertEquals(-EFAULT, bridge.ioctl(fd, DM_OP, op), "a wild buffer");
    assertTrue(bridge.ioctl(fd, DM_OP, bytes((short) GUEST, (short) 17, 0, 0L)) < 0, "too many");
    assertEquals(1, seen.size());
  }

  @Test
  void resourcesAreMappedByTheirMachineFrames() {
    ByteBuffer guest = domain.foreignMemory(GUEST, 0x700, 2);
    guest.putInt(0, 70).putInt(PAGE, 71);
    long[] answer = {0};
    HostedLibrary.Hypercalls fn =
        (op, command, structure, a3, a4, a5) -> {
          assertEquals(12, op, "memory_op");
          assertEquals(28, command, "acquire_resource");
          ByteBuffer s = domain.memory(structure, 32);
          assertEquals(GUEST, s.getShort(0));
          assertEquals(0, s.getShort(2), "ioreq server");
          assertEquals(6, s.getInt(4), "its id");
          if (answer[0] == 0 && s.getInt(8) == 0) {
            s.putInt(8, 9);
          } else if (answer[0] == 0) {
            ByteBuffer list = domain.memory(s.getLong(24), 8 * s.getInt(8));
            for (int i = 0; i < s.getInt(8); i++) {
              list.putLong(8 * i, 0x700 + s.getLong(16) + i);
            }
          }
          return answer[0];
        };
    domain.hypercalls(fn);
    int fd = open("/dev/xen/privcmd", O_RDWR);
    long va = check(bridge.mmap(0, 2L * PAGE, PROT_RW, MAP_SHARED, fd, 0), "mmap");
    byte[] ask = bytes((short) GUEST, (short) 0, 0, 6, 0, 2L, va);
    assertEquals(0, bridge.ioctl(fd, MMAP_RESOURCE, ask));
    assertEquals(70, domain.memory(va, 4).getInt(0));
    assertEquals(71, domain.memory(va + PAGE, 4).getInt(0));
    byte[] size = bytes((short) GUEST, (short) 0, 0, 6, 0, 0L, 0L);
    assertEquals(0, bridge.ioctl(fd, MMAP_RESOURCE, size));
    assertEquals(9, bridge.scratch().getLong(16), "how many frames there are");
    // What an old Xen says becomes the errno of an unknown request: the library then maps by frame
    // number.
    answer[0] = -38;
    assertEquals(-ENOTTY, bridge.ioctl(fd, MMAP_RESOURCE, ask));
    answer[0] = -1;
    assertEquals(-1, bridge.ioctl(fd, MMAP_RESOURCE, ask));
    byte[] unbalanced = bytes((short) GUEST, (short) 0, 0, 6, 0, 2L, 0L);
    assertEquals(-EINVAL, bridge.ioctl(fd, MMAP_RESOURCE, unbalanced));
  }

  /** A request of the guest's processors, struct ioreq of Xen's hvm/ioreq.h. */
  private static void request(ByteBuffer page, int vcpu, int flags, int type, long at, long data) {
    int size = (int) (at >> 16 & 0xf);
    page.putLong(PAGE + 32 * vcpu, (at & ~0xf0000L)).putLong(PAGE + 32 * vcpu + 8, data);
    page.putInt(PAGE + 32 * vcpu + 20, size);
    page.put(PAGE + 32 * vcpu + 30, (byte) flags).put(PAGE + 32 * vcpu + 31, (byte) type);
  }

  /** What Xen hears when a QEMU tells it four wrong routes. */
  private String routesTold(int fd, List<String> heard) {
    heard.clear();
    ByteBuffer scratch = bridge.scratch();
    scratch.putLong(ARRAYS, bridge.at(ARRAYS * 2)).putLong(ARRAYS + 8, 56);
    for (int link = 0; link < 4; link++) {
      scratch
          .putLong(ARRAYS * 2, 10)
          .put(ARRAYS * 2 + 8, (byte) link)
          .put(ARRAYS * 2 + 9, (byte) 3);
      assertEquals(
          0, bridge.ioctl(fd, DM_OP, bytes((short) GUEST, (short) 1, 0, bridge.at(ARRAYS))));
      assertEquals(3, scratch.get(ARRAYS * 2 + 9), "the program's memory is as it was");
    }
    return String.join(" ", heard);
  }

  @Test
  void routesOfInterruptsAreThoseTheGuestWrites() {
    final int written = 2;
    final int read = written | 1 << 5;
    final int pointer = written | 1 << 4;
    final int config = 2;
    final int port = 0;
    final long piix3 = 8L << 32;
    ByteBuffer guest = domain.foreignMemory(GUEST, 0x700, 2);
    List<String> heard = new ArrayList<>();
    HostedLibrary.Hypercalls fn =
        (op, first, second, third, a4, a5) -> {
          if (op == 12) {
            ByteBuffer s = domain.memory(second, 32);
            domain.memory(s.getLong(24), 16).putLong(0, 0x700).putLong(8, 0x701);
          } else {
            ByteBuffer route = domain.memory(domain.memory(third, 16).getLong(0), 10);
            assertEquals(10, route.getInt(0));
            heard.add(route.get(8) + ":" + route.get(9));
          }
          return 0;
        };
    domain.hypercalls(fn);
    int fd = open("/dev/xen/privcmd", O_RDWR);
    String asSaid = "0:3 1:3 2:3 3:3";
    assertEquals(asSaid, routesTold(fd, heard), "no page of requests");
    long va = check(bridge.mmap(0, 2L * PAGE, PROT_RW, MAP_SHARED, fd, 0), "mmap");
    byte[] ask = bytes((short) GUEST, (short) 0, 0, 6, 0, 2L, va);
    assertEquals(0, bridge.ioctl(fd, MMAP_RESOURCE, ask));
    assertEquals(asSaid, routesTold(fd, heard), "no request");

    request(guest, 1, written, config, piix3 | 0x10061, 0x0b);
    assertEquals("1:11", routesTold(fd, heard));
    request(guest, 1, written, config, piix3 | 0x40060, 0x850b0a05L);
    assertEquals("0:5 1:10 2:11 3:0", routesTold(fd, heard));
    request(guest, 1, written, config, piix3 | 0x2005f, 0x09ff);
    assertEquals("0:9", routesTold(fd, heard));
    request(guest, 1, written, config, piix3 | 0x20063, 0xff07);
    assertEquals("3:7", routesTold(fd, heard));

    for (long other : new long[] {piix3 | 0x20064, piix3 | 0x1005f, 9L << 32 | 0x10060, 0x10060}) {
      request(guest, 1, written, config, other, 0x0b);
      assertEquals(asSaid, routesTold(fd, heard), Long.toHexString(other));
    }
    request(guest, 1, written, config, piix3 | 0x90060, 0x0b);
    assertEquals(asSaid, routesTold(fd, heard), "longer than its data");
    request(guest, 1, read, config, piix3 | 0x10060, 0x0b);
    assertEquals(asSaid, routesTold(fd, heard), "a read");
    request(guest, 1, pointer, config, piix3 | 0x10060, 0x0b);
    assertEquals(asSaid, routesTold(fd, heard), "data that is elsewhere");
    request(guest, 1, written, port, piix3 | 0x10060, 0x0b);
    assertEquals(asSaid, routesTold(fd, heard), "a port");
    // That of another processor waits for its turn.
    request(guest, 0, 1, config, piix3 | 0x10060, 0x0c);
    request(guest, 1, written, config, piix3 | 0x10062, 0x0b);
    assertEquals("2:11", routesTold(fd, heard));
    assertEquals(0, bridge.munmap(va, 2L * PAGE));
    assertEquals(asSaid, routesTold(fd, heard), "the page is gone");
  }

  @Test
  void aRestrictedFileHasNoHypercalls() {
    HostedLibrary.Hypercalls fn = (op, a1, a2, a3, a4, a5) -> 0;
    domain.hypercalls(fn);
    int fd = open("/dev/xen/privcmd", O_RDWR);
    assertEquals(0, bridge.ioctl(fd, RESTRICT, bytes((short) GUEST)));
    assertEquals(-1, bridge.ioctl(fd, HYPERCALL, bytes(17L, 0L, 0L, 0L, 0L, 0L)));
    assertEquals(-1, bridge.ioctl(fd, DM_OP, bytes((short) 3, (short) 0, 0, 0L)));
    assertEquals(0, bridge.ioctl(fd, DM_OP, bytes((short) GUEST, (short) 0, 0, 0L)));
    assertEquals(-EINVAL, bridge.ioctl(fd, RESTRICT, bytes((short) 3)));
  }

  /** QEMU without privilege sizes its cache of guest memory by this limit (xen-mapcache.c). */
  @Test
  void deviceModelIsAUserWithALimit() {
    long besides = 80L << 20;
    assertEquals(0, domain.syscall(GETEUID));
    bridge.program();
    assertTrue(domain.syscall(GETEUID) > 0);
    assertEquals(0, domain.syscall(GETRLIMIT, RLIMIT_AS, bridge.at(0)));
    long limit = bridge.scratch().getLong(8);
    // 32 MiB, a fifth of them for tables of half a page for each MiB of the guest's memory.
    assertTrue(limit - besides >= 1L << 30 && limit - besides <= 4L << 30, "limit " + limit);
    assertEquals(0, limit % (1 << 20));
    // As QEMU does.
    bridge.scratch().putLong(0, limit);
    assertEquals(0, domain.syscall(SETRLIMIT, RLIMIT_AS, bridge.at(0)));
    assertTrue(
        domain.console().contains("for " + ((limit - besides) >> 20) + " MiB of the guest"),
        domain.console());
  }

  @Test
  void framesAreNotMappedWithTheLastPages() {
    domain.foreignMemory(GUEST, 0x100, 4);
    int fd = open("/dev/xen/privcmd", O_RDWR);
    long va = check(bridge.mmap(0, 4L * PAGE, PROT_RW, MAP_SHARED, fd, 0), "mmap");
    ByteBuffer scratch = bridge.scratch();
    for (int i = 0; i < 4; i++) {
      scratch.putLong(ARRAYS + 8 * i, 0x100 + i);
      scratch.putInt(ARRAYS + 64 + 4 * i, 77);
    }
    byte[] map = bytes(4, GUEST, va, bridge.at(ARRAYS), bridge.at(ARRAYS + 64));
    try (Memory slot = new Memory(8)) {
      while (domain.call("hosted_pages_free") > 40) {
        assertEquals(
            0, domain.call("rumpuser_anonmmap", 0, PAGE, 12, 0, Pointer.nativeValue(slot)));
      }
      assertEquals(-ENOMEM, bridge.ioctl(fd, MMAPBATCH_V2, map));
    }
  }

  @Test
  void hypercallBuffersAreOrdinaryMemory() {
    int fd = open("/dev/xen/hypercall", O_RDWR);
    long va = check(bridge.mmap(0, 3L * PAGE, PROT_RW, MAP_SHARED, fd, 0), "mmap");
    ByteBuffer memory = domain.memory(va, 3 * PAGE);
    assertEquals(0, memory.getLong(2 * PAGE));
    memory.putLong(2 * PAGE, 5);
    assertEquals(0, bridge.munmap(va, 3L * PAGE));
  }
}
