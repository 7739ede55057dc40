// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.rump;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import org.rumpstubdom.tests.hosted.HostedDomain;

/**
 * A domain with a rump kernel in it, driven through the client API ({@code rump___sysimpl_*}, with
 * NetBSD's numbers) or through Linux system calls.
 *
 * <p>Failures come back as a negative error number of the interface that was called. Buffers come
 * from one block of memory that lives as long as the domain.
 */
final class RumpDomain implements AutoCloseable {
  private static final int MEMORY_SIZE = 1 << 20;
  private static final int PAGES = 8192;

  /** Client calls whose result is wider than an int. */
  private static final Set<String> WIDE =
      Set.of(
          "read",
          "write",
          "readv",
          "writev",
          "pread",
          "pwrite",
          "preadv",
          "pwritev",
          "lseek",
          "readlink",
          "readlinkat",
          "sendto",
          "recvfrom",
          "sendmsg",
          "recvmsg");

  final HostedDomain domain;
  private Memory own;
  private Pointer memory;
  private long used;

  private RumpDomain(HostedDomain domain) {
    this.domain = domain;
  }

  /** Only the hypercalls; no rump kernel was started. */
  static RumpDomain hypercalls(String commandLine) {
    RumpDomain rump = new RumpDomain(new HostedDomain(PAGES, 1, commandLine, null));
    rump.own = new Memory(MEMORY_SIZE);
    rump.memory = rump.own;
    return rump;
  }

  /** The kernel alone: calls of the client API act on process 1. */
  static RumpDomain client() {
    RumpDomain rump = hypercalls("");
    long error = (int) rump.domain.call("rump_init");
    if (error != 0) {
      throw new IllegalStateException("rump_init: NetBSD error " + error);
    }
    return rump;
  }

  /** With the Linux layer on top, as a program sees it. */
  static RumpDomain program(String commandLine, byte[] ramdisk) {
    return new RumpDomain(new HostedDomain(PAGES, 1, commandLine, ramdisk)).boot();
  }

  /** The Linux layer in a domain that was made, and perhaps booted in part, by the caller. */
  static RumpDomain in(HostedDomain domain) {
    return new RumpDomain(domain).boot();
  }

  private RumpDomain boot() {
    domain.boot(HostedDomain.Service.LINUX);
    // mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    memory = new Pointer(linux(Linux.MMAP, 0, MEMORY_SIZE, 3, 0x22, -1, 0));
    return this;
  }

  @Override
  public void close() {
    domain.close();
    if (own != null) {
      own.close();
    }
  }

  // ---- memory -----------------------------------------------------------------------------------

  /** Zeroed memory the domain's code may use; 16-aligned. */
  Pointer alloc(long size) {
    Pointer p = memory.share(used);
    used += (size + 15) & ~15L;
    if (used > MEMORY_SIZE) {
      throw new IllegalStateException("the test needs more memory: raise MEMORY_SIZE");
    }
    p.clear(size);
    return p;
  }

  static long addr(Pointer p) {
    return Pointer.nativeValue(p);
  }

  Pointer bytes(byte[] data) {
    Pointer p = alloc(Math.max(1, data.length));
    p.write(0, data, 0, data.length);
    return p;
  }

  Pointer bytes(String s) {
    return bytes(s.getBytes(StandardCharsets.UTF_8));
  }

  /** The address of a NUL-terminated string. */
  long str(String s) {
    return addr(bytes(s + "\0"));
  }

  // ---- calls ------------------------------------------------------------------------------------

  /** An exported C function that returns an int. */
  int call(String function, long... args) {
    return (int) domain.call(function, args);
  }

  /** The result of the client call, or the negative NetBSD error. */
  long rump(String name, long... args) {
    return rumpResult(name, domain.call("rump___sysimpl_" + name, args));
  }

  /** Starts it; it may block. */
  HostedDomain.Call startRump(String name, long... args) {
    return domain.start("rump___sysimpl_" + name, args);
  }

  long rumpResult(String name, long raw) {
    boolean failed = WIDE.contains(name) ? raw == -1 : (int) raw == -1;
    if (failed) {
      return -call("rumpuser_errno");
    }
    return WIDE.contains(name) ? raw : (int) raw;
  }

  long linux(long nr, long... args) {
    return domain.syscall(nr, args);
  }

  HostedDomain.Call startLinux(long nr, long... args) {
    return domain.startSyscall(nr, args);
  }

  // ---- shorthands over the client API -----------------------------------------------------------

  int open(String path, int flags) {
    return (int) rump("open", str(path), flags, 0644);
  }

  long write(int fd, String text) {
    byte[] data = text.getBytes(StandardCharsets.UTF_8);
    return rump("write", fd, addr(bytes(data)), data.length);
  }

  /** What read gives, as text; errors as "errno N". */
  String read(int fd, int max) {
    Pointer buf = alloc(Math.max(1, max));
    long n = rump("read", fd, addr(buf), max);
    return n < 0 ? "errno " + -n : new String(buf.getByteArray(0, (int) n), StandardCharsets.UTF_8);
  }

  /** pollfd structures, the same in both worlds: {fd, events} pairs. */
  Pointer pollfds(int... fdsAndEvents) {
    int n = fdsAndEvents.length / 2;
    Pointer p = alloc(8L * n);
    for (int i = 0; i < n; i++) {
      p.setInt(8L * i, fdsAndEvents[2 * i]);
      p.setShort(8L * i + 4, (short) fdsAndEvents[2 * i + 1]);
    }
    return p;
  }

  static int revents(Pointer pollfds, int index) {
    return pollfds.getShort(8L * index + 6);
  }

  /** An iovec array over pieces of memory. */
  Pointer iovec(Object... pointersAndLengths) {
    Pointer p = alloc(8L * pointersAndLengths.length);
    for (int i = 0; i < pointersAndLengths.length; i++) {
      Object o = pointersAndLengths[i];
      p.setLong(8L * i, o instanceof Pointer q ? addr(q) : ((Number) o).longValue());
    }
    return p;
  }

  static byte[] pattern(int length) {
    byte[] data = new byte[length];
    for (int i = 0; i < length; i++) {
      data[i] = (byte) (i * 31 + (i >> 8) * 7 + 3);
    }
    return data;
  }

  static byte[] slice(byte[] data, int from, int length) {
    return Arrays.copyOfRange(data, from, from + length);
  }
}
