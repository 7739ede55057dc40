// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.rump;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.rumpstubdom.tests.rump.RumpDomain.addr;

import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rumpstubdom.tests.hosted.DomainEndedException;
import org.rumpstubdom.tests.hosted.HostedDomain;
import org.rumpstubdom.tests.hosted.HostedLibrary;

/** The hypercalls one by one, against rumpuser(3). No rump kernel runs. */
@Tag("hosted")
class HypercallTest {
  private static final int SPIN = 1;
  private static final int KMUTEX = 2;
  private static final int READER = 0;
  private static final int WRITER = 1;
  private static final int RELWALL = 0;
  private static final int ABSMONO = 1;

  private RumpDomain rump;

  @BeforeEach
  void start() {
    rump = RumpDomain.hypercalls("console=hvc0 rump.RUMP_VERBOSE=1 rump.EMPTY=");
  }

  @AfterEach
  void stop() {
    rump.close();
  }

  /** Calls an init function that hands an object back through its first argument. */
  private long init(String function, long... args) {
    Pointer slot = rump.alloc(8);
    long[] all = new long[args.length + 1];
    all[0] = addr(slot);
    System.arraycopy(args, 0, all, 1, args.length);
    rump.call(function, all);
    return slot.getLong(0);
  }

  private String param(String name, int size) {
    Pointer buf = rump.alloc(size);
    int error = rump.call("rumpuser_getparam", rump.str(name), addr(buf), size);
    return error == 0 ? buf.getString(0) : "errno " + error;
  }

  // ---- start and end ----------------------------------------------------------------------------

  @Test
  void everyFunctionOfTheInterfaceIsThere() {
    // rumpuser(3), version 17: what NetBSD's kernel libraries leave undefined.
    String[] names = {
      "init",
      "exit",
      "kill",
      "getparam",
      "daemonize_begin",
      "daemonize_done",
      "dl_bootstrap",
      "malloc",
      "free",
      "anonmmap",
      "unmap",
      "open",
      "close",
      "getfileinfo",
      "bio",
      "iovread",
      "iovwrite",
      "syncfd",
      "clock_gettime",
      "clock_sleep",
      "putchar",
      "dprintf",
      "getrandom",
      "seterrno",
      "thread_create",
      "thread_exit",
      "thread_join",
      "curlwpop",
      "curlwp",
      "mutex_init",
      "mutex_enter",
      "mutex_enter_nowrap",
      "mutex_tryenter",
      "mutex_exit",
      "mutex_destroy",
      "mutex_owner",
      "mutex_spin_p",
      "rw_init",
      "rw_enter",
      "rw_tryenter",
      "rw_tryupgrade",
      "rw_downgrade",
      "rw_exit",
      "rw_destroy",
      "rw_held",
      "cv_init",
      "cv_destroy",
      "cv_wait",
      "cv_wait_nowrap",
      "cv_timedwait",
      "cv_signal",
      "cv_broadcast",
      "cv_has_waiters"
    };
    try (NativeLibrary library =
        NativeLibrary.getInstance(System.getProperty(HostedLibrary.PROPERTY))) {
      for (String name : names) {
        assertNotEquals(0, addr(library.getGlobalVariableAddress("rumpuser_" + name)), name);
      }
      assertThrows(
          UnsatisfiedLinkError.class,
          () -> library.getGlobalVariableAddress("rumpuser_no_such_call"));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 16, 18})
  void anotherVersionIsRefused(int version) {
    assertEquals(NetBsd.EPROGMISMATCH, rump.call("rumpuser_init", version, addr(rump.alloc(168))));
    assertTrue(rump.domain.console().contains("version 17"), rump.domain.console());
  }

  @Test
  void parametersComeFromTheCommandLineAndFromTheMachine() {
    assertEquals("1", param("_RUMPUSER_NCPU", 8));
    assertEquals("stubdom", param("_RUMPUSER_HOSTNAME", 64));
    assertEquals("1", param("RUMP_VERBOSE", 8));
    assertEquals("errno " + NetBsd.ENOENT, param("RUMP_VERB", 8));
    assertEquals("errno " + NetBsd.ENOENT, param("NOT_THERE", 8));
    assertEquals("errno " + NetBsd.E2BIG, param("_RUMPUSER_HOSTNAME", 7));
    long limit = Long.parseLong(param("RUMP_MEMLIMIT", 24));
    assertTrue(limit > 4 << 20 && limit <= 8L << 20, "a quarter of 32 MiB: " + limit);
  }

