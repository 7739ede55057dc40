// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.rump;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.rumpstubdom.tests.rump.Linux.AF_UNIX;
import static org.rumpstubdom.tests.rump.Linux.MSG_DONTWAIT;
import static org.rumpstubdom.tests.rump.Linux.MSG_NOSIGNAL;
import static org.rumpstubdom.tests.rump.Linux.O_NONBLOCK;
import static org.rumpstubdom.tests.rump.Linux.POLLERR;
import static org.rumpstubdom.tests.rump.Linux.POLLHUP;
import static org.rumpstubdom.tests.rump.Linux.POLLIN;
import static org.rumpstubdom.tests.rump.Linux.POLLOUT;
import static org.rumpstubdom.tests.rump.Linux.SOCK_DGRAM;
import static org.rumpstubdom.tests.rump.Linux.SOCK_SEQPACKET;
import static org.rumpstubdom.tests.rump.Linux.SOCK_STREAM;
import static org.rumpstubdom.tests.rump.RumpDomain.addr;
import static org.rumpstubdom.tests.rump.RumpDomain.revents;

import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.rumpstubdom.tests.hosted.DomainEndedException;
import org.rumpstubdom.tests.hosted.HostedDomain;

/**
 * Pipes and sockets through Linux system calls. Each test runs twice: with the bundled kernel's own
 * notification, and with the helper thread that a kernel without it needs.
 */
@Tag("hosted")
class LinuxSocketsTest {
  enum Notification {
    HOOK(""),
    THREAD("rump.RUMP_STUBDOM_POLL=thread");

    private final String commandLine;

    Notification(String commandLine) {
      this.commandLine = commandLine;
    }
  }

  private RumpDomain rump;

  private void start(Notification notification) {
    rump = RumpDomain.program(notification.commandLine, null);
  }

  @AfterEach
  void stop() {
    rump.close();
  }

  private int[] pipe(int flags) {
    Pointer p = rump.alloc(8);
    assertEquals(0, rump.linux(Linux.PIPE2, addr(p), flags));
    return p.getIntArray(0, 2);
  }

  private int[] pair(int type) {
    Pointer p = rump.alloc(8);
    assertEquals(0, rump.linux(Linux.SOCKETPAIR, AF_UNIX, type, 0, addr(p)));
    return p.getIntArray(0, 2);
  }

  private int socket(int type) {
    return (int) rump.linux(Linux.SOCKET, AF_UNIX, type, 0);
  }

  /** struct sockaddr_un: 16-bit family, path. */
  private Pointer address(String path) {
    Pointer p = rump.alloc(path.length() + 3);
    p.setShort(0, (short) AF_UNIX);
    p.write(2, path.getBytes(StandardCharsets.UTF_8), 0, path.length());
    return p;
  }

  private long bind(int fd, String path) {
    return rump.linux(Linux.BIND, fd, addr(address(path)), path.length() + 3);
  }

  private long connect(int fd, String path) {
    return rump.linux(Linux.CONNECT, fd, addr(address(path)), path.length() + 3);
  }

  private int listener(String path, int type) {
    int fd = socket(type);
    assertEquals(0, bind(fd, path));
    assertEquals(0, rump.linux(Linux.LISTEN, fd, 4));
    return fd;
  }

  private long write(int fd, String text) {
    return rump.linux(Linux.WRITE, fd, addr(rump.bytes(text)), text.length());
  }

  private String read(int fd, int max) {
    Pointer buf = rump.alloc(max);
    long n = rump.linux(Linux.READ, fd, addr(buf), max);
    return n < 0 ? "errno " + -n : new String(buf.getByteArray(0, (int) n), US_ASCII);
  }

  private int poll(int fd, int events) {
    Pointer p = rump.pollfds(fd, events);
    assertTrue(rump.linux(Linux.POLL, addr(p), 1, 0) >= 0);
    return revents(p, 0);
  }

