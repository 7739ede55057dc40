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
import org.rumpstubdom.tests.hosted.HostedDomain;
import org.rumpstubdom.tests.hosted.HostedDomain.Call;
import org.rumpstubdom.tests.hosted.HostedDomain.Service;

/**
 * What the programs under tests/programs cannot show: behaviour on a clock that only the test
 * moves, pointers no compiler makes, and leaks. Numbers are those of the x86-64 Linux interface.
 */
@Tag("hosted")
class SystemCallTest {
  private static final long READ = 0;
  private static final long WRITE = 1;
  private static final long CLOSE = 3;
  private static final long POLL = 7;
  private static final long MMAP = 9;
  private static final long MUNMAP = 11;
  private static final long RT_SIGPROCMASK = 14;
  private static final long NANOSLEEP = 35;
  private static final long GETTID = 186;
  private static final long TKILL = 200;
  private static final long FUTEX = 202;
  private static final long EPOLL_WAIT = 232;
  private static final long EPOLL_CTL = 233;
  private static final long RT_SIGTIMEDWAIT = 128;
  private static final long TIMERFD_CREATE = 283;
  private static final long TIMERFD_SETTIME = 286;
  private static final long PPOLL = 271;
  private static final long EVENTFD2 = 290;
  private static final long EPOLL_CREATE1 = 291;

  private static final long EAGAIN = 11;
  private static final long EBADF = 9;
  private static final long EFAULT = 14;
  private static final long EINVAL = 22;
  private static final long EMFILE = 24;
  private static final long ENOSYS = 38;
  private static final long ETIMEDOUT = 110;

  private static final int MS = 1_000_000;
  private static final int SIGUSR1 = 10;

  private HostedDomain domain;
  private long memory;
  private ByteBuffer view;

  @BeforeEach
  void start() {
    domain = HostedDomain.create(4096, 1);
    domain.boot(Service.LINUX);
    memory = domain.syscall(MMAP, 0, 65536, 3, 0x22, -1, 0);
    assertTrue(memory > 0, () -> "mmap: " + memory);
    view = domain.memory(memory, 65536);
  }

  @AfterEach
  void stop() {
    domain.close();
  }

  private long timespec(int offset, long seconds, long nanoseconds) {
    view.putLong(offset, seconds).putLong(offset + 8, nanoseconds);
    return memory + offset;
  }

  @Test
  void anUnknownCallIsNamedOnceOnTheConsole() {
    for (int i = 0; i < 3; i++) {
      assertEquals(-ENOSYS, domain.syscall(451));
      assertEquals(-ENOSYS, domain.syscall(-1));
      assertEquals(-ENOSYS, domain.syscall(1L << 40));
    }
    String console = domain.console();
    assertEquals(2, console.split("system call 451 ", -1).length, console);
  }

  @Test
  void theKernelsOwnMemoryIsNotTheProgramsToPass() {
    long kernel = domain.address(0);
    long fd = domain.syscall(EVENTFD2, 1, 0);
    assertEquals(-EFAULT, domain.syscall(READ, fd, kernel, 8));
    assertEquals(-EFAULT, domain.syscall(WRITE, 1, kernel, 8));
    assertEquals(-EFAULT, domain.syscall(WRITE, 1, -8, 16), "wraps around");
    assertEquals(-EFAULT, domain.syscall(WRITE, 1, memory, Long.MAX_VALUE / 2));
    assertEquals(-EFAULT, domain.syscall(NANOSLEEP, kernel, 0));
    assertEquals(-EFAULT, domain.syscall(POLL, memory + 65536 - 4, 1, 0));
    assertEquals(8, domain.syscall(READ, fd, memory, 8), "the failed read took nothing");
  }

  @Test
  void aSleepEndsAtItsDeadlineAndNotBefore() {
    Call sleep = domain.startSyscall(NANOSLEEP, timespec(0, 1, 5), 0);
    domain.settle();
    domain.advance(1_000_000_004);
    assertFalse(sleep.done());
    domain.advance(1);
    assertTrue(sleep.done());
    assertEquals(0, sleep.result());
  }

  @Test
  void aTimerDescriptorCountsEveryExpiry() {
    long fd = domain.syscall(TIMERFD_CREATE, 1, 0);
    timespec(0, 0, 10 * MS); // interval
    timespec(16, 0, 3 * MS); // first
    assertEquals(0, domain.syscall(TIMERFD_SETTIME, fd, 0, memory, 0));
    domain.advance(45 * MS); // at 3, 13, 23, 33, 43
    assertEquals(8, domain.syscall(READ, fd, memory + 64, 8));
    assertEquals(5, view.getLong(64));
    Call read = domain.startSyscall(READ, fd, memory + 64, 8);
    domain.advance(8 * MS - 1);
    assertFalse(read.done());
    domain.advance(1);
    assertTrue(read.done());
    assertEquals(1, view.getLong(64));
  }

