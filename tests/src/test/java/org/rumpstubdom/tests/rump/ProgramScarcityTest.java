// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.rump;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rumpstubdom.tests.hosted.HostedDomain;
import org.rumpstubdom.tests.hosted.HostedDomain.Service;
import org.rumpstubdom.tests.hosted.Scarcity;

/** What a program does with the system, in which each allocation fails once. */
@Tag("hosted")
final class ProgramScarcityTest {
  private static final int DOMAIN_PAGES = 4096;
  private static final int MREMAP = 25;
  private static final int MUNMAP = 11;
  private static final int MPROTECT = 10;
  private static final int MADVISE = 28;
  private static final int SELECT = 23;
  private static final int FUTEX = 202;
  private static final int TIMER_CREATE = 222;
  private static final int TIMER_DELETE = 226;
  private static final int TIMERFD_CREATE = 283;
  private static final int TIMERFD_SETTIME = 286;
  private static final int SIGNALFD4 = 289;
  private static final int MEMFD_CREATE = 319;
  private static final int SENDFILE = 40;

  private static final int SCRATCH = 1 << 18;
  private static final int TEXT = SCRATCH - 8192;
  private static final int SMALL = SCRATCH - 4096;
  private static final int FILES = 100;
  private static final int LARGE = 40_000;

  /** The life: files, pipes, sockets with files in them, mappings, timers, waiting for all. */
  private static final class Program implements Scarcity.Life {
    private Scarcity scarcity;
    private long memory;
    private ByteBuffer view;

    @Override
    public void begin(HostedDomain domain) {
      domain.boot(Service.XENSTORE, Service.LINUX);
      memory = domain.syscall(Linux.MMAP, 0, SCRATCH, 3, 0x22, -1, 0);
      view = domain.memory(memory, SCRATCH);
    }

    private long call(long nr, long... args) {
      return scarcity.syscall(nr, args);
    }

    private long good(long nr, long... args) {
      long result = call(nr, args);
      assertTrue(result >= 0, () -> "system call " + nr + ": errno " + -result);
      return result;
    }

    private void zero(long nr, long... args) {
      assertEquals(0, call(nr, args), "system call " + nr);
    }

    private long text(String text) {
      view.put(TEXT, (text + "\0").getBytes(US_ASCII));
      return memory + TEXT;
    }

    private byte[] bytes(int at, int len) {
      byte[] bytes = new byte[len];
      view.get(at, bytes);
      return bytes;
    }

    /** Writes all of it, however little a call takes for want of memory. */
    private void writeAll(long fd, int at, int len) {
      for (int done = 0; done < len; ) {
        done += (int) good(Linux.WRITE, fd, memory + at + done, len - done);
      }
    }

    private void files() {
      zero(Linux.MKDIR, text("/tmp/dir"), 0755);
      long fd = good(Linux.OPEN, text("/tmp/dir/file"), Linux.O_RDWR | Linux.O_CREAT, 0644);
      byte[] data = RumpDomain.pattern(LARGE);
      view.put(0, data);
      writeAll(fd, 0, LARGE);
      zero(Linux.LSEEK, fd, 0, 0);
      assertEquals(LARGE, good(Linux.READ, fd, memory + 65536, LARGE));
      assertArrayEquals(data, bytes(65536, LARGE));
      long map = good(Linux.MMAP, 0, 8192, 3, 2, fd, 4096);
      scarcity.domain().memory(map, 8192).put(0, (byte) 1);
      zero(MUNMAP, map, 8192);
      zero(Linux.SYMLINK, text("file"), memory + TEXT + 2048 + link("/tmp/dir/link"));
      zero(Linux.RENAME, text("/tmp/dir/file"), memory + TEXT + 2048 + link("/tmp/dir/other"));
      long dir = good(Linux.OPEN, text("/tmp/dir"), Linux.O_RDONLY | Linux.O_DIRECTORY, 0);
      assertTrue(good(Linux.GETDENTS64, dir, memory, 4096) > 0);
      zero(Linux.CLOSE, dir);
      long copy = good(Linux.OPEN, text("/tmp/dir/copy"), Linux.O_RDWR | Linux.O_CREAT, 0644);
      assertTrue(good(SENDFILE, copy, fd, 0, 10) >= 0);
      zero(Linux.CLOSE, copy);
      zero(Linux.CLOSE, fd);
      for (String name : new String[] {"copy", "other", "link"}) {
        zero(Linux.UNLINK, text("/tmp/dir/" + name));
      }
      zero(Linux.RMDIR, text("/tmp/dir"));
    }

