// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.bridge;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.rumpstubdom.tests.hosted.HostedDomain;
import org.rumpstubdom.tests.hosted.Xenstore;

/**
 * A hosted stub domain with the bridge in it, and a xenstore as libxl leaves it for the device
 * model of guest {@link #GUEST}. System calls are made on behalf of the emulator, with buffers in a
 * scratch mapping.
 */
final class BridgeDomain implements AutoCloseable {
  static final int GUEST = 5;
  static final String VM = "/vm/2c7b0d5e-0000-4000-8000-000000000005";
  static final String HOME = "/local/domain/" + HostedDomain.DOMID;

  static final int O_RDONLY = 0;
  static final int O_WRONLY = 1;
  static final int O_RDWR = 2;
  static final int O_NONBLOCK = 04000;

  static final int EPERM = 1;
  static final int ENOENT = 2;
  static final int EIO = 5;
  static final int ENXIO = 6;
  static final int EAGAIN = 11;
  private static final int ENOMEM = 12;
  static final int EACCES = 13;
  static final int EFAULT = 14;
  static final int EBUSY = 16;
  static final int ENODEV = 19;
  static final int EINVAL = 22;
  static final int ENOTTY = 25;
  static final int ENOTCONN = 107;

  static final int POLLIN = 1;
  static final int POLLOUT = 4;

  private static final long SYS_READ = 0;
  private static final long SYS_WRITE = 1;
  private static final long SYS_OPEN = 2;
  private static final long SYS_CLOSE = 3;
  private static final long SYS_STAT = 4;
  private static final long SYS_POLL = 7;
  private static final long SYS_MMAP = 9;
  private static final long SYS_MUNMAP = 11;
  private static final long SYS_IOCTL = 16;
  private static final long SYS_PREAD = 17;
  private static final long SYS_PWRITE = 18;
  private static final long SYS_FTRUNCATE = 77;
  private static final long SYS_SYSINFO = 99;

  /** In struct sysinfo: sysinfo(2). */
  private static final int FREE_RAM = 40;

  /** Of hosted_boot: xenstore, the system-call layer, the bridge. */
  private static final long BOOT_SERVICES = 1 | 2 | 16;

  private static final long BOOT_BLKFRONT = 4;

  private static final int SCRATCH = 1 << 20;

  final HostedDomain domain;
  private long scratch;

  /** A domain whose toolstack asked for these arguments and consoles. */
  BridgeDomain(List<String> dmArgv, int... consoles) {
    this(HostedDomain.create(8192, 1), dmArgv, consoles);
  }

  /** The same in a domain that the caller has made. */
  BridgeDomain(HostedDomain domain, List<String> dmArgv, int... consoles) {
    this.domain = domain;
    Xenstore store = domain.xenstore();
    String self = "r" + HostedDomain.DOMID;
    store.mkdir(HOME, "n0", self);
    store.write(HOME + "/domid", HostedDomain.DOMID);
    store.write(HOME + "/target", GUEST);
    store.mkdir("/local/domain/" + GUEST, "n0", self);
    store.write("/local/domain/" + GUEST + "/vm", VM);
    store.mkdir(VM + "/image/dm-argv", "n0", self);
    // Backwards: the order of a directory means nothing.
    for (int i = dmArgv.size(); i > 0; i--) {
      store.write(VM + "/image/dm-argv/%03d".formatted(i), dmArgv.get(i - 1));
    }
    store.mkdir(HOME + "/device-model/" + GUEST, "n" + HostedDomain.DOMID, "r" + GUEST);
    for (int n : consoles) {
      String front = HOME + "/device/console/" + n;
      store.mkdir(front, "n" + HostedDomain.DOMID, "r0");
      store.write(front + "/backend", "/local/domain/0/backend/console/7/" + n);
      store.write(front + "/state", 1);
    }
  }

  /** Starts the bridge. */
  BridgeDomain init() {
    return init(BOOT_SERVICES);
  }

  /** Starts the bridge, and the disks. */
  BridgeDomain initWithDisks() {
    return init(BOOT_SERVICES | BOOT_BLKFRONT);
  }

  private BridgeDomain init(long services) {
    check(domain.call("hosted_boot", services), "hosted_boot");
    scratch = check(mmap(0, SCRATCH, 3, 0x22, -1, 0), "scratch memory");
    return this;
  }

  @Override
  public void close() {
    domain.close();
  }

  static long check(long result, String what) {
    if (result < 0) {
      throw new AssertionError(what + ": errno " + -result);
    }
    return result;
  }

  // ---- entries of hosted/bridge_hosted.c --------------------------------------------------------

