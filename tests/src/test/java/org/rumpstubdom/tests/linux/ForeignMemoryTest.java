// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.tests.hosted.HostedDomain;
import org.rumpstubdom.tests.hosted.HostedDomain.Service;

/**
 * What system calls do with mappings of another domain's frames. Numbers are those of the x86-64
 * Linux interface; the request is IOCTL_PRIVCMD_MMAPBATCH_V2 of xen-sys/Linux/privcmd.h.
 */
@Tag("hosted")
class ForeignMemoryTest {
  private static final long READ = 0;
  private static final long WRITE = 1;
  private static final long OPEN = 2;
  private static final long MMAP = 9;
  private static final long MPROTECT = 10;
  private static final long IOCTL = 16;
  private static final long EVENTFD2 = 290;
  private static final long MMAPBATCH_V2 = 0x205004;

  private static final int PROT_READ = 1;
  private static final int PROT_RW = 3;
  private static final int O_RDWR = 2;

  private static final long EACCES = 13;
  private static final long EFAULT = 14;

  private static final int PAGE = HostedDomain.PAGE_SIZE;
  private static final int GUEST = 5;
  private static final long FRAME = 0x100;

  private HostedDomain domain;
  private ByteBuffer guest;
  private long memory;
  private long foreign;

  /** Two pages of address space: the first has a frame of the guest, the second has none. */
  @BeforeEach
  void start() {
    domain = HostedDomain.create(4096, 1);
    domain.boot(Service.XENSTORE, Service.LINUX, Service.BRIDGE);
    guest = domain.foreignMemory(GUEST, FRAME, 1);
    memory = domain.syscall(MMAP, 0, PAGE, PROT_RW, 0x22, -1, 0);
    assertTrue(memory > 0, () -> "mmap: " + memory);
    ByteBuffer view = domain.memory(memory, PAGE);
    view.put("/dev/xen/privcmd\0".getBytes(StandardCharsets.ISO_8859_1));
    long fd = domain.syscall(OPEN, memory, O_RDWR, 0);
    assertTrue(fd >= 0, () -> "open: " + fd);
    foreign = domain.syscall(MMAP, 0, 2 * PAGE, PROT_RW, 1, fd, 0);
    assertTrue(foreign > 0, () -> "mmap: " + foreign);
    view.putInt(0, 1).putShort(4, (short) GUEST).putShort(6, (short) 0);
    view.putLong(8, foreign).putLong(16, memory + 64).putLong(24, memory + 72);
    view.putLong(64, FRAME).putInt(72, -1);
    assertEquals(0, domain.syscall(IOCTL, fd, MMAPBATCH_V2, memory));
    assertEquals(0, view.getInt(72));
  }

  @AfterEach
  void stop() {
    domain.close();
  }

  @Test
  void itsProtectionCannotBeChanged() {
    assertEquals(-EACCES, domain.syscall(MPROTECT, foreign, PAGE, 0));
    assertEquals(-EACCES, domain.syscall(MPROTECT, foreign, 2 * PAGE, PROT_READ));
    guest.putLong(0, 77);
    assertEquals(77, domain.memory(foreign, 8).getLong(0));
    domain.memory(foreign, 8).putLong(0, 78);
    assertEquals(78, guest.getLong(0));
  }

  @Test
  void aBufferInAHoleIsABadAddress() {
    long fd = domain.syscall(EVENTFD2, 5, 0);
    assertEquals(-EFAULT, domain.syscall(READ, fd, foreign + PAGE, 8));
    assertEquals(-EFAULT, domain.syscall(READ, fd, foreign + PAGE - 4, 8));
    assertEquals(-EFAULT, domain.syscall(WRITE, fd, foreign + PAGE, 8));
    assertEquals(8, domain.syscall(READ, fd, foreign, 8));
    assertEquals(5, guest.getLong(0), "the failed reads took nothing");
  }
}