    private int link(String text) {
      view.put(TEXT + 2048, (text + "\0").getBytes(US_ASCII));
      return 0;
    }

    private void streams() {
      zero(Linux.PIPE2, memory + SMALL, Linux.O_NONBLOCK);
      int in = view.getInt(SMALL);
      int out = view.getInt(SMALL + 4);
      view.put(0, RumpDomain.pattern(3000));
      writeAll(out, 0, 3000);
      assertEquals(3000, good(Linux.READ, in, memory + 65536, 4096));
      assertArrayEquals(RumpDomain.pattern(3000), bytes(65536, 3000));

      // A local server, a client, and a file that goes from one to the other.
      long server = good(Linux.SOCKET, Linux.AF_UNIX, Linux.SOCK_STREAM | Linux.O_NONBLOCK, 0);
      view.putShort(SMALL, (short) Linux.AF_UNIX);
      view.put(SMALL + 2, "/tmp/socket\0".getBytes(US_ASCII));
      zero(Linux.BIND, server, memory + SMALL, 14);
      zero(Linux.LISTEN, server, 1);
      long client = client();
      long accepted;
      // Without memory for its descriptor a connection is hung up on.
      while ((accepted = call(Linux.ACCEPT4, server, 0, 0, Linux.O_NONBLOCK)) == -Linux.EAGAIN) {
        zero(Linux.CLOSE, client);
        client = client();
      }
      assertTrue(accepted >= 0, "accept");
      message(16);
      view.putInt(96, in);
      assertEquals(5, good(Linux.SENDMSG, client, memory, 0));
      message(24);
      assertEquals(5, good(Linux.RECVMSG, accepted, memory, 0));
      zero(Linux.CLOSE, view.getInt(96));
      view.putInt(96, out);
      message(16);
      view.putInt(96, out);
      assertEquals(5, good(Linux.SENDMSG, client, memory, 0)); // is never received
      for (long fd : new long[] {accepted, client, server, in, out}) {
        zero(Linux.CLOSE, fd);
      }
      zero(Linux.UNLINK, text("/tmp/socket"));
    }

    /** A socket that is connected to the address in memory. */
    private long client() {
      long fd = good(Linux.SOCKET, Linux.AF_UNIX, Linux.SOCK_STREAM | Linux.O_NONBLOCK, 0);
      zero(Linux.CONNECT, fd, memory + SMALL, 14);
      return fd;
    }

    /** A struct msghdr at 0 with five bytes at 128 and room for a descriptor at 80. */
    private void message(int room) {
      view.put(0, new byte[128]);
      view.putLong(16, memory + 64).putLong(24, 1);
      view.putLong(32, memory + 80).putLong(40, room == 16 ? 20 : room);
      view.putLong(64, memory + 128).putLong(72, 5);
      view.putLong(80, 20).putInt(88, Linux.SOL_SOCKET).putInt(92, 1); // SCM_RIGHTS
    }