  @Test
  void pollAndEpollTimeOutExactlyAndWakeAtOnce() {
    long fd = domain.syscall(EVENTFD2, 0, 0);
    long ep = domain.syscall(EPOLL_CREATE1, 0);
    view.putInt(0, 1).putLong(4, 77); // EPOLLIN, packed
    assertEquals(0, domain.syscall(EPOLL_CTL, ep, 1, fd, memory));
    view.putInt(32, (int) fd).putInt(36, 1); // POLLIN
    Call poll = domain.startSyscall(POLL, memory + 32, 1, 20);
    Call epoll = domain.startSyscall(EPOLL_WAIT, ep, memory + 64, 4, 30);
    domain.settle();
    domain.advance(20 * MS - 1);
    assertFalse(poll.done());
    domain.advance(1);
    assertTrue(poll.done());
    assertEquals(0, poll.result());
    assertFalse(epoll.done());
    poll = domain.startSyscall(POLL, memory + 32, 1, -1);
    view.putLong(128, 1);
    assertEquals(8, domain.syscall(WRITE, fd, memory + 128, 8));
    assertTrue(poll.done() && epoll.done());
    assertEquals(1, poll.result());
    assertEquals(1 << 16, view.getInt(36) & 0xffff0000, "revents");
    assertEquals(1, epoll.result());
    assertEquals(77, view.getLong(68));
  }

  /**
   * Where Xen emulates the counter each reading is a trap. A call that does not sleep is the
   * measure for what the test's own thread reads.
   */
  @Test
  void aCallThatSleepsReadsTheClockOnce() {
    long fd = domain.syscall(EVENTFD2, 0, 0);
    view.putInt(32, (int) fd).putInt(36, 1); // POLLIN
    for (int i = 0; i < 20; i++) {
      long start = domain.clockReads();
      Call none = domain.startSyscall(GETTID);
      domain.run();
      long withoutSleep = domain.clockReads() - start;
      domain.settle();
      assertTrue(none.done());
      start = domain.clockReads();
      Call poll = domain.startSyscall(PPOLL, memory + 32, 1, timespec(0, 0, 20 * MS), 0, 8);
      domain.run();
      assertEquals(withoutSleep, domain.clockReads() - start, "the deadline, and nothing else");
      domain.advance(20 * MS);
      assertTrue(poll.done());
    }
  }

  @Test
  void futexWaitersWakeInOrderOrTimeOut() {
    Call first = domain.startSyscall(FUTEX, memory, 0, 0, 0);
    Call second = domain.startSyscall(FUTEX, memory, 0, 0, 0);
    Call timed = domain.startSyscall(FUTEX, memory, 0, 0, timespec(64, 0, 5 * MS));
    domain.settle();
    assertEquals(1, domain.syscall(FUTEX, memory, 1, 1));
    assertTrue(first.done());
    assertFalse(second.done());
    domain.advance(5 * MS);
    assertTrue(timed.done());
    assertEquals(-ETIMEDOUT, timed.result());
    assertFalse(second.done());
    assertEquals(1, domain.syscall(FUTEX, memory, 1, 10));
    assertEquals(0, second.result());
    assertEquals(0, domain.syscall(FUTEX, memory, 1, 10));
    assertEquals(-EAGAIN, domain.syscall(FUTEX, memory, 0, 1, 0));
  }

  @Test
  void sigtimedwaitTakesWhatTkillSends() {
    view.putLong(0, 1L << (SIGUSR1 - 1));
    long tid = domain.syscall(GETTID);
    assertEquals(0, domain.syscall(RT_SIGPROCMASK, 0, memory, 0, 8));
    Call wait = domain.startSyscall(RT_SIGTIMEDWAIT, memory, memory + 64, 0, 8);
    domain.settle();
    assertFalse(wait.done());
    assertEquals(0, domain.syscall(TKILL, tid, SIGUSR1));
    assertTrue(wait.done());
    assertEquals(SIGUSR1, wait.result());
    assertEquals(SIGUSR1, view.getInt(64), "si_signo");
    assertEquals(-6, view.getInt(72), "si_code: SI_TKILL");
    assertEquals(-EINVAL, domain.syscall(TKILL, tid, 65));
    assertEquals(-EINVAL, domain.syscall(RT_SIGTIMEDWAIT, memory, 0, 0, 4));
  }

  @Test
  void descriptorsRunOutAndComeBack() {
    for (int round = 0; round < 3; round++) {
      int made = 0;
      long fd;
      while ((fd = domain.syscall(EVENTFD2, 0, 0)) >= 0) {
        assertEquals(3 + made, fd, "the lowest free number");
        made++;
      }
      assertEquals(-EMFILE, fd);
      assertEquals(1024 - 3, made);
      for (int i = 0; i < made; i++) {
        assertEquals(0, domain.syscall(CLOSE, 3 + i));
      }
      assertEquals(-EBADF, domain.syscall(CLOSE, 3));
    }
  }

  @Test
  void mappingsComeAndGoWithoutLoss() {
    for (int i = 0; i < 200; i++) {
      long p = domain.syscall(MMAP, 0, 8 << 20, 3, 0x22, -1, 0);
      assertTrue(p > 0, () -> "mmap: " + p);
      assertEquals(0, domain.syscall(MUNMAP, p, 8 << 20));
    }
  }
}
