// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.bridge;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.rumpstubdom.tests.bridge.BridgeDomain.EACCES;
import static org.rumpstubdom.tests.bridge.BridgeDomain.EFAULT;
import static org.rumpstubdom.tests.bridge.BridgeDomain.EINVAL;
import static org.rumpstubdom.tests.bridge.BridgeDomain.ENOTCONN;
import static org.rumpstubdom.tests.bridge.BridgeDomain.ENOTTY;
import static org.rumpstubdom.tests.bridge.BridgeDomain.O_NONBLOCK;
import static org.rumpstubdom.tests.bridge.BridgeDomain.O_RDWR;
import static org.rumpstubdom.tests.bridge.BridgeDomain.POLLIN;
import static org.rumpstubdom.tests.bridge.BridgeDomain.POLLOUT;
import static org.rumpstubdom.tests.bridge.BridgeDomain.check;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.tests.hosted.HostedDomain;
import org.rumpstubdom.tests.hosted.HostedLibrary;

/**
 * The device files as Xen's Linux libraries drive them: request numbers and structures are written
 * out here from xen-sys/Linux/{privcmd,evtchn,gntdev}.h and xen/io/xs_wire.h.
 */
@Tag("hosted")
class XenDevicesTest {
  private static final int GUEST = BridgeDomain.GUEST;
  private static final int PAGE = HostedDomain.PAGE_SIZE;
  private static final int PROT_RW = 3;
  private static final int MAP_SHARED = 1;

  private static final long GETRLIMIT = 97;
  private static final long GETEUID = 107;
  private static final long SETRLIMIT = 160;
  private static final int RLIMIT_AS = 9;
  private static final int ENOMEM = 12;

  /** Offset of arrays in scratch memory, away from the structures at 0. */
  private static final int ARRAYS = 4096;

  private BridgeDomain bridge;
  private HostedDomain domain;

  @BeforeEach
  void start() {
    bridge = new BridgeDomain(List.of("-m", "64")).init();
    domain = bridge.domain;
  }

  @AfterEach
  void stop() {
    bridge.close();
  }

  private int open(String path, int flags) {
    return (int) check(bridge.open(path, flags), path);
  }

  private static byte[] bytes(Object... values) {
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

  /** Of enum budget_share, and what core/budget.c reckons with. */
  private static final int STACKS_SHARE = 2;

  private static final int STACK_PAGES = 26;
  private static final int BURST = 32;

  // ---- evtchn -----------------------------------------------------------------------------------

  private static final long BIND_VIRQ = 0x44500;
  private static final long BIND_INTERDOMAIN = 0x84501;
  private static final long BIND_UNBOUND_PORT = 0x44502;
  private static final long UNBIND = 0x44503;
  private static final long NOTIFY = 0x44504;
  private static final long RESET = 0x4505;
  private static final long RESTRICT_DOMID = 0x24506;

  /** Binds and takes the event that Xen sends with each new binding. */
  private int bind(int fd, int remotePort) {
    domain.offerPort(GUEST, remotePort);
    int port = (int) check(bridge.ioctl(fd, BIND_INTERDOMAIN, bytes(GUEST, remotePort)), "bind");
    assertArrayEquals(bytes(port), fired(fd));
    unmask(fd, port);
    return port;
  }

  private byte[] fired(int fd) {
    return bridge.read(fd, 64);
  }

  private void unmask(int fd, int... ports) {
    ByteBuffer b = ByteBuffer.allocate(4 * ports.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int p : ports) {
      b.putInt(p);
    }
    assertEquals(b.capacity(), bridge.write(fd, b.array()));
  }

  @Test
  void aPortIsReadOnceAndSilentUntilWrittenBack() {
    int fd = open("/dev/xen/evtchn", O_RDWR | O_NONBLOCK);
    int port = bind(fd, 11);
    assertNull(fired(fd));
    assertEquals(POLLOUT, bridge.poll(fd));
    domain.send(port);
    domain.send(port);
    domain.run();
    assertEquals(POLLIN | POLLOUT, bridge.poll(fd));
    assertArrayEquals(bytes(port), fired(fd));
    domain.send(port);
    assertNull(fired(fd), "masked");
    unmask(fd, port);
    assertArrayEquals(bytes(port), fired(fd), "the event that came meanwhile is not lost");
    unmask(fd, port);
    assertNull(fired(fd), "and comes once");
  }

  @Test
  void portsComeInTheOrderTheyFiredAndStayWithTheirFile() {
    int one = open("/dev/xen/evtchn", O_RDWR | O_NONBLOCK);
    int other = open("/dev/xen/evtchn", O_RDWR | O_NONBLOCK);
    List<Integer> ports = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      ports.add(bind(one, 20 + i));
    }
    int foreign = bind(other, 40);
    for (int i : new int[] {3, 1, 5}) {
      domain.send(ports.get(i));
      domain.run();
    }
    domain.send(foreign);
    assertArrayEquals(bytes(ports.get(3)), bridge.read(one, 7), "only whole numbers");
    assertArrayEquals(bytes(ports.get(1), ports.get(5)), fired(one));
    assertArrayEquals(bytes(foreign), fired(other));
    // Writing back what is another file's, or nobody's, or was not read, does nothing.
    unmask(one, foreign, 9999, ports.get(0));
    domain.send(foreign);
    assertNull(fired(other));
    assertEquals(0, bridge.readResult(one, 0));
  }