    private void memory() {
      long area = good(Linux.MMAP, 0, 16 * 4096, 3, 0x22, -1, 0);
      zero(MPROTECT, area + 4096, 4096, 1);
      zero(MADVISE, area + 8192, 4096, 4);
      zero(MUNMAP, area + 3 * 4096, 4096);
      long other = good(Linux.MMAP, 0, 4096, 3, 0x22, -1, 0);
      other = good(MREMAP, other, 4096, 8 * 4096, 1, 0);
      zero(MUNMAP, other, 8 * 4096);
      zero(MUNMAP, area, 16 * 4096);
      long memfd = good(MEMFD_CREATE, text("name"), 0);
      zero(Linux.FTRUNCATE, memfd, 65536);
      long map = good(Linux.MMAP, 0, 65536, 3, 1, memfd, 0);
      scarcity.domain().memory(map, 65536).put(40000, (byte) 7);
      writeAll(memfd, 0, 8192);
      zero(MUNMAP, map, 65536);
      zero(Linux.CLOSE, memfd);
    }

    private void waiting() {
      long[] events = new long[FILES];
      long epoll = good(Linux.EPOLL_CREATE1, 0);
      for (int i = 0; i < FILES; i++) {
        events[i] = good(Linux.EVENTFD2, 0, Linux.O_NONBLOCK);
        view.putInt(SMALL, Linux.POLLIN).putLong(SMALL + 4, i);
        zero(Linux.EPOLL_CTL, epoll, 1, events[i], memory + SMALL);
        view.putInt(8 * i, (int) events[i]).putShort(8 * i + 4, (short) Linux.POLLIN);
      }
      HostedDomain domain = scarcity.domain();
      view.putLong(SMALL, 1);
      HostedDomain.Call poll = domain.startSyscall(Linux.POLL, memory, FILES, -1);
      HostedDomain.Call wait =
          domain.startSyscall(Linux.EPOLL_PWAIT, epoll, memory + 65536, 10, -1, 0, 8);
      domain.settle();
      assertEquals(8, good(Linux.WRITE, events[70], memory + SMALL, 8));
      scarcity.until("poll", poll::done);
      scarcity.until("epoll", wait::done);
      assertTrue(poll.result() == 1 || poll.result() == -12, () -> "poll: " + poll.result());
      assertTrue(wait.result() == 1 || wait.result() == -12, () -> "epoll: " + wait.result());
      view.put(0, new byte[128]);
      view.put((int) events[70] / 8, (byte) (1 << events[70] % 8));
      view.putLong(SMALL, 0).putLong(SMALL + 8, 0);
      assertEquals(1, good(SELECT, events[70] + 1, memory, 0, 0, memory + SMALL));
      for (long fd : events) {
        zero(Linux.CLOSE, fd);
      }
      zero(Linux.CLOSE, epoll);

      long timer = good(TIMERFD_CREATE, 1, 0);
      view.putLong(SMALL, 0).putLong(SMALL + 8, 0).putLong(SMALL + 16, 0);
      view.putLong(SMALL + 24, 5_000_000);
      zero(TIMERFD_SETTIME, timer, 0, memory + SMALL, 0);
      assertEquals(8, good(Linux.READ, timer, memory, 8));
      zero(Linux.CLOSE, timer);
      view.putLong(SMALL, 1L << 9);
      zero(Linux.CLOSE, good(SIGNALFD4, -1, memory + SMALL, 8, 0));
      // Of all calls this one says EAGAIN when memory is short, timer_create(2).
      long made =
          scarcity.repeated(
              "a timer",
              () -> {
                long result = call(TIMER_CREATE, 1, 0, memory + SMALL);
                return result == -Linux.EAGAIN ? -12 : result;
              });
      assertEquals(0, made);
      zero(TIMER_DELETE, view.getInt(SMALL));
      view.putInt(SMALL, 1);
      assertEquals(-Linux.EAGAIN, call(FUTEX, memory + SMALL, 0, 2, 0, 0, 0));
    }

    @Override
    public void live(Scarcity all) {
      scarcity = all;
      files();
      streams();
      memory();
      waiting();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 25})
  void itSurvivesEachFailure(long count) {
    assertTrue(Scarcity.each(DOMAIN_PAGES, count, new Program()) > 300);
  }
}
