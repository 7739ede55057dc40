// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.rump;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.rumpstubdom.tests.rump.RumpDomain.addr;

import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.tests.hosted.HostedDomain;

/**
 * Descriptors that a client of the rump kernel beside the program sends it: they are not among
 * those the Linux layer has sent, and become what they are.
 */
@Tag("hosted")
final class ForeignRightsTest {
  private static final int RIGHTS = 1;
  private static final int F_GETFL = 3;
  private static final int ROOM = 32;

  private RumpDomain rump;
  private int thread;
  private int program;
  private int client;

  /** The program listens, the client connects, which is another process of the rump kernel. */
  @BeforeEach
  void connect() {
    rump = RumpDomain.program("", null);
    thread = rump.domain.thread();
    int listener = good(rump.linux(Linux.SOCKET, Linux.AF_UNIX, Linux.SOCK_STREAM, 0));
    assertEquals(0, rump.linux(Linux.BIND, listener, addr(linuxAddress()), 10));
    assertEquals(0, rump.linux(Linux.LISTEN, listener, 1));
    client = good(other("socket30", NetBsd.AF_LOCAL, NetBsd.SOCK_STREAM, 0));
    assertEquals(0, other("connect", client, addr(netBsdAddress()), 10));
    program = good(rump.linux(Linux.ACCEPT, listener, 0, 0));
  }

  @AfterEach
  void stop() {
    rump.close();
  }

  private static int good(long result) {
    assertTrue(result >= 0, () -> "errno " + -result);
    return (int) result;
  }

  /** A call of the client. */
  private long other(String name, long... args) {
    return rump.rumpResult(name, rump.domain.callOn(thread, "rump___sysimpl_" + name, args));
  }

  private long otherWrite(int fd, String text) {
    return other("write", fd, addr(rump.bytes(text)), text.length());
  }

  private String otherRead(int fd, int max) {
    Pointer buffer = rump.alloc(max);
    int n = good(other("read", fd, addr(buffer), max));
    return new String(buffer.getByteArray(0, n), StandardCharsets.US_ASCII);
  }

  private Pointer linuxAddress() {
    Pointer p = rump.bytes("\0\0/tmp/so\0\0");
    p.setShort(0, (short) Linux.AF_UNIX);
    return p;
  }

  private Pointer netBsdAddress() {
    Pointer p = rump.bytes("\0\0/tmp/so\0\0");
    p.setByte(0, (byte) 10);
    p.setByte(1, (byte) NetBsd.AF_LOCAL);
    return p;
  }

  /** Sends a descriptor of the client's; returns the program's. */
  private int send(int descriptor) {
    Pointer control = rump.alloc(ROOM);
    control.setInt(0, 20);
    control.setInt(4, NetBsd.SOL_SOCKET);
    control.setInt(8, RIGHTS);
    control.setInt(16, descriptor);
    Pointer out = rump.alloc(48);
    out.setLong(16, addr(rump.iovec(rump.bytes("m"), 1)));
    out.setInt(24, 1);
    out.setPointer(32, control);
    out.setInt(40, 24);
    assertEquals(1, other("sendmsg", client, addr(out), 0));
    Pointer room = rump.alloc(ROOM);
    Pointer in = rump.alloc(56);
    in.setPointer(16, rump.iovec(rump.alloc(8), 8L));
    in.setLong(24, 1);
    in.setPointer(32, room);
    in.setLong(40, ROOM);
    assertEquals(1, rump.linux(Linux.RECVMSG, program, addr(in), 0));
    assertEquals(20, room.getLong(0), "cmsg_len");
    return room.getInt(16);
  }

  private String read(int fd) {
    Pointer buffer = rump.alloc(64);
    int n = good(rump.linux(Linux.READ, fd, addr(buffer), 64));
    return new String(buffer.getByteArray(0, n), StandardCharsets.US_ASCII);
  }

  private void write(int fd, String text) {
    assertEquals(text.length(), rump.linux(Linux.WRITE, fd, addr(rump.bytes(text)), text.length()));
  }

  @Test
  void aFileKeepsItsPositionAndFlags() {
    int file =
        (int)
            other(
                "open",
                rump.str("/tmp/file"),
                NetBsd.O_CREAT | NetBsd.O_RDWR | NetBsd.O_APPEND,
                0644);
    otherWrite(file, "0123456789");
    other("lseek", file, 4, 0);
    int fd = send(file);
    assertEquals(
        Linux.O_RDWR | Linux.O_APPEND,
        rump.linux(Linux.FCNTL, fd, F_GETFL, 0) & (Linux.O_RDWR | Linux.O_APPEND));
    assertEquals("456789", read(fd));
    assertEquals(0, other("close", file));
    write(fd, "end");
    assertEquals(13, rump.linux(Linux.LSEEK, fd, 0, 2));
    assertEquals(0, rump.linux(Linux.CLOSE, fd));
  }

  @Test
  void aPipeWakesItsReader() {
    Pointer ends = rump.alloc(8);
    assertEquals(0, other("pipe2", addr(ends), 0));
    int fd = send(ends.getInt(0));
    Pointer buffer = rump.alloc(8);
    HostedDomain.Call reader = rump.startLinux(Linux.READ, fd, addr(buffer), 8);
    rump.domain.settle();
    assertTrue(!reader.done(), "an empty pipe has its reader wait");
    assertEquals(4, otherWrite(ends.getInt(4), "late"));
    rump.domain.settle();
    assertEquals(4, reader.result());
    assertEquals(0, other("close", ends.getInt(4)));
    assertEquals(0, other("close", ends.getInt(0)));
    assertEquals("", read(fd));
  }

  @Test
  void aSocketIsOne() {
    Pointer ends = rump.alloc(8);
    assertEquals(0, other("socketpair", NetBsd.AF_LOCAL, NetBsd.SOCK_STREAM, 0, addr(ends)));
    int fd = send(ends.getInt(0));
    write(fd, "there");
    assertEquals("there", otherRead(ends.getInt(4), 16));
    otherWrite(ends.getInt(4), "back");
    assertEquals("back", read(fd));
    assertEquals(0, rump.linux(Linux.SHUTDOWN, fd, 1), "a call for sockets alone");
    assertEquals(0, rump.linux(Linux.CLOSE, fd));
  }

  /** While the program has it open, the pipe has a writer. */
  @Test
  void aClosedDescriptorIsLetGo() {
    Pointer ends = rump.alloc(8);
    assertEquals(0, other("pipe2", addr(ends), NetBsd.O_NONBLOCK));
    int fd = send(ends.getInt(4));
    assertEquals(0, other("close", ends.getInt(4)));
    Pointer buffer = rump.alloc(8);
    assertEquals(-NetBsd.EAGAIN, other("read", ends.getInt(0), addr(buffer), 8));
    assertEquals(0, rump.linux(Linux.CLOSE, fd));
    assertEquals("", otherRead(ends.getInt(0), 8), "the pipe's last writer is gone");
  }
}