  @Test
  void exitPowersOffAndPanicCrashes() {
    assertThrows(DomainEndedException.class, () -> rump.domain.call("rumpuser_exit", 0));
    rump.close();
    rump = RumpDomain.hypercalls("");
    DomainEndedException end =
        assertThrows(DomainEndedException.class, () -> rump.domain.call("rumpuser_exit", -1));
    assertTrue(end.getMessage().contains("rump kernel panicked"), end.getMessage());
  }

  @Test
  void thereIsNothingToSignalOrToDetachFrom() {
    assertEquals(0, rump.call("rumpuser_kill", -1, 15));
    assertEquals(NetBsd.ESRCH, rump.call("rumpuser_kill", 1234, 15));
    assertEquals(NetBsd.ENOSYS, rump.call("rumpuser_daemonize_begin"));
    assertEquals(NetBsd.ENOSYS, rump.call("rumpuser_daemonize_done", 0));
    rump.call("rumpuser_dl_bootstrap", 0, 0, 0, 0);
  }

  @Test
  void outputReachesTheConsole() {
    for (char c : "rump\n".toCharArray()) {
      rump.call("rumpuser_putchar", c);
    }
    rump.call("rumpuser_dprintf", rump.str("%s: %d of %#x\n"), rump.str("line"), -3, 0xbeefL);
    assertTrue(rump.domain.console().contains("rump\nline: -3 of 0xbeef\n"), rump.domain.console());
  }

  // ---- memory -----------------------------------------------------------------------------------

  @ParameterizedTest
  @CsvSource({
    "1,0,8",
    "24,16,16",
    "100,64,64",
    "4096,4096,4096",
    "8192,4096,4096",
    "3,1,1",
    "8192,8192,8192",
    "65536,65536,65536",
    "100,16384,16384",
    "12288,65536,65536"
  })
  void memoryHasTheAlignmentAskedFor(int size, int align, int expected) {
    Pointer slot = rump.alloc(8);
    Set<Long> seen = new HashSet<>();
    for (int i = 0; i < 20; i++) {
      assertEquals(0, rump.call("rumpuser_malloc", size, align, addr(slot)));
      long mem = slot.getLong(0);
      assertEquals(0, mem % expected);
      assertTrue(seen.add(mem), "given out twice");
      new Pointer(mem).setMemory(0, size, (byte) 0x5a); // AddressSanitizer watches
    }
    for (long mem : seen) {
      rump.call("rumpuser_free", mem, size);
    }
  }

  /** Takes pages one by one until there is no more; returns them. */
  private List<Long> takeAllPages(String function, long... args) {
    List<Long> pages = new ArrayList<>();
    Pointer slot = rump.alloc(8);
    long[] all = Arrays.copyOf(args, args.length + 1);
    all[args.length] = addr(slot);
    while (rump.call(function, all) == 0) {
      pages.add(slot.getLong(0));
    }
    return pages;
  }

  @Test
  void anAlignedPageCostsOnePage() {
    List<Long> mapped = takeAllPages("rumpuser_anonmmap", 0, 4096, 12, 0);
    assertFalse(mapped.isEmpty());
    for (long page : mapped) {
      rump.call("rumpuser_unmap", page, 4096);
    }
    List<Long> allocated = takeAllPages("rumpuser_malloc", 4096, 4096);
    assertEquals(mapped.size(), allocated.size());
    for (long page : allocated) {
      rump.call("rumpuser_free", page, 4096);
    }
    assertEquals(mapped.size(), takeAllPages("rumpuser_anonmmap", 0, 4096, 12, 0).size());
  }

  @Test
  void impossibleMemoryIsRefused() {
    Pointer slot = rump.alloc(8);
    assertEquals(NetBsd.EINVAL, rump.call("rumpuser_malloc", 8, 3, addr(slot)));
    assertEquals(NetBsd.EINVAL, rump.call("rumpuser_malloc", 8, 131072, addr(slot)));
    assertEquals(12, rump.call("rumpuser_malloc", 1L << 40, 0, addr(slot)));
    assertEquals(0, slot.getLong(0));
  }

