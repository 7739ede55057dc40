// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.rump;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.rumpstubdom.tests.rump.NetBsd.AF_LOCAL;
import static org.rumpstubdom.tests.rump.NetBsd.MSG_DONTWAIT;
import static org.rumpstubdom.tests.rump.NetBsd.MSG_PEEK;
import static org.rumpstubdom.tests.rump.NetBsd.O_NONBLOCK;
import static org.rumpstubdom.tests.rump.NetBsd.POLLHUP;
import static org.rumpstubdom.tests.rump.NetBsd.POLLIN;
import static org.rumpstubdom.tests.rump.NetBsd.POLLOUT;
import static org.rumpstubdom.tests.rump.NetBsd.SOCK_DGRAM;
import static org.rumpstubdom.tests.rump.NetBsd.SOCK_SEQPACKET;
import static org.rumpstubdom.tests.rump.NetBsd.SOCK_STREAM;
import static org.rumpstubdom.tests.rump.NetBsd.SOL_SOCKET;
import static org.rumpstubdom.tests.rump.RumpDomain.addr;
import static org.rumpstubdom.tests.rump.RumpDomain.revents;

import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rumpstubdom.tests.hosted.HostedDomain;

/** Pipes, local sockets and poll through the rump client API, also where they block. */
@Tag("hosted")
class ClientStreamsTest {
  private static final long SECOND = 1_000_000_000L;

  private RumpDomain rump;

  @BeforeEach
  void start() {
    rump = RumpDomain.client();
  }

  @AfterEach
  void stop() {
    rump.close();
  }

  private int[] pipe(int flags) {
    Pointer p = rump.alloc(8);
    assertEquals(0, rump.rump("pipe2", addr(p), flags));
    return p.getIntArray(0, 2);
  }

  private int[] pair(int type) {
    Pointer p = rump.alloc(8);
    assertEquals(0, rump.rump("socketpair", AF_LOCAL, type, 0, addr(p)));
    return p.getIntArray(0, 2);
  }

  /** struct sockaddr_un: length, family, path. */
  private Pointer address(String path) {
    byte[] name = path.getBytes(StandardCharsets.UTF_8);
    Pointer p = rump.alloc(name.length + 3);
    p.setByte(0, (byte) (name.length + 3));
    p.setByte(1, (byte) AF_LOCAL);
    p.write(2, name, 0, name.length);
    return p;
  }

  private static int length(Pointer address) {
    return address.getByte(0) & 0xff;
  }

  private int socket(int type) {
    return (int) rump.rump("socket30", AF_LOCAL, type, 0);
  }

  private int listener(String path, int type, int backlog) {
    int fd = socket(type);
    Pointer a = address(path);
    assertEquals(0, rump.rump("bind", fd, addr(a), length(a)));
    if (type != SOCK_DGRAM) {
      assertEquals(0, rump.rump("listen", fd, backlog));
    }
    return fd;
  }

  private long connect(int fd, String path) {
    Pointer a = address(path);
    return rump.rump("connect", fd, addr(a), length(a));
  }

  private int poll(int fd, int events) {
    Pointer p = rump.pollfds(fd, events);
    rump.rump("poll", addr(p), 1, 0);
    return revents(p, 0);
  }

  private String receive(int fd, int max, int flags) {
    Pointer buf = rump.alloc(Math.max(1, max));
    long n = rump.rump("recvfrom", fd, addr(buf), max, flags, 0, 0);
    return n < 0 ? "errno " + -n : new String(buf.getByteArray(0, (int) n), US_ASCII);
  }

  private long result(HostedDomain.Call call, String name) {
    return rump.rumpResult(name, call.result());
  }

  // ---- pipes ------------------------------------------------------------------------------------