  /** NUL-terminated strings after each other. */
  static Memory strings(List<String> list) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (String s : list) {
      bytes.writeBytes(s.getBytes(UTF_8));
      bytes.write(0);
    }
    Memory memory = new Memory(bytes.size() + 1L);
    memory.write(0, bytes.toByteArray(), 0, bytes.size());
    return memory;
  }

  static List<String> strings(Pointer p, long size) {
    List<String> list = new ArrayList<>();
    for (long at = 0; at < size; ) {
      String s = p.getString(at, "UTF-8");
      list.add(s);
      at += s.getBytes(UTF_8).length + 1;
    }
    return list;
  }

  /** The device model's arguments as bridge_program() makes them. */
  List<String> program(String... manifestArgs) {
    Memory args = strings(List.of(manifestArgs));
    Memory out = new Memory(1 << 16);
    long n =
        domain.call(
            "hosted_bridge_program",
            Pointer.nativeValue(args),
            args.size() - 1,
            Pointer.nativeValue(out),
            out.size());
    return strings(out, check(n, "bridge_program"));
  }

  /** The same where it may wait for the toolstack; without arguments of the manifest. */
  HostedDomain.Call startProgram() {
    return domain.start("hosted_bridge_program", 0, 0, at(0), SCRATCH);
  }

  // ---- system calls -----------------------------------------------------------------------------

  /** Scratch memory of the emulator, as the test sees it. */
  ByteBuffer scratch() {
    return domain.memory(scratch, SCRATCH);
  }

  /** The address of an offset in {@link #scratch()}. */
  long at(int offset) {
    return scratch + offset;
  }

  int open(String path, int flags) {
    putPath(path);
    return (int) domain.syscall(SYS_OPEN, at(0), flags, 0);
  }

  /** An open that may block. */
  HostedDomain.Call startOpen(String path, int flags) {
    putPath(path);
    return domain.startSyscall(SYS_OPEN, at(0), flags, 0);
  }

  private void putPath(String path) {
    byte[] name = path.getBytes(ISO_8859_1);
    scratch().put(0, name).put(name.length, (byte) 0);
  }

  /** stat(2), of which only the result is looked at. */
  int stat(String path) {
    putPath(path);
    return (int) domain.syscall(SYS_STAT, at(0), at(8192));
  }

  int close(int fd) {
    return (int) domain.syscall(SYS_CLOSE, fd);
  }

  /** Bytes written, or a negative errno. */
  long write(int fd, byte[] data) {
    scratch().put(0, data);
    return domain.syscall(SYS_WRITE, fd, at(0), data.length);
  }

  /** A write that may block; its data stay in scratch memory at {@code offset}. */
  HostedDomain.Call startWrite(int fd, int offset, byte[] data) {
    scratch().put(offset, data);
    return domain.startSyscall(SYS_WRITE, fd, at(offset), data.length);
  }

  /** What a read of at most {@code size} bytes returned, or null when it is to be repeated. */
  byte[] read(int fd, int size) {
    long n = domain.syscall(SYS_READ, fd, at(0), size);
    if (n == -EAGAIN || n == -ENOMEM) {
      return null;
    }
    byte[] data = new byte[(int) check(n, "read")];
    scratch().get(0, data);
    return data;
  }

  long readResult(int fd, int size) {
    return domain.syscall(SYS_READ, fd, at(0), size);
  }

  /** A read that may block, to scratch memory at {@code offset}. */
  HostedDomain.Call startRead(int fd, int offset, int size) {
    return domain.startSyscall(SYS_READ, fd, at(offset), size);
  }

  /** Reads at a position into scratch memory at {@code to}; may block. */
  HostedDomain.Call startPread(int fd, int to, int size, long position) {
    return domain.startSyscall(SYS_PREAD, fd, at(to), size, position);
  }

  /** Writes at a position; the data stay in scratch memory at {@code from}. May block. */
  HostedDomain.Call startPwrite(int fd, int from, byte[] data, long position) {
    scratch().put(from, data);
    return domain.startSyscall(SYS_PWRITE, fd, at(from), data.length, position);
  }

  long pread(int fd, int size, long position) {
    return domain.syscall(SYS_PREAD, fd, at(0), size, position);
  }

  long pwrite(int fd, byte[] data, long position) {
    scratch().put(0, data);
    return domain.syscall(SYS_PWRITE, fd, at(0), data.length, position);
  }

  long ioctl(int fd, long request, long arg) {
    return domain.syscall(SYS_IOCTL, fd, request, arg);
  }

  /** An ioctl whose argument is a structure: the bytes after the call are in scratch memory. */
  long ioctl(int fd, long request, byte[] argument) {
    scratch().put(0, argument);
    return ioctl(fd, request, at(0));
  }

  long mmap(long address, long length, int prot, int flags, int fd, long offset) {
    return domain.syscall(SYS_MMAP, address, length, prot, flags, fd, offset);
  }

  /** Bytes that are free in the domain. */
  long freeMemory() {
    check(domain.syscall(SYS_SYSINFO, at(0)), "sysinfo");
    return scratch().getLong(FREE_RAM);
  }

  /** Takes so many bytes of memory; returns where. */
  long populate(long length) {
    // PROT_READ | PROT_WRITE; MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE
    return check(mmap(0, length, 3, 0x8022, -1, 0), "mmap");
  }

  long munmap(long address, long length) {
    return domain.syscall(SYS_MUNMAP, address, length);
  }

  long ftruncate(int fd, long size) {
    return domain.syscall(SYS_FTRUNCATE, fd, size);
  }

  /** A poll for input that may wait; its structure stays in scratch memory at {@code offset}. */
  HostedDomain.Call startPoll(int fd, int offset) {
    scratch().putInt(offset, fd).putShort(offset + 4, (short) POLLIN);
    return domain.startSyscall(SYS_POLL, at(offset), 1, -1);
  }

  /** The events that hold now. */
  int poll(int fd) {
    ByteBuffer memory = scratch();
    memory.putInt(0, fd);
    memory.putShort(4, (short) (POLLIN | POLLOUT));
    memory.putShort(6, (short) 0);
    check(domain.syscall(SYS_POLL, at(0), 1, 0), "poll");
    return memory.getShort(6);
  }
}