  /** The kernel heap is behind it: what is freed wrongly ends in a message of its own. */
  @ParameterizedTest
  @CsvSource({
    "24, 0, kfree: double free of 0x",
    "2000, 0, kfree: double free of 0x",
    "24, 16, is not an object of the kernel heap",
    "20000, 0, is not an object of the kernel heap",
  })
  void wrongFreeIsNamed(int size, int offset, String message) {
    Pointer slot = rump.alloc(8);
    assertEquals(0, rump.call("rumpuser_malloc", size, 0, addr(slot)));
    long mem = slot.getLong(0);
    if (offset == 0) {
      rump.call("rumpuser_free", mem, size);
    }
    DomainEndedException end =
        assertThrows(
            DomainEndedException.class,
            () -> rump.domain.call("rumpuser_free", mem + offset, size));
    assertEquals(DomainEndedException.Reason.CRASH, end.reason());
    assertTrue(
        end.getMessage().contains("panic: ") && end.getMessage().contains(message),
        end::getMessage);
  }

  @Test
  void mappingIsGivenBackOnce() {
    Pointer slot = rump.alloc(8);
    assertEquals(0, rump.call("rumpuser_anonmmap", 0, 12000, 12, 0, addr(slot)));
    long mem = slot.getLong(0);
    rump.call("rumpuser_unmap", mem, 12000);
    DomainEndedException end =
        assertThrows(
            DomainEndedException.class, () -> rump.domain.call("rumpuser_unmap", mem, 12000));
    assertTrue(end.getMessage().contains("was not allocated so (freed twice?)"), end::getMessage);
  }

  @Test
  void mappedMemoryIsZeroed() {
    Pointer slot = rump.alloc(8);
    assertEquals(0, rump.call("rumpuser_anonmmap", 0, 12000, 12, 0, addr(slot)));
    Pointer mem = slot.getPointer(0);
    assertEquals(0, addr(mem) % 4096);
    for (byte b : mem.getByteArray(0, 12000)) {
      assertEquals(0, b);
    }
    rump.call("rumpuser_unmap", addr(mem), 12000);
    assertEquals(86, rump.call("rumpuser_anonmmap", 0, 4096, 12, 1, addr(slot)), "executable");
    assertEquals(NetBsd.EINVAL, rump.call("rumpuser_anonmmap", 0, 0, 12, 0, addr(slot)));
  }

  @Test
  void randomBytesDiffer() {
    Pointer a = rump.alloc(64);
    Pointer b = rump.alloc(64);
    Pointer got = rump.alloc(8);
    assertEquals(0, rump.call("rumpuser_getrandom", addr(a), 64, 0, addr(got)));
    assertEquals(64, got.getLong(0));
    assertEquals(0, rump.call("rumpuser_getrandom", addr(b), 64, 3, addr(got)));
    assertFalse(java.util.Arrays.equals(a.getByteArray(0, 64), b.getByteArray(0, 64)));
  }

  // ---- time -------------------------------------------------------------------------------------

  private long clock(int which) {
    Pointer p = rump.alloc(16);
    assertEquals(0, rump.call("rumpuser_clock_gettime", which, addr(p), addr(p.share(8))));
    assertTrue(p.getLong(8) >= 0 && p.getLong(8) < 1_000_000_000);
    return p.getLong(0) * 1_000_000_000 + p.getLong(8);
  }

  @Test
  void bothClocksAdvanceByWhatPassed() {
    long mono = clock(ABSMONO);
    long wall = clock(RELWALL);
    rump.domain.advance(2_500_000_000L);
    assertEquals(2_500_000_000L, clock(ABSMONO) - mono);
    assertEquals(2_500_000_000L, clock(RELWALL) - wall);
    Pointer p = rump.alloc(16);
    assertEquals(NetBsd.EINVAL, rump.call("rumpuser_clock_gettime", 2, addr(p), addr(p)));
  }