  @Test
  void aPipeKeepsOrderAndEnds() {
    int[] p = pipe(0);
    assertEquals(3, rump.write(p[1], "abc"));
    assertEquals(2, rump.write(p[1], "de"));
    assertEquals("abcd", rump.read(p[0], 4));
    assertEquals(0, rump.rump("close", p[1]));
    assertEquals("e", rump.read(p[0], 4));
    assertEquals("", rump.read(p[0], 4), "the end");
    assertEquals(-NetBsd.EBADF, rump.write(p[0], "x"));
    Pointer st = rump.alloc(NetBsd.STAT_SIZE);
    assertEquals(0, rump.rump("fstat50", p[0], addr(st)));
    assertEquals(NetBsd.S_IFIFO, st.getInt(NetBsd.ST_MODE) & NetBsd.S_IFMT);
    assertEquals(-NetBsd.ESPIPE, rump.rump("lseek", p[0], 0, 0));
    assertEquals(-NetBsd.ESPIPE, rump.rump("pread", p[0], addr(st), 1, 0));
  }

  @Test
  void aReaderSleepsUntilSomethingComes() {
    int[] p = pipe(0);
    Pointer buf = rump.alloc(16);
    HostedDomain.Call read = rump.startRump("read", p[0], addr(buf), 16);
    rump.domain.settle();
    assertFalse(read.done());
    rump.write(p[1], "wake");
    assertTrue(read.done());
    assertEquals(4, result(read, "read"));
    HostedDomain.Call last = rump.startRump("read", p[0], addr(buf), 16);
    rump.domain.settle();
    assertFalse(last.done());
    rump.rump("close", p[1]);
    assertTrue(last.done());
    assertEquals(0, result(last, "read"));
  }

  @Test
  void aWriterSleepsUntilThereIsRoomAndLosesNothing() {
    int[] p = pipe(0);
    byte[] data = RumpDomain.pattern(200_000);
    HostedDomain.Call write = rump.startRump("write", p[1], addr(rump.bytes(data)), data.length);
    rump.domain.settle();
    assertFalse(write.done(), "a pipe is not endless");
    Pointer buf = rump.alloc(data.length);
    int got = 0;
    while (got < data.length) {
      long n = rump.rump("read", p[0], addr(buf.share(got)), Math.min(7001, data.length - got));
      assertTrue(n > 0);
      got += (int) n;
    }
    assertTrue(write.done());
    assertEquals(data.length, result(write, "write"));
    assertArrayEquals(data, buf.getByteArray(0, data.length));
  }

  @Test
  void nonBlockingEndsSayWhenTheyWouldWait() {
    int[] p = pipe(O_NONBLOCK);
    assertEquals("errno " + NetBsd.EAGAIN, rump.read(p[0], 1));
    byte[] big = new byte[100_000];
    long n = rump.rump("write", p[1], addr(rump.bytes(big)), big.length);
    assertEquals(65536, n, "as much as fits");
    assertEquals(-NetBsd.EAGAIN, rump.write(p[1], "x"));
    assertEquals(0, poll(p[1], POLLOUT));
    Pointer room = rump.alloc(4);
    assertEquals(0, rump.rump("ioctl", p[0], 0x4004667fL /* FIONREAD */, addr(room)));
    assertEquals(65536, room.getInt(0));
    rump.read(p[0], 4095);
    assertEquals(
        -NetBsd.EAGAIN,
        rump.rump("write", p[1], addr(rump.bytes(big)), 4096),
        "up to a page: all or nothing");
    assertEquals(4095, rump.rump("write", p[1], addr(rump.bytes(big)), 5000), "more: in part");
    rump.rump("close", p[0]);
    assertEquals(-NetBsd.EPIPE, rump.write(p[1], "x"));
    assertEquals(POLLHUP, poll(p[1], POLLOUT) & POLLHUP);
  }

  // ---- stream sockets ---------------------------------------------------------------------------

  @Test
  void clientAndServerTalk() {
    int server = listener("/sock", SOCK_STREAM, 5);
    HostedDomain.Call accept = rump.startRump("accept", server, 0, 0);
    rump.domain.settle();
    assertFalse(accept.done());
    int client = socket(SOCK_STREAM);
    assertEquals(0, connect(client, "/sock"));
    assertTrue(accept.done());
    int peer = (int) result(accept, "accept");
    assertTrue(peer >= 0);
    rump.write(client, "question");
    assertEquals("question", rump.read(peer, 100));
    rump.write(peer, "ans");
    rump.write(peer, "wer");
    assertEquals("answer", rump.read(client, 100), "a stream has no borders");
    rump.rump("close", client);
    assertEquals("", rump.read(peer, 1));
    assertEquals(-NetBsd.EPIPE, rump.write(peer, "x"));
    rump.rump("fcntl", server, 4 /* F_SETFL */, O_NONBLOCK);
    assertEquals(-NetBsd.EAGAIN, rump.rump("paccept", server, 0, 0, 0, 0));
  }