  /** With as many requests under way as have room the guest waits: it cannot start more. */
  @Test
  void theGuestsAccessesWaitWhileItsRequestsFillTheirShare() {
    long most = domain.call("hosted_budget_pages", STACKS_SHARE) / STACK_PAGES;
    int fd = open("/dev/xen/evtchn", O_RDWR | O_NONBLOCK);
    int port = bind(fd, 11);
    for (int i = 0; i <= most - BURST; i++) {
      assertEquals(0, domain.call("hosted_budget_request", 1));
    }
    domain.send(port);
    domain.settle();
    assertEquals(POLLOUT, bridge.poll(fd));
    assertNull(fired(fd));
    HostedDomain.Call poll = bridge.startPoll(fd, ARRAYS);
    domain.settle();
    assertFalse(poll.done());
    assertEquals(0, domain.call("hosted_budget_request", 0));
    domain.settle();
    assertEquals(1, poll.result());
    assertArrayEquals(bytes(port), fired(fd));
  }

  /** A disk has no more under way than its queue holds: with the only one there is room for all. */
  @Test
  void theOnlyDiskDoesNotStopTheGuest() {
    assertEquals(0, domain.call("hosted_budget_init", 0, 0, 1, 0, BURST));
    int fd = open("/dev/xen/evtchn", O_RDWR | O_NONBLOCK);
    int port = bind(fd, 11);
    for (int i = 0; i < BURST; i++) {
      assertEquals(0, domain.call("hosted_budget_request", 1));
    }
    domain.send(port);
    domain.settle();
    assertArrayEquals(bytes(port), fired(fd));
  }

  /** The same for a loop, whose polls are remembered from when requests were few. */
  @Test
  void aRepeatedPollIsWokenWhenTheGuestMayGoOn() {
    long most = domain.call("hosted_budget_pages", STACKS_SHARE) / STACK_PAGES;
    int fd = open("/dev/xen/evtchn", O_RDWR | O_NONBLOCK);
    int port = bind(fd, 11);
    for (int i = 0; i < 4; i++) {
      HostedDomain.Call poll = bridge.startPoll(fd, ARRAYS);
      domain.settle();
      assertFalse(poll.done());
      domain.send(port);
      domain.settle();
      assertEquals(1, poll.result());
      assertArrayEquals(bytes(port), fired(fd));
      assertEquals(4, bridge.write(fd, bytes(port)));
    }
    for (int i = 0; i <= most - BURST; i++) {
      assertEquals(0, domain.call("hosted_budget_request", 1));
    }
    HostedDomain.Call poll = bridge.startPoll(fd, ARRAYS);
    domain.send(port);
    domain.settle();
    assertFalse(poll.done());
    assertEquals(0, domain.call("hosted_budget_request", 0));
    domain.settle();
    assertEquals(1, poll.result());
  }