  @Test
  void sleepEndsWhenItsTimeHasCome() {
    long target = clock(ABSMONO) + 3_000_000_000L;
    HostedDomain.Call relative = rump.domain.start("rumpuser_clock_sleep", RELWALL, 2, 500);
    HostedDomain.Call absolute =
        rump.domain.start(
            "rumpuser_clock_sleep", ABSMONO, target / 1_000_000_000, target % 1_000_000_000);
    rump.domain.settle();
    rump.domain.advance(2_000_000_499L);
    assertFalse(relative.done());
    rump.domain.advance(1);
    assertTrue(relative.done());
    assertFalse(absolute.done());
    rump.domain.advance(1_000_000_000L);
    assertTrue(absolute.done());
    assertEquals(0, (int) absolute.result());
    assertEquals(0, rump.call("rumpuser_clock_sleep", ABSMONO, 0, 0), "in the past");
    assertEquals(NetBsd.EINVAL, rump.call("rumpuser_clock_sleep", RELWALL, 0, 1_000_000_000));
  }

  // ---- mutexes ----------------------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(ints = {0, SPIN, KMUTEX, SPIN | KMUTEX})
  void aMutexHasOneHolder(int flags) {
    long mtx = init("rumpuser_mutex_init", flags);
    assertEquals((flags & SPIN) != 0 ? 1 : 0, rump.call("rumpuser_mutex_spin_p", mtx));
    HostedDomain.Call first = rump.domain.start("rumpuser_mutex_enter", mtx);
    HostedDomain.Call second = rump.domain.start("rumpuser_mutex_enter", mtx);
    HostedDomain.Call third = rump.domain.start("rumpuser_mutex_enter_nowrap", mtx);
    rump.domain.settle();
    assertTrue(first.done());
    assertFalse(second.done());
    assertFalse(third.done());
    assertEquals(NetBsd.EBUSY, rump.call("rumpuser_mutex_tryenter", mtx));
  }

  @Test
  void aMutexKnowsItsOwnersLwp() {
    long mtx = init("rumpuser_mutex_init", KMUTEX);
    Pointer owner = rump.alloc(8);
    long lwp = addr(rump.alloc(16));
    rump.call("rumpuser_curlwpop", 2 /* SET */, lwp);
    assertEquals(lwp, rump.domain.call("rumpuser_curlwp"));
    assertEquals(0, rump.call("rumpuser_mutex_tryenter", mtx));
    rump.call("rumpuser_mutex_owner", mtx, addr(owner));
    assertEquals(lwp, owner.getLong(0));
    rump.call("rumpuser_mutex_exit", mtx);
    rump.call("rumpuser_mutex_owner", mtx, addr(owner));
    assertEquals(0, owner.getLong(0));
    rump.call("rumpuser_curlwpop", 3 /* CLEAR */, lwp);
    assertEquals(0, rump.domain.call("rumpuser_curlwp"));
    rump.call("rumpuser_mutex_destroy", mtx);
  }

  @Test
  void leavingAMutexOneDoesNotHoldIsCaught() {
    long mtx = init("rumpuser_mutex_init", 0);
    assertThrows(DomainEndedException.class, () -> rump.domain.call("rumpuser_mutex_exit", mtx));
  }

  // ---- reader/writer locks ----------------------------------------------------------------------

  private int held(int kind, long rw) {
    Pointer p = rump.alloc(4);
    rump.call("rumpuser_rw_held", kind, rw, addr(p));
    return p.getInt(0);
  }

  @Test
  void readersShareAndWritersDoNot() {
    long rw = init("rumpuser_rw_init");
    rump.call("rumpuser_rw_enter", READER, rw);
    assertEquals(0, rump.call("rumpuser_rw_tryenter", READER, rw));
    assertEquals(NetBsd.EBUSY, rump.call("rumpuser_rw_tryenter", WRITER, rw));
    assertEquals(NetBsd.EBUSY, rump.call("rumpuser_rw_tryupgrade", rw), "two readers");
    assertEquals(1, held(READER, rw));
    assertEquals(0, held(WRITER, rw));
    rump.call("rumpuser_rw_exit", rw);
    assertEquals(0, rump.call("rumpuser_rw_tryupgrade", rw));
    assertEquals(1, held(WRITER, rw));
    assertEquals(NetBsd.EBUSY, rump.call("rumpuser_rw_tryenter", READER, rw));
    rump.call("rumpuser_rw_downgrade", rw);
    assertEquals(0, rump.call("rumpuser_rw_tryenter", READER, rw));
    rump.call("rumpuser_rw_exit", rw);
    rump.call("rumpuser_rw_exit", rw);
    assertEquals(0, rump.call("rumpuser_rw_tryenter", WRITER, rw));
    rump.call("rumpuser_rw_exit", rw);
    rump.call("rumpuser_rw_destroy", rw);
  }