  @Test
  void namesOfBothEndsAreKnown() {
    int server = listener("/name", SOCK_STREAM, 5);
    int client = socket(SOCK_STREAM);
    assertEquals(0, connect(client, "/name"));
    Pointer a = rump.alloc(110);
    Pointer len = rump.alloc(4);
    len.setInt(0, 110);
    int peer = (int) rump.rump("accept", server, addr(a), addr(len));
    assertEquals(2, len.getInt(0), "an unnamed client");
    len.setInt(0, 110);
    assertEquals(0, rump.rump("getpeername", client, addr(a), addr(len)));
    assertEquals("/name", a.getString(2));
    len.setInt(0, 4);
    assertEquals(0, rump.rump("getsockname", peer, addr(a), addr(len)));
    assertEquals(8, len.getInt(0), "the true length although cut off");
    assertEquals(-NetBsd.ENOTCONN, rump.rump("getpeername", server, addr(a), addr(len)));
    Pointer id = rump.alloc(12);
    len.setInt(0, 12);
    assertEquals(0, rump.rump("getsockopt", client, 0, 3 /* LOCAL_PEEREID */, addr(id), addr(len)));
    assertEquals(1, id.getInt(0));
  }

  @Test
  void connectingCanFailInManyWays() {
    assertEquals(-NetBsd.ENOENT, connect(socket(SOCK_STREAM), "/none"));
    rump.open("/file", NetBsd.O_RDWR | NetBsd.O_CREAT);
    assertEquals(-NetBsd.ENOTSOCK, connect(socket(SOCK_STREAM), "/file"));
    int server = listener("/s", SOCK_STREAM, 1);
    assertEquals(-NetBsd.EPROTOTYPE, connect(socket(SOCK_DGRAM), "/s"));
    int client = socket(SOCK_STREAM);
    assertEquals(0, connect(client, "/s"));
    assertEquals(-NetBsd.EISCONN, connect(client, "/s"));
    assertEquals(-NetBsd.ECONNREFUSED, connect(socket(SOCK_STREAM), "/s"), "backlog of one");
    rump.rump("close", server);
    assertEquals(-NetBsd.ECONNREFUSED, connect(socket(SOCK_STREAM), "/s"), "nobody listens");
    assertEquals("errno " + NetBsd.ECONNRESET, rump.read(client, 1), "never accepted");
    Pointer a = address("/s");
    assertEquals(-NetBsd.EADDRINUSE, rump.rump("bind", socket(SOCK_STREAM), addr(a), length(a)));
    rump.rump("unlink", rump.str("/s"));
    listener("/s", SOCK_STREAM, 1);
    assertEquals(-NetBsd.EAFNOSUPPORT, rump.rump("socket30", NetBsd.AF_INET, SOCK_STREAM, 0));
    assertEquals(-NetBsd.EPROTONOSUPPORT, rump.rump("socket30", AF_LOCAL, 3, 0));
    assertEquals(-NetBsd.ENOTSOCK, rump.rump("listen", rump.open("/dev/null", 0), 1));
    assertEquals(-NetBsd.EINVAL, rump.rump("listen", socket(SOCK_STREAM), 1), "no name");
  }

  @Test
  void aFullReceiverStopsTheSender() {
    int[] s = pair(SOCK_STREAM);
    byte[] data = RumpDomain.pattern(300_000);
    HostedDomain.Call write = rump.startRump("write", s[0], addr(rump.bytes(data)), data.length);
    rump.domain.settle();
    assertFalse(write.done());
    assertEquals(0, poll(s[0], POLLOUT));
    Pointer buf = rump.alloc(data.length);
    long n = rump.rump("recvfrom", s[1], addr(buf), data.length, NetBsd.MSG_WAITALL, 0, 0);
    assertEquals(data.length, n);
    assertArrayEquals(data, buf.getByteArray(0, data.length));
    assertTrue(write.done());
    assertEquals(data.length, result(write, "write"));
    assertEquals(POLLOUT, poll(s[0], POLLOUT));
  }

