// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rumpstubdom.tests.hosted.HostedDomain;
import org.rumpstubdom.tests.hosted.HostedDomain.Call;
import org.rumpstubdom.tests.hosted.HostedDomain.Service;

/**
 * A thread takes the buffer away in which another one's call waits for data. On Linux the call
 * fails when the data come; here it does at once.
 */
@Tag("hosted")
final class UnmappedBufferTest {
  private static final long READ = 0;
  private static final long WRITE = 1;
  private static final long MMAP = 9;
  private static final long MPROTECT = 10;
  private static final long MUNMAP = 11;
  private static final long READV = 19;
  private static final long PIPE = 22;
  private static final long MREMAP = 25;
  private static final long SOCKETPAIR = 53;
  private static final long RECVFROM = 45;
  private static final long EVENTFD2 = 290;
  private static final long EFAULT = -14;

  private static final int PAGE = HostedDomain.PAGE_SIZE;
  private static final int PROT_RW = 3;
  private static final int PRIVATE_ANONYMOUS = 0x22;
  private static final int FIXED = 0x10;

  private HostedDomain domain;
  private long memory;
  private ByteBuffer view;
  private long buffer;

  @BeforeEach
  void start() {
    domain = HostedDomain.create(4096, 1);
    domain.boot(Service.XENSTORE, Service.LINUX);
    memory = domain.syscall(MMAP, 0, PAGE, PROT_RW, PRIVATE_ANONYMOUS, -1, 0);
    view = domain.memory(memory, PAGE);
    buffer = domain.syscall(MMAP, 0, 2 * PAGE, PROT_RW, PRIVATE_ANONYMOUS, -1, 0);
  }

  @AfterEach
  void stop() {
    domain.close();
  }

  /** Two descriptors: what is written to the second is read from the first. */
  private int[] channel(String kind) {
    long rc =
        switch (kind) {
          case "event" -> domain.syscall(EVENTFD2, 0, 0);
          case "pipe" -> domain.syscall(PIPE, memory);
          default -> domain.syscall(SOCKETPAIR, 1, 1, 0, memory);
        };
    assertTrue(rc >= 0, () -> kind + ": errno " + -rc);
    return kind.equals("event")
        ? new int[] {(int) rc, (int) rc}
        : new int[] {view.getInt(0), view.getInt(4)};
  }

  private Call waiting(String kind, int fd, long at) {
    Call call =
        switch (kind) {
          case "socket" -> domain.startSyscall(RECVFROM, fd, at, 8, 0, 0, 0);
          default -> domain.startSyscall(READ, fd, at, 8);
        };
    domain.settle();
    assertFalse(call.done());
    return call;
  }

  @ParameterizedTest
  @CsvSource({
    "event,unmap",
    "pipe,unmap",
    "socket,unmap",
    "event,map",
    "pipe,protect",
    "event,remap"
  })
  void theWaitingCallFails(String kind, String how) {
    int[] ends = channel(kind);
    Call call = waiting(kind, ends[0], buffer + PAGE - 4);
    long rc =
        switch (how) {
          case "unmap" -> domain.syscall(MUNMAP, buffer, PAGE);
          case "map" ->
              domain.syscall(MMAP, buffer + PAGE, PAGE, 0, PRIVATE_ANONYMOUS | FIXED, -1, 0);
          case "protect" -> domain.syscall(MPROTECT, buffer + PAGE, PAGE, 1);
          default -> domain.syscall(MREMAP, buffer, 2 * PAGE, 64 * PAGE, 1, 0);
        };
    assertTrue(rc >= 0, () -> how + ": errno " + -rc);
    assertEquals(EFAULT, call.result());
    // What comes then is for the next reader.
    view.putLong(64, 7);
    assertEquals(8, domain.syscall(WRITE, ends[1], memory + 64, 8));
    assertEquals(8, domain.syscall(READ, ends[0], memory + 128, 8));
    assertEquals(7, view.getLong(128));
  }

  @Test
  void anyBufferOfAVectorCounts() {
    int[] ends = channel("pipe");
    view.putLong(256, memory).putLong(264, 4).putLong(272, 0).putLong(280, 0);
    view.putLong(288, buffer).putLong(296, 4);
    Call call = domain.startSyscall(READV, ends[0], memory + 256, 3);
    domain.settle();
    assertEquals(0, domain.syscall(MUNMAP, buffer, PAGE));
    assertEquals(EFAULT, call.result());
  }

  @Test
  void otherMemoryMayGo() {
    int[] ends = channel("pipe");
    Call call = waiting("pipe", ends[0], buffer + PAGE - 8);
    assertEquals(0, domain.syscall(MUNMAP, buffer + PAGE, PAGE));
    assertFalse(call.done());
    view.putLong(64, 7);
    assertEquals(8, domain.syscall(WRITE, ends[1], memory + 64, 8));
    assertEquals(8, call.result());
    assertEquals(7, domain.memory(buffer, PAGE).getLong(PAGE - 8));
  }
}