  @Test
  void aWaitingWriterGoesBeforeNewReaders() {
    long rw = init("rumpuser_rw_init");
    rump.call("rumpuser_rw_enter", READER, rw);
    HostedDomain.Call writer = rump.domain.start("rumpuser_rw_enter", WRITER, rw);
    rump.domain.settle();
    assertFalse(writer.done());
    HostedDomain.Call reader = rump.domain.start("rumpuser_rw_enter", READER, rw);
    rump.domain.settle();
    assertFalse(reader.done(), "holds back for the writer");
    rump.call("rumpuser_rw_exit", rw);
    rump.domain.settle();
    assertTrue(writer.done());
    assertFalse(reader.done());
  }

  // ---- condition variables ----------------------------------------------------------------------

  private int waiters(long cv) {
    Pointer p = rump.alloc(4);
    rump.call("rumpuser_cv_has_waiters", cv, addr(p));
    return p.getInt(0);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, SPIN, KMUTEX, SPIN | KMUTEX})
  void aTimedWaitEndsAndTakesTheMutexBack(int flags) {
    // Enter, wait, leave on one thread: the idle worker is always the same one.
    long mtx = init("rumpuser_mutex_init", flags);
    long cv = init("rumpuser_cv_init");
    rump.call("rumpuser_mutex_enter", mtx);
    HostedDomain.Call wait = rump.domain.start("rumpuser_cv_timedwait", cv, mtx, 1, 500_000_000);
    rump.domain.settle();
    assertEquals(1, waiters(cv));
    rump.domain.advance(1_499_999_999L);
    assertFalse(wait.done());
    rump.domain.advance(1);
    assertTrue(wait.done());
    assertEquals(NetBsd.ETIMEDOUT, (int) wait.result());
    assertEquals(0, waiters(cv));
    assertEquals(NetBsd.EBUSY, rump.call("rumpuser_mutex_tryenter", mtx), "taken back");
  }

  @Test
  void signalWakesOneAndBroadcastAll() {
    long mtx = init("rumpuser_mutex_init", 0);
    long cv = init("rumpuser_cv_init");
    HostedDomain.Call[] waits = new HostedDomain.Call[3];
    for (int i = 0; i < 3; i++) {
      rump.call("rumpuser_mutex_enter", mtx);
      // Returns without the caller's mutex: the worker that entered is the one that waits.
      waits[i] = rump.domain.start("rumpuser_cv_timedwait", cv, mtx, 1000, 0);
      rump.domain.settle();
      assertFalse(waits[i].done());
    }
    rump.call("rumpuser_cv_signal", cv);
    rump.domain.settle();
    assertTrue(waits[0].done(), "the longest waiting");
    assertEquals(0, (int) waits[0].result());
    assertFalse(waits[1].done());
    rump.call("rumpuser_cv_broadcast", cv);
    assertEquals(0, waiters(cv), "the others wait for the mutex now");
  }

  // ---- errno ------------------------------------------------------------------------------------

  @Test
  void theErrorNumberIsKept() {
    rump.call("rumpuser_seterrno", 42);
    assertEquals(42, rump.call("rumpuser_errno"));
  }

  // ---- block devices that are not there ---------------------------------------------------------

  @Test
  void unknownDevicesAndDescriptorsAreRefused() {
    Pointer p = rump.alloc(16);
    assertEquals(NetBsd.ENOENT, rump.call("rumpuser_open", rump.str("xvdz"), 2, addr(p)));
    assertEquals(
        NetBsd.ENOENT, rump.call("rumpuser_getfileinfo", rump.str("xvdz"), addr(p), addr(p)));
    assertEquals(NetBsd.EBADF, rump.call("rumpuser_close", 3));
    assertEquals(NetBsd.EBADF, rump.call("rumpuser_iovread", 3, addr(p), 1, 0, addr(p)));
    assertEquals(NetBsd.EBADF, rump.call("rumpuser_iovwrite", -1, addr(p), 1, 0, addr(p)));
    assertEquals(NetBsd.EBADF, rump.call("rumpuser_syncfd", 32, 0, 0, 0));
  }
}