  @Test
  void peekingLeavesTheDataThere() {
    int[] s = pair(SOCK_STREAM);
    rump.write(s[0], "look");
    assertEquals("lo", receive(s[1], 2, MSG_PEEK));
    assertEquals("look", receive(s[1], 10, MSG_PEEK));
    assertEquals("look", receive(s[1], 10, 0));
    assertEquals("errno " + NetBsd.EAGAIN, receive(s[1], 10, MSG_DONTWAIT));
  }

  @Test
  void shutdownClosesOneDirection() {
    int[] s = pair(SOCK_STREAM);
    rump.write(s[0], "last words");
    assertEquals(0, rump.rump("shutdown", s[0], 1));
    assertEquals(-NetBsd.EPIPE, rump.write(s[0], "x"));
    assertEquals("last words", rump.read(s[1], 100));
    assertEquals("", rump.read(s[1], 100));
    assertEquals(2, rump.write(s[1], "ok"));
    assertEquals("ok", rump.read(s[0], 100));
    assertEquals(POLLIN | POLLOUT, poll(s[1], POLLIN | POLLOUT));
    assertEquals(0, rump.rump("shutdown", s[0], 2));
    assertEquals(POLLHUP, poll(s[1], POLLIN | POLLOUT) & POLLHUP);
    assertEquals(-NetBsd.EINVAL, rump.rump("shutdown", s[0], 3));
    assertEquals(-NetBsd.ENOTCONN, rump.rump("shutdown", socket(SOCK_STREAM), 0));
  }

  @Test
  void receiveTimeoutsEndAWait() {
    int[] s = pair(SOCK_STREAM);
    Pointer tv = rump.alloc(16);
    tv.setLong(0, 1);
    tv.setLong(8, 500_000);
    assertEquals(0, rump.rump("setsockopt", s[1], SOL_SOCKET, 0x100c, addr(tv), 16));
    Pointer buf = rump.alloc(4);
    HostedDomain.Call read = rump.startRump("read", s[1], addr(buf), 4);
    rump.domain.settle();
    rump.domain.advance(1_499_999_999L);
    assertFalse(read.done());
    rump.domain.advance(1);
    assertTrue(read.done());
    assertEquals(-NetBsd.EAGAIN, result(read, "read"));
  }

  // ---- messages ---------------------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(ints = {SOCK_DGRAM, SOCK_SEQPACKET})
  void messagesKeepTheirBorders(int type) {
    int[] s = pair(type);
    rump.write(s[0], "first");
    rump.write(s[0], "");
    rump.write(s[0], "third message");
    assertEquals("first", rump.read(s[1], 100));
    assertEquals("", rump.read(s[1], 100));
    Pointer iov = rump.iovec(rump.alloc(8), 5);
    Pointer msg = rump.alloc(48);
    msg.setLong(16, addr(iov));
    msg.setInt(24, 1);
    assertEquals(5, rump.rump("recvmsg", s[1], addr(msg), 0));
    assertEquals(NetBsd.MSG_TRUNC, msg.getInt(44) & NetBsd.MSG_TRUNC);
    assertEquals("errno " + NetBsd.EAGAIN, receive(s[1], 100, MSG_DONTWAIT), "the rest is gone");
    byte[] big = new byte[70_000];
    assertEquals(-NetBsd.EMSGSIZE, rump.rump("write", s[0], addr(rump.bytes(big)), big.length));
  }