  // ---- pipes ------------------------------------------------------------------------------------

  @ParameterizedTest
  @EnumSource
  void pipesBlockAndEnd(Notification notification) {
    start(notification);
    int[] p = pipe(0);
    Pointer buf = rump.alloc(16);
    HostedDomain.Call read = rump.startLinux(Linux.READ, p[0], addr(buf), 16);
    rump.domain.settle();
    assertFalse(read.done());
    write(p[1], "wake");
    assertTrue(read.done());
    assertEquals(4, read.result());
    HostedDomain.Call end = rump.startLinux(Linux.READ, p[0], addr(buf), 16);
    rump.domain.settle();
    assertFalse(end.done());
    rump.linux(Linux.CLOSE, p[1]);
    assertTrue(end.done());
    assertEquals(0, end.result());
    assertEquals(POLLHUP, poll(p[0], POLLIN) & ~POLLIN);
    int[] q = pipe(O_NONBLOCK);
    assertEquals("errno " + Linux.EAGAIN, read(q[0], 4));
    assertEquals(-Linux.ESPIPE, rump.linux(Linux.LSEEK, q[0], 0, 1));
    assertEquals(0, rump.linux(Linux.FCNTL, q[0], 4 /* F_SETFL */, 0));
    HostedDomain.Call blocking = rump.startLinux(Linux.READ, q[0], addr(buf), 16);
    rump.domain.settle();
    assertFalse(blocking.done(), "O_NONBLOCK was taken off");
    write(q[1], "x");
    assertTrue(blocking.done());
    Pointer st = rump.alloc(144);
    assertEquals(0, rump.linux(Linux.FSTAT, q[0], addr(st)));
    assertEquals(0010000, st.getInt(24) & 0170000);
  }