  @Test
  void aBlockedReaderIsWokenByTheEvent() {
    int fd = open("/dev/xen/evtchn", O_RDWR);
    int port = bind(fd, 11);
    HostedDomain.Call read = bridge.startRead(fd, ARRAYS, 4);
    domain.settle();
    assertFalse(read.done());
    domain.send(port);
    domain.settle();
    assertEquals(4, read.result());
    assertEquals(port, bridge.scratch().getInt(ARRAYS));
  }

  @Test
  void notifyReachesTheOtherEnd() {
    int fd = open("/dev/xen/evtchn", O_RDWR | O_NONBLOCK);
    int port = bind(fd, 11);
    domain.notified(port);
    assertEquals(0, bridge.ioctl(fd, NOTIFY, bytes(port)));
    assertEquals(1, domain.notified(port));
    int unbound = (int) check(bridge.ioctl(fd, BIND_UNBOUND_PORT, bytes(3)), "unbound");
    assertEquals(0, bridge.ioctl(fd, NOTIFY, bytes(unbound)));
    assertEquals(1, domain.notified(unbound));
    assertEquals(-ENOTCONN, bridge.ioctl(fd, NOTIFY, bytes(9999)));
  }

  @Test
  void unbindAndCloseGiveThePortsBack() {
    int before = domain.portCount();
    int fd = open("/dev/xen/evtchn", O_RDWR | O_NONBLOCK);
    int port = bind(fd, 11);
    int second = bind(fd, 12);
    check(bridge.ioctl(fd, BIND_VIRQ, bytes(1)), "virq");
    domain.send(port);
    domain.run();
    assertEquals(0, bridge.ioctl(fd, UNBIND, bytes(port)));
    assertNull(fired(fd), "an unbound port is forgotten");
    assertEquals(-ENOTCONN, bridge.ioctl(fd, UNBIND, bytes(port)));
    domain.send(second);
    domain.run();
    bridge.close(fd);
    domain.settle();
    assertEquals(before, domain.portCount());
  }

  @Test
  void resetForgetsWhatFired() {
    int fd = open("/dev/xen/evtchn", O_RDWR | O_NONBLOCK);
    int port = bind(fd, 11);
    domain.send(port);
    domain.run();
    assertEquals(0, bridge.ioctl(fd, RESET, 0));
    assertNull(fired(fd));
    unmask(fd, port);
    domain.send(port);
    assertArrayEquals(bytes(port), fired(fd));
  }

  @Test
  void aRestrictedFileServesOneDomain() {
    int fd = open("/dev/xen/evtchn", O_RDWR | O_NONBLOCK);
    assertEquals(0, bridge.ioctl(fd, RESTRICT_DOMID, bytes((short) GUEST)));
    assertEquals(-EACCES, bridge.ioctl(fd, RESTRICT_DOMID, bytes((short) GUEST)));
    assertEquals(-EACCES, bridge.ioctl(fd, BIND_INTERDOMAIN, bytes(0, 5)));
    assertEquals(-EACCES, bridge.ioctl(fd, BIND_VIRQ, bytes(1)));
    assertEquals(-EACCES, bridge.ioctl(fd, BIND_UNBOUND_PORT, bytes(0)));
    bind(fd, 11);
  }

  // ---- privcmd ----------------------------------------------------------------------------------

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

  // ---- gntdev -----------------------------------------------------------------------------------

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

  // ---- xenbus -----------------------------------------------------------------------------------

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