  @Test
  void datagramsCarryTheirSendersName() {
    int server = listener("/dg", SOCK_DGRAM, 0);
    int client = listener("/client", SOCK_DGRAM, 0);
    Pointer to = address("/dg");
    Pointer data = rump.bytes("hello");
    assertEquals(5, rump.rump("sendto", client, addr(data), 5, 0, addr(to), length(to)));
    Pointer from = rump.alloc(110);
    Pointer len = rump.alloc(4);
    len.setInt(0, 110);
    Pointer buf = rump.alloc(16);
    assertEquals(5, rump.rump("recvfrom", server, addr(buf), 16, 0, addr(from), addr(len)));
    assertEquals("/client", from.getString(2));
    assertEquals(-NetBsd.EDESTADDRREQ, rump.write(client, "x"));
    assertEquals(0, connect(client, "/dg"));
    assertEquals(1, rump.write(client, "x"));
    rump.rump("close", server);
    assertEquals(-NetBsd.ECONNRESET, rump.write(client, "x"));
  }

  @Test
  void emptyMessagesDoNotPileUpWithoutLimit() {
    int[] s = pair(SOCK_DGRAM | NetBsd.SOCK_NONBLOCK);
    int sent = 0;
    while (rump.write(s[0], "") == 0) {
      sent++;
    }
    assertTrue(sent >= 100 && sent <= 2000, "sent " + sent);
    assertEquals("", rump.read(s[1], 1));
    assertEquals(0, rump.write(s[0], ""));
  }

  // ---- options ----------------------------------------------------------------------------------

  /** Sets SO_RCVBUF and returns what it is then. */
  private int receiveBuffer(int fd, int size) {
    Pointer v = rump.alloc(4);
    Pointer len = rump.alloc(4);
    v.setInt(0, size);
    len.setInt(0, 4);
    assertEquals(0, rump.rump("setsockopt", fd, SOL_SOCKET, 0x1002, addr(v), 4));
    assertEquals(0, rump.rump("getsockopt", fd, SOL_SOCKET, 0x1002, addr(v), addr(len)));
    return v.getInt(0);
  }

  @Test
  void optionsAreKept() {
    int fd = socket(SOCK_SEQPACKET);
    Pointer v = rump.alloc(16);
    Pointer len = rump.alloc(4);
    len.setInt(0, 16);
    assertEquals(0, rump.rump("getsockopt", fd, SOL_SOCKET, 0x1008, addr(v), addr(len)));
    assertEquals(SOCK_SEQPACKET, v.getInt(0));
    assertEquals(4, len.getInt(0));
    v.setInt(0, 1);
    assertEquals(0, rump.rump("setsockopt", fd, SOL_SOCKET, 4 /* REUSEADDR */, addr(v), 4));
    v.setInt(0, 0);
    assertEquals(0, rump.rump("getsockopt", fd, SOL_SOCKET, 4, addr(v), addr(len)));
    assertNotEquals(0, v.getInt(0));
    assertEquals(30000, receiveBuffer(fd, 30000));
    int least = receiveBuffer(fd, 1);
    assertTrue(least > 1 && least < 30000, "least " + least);
    assertEquals(-NetBsd.ENOPROTOOPT, rump.rump("setsockopt", fd, SOL_SOCKET, 0x7777, addr(v), 4));
    assertEquals(-NetBsd.ENOPROTOOPT, rump.rump("getsockopt", fd, 6, 1, addr(v), addr(len)));
    assertEquals(-NetBsd.EINVAL, rump.rump("setsockopt", fd, SOL_SOCKET, 4, addr(v), 2));
  }

  // ---- descriptor passing -----------------------------------------------------------------------

  /** A message with descriptors in NetBSD's form. */
  private Pointer message(Pointer data, int size, int controlRoom, int... fds) {
    Pointer msg = rump.alloc(48);
    msg.setLong(16, addr(rump.iovec(data, size)));
    msg.setInt(24, 1);
    if (controlRoom > 0) {
      Pointer control = rump.alloc(controlRoom);
      if (fds.length > 0) {
        control.setInt(0, 16 + 4 * fds.length);
        control.setInt(4, SOL_SOCKET);
        control.setInt(8, 1);
        for (int i = 0; i < fds.length; i++) {
          control.setInt(16 + 4 * i, fds[i]);
        }
      }
      msg.setPointer(32, control);
      msg.setInt(40, controlRoom);
    }
    return msg;
  }