  @ParameterizedTest
  @EnumSource
  void aBlockingWriteWritesEverything(Notification notification) {
    start(notification);
    for (int[] ends : new int[][] {pipe(0), pair(SOCK_STREAM)}) {
      int from = ends[0];
      int to = ends[1];
      byte[] data = RumpDomain.pattern(180_000);
      Pointer src = rump.bytes(data);
      Pointer iov =
          rump.iovec(src, 10, src.share(10), 0, src.share(10), 120_000, src.share(120_010), 59_990);
      HostedDomain.Call write = rump.startLinux(Linux.WRITEV, to, addr(iov), 4);
      rump.domain.settle();
      assertFalse(write.done());
      Pointer dst = rump.alloc(data.length);
      int got = 0;
      while (got < data.length) {
        long n = rump.linux(Linux.READ, from, addr(dst.share(got)), data.length - got);
        assertTrue(n > 0, "errno " + -n);
        got += (int) n;
      }
      assertArrayEquals(data, dst.getByteArray(0, data.length));
      assertTrue(write.done());
      assertEquals(data.length, write.result());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aPipeNobodyReadsIsAnError(Notification notification) {
    start(notification);
    int[] p = pipe(0);
    assertEquals(POLLOUT, poll(p[1], POLLOUT));
    rump.linux(Linux.CLOSE, p[0]);
    assertEquals(POLLERR, poll(p[1], POLLIN) & (POLLERR | POLLHUP));
    int[] s = pair(SOCK_STREAM);
    rump.linux(Linux.CLOSE, s[0]);
    assertEquals(
        -Linux.EPIPE, rump.linux(Linux.SENDTO, s[1], addr(rump.bytes("x")), 1, MSG_NOSIGNAL, 0, 0));
    DomainEndedException end =
        assertThrows(DomainEndedException.class, () -> write(p[1], "x"), "SIGPIPE");
    assertTrue(end.getMessage().contains("signal 13"), end.getMessage());
  }

  // ---- poll and epoll ---------------------------------------------------------------------------

  @ParameterizedTest
  @EnumSource
  void pollWakesForNativeAndRumpObjectsAlike(Notification notification) {
    start(notification);
    int[] p = pipe(0);
    int[] s = pair(SOCK_STREAM);
    int event = (int) rump.linux(Linux.EVENTFD2, 0, 0);
    Pointer fds = rump.pollfds(p[0], POLLIN, event, POLLIN, s[0], POLLIN);
    for (int round = 0; round < 3; round++) {
      HostedDomain.Call wait = rump.startLinux(Linux.POLL, addr(fds), 3, -1);
      rump.domain.settle();
      assertFalse(wait.done());
      write(p[1], "x");
      assertTrue(wait.done(), "pipe, round " + round);
      assertEquals(POLLIN, revents(fds, 0));
      assertEquals("x", read(p[0], 1));

      wait = rump.startLinux(Linux.POLL, addr(fds), 3, -1);
      rump.domain.settle();
      assertFalse(wait.done());
      Pointer one = rump.alloc(8);
      one.setLong(0, 1);
      rump.linux(Linux.WRITE, event, addr(one), 8);
      assertTrue(wait.done(), "eventfd, round " + round);
      rump.linux(Linux.READ, event, addr(one), 8);

      wait = rump.startLinux(Linux.POLL, addr(fds), 3, -1);
      rump.domain.settle();
      assertFalse(wait.done());
      write(s[1], "y");
      assertTrue(wait.done(), "socket, round " + round);
      assertEquals(POLLIN, revents(fds, 2));
      assertEquals("y", read(s[0], 1));
    }
    HostedDomain.Call timed = rump.startLinux(Linux.POLL, addr(fds), 3, 1500);
    rump.domain.settle();
    rump.domain.advance(1_499_999_999L);
    assertFalse(timed.done());
    rump.domain.advance(1);
    assertTrue(timed.done());
    assertEquals(0, timed.result());
  }

  @ParameterizedTest
  @EnumSource
  void epollSeesRumpObjects(Notification notification) {
    start(notification);
    int ep = (int) rump.linux(Linux.EPOLL_CREATE1, 0);
    int[] p = pipe(0);
    Pointer ev = rump.alloc(12);
    ev.setInt(0, POLLIN);
    ev.setLong(4, 77);
    assertEquals(0, rump.linux(Linux.EPOLL_CTL, ep, 1, p[0], addr(ev)));
    Pointer out = rump.alloc(24);
    for (int round = 0; round < 3; round++) {
      HostedDomain.Call wait = rump.startLinux(Linux.EPOLL_PWAIT, ep, addr(out), 2, -1, 0, 8);
      rump.domain.settle();
      assertFalse(wait.done());
      write(p[1], "x");
      assertTrue(wait.done(), "round " + round);
      assertEquals(1, wait.result());
      assertEquals(77, out.getLong(4));
      read(p[0], 1);
    }
    rump.linux(Linux.CLOSE, p[1]);
    assertEquals(1, rump.linux(Linux.EPOLL_PWAIT, ep, addr(out), 2, 0, 0, 8));
    assertEquals(POLLHUP, out.getInt(0) & POLLHUP);
    rump.linux(Linux.CLOSE, p[0]);
    assertEquals(0, rump.linux(Linux.EPOLL_PWAIT, ep, addr(out), 2, 0, 0, 8), "forgotten");
  }

  @ParameterizedTest
  @EnumSource
  void aFileClosedWhileItIsWatchedDisturbsNobody(Notification notification) {
    start(notification);
    int[] p = pipe(0);
    int[] q = pipe(0);
    Pointer fds = rump.pollfds(p[0], POLLIN, q[0], POLLIN);
    HostedDomain.Call wait = rump.startLinux(Linux.POLL, addr(fds), 2, -1);
    rump.domain.settle();
    rump.linux(Linux.CLOSE, p[0]);
    int[] again = pipe(0); // takes the numbers that became free
    write(again[1], "other");
    rump.domain.settle();
    assertFalse(wait.done(), "the new pipe is another file");
    write(q[1], "x");
    assertTrue(wait.done());
    assertEquals(POLLIN, revents(fds, 1));
    assertEquals("other", read(again[0], 10));
  }

  // ---- sockets ----------------------------------------------------------------------------------

  @ParameterizedTest
  @EnumSource
  void acceptBlocksAndNamesArrive(Notification notification) {
    start(notification);
    int server = listener("/tmp/srv", SOCK_STREAM);
    Pointer a = rump.alloc(112);
    Pointer len = rump.alloc(4);
    len.setInt(0, 110);
    HostedDomain.Call accept = rump.startLinux(Linux.ACCEPT, server, addr(a), addr(len));
    rump.domain.settle();
    assertFalse(accept.done());
    int client = socket(SOCK_STREAM | O_NONBLOCK);
    assertEquals(0, bind(client, "/tmp/cli"));
    assertEquals(0, connect(client, "/tmp/srv"));
    assertTrue(accept.done());
    int peer = (int) accept.result();
    assertEquals("/tmp/cli", a.getString(2));
    assertEquals(AF_UNIX, a.getShort(0));
    assertEquals(2 + 8 + 1, len.getInt(0));
    len.setInt(0, 110);
    assertEquals(0, rump.linux(Linux.GETPEERNAME, client, addr(a), addr(len)));
    assertEquals("/tmp/srv", a.getString(2));
    len.setInt(0, 110);
    assertEquals(0, rump.linux(Linux.GETSOCKNAME, socket(SOCK_DGRAM), addr(a), addr(len)));
    assertEquals(2, len.getInt(0), "unnamed");
    assertEquals("errno " + Linux.EAGAIN, read(client, 4));
    write(peer, "data");
    assertEquals("data", read(client, 10));
    assertEquals(0, rump.linux(Linux.SHUTDOWN, peer, 1));
    assertEquals("", read(client, 10));
    rump.linux(Linux.CLOSE, peer);
    assertEquals(
        -Linux.EPIPE,
        rump.linux(Linux.SENDTO, client, addr(rump.bytes("x")), 1, MSG_NOSIGNAL, 0, 0));
    assertEquals(-Linux.EAGAIN, acceptNow(server));
    assertEquals(-Linux.EADDRINUSE, bind(socket(SOCK_STREAM), "/tmp/srv"));
    assertEquals(-Linux.ENOENT, connect(socket(SOCK_STREAM), "/tmp/none"));
    rump.linux(Linux.CLOSE, server);
    assertEquals(-Linux.ECONNREFUSED, connect(socket(SOCK_STREAM), "/tmp/srv"));
  }

  private long acceptNow(int server) {
    rump.linux(Linux.FCNTL, server, 4, O_NONBLOCK);
    return rump.linux(Linux.ACCEPT4, server, 0, 0, 0);
  }

  @ParameterizedTest
  @EnumSource
  void badArgumentsAreRefused(Notification notification) {
    start(notification);
    assertEquals(-Linux.EAFNOSUPPORT, rump.linux(Linux.SOCKET, 17, SOCK_STREAM, 0));
    assertEquals(-Linux.EINVAL, rump.linux(Linux.SOCKET, AF_UNIX, SOCK_STREAM | 0x100, 0));
    int fd = socket(SOCK_STREAM);
    Pointer a = address("/tmp/x");
    assertEquals(-Linux.EINVAL, rump.linux(Linux.BIND, fd, addr(a), 1));
    assertEquals(-Linux.EINVAL, rump.linux(Linux.BIND, fd, addr(a), 2), "no automatic names");
    assertEquals(-Linux.EFAULT, rump.linux(Linux.BIND, fd, 8, 10));
    a.setByte(2, (byte) 0);
    assertEquals(-Linux.EINVAL, rump.linux(Linux.BIND, fd, addr(a), 9), "abstract name");
    a.setShort(0, (short) 99);
    assertEquals(-Linux.EAFNOSUPPORT, rump.linux(Linux.CONNECT, fd, addr(a), 9));
    int[] p = pipe(0);
    assertEquals(-Linux.ENOTSOCK, rump.linux(Linux.LISTEN, p[0], 1));
    assertEquals(-Linux.ENOTSOCK, rump.linux(Linux.LISTEN, 1, 1), "a native file");
    assertEquals(-Linux.EBADF, rump.linux(Linux.LISTEN, 99, 1));
    assertEquals(-Linux.EINVAL, rump.linux(Linux.ACCEPT4, fd, 0, 0, 1));
    assertEquals(-Linux.EINVAL, rump.linux(Linux.PIPE2, addr(a), 1));
    assertEquals(-Linux.EFAULT, rump.linux(Linux.PIPE2, 8, 0));
    assertEquals("errno " + Linux.EINVAL, read(socket(SOCK_STREAM), 1), "not connected");
    assertEquals("errno " + Linux.ENOTCONN, read(socket(SOCK_SEQPACKET), 1));
  }

  @ParameterizedTest
  @EnumSource
  void optionsAnswerInLinuxNumbers(Notification notification) {
    start(notification);
    int fd = socket(SOCK_SEQPACKET);
    assertEquals(SOCK_SEQPACKET, option(fd, 3 /* SO_TYPE */));
    assertEquals(AF_UNIX, option(fd, 39 /* SO_DOMAIN */));
    assertEquals(0, option(fd, 4 /* SO_ERROR */));
    assertEquals(0, option(fd, 30 /* SO_ACCEPTCONN */));
    Pointer v = rump.alloc(16);
    v.setInt(0, 1);
    assertEquals(0, rump.linux(Linux.SETSOCKOPT, fd, 1, 2 /* SO_REUSEADDR */, addr(v), 4));
    assertEquals(1, option(fd, 2));
    assertEquals(-Linux.ENOPROTOOPT, rump.linux(Linux.SETSOCKOPT, fd, 1, 999, addr(v), 4));
    assertEquals(-Linux.EINVAL, rump.linux(Linux.SETSOCKOPT, fd, 1, 2, addr(v), 3));
    assertEquals(-Linux.EFAULT, rump.linux(Linux.SETSOCKOPT, fd, 1, 2, 8, 4));
    bind(fd, "/tmp/o");
    rump.linux(Linux.LISTEN, fd, 1);
    assertEquals(1, option(fd, 30));
    int[] s = pair(SOCK_STREAM);
    v.setLong(0, 0);
    v.setLong(8, 250_000);
    assertEquals(0, rump.linux(Linux.SETSOCKOPT, s[0], 1, 20 /* SO_RCVTIMEO */, addr(v), 16));
    HostedDomain.Call read = rump.startLinux(Linux.READ, s[0], addr(v), 4);
    rump.domain.settle();
    rump.domain.advance(249_999_999L);
    assertFalse(read.done());
    rump.domain.advance(1);
    assertTrue(read.done());
    assertEquals(-Linux.EAGAIN, read.result());
    Pointer cred = rump.alloc(12);
    Pointer len = rump.alloc(4);
    len.setInt(0, 12);
    assertEquals(
        0, rump.linux(Linux.GETSOCKOPT, s[0], 1, 17 /* PEERCRED */, addr(cred), addr(len)));
    assertEquals(rump.linux(39 /* getpid */), cred.getInt(0));
    assertEquals(0, cred.getInt(4));
  }

  private int option(int fd, int name) {
    Pointer v = rump.alloc(16);
    Pointer len = rump.alloc(4);
    len.setInt(0, 16);
    assertEquals(0, rump.linux(Linux.GETSOCKOPT, fd, 1, name, addr(v), addr(len)));
    assertEquals(4, len.getInt(0));
    return v.getInt(0);
  }

  // ---- messages ---------------------------------------------------------------------------------

  /** struct msghdr with one buffer and room for control data, perhaps with descriptors in it. */
  private Pointer message(Pointer data, long size, int controlRoom, int... fds) {
    Pointer msg = rump.alloc(56);
    msg.setPointer(16, rump.iovec(data, size));
    msg.setLong(24, 1);
    if (controlRoom > 0) {
      Pointer control = rump.alloc(controlRoom);
      if (fds.length > 0) {
        control.setLong(0, 16 + 4L * fds.length);
        control.setInt(8, 1);
        control.setInt(12, 1);
        control.write(16, fds, 0, fds.length);
      }
      msg.setPointer(32, control);
      msg.setLong(40, controlRoom);
    }
    return msg;
  }

  private static int flags(Pointer msg) {
    return msg.getInt(48);
  }

  @ParameterizedTest
  @EnumSource
  void nativeAndRumpFilesTravelTogether(Notification notification) {
    start(notification);
    for (int type : new int[] {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET}) {
      int[] s = pair(type);
      int event = (int) rump.linux(Linux.EVENTFD2, 40, 0);
      int file =
          (int)
              rump.linux(Linux.OPEN, rump.str("/tmp/t" + type), Linux.O_RDWR | Linux.O_CREAT, 0600);
      write(file, "0123456789");
      rump.linux(Linux.LSEEK, file, 3, 0);
      Pointer out = message(rump.bytes("m"), 1, 24, event, file);
      assertEquals(1, rump.linux(Linux.SENDMSG, s[0], addr(out), 0));
      rump.linux(Linux.CLOSE, event);
      rump.linux(Linux.CLOSE, file);
      Pointer in = message(rump.alloc(8), 8, 64);
      assertEquals(1, rump.linux(Linux.RECVMSG, s[1], addr(in), Linux.MSG_CMSG_CLOEXEC));
      assertEquals(24, in.getLong(40), "msg_controllen");
      Pointer control = in.getPointer(32);
      assertEquals(24, control.getLong(0), "cmsg_len");
      int newEvent = control.getInt(16);
      int newFile = control.getInt(20);
      assertNotEquals(newEvent, newFile);
      assertEquals(1, rump.linux(Linux.FCNTL, newEvent, 1 /* F_GETFD */), "close on exec");
      Pointer value = rump.alloc(8);
      assertEquals(8, rump.linux(Linux.READ, newEvent, addr(value), 8));
      assertEquals(40, value.getLong(0), "the same eventfd");
      assertEquals("345", read(newFile, 3), "with its position");
    }
  }

  @ParameterizedTest
  @EnumSource
  void filesInLostMessagesAreLetGo(Notification notification) {
    start(notification);
    int[] p = pipe(0);
    int[] s = pair(SOCK_STREAM);
    rump.linux(Linux.SENDMSG, s[0], addr(message(rump.bytes("m"), 1, 24, p[1])), 0);
    rump.linux(Linux.CLOSE, p[1]);
    assertEquals(0, poll(p[0], POLLIN), "in flight");
    rump.linux(Linux.CLOSE, s[1]);
    rump.linux(Linux.CLOSE, s[0]);
    assertEquals(POLLHUP, poll(p[0], POLLIN) & POLLHUP);
    // Received, but without room for the descriptor.
    int[] q = pipe(0);
    int[] t = pair(SOCK_STREAM);
    rump.linux(Linux.SENDMSG, t[0], addr(message(rump.bytes("m"), 1, 24, q[1])), 0);
    rump.linux(Linux.CLOSE, q[1]);
    Pointer in = message(rump.alloc(8), 8, 16);
    assertEquals(1, rump.linux(Linux.RECVMSG, t[1], addr(in), 0));
    assertEquals(Linux.MSG_CTRUNC, flags(in) & Linux.MSG_CTRUNC);
    assertEquals(POLLHUP, poll(q[0], POLLIN) & POLLHUP);
    // Not sent at all: the descriptor after it is bad.
    int[] u = pipe(0);
    assertEquals(
        -Linux.EBADF,
        rump.linux(Linux.SENDMSG, t[0], addr(message(rump.bytes("m"), 1, 24, u[1], 999)), 0));
    rump.linux(Linux.CLOSE, u[1]);
    assertEquals(POLLHUP, poll(u[0], POLLIN) & POLLHUP);
  }

  @ParameterizedTest
  @EnumSource
  void messagesAreCutAndPeekedAsOnLinux(Notification notification) {
    start(notification);
    int[] s = pair(SOCK_DGRAM);
    write(s[0], "0123456789");
    Pointer buf = rump.alloc(16);
    assertEquals(4, rump.linux(Linux.RECVFROM, s[1], addr(buf), 4, Linux.MSG_PEEK, 0, 0));
    assertEquals(
        10, rump.linux(Linux.RECVFROM, s[1], addr(buf), 4, Linux.MSG_TRUNC, 0, 0), "true length");
    assertEquals(-Linux.EAGAIN, rump.linux(Linux.RECVFROM, s[1], addr(buf), 4, MSG_DONTWAIT, 0, 0));
    write(s[0], "0123456789");
    Pointer in = message(buf, 4, 0);
    assertEquals(4, rump.linux(Linux.RECVMSG, s[1], addr(in), 0));
    assertEquals(Linux.MSG_TRUNC, flags(in));
    int[] t = pair(SOCK_STREAM);
    write(t[0], "abc");
    HostedDomain.Call all =
        rump.startLinux(Linux.RECVFROM, t[1], addr(buf), 8, Linux.MSG_WAITALL, 0, 0);
    rump.domain.settle();
    assertFalse(all.done());
    write(t[0], "defgh-rest");
    assertTrue(all.done());
    assertEquals(8, all.result());
    assertArrayEquals("abcdefgh".getBytes(US_ASCII), buf.getByteArray(0, 8));
  }

  @ParameterizedTest
  @EnumSource
  void datagramsFindTheirWayByName(Notification notification) {
    start(notification);
    int server = socket(SOCK_DGRAM);
    assertEquals(0, bind(server, "/tmp/dg"));
    int client = socket(SOCK_DGRAM);
    Pointer to = address("/tmp/dg");
    Pointer data = rump.bytes("hello");
    assertEquals(5, rump.linux(Linux.SENDTO, client, addr(data), 5, 0, addr(to), 10));
    Pointer from = rump.alloc(110);
    Pointer len = rump.alloc(4);
    len.setInt(0, 110);
    Pointer buf = rump.alloc(16);
    assertEquals(5, rump.linux(Linux.RECVFROM, server, addr(buf), 16, 0, addr(from), addr(len)));
    assertEquals(0, len.getInt(0), "the sender has no name");
    assertEquals(0, bind(client, "/tmp/me"));
    rump.linux(Linux.SENDTO, client, addr(data), 5, 0, addr(to), 10);
    len.setInt(0, 110);
    rump.linux(Linux.RECVFROM, server, addr(buf), 16, 0, addr(from), addr(len));
    assertEquals("/tmp/me", from.getString(2));
    // A receiver that does not read stops the sender.
    HostedDomain.Call blocked = null;
    for (int i = 0; i < 2000 && blocked == null; i++) {
      HostedDomain.Call send =
          rump.startLinux(Linux.SENDTO, client, addr(data), 5, 0, addr(to), 10);
      rump.domain.settle();
      if (!send.done()) {
        blocked = send;
      }
    }
    assertTrue(blocked != null, "the queue is bounded");
    rump.domain.advance(100_000_000);
    assertFalse(blocked.done());
    rump.linux(Linux.RECVFROM, server, addr(buf), 16, 0, 0, 0);
    rump.domain.advance(10_000_000);
    assertTrue(blocked.done());
    assertEquals(5, blocked.result());
  }
}