  @ParameterizedTest
  @ValueSource(ints = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET})
  void descriptorsTravel(int type) {
    int[] s = pair(type);
    int file = rump.open("/f", NetBsd.O_RDWR | NetBsd.O_CREAT);
    rump.write(file, "0123456789");
    rump.rump("lseek", file, 4, 0);
    int[] p = pipe(0);
    Pointer out = message(rump.bytes("m"), 1, 24, file, p[1]);
    assertEquals(1, rump.rump("sendmsg", s[0], addr(out), 0));
    rump.rump("close", file);
    rump.rump("close", p[1]);
    assertEquals(0, poll(p[0], POLLIN), "the pipe's end is in flight");
    Pointer in = message(rump.alloc(8), 8, 64);
    assertEquals(1, rump.rump("recvmsg", s[1], addr(in), 0));
    Pointer control = in.getPointer(32);
    assertEquals(24, in.getInt(40), "msg_controllen");
    assertEquals(24, control.getInt(0), "cmsg_len");
    int newFile = control.getInt(16);
    int newPipe = control.getInt(20);
    assertEquals("456", rump.read(newFile, 3), "the same open file");
    assertEquals(2, rump.write(newPipe, "hi"));
    assertEquals("hi", rump.read(p[0], 8));
  }

  @Test
  void descriptorsStayWithTheirBytes() {
    int[] s = pair(SOCK_STREAM);
    int[] p = pipe(0);
    rump.write(s[0], "before");
    Pointer out = message(rump.bytes("with"), 4, 24, p[0]);
    assertEquals(4, rump.rump("sendmsg", s[0], addr(out), 0));
    rump.write(s[0], "after");
    Pointer in = message(rump.alloc(64), 64, 32);
    assertEquals(6, rump.rump("recvmsg", s[1], addr(in), 0));
    assertEquals(0, in.getInt(40), "no descriptor yet");
    in.setInt(40, 32);
    assertEquals(4, rump.rump("recvmsg", s[1], addr(in), 0));
    assertEquals(24, in.getInt(40));
    assertEquals("after", rump.read(s[1], 64));
  }

  @Test
  void descriptorsWithoutRoomAreClosed() {
    int[] s = pair(SOCK_STREAM);
    int[] p = pipe(0);
    int[] q = pipe(0);
    rump.rump("sendmsg", s[0], addr(message(rump.bytes("m"), 1, 24, p[1], q[1])), 0);
    rump.rump("close", p[1]);
    rump.rump("close", q[1]);
    Pointer in = message(rump.alloc(8), 8, 20); // room for one
    assertEquals(1, rump.rump("recvmsg", s[1], addr(in), 0));
    assertEquals(NetBsd.MSG_CTRUNC, in.getInt(44) & NetBsd.MSG_CTRUNC);
    assertEquals(0, poll(p[0], POLLIN), "the first arrived");
    assertEquals(POLLHUP, poll(q[0], 0), "the second is gone");
    rump.rump("sendmsg", s[0], addr(message(rump.bytes("m"), 1, 24, q[0])), 0);
    assertEquals("m", rump.read(s[1], 8), "read(2) drops them");
  }

  @Test
  void descriptorsInUnreadMessagesGoWithTheSocket() {
    int[] s = pair(SOCK_STREAM);
    int[] p = pipe(0);
    for (int i = 0; i < 3; i++) {
      rump.rump("sendmsg", s[0], addr(message(rump.bytes("m"), 1, 24, p[1])), 0);
    }
    rump.rump("close", p[1]);
    rump.rump("close", s[1]);
    assertEquals(POLLHUP, poll(p[0], 0));
    int[] nested = pair(SOCK_STREAM);
    int[] inner = pair(SOCK_STREAM);
    int[] q = pipe(0);
    rump.rump("sendmsg", inner[0], addr(message(rump.bytes("m"), 1, 24, q[1])), 0);
    rump.rump("sendmsg", nested[0], addr(message(rump.bytes("m"), 1, 24, inner[1])), 0);
    rump.rump("close", q[1]);
    rump.rump("close", inner[1]);
    assertEquals(0, poll(q[0], 0));
    rump.rump("close", nested[1]);
    assertEquals(POLLHUP, poll(q[0], 0), "a socket in a socket");
  }

  @Test
  void badControlDataIsRefused() {
    int[] s = pair(SOCK_STREAM);
    Pointer ok = rump.bytes("m");
    assertEquals(-NetBsd.EBADF, rump.rump("sendmsg", s[0], addr(message(ok, 1, 24, 999)), 0));
    Pointer msg = message(ok, 1, 24, s[0]);
    msg.getPointer(32).setInt(0, 25);
    assertEquals(-NetBsd.EINVAL, rump.rump("sendmsg", s[0], addr(msg), 0), "longer than there is");
    msg.getPointer(32).setInt(0, 11);
    assertEquals(-NetBsd.EINVAL, rump.rump("sendmsg", s[0], addr(msg), 0), "shorter than a header");
    msg.getPointer(32).setInt(0, 20);
    msg.getPointer(32).setInt(8, 99);
    assertEquals(-NetBsd.EINVAL, rump.rump("sendmsg", s[0], addr(msg), 0), "unknown type");
    int[] many = new int[200];
    java.util.Arrays.fill(many, s[0]);
    assertEquals(
        -59, // ETOOMANYREFS
        rump.rump("sendmsg", s[0], addr(message(ok, 1, 816, many)), 0));
    assertEquals("errno " + NetBsd.EAGAIN, receive(s[1], 1, MSG_DONTWAIT), "nothing was sent");
  }

  // ---- poll -------------------------------------------------------------------------------------

  @Test
  void pollWaitsForAnyOfManyAndForTime() {
    int[] a = pipe(0);
    int[] b = pair(SOCK_STREAM);
    Pointer fds = rump.pollfds(a[0], POLLIN, b[0], POLLIN, -1, POLLIN, 88, POLLIN);
    assertEquals(1, rump.rump("poll", addr(fds), 4, -1));
    assertEquals(NetBsd.POLLNVAL, revents(fds, 3));
    Pointer timeout = rump.alloc(16);
    timeout.setLong(0, 2);
    HostedDomain.Call timed = rump.startRump("pollts50", addr(fds), 2, addr(timeout), 0);
    rump.domain.settle();
    rump.domain.advance(2 * SECOND - 1);
    assertFalse(timed.done());
    rump.domain.advance(1);
    assertTrue(timed.done());
    assertEquals(0, result(timed, "pollts50"));
    HostedDomain.Call wait = rump.startRump("pollts50", addr(fds), 2, 0, 0);
    rump.domain.settle();
    assertFalse(wait.done());
    rump.write(b[1], "x");
    assertTrue(wait.done());
    assertEquals(1, result(wait, "pollts50"));
    assertEquals(0, revents(fds, 0));
    assertEquals(POLLIN, revents(fds, 1));
    timeout.setLong(8, -1);
    assertEquals(-NetBsd.EINVAL, rump.rump("pollts50", addr(fds), 1, addr(timeout), 0));
    assertEquals(0, rump.rump("poll", addr(fds), 0, 0));
  }

  @Test
  void pollSeesWhatIsClosedUnderIt() {
    int[] a = pipe(0);
    Pointer fds = rump.pollfds(a[0], POLLIN);
    HostedDomain.Call wait = rump.startRump("poll", addr(fds), 1, -1);
    rump.domain.settle();
    rump.rump("close", a[0]);
    assertTrue(wait.done());
    assertEquals(NetBsd.POLLNVAL, revents(fds, 0));
  }

  @Test
  void aListenerIsReadableWhenSomebodyKnocks() {
    int server = listener("/l", SOCK_STREAM, 5);
    assertEquals(0, poll(server, POLLIN | POLLOUT));
    Pointer fds = rump.pollfds(server, POLLIN);
    HostedDomain.Call wait = rump.startRump("poll", addr(fds), 1, -1);
    rump.domain.settle();
    assertFalse(wait.done());
    connect(socket(SOCK_STREAM), "/l");
    assertTrue(wait.done());
    assertEquals(POLLIN, revents(fds, 0));
  }
}
