// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.blkfront;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.tests.hosted.HostedDomain;

/** Disks through the rump kernel: the block hypercalls and etfs nodes, down to the backend. */
@Tag("hosted")
class RumpBlockTest {
  private static final int BLK = 1;
  private static final int CHR = 2;
  private static final int O_RDWR = 2;
  private static final int ENOENT = 2;
  private static final int EIO = 5;
  private static final int EBUSY = 16;
  private static final int EEXIST = 17;
  private static final int EINVAL = 22;
  private static final int ENOSPC = 28;
  private static final int EROFS = 30;
  private static final int ESPIPE = 29;

  private final Memory memory = new Memory(1 << 20);
  private final BlkBackend.Options options = new BlkBackend.Options();
  private final SparseDisk disk = new SparseDisk();
  private HostedDomain domain;
  private BlkBackend backend;
  private long used;

  @BeforeEach
  void createDomain() {
    domain = HostedDomain.create(8192, 1);
    options.flushCache = true;
  }

  @AfterEach
  void closeDomain() {
    domain.close();
    memory.close();
  }

  private void connect() {
    backend = new BlkBackend(domain, 51712, options, disk);
    backend.createNodes();
    backend.start();
    domain.addPeer(backend);
    domain.boot(HostedDomain.Service.XENSTORE, HostedDomain.Service.BLKFRONT);
    domain.settle();
  }

  private void startKernel() {
    connect();
    assertEquals(0, (int) domain.call("rump_init"));
  }

  private Pointer alloc(long size) {
    Pointer p = memory.share(used, size);
    used += (size + 15) & ~15L;
    p.clear(size);
    return p;
  }

  private long str(String s) {
    Pointer p = alloc(s.length() + 1);
    p.setString(0, s);
    return Pointer.nativeValue(p);
  }

  private static long addr(Pointer p) {
    return Pointer.nativeValue(p);
  }

  private int register(String key, int type) {
    return (int) domain.call("rump_pub_etfs_register", str(key), str("xvda"), type);
  }

  /** A client call; failures are negative NetBSD errors. */
  private long rump(String name, long... args) {
    long r = domain.call("rump___sysimpl_" + name, args);
    return (int) r == -1 ? -domain.call("rumpuser_errno") : r;
  }

  private int open(String path, int flags) {
    return (int) rump("open", str(path), flags, 0);
  }

  private long write(int fd, byte[] data, long offset) {
    Pointer p = alloc(data.length);
    p.write(0, data, 0, data.length);
    return rump("pwrite", fd, addr(p), data.length, offset);
  }

  private byte[] read(int fd, int length, long offset) {
    Pointer p = alloc(length);
    long n = rump("pread", fd, addr(p), length, offset);
    assertTrue(n >= 0, "error " + -n);
    return p.getByteArray(0, (int) n);
  }

  private static byte[] random(int length) {
    byte[] data = new byte[length];
    new Random(length).nextBytes(data);
    return data;
  }

  @Test
  void blockNodesTakeAnySizeAndPlace() {
    startKernel();
    assertEquals(0, register("/dev/xvda", BLK));
    assertEquals(EEXIST, register("/dev/xvda", BLK));
    int fd = open("/dev/xvda", O_RDWR);
    for (int length : new int[] {1, 511, 512, 513, 4096, 100_000}) {
      byte[] before = disk.read(0, 300_000);
      byte[] data = random(length);
      long offset = 1000L + length;
      assertEquals(length, write(fd, data, offset));
      assertArrayEquals(data, read(fd, length, offset));
      byte[] expected = before.clone();
      System.arraycopy(data, 0, expected, (int) offset, length);
      assertArrayEquals(expected, disk.read(0, 300_000), "only these bytes change: " + length);
    }
  }

  @Test
  void rawNodesWantWholeSectors() {
    startKernel();
    assertEquals(0, register("/dev/rxvda", CHR));
    int fd = open("/dev/rxvda", O_RDWR);
    assertEquals(-EINVAL, write(fd, new byte[512], 256));
    assertEquals(-EINVAL, write(fd, new byte[500], 512));
    byte[] data = random(3 * 512);
    assertEquals(data.length, write(fd, data, 512));
    assertArrayEquals(data, disk.read(512, data.length));
  }

  @Test
  void theSizeIsTheDisks() {
    startKernel();
    register("/dev/xvda", BLK);
    int fd = open("/dev/xvda", O_RDWR);
    long size = options.sectors * 512;
    assertEquals(size, domain.call("rump___sysimpl_lseek", fd, 0, 2));
    Pointer p = alloc(8);
    assertEquals(0, rump("ioctl", fd, 0x40086484L /* DIOCGMEDIASIZE */, addr(p)));
    assertEquals(size, p.getLong(0));
    assertEquals(0, rump("ioctl", fd, 0x40046485L /* DIOCGSECTORSIZE */, addr(p)));
    assertEquals(512, p.getInt(0));
    assertEquals(0, read(fd, 10, size).length, "the end");
    assertEquals(100, read(fd, 300, size - 100).length);
    assertEquals(100, write(fd, new byte[300], size - 100));
    assertEquals(-ENOSPC, write(fd, new byte[1], size));
  }

  @Test
  void aWindowOfTheDiskCanBeRegistered() {
    startKernel();
    assertEquals(
        0,
        (int)
            domain.call(
                "rump_pub_etfs_register_withsize", str("/dev/part"), str("xvda"), BLK, 4096, 8192));
    int fd = open("/dev/part", O_RDWR);
    assertEquals(8192, domain.call("rump___sysimpl_lseek", fd, 0, 2));
    byte[] data = random(100);
    write(fd, data, 0);
    assertArrayEquals(data, disk.read(4096, 100));
    assertEquals(EBUSY, (int) domain.call("rump_pub_etfs_remove", str("/dev/part")));
    rump("close", fd);
    assertEquals(0, (int) domain.call("rump_pub_etfs_remove", str("/dev/part")));
    assertEquals(-ENOENT, open("/dev/part", O_RDWR));
    assertEquals(
        EINVAL,
        (int)
            domain.call(
                "rump_pub_etfs_register_withsize", str("/dev/p"), str("xvda"), BLK, 100, 512));
  }

  @Test
  void fsyncReachesTheBackend() {
    startKernel();
    register("/dev/xvda", BLK);
    int fd = open("/dev/xvda", O_RDWR);
    backend.automatic = false;
    HostedDomain.Call sync = domain.start("rump___sysimpl_fsync", fd);
    domain.settle();
    assertEquals(1, backend.pending.size());
    assertEquals(BlkBackend.OP_FLUSH, backend.pending.get(0).operation);
    assertTrue(!sync.done(), "waits for the answer");
    backend.automatic = true;
    backend.answer(0, BlkBackend.OKAY);
    backend.pushAnswers();
    domain.settle();
    assertEquals(0, (int) sync.result());
  }

  @Test
  void readOnlyDisksStayAsTheyAre() {
    options.readonly = true;
    startKernel();
    register("/dev/xvda", BLK);
    assertEquals(-EROFS, open("/dev/xvda", O_RDWR));
    assertEquals(512, read(open("/dev/xvda", 0), 512, 0).length);
  }

  @Test
  void hypercallsMoveVectors() {
    connect(); // without a rump kernel nobody has to hold its CPU
    Pointer fdp = alloc(4);
    assertEquals(0, (int) domain.call("rumpuser_open", str("xvda"), 0x12, addr(fdp)));
    int fd = fdp.getInt(0);
    byte[] data = random(2048);
    Pointer buf = alloc(2048);
    buf.write(0, data, 0, 2048);
    Pointer iov = alloc(32);
    iov.setPointer(0, buf);
    iov.setLong(8, 512);
    iov.setPointer(16, buf.share(512));
    iov.setLong(24, 1536);
    Pointer got = alloc(8);
    assertEquals(0, (int) domain.call("rumpuser_iovwrite", fd, addr(iov), 2, 1024, addr(got)));
    assertEquals(2048, got.getLong(0));
    assertArrayEquals(data, disk.read(1024, 2048));
    buf.clear(2048);
    assertEquals(0, (int) domain.call("rumpuser_iovread", fd, addr(iov), 2, 1024, addr(got)));
    assertArrayEquals(data, buf.getByteArray(0, 2048));
    assertEquals(ESPIPE, (int) domain.call("rumpuser_iovread", fd, addr(iov), 2, -1, addr(got)));
    assertEquals(
        EINVAL, (int) domain.call("rumpuser_iovread", fd, addr(iov), 2, 1L << 40, addr(got)));
    assertEquals(0, (int) domain.call("rumpuser_syncfd", fd, 0xa, 0, 0));
    assertEquals(0, (int) domain.call("rumpuser_close", fd));
    Pointer size = alloc(8);
    Pointer type = alloc(4);
    assertEquals(0, (int) domain.call("rumpuser_getfileinfo", str("xvda"), addr(size), addr(type)));
    assertEquals(options.sectors * 512, size.getLong(0));
    assertEquals(3, type.getInt(0), "RUMPUSER_FT_BLK");
  }

  @Test
  void aFailingBackendIsAnInputOutputError() {
    startKernel();
    register("/dev/xvda", BLK);
    int fd = open("/dev/xvda", O_RDWR);
    backend.automatic = false;
    Pointer p = alloc(512);
    HostedDomain.Call read = domain.start("rump___sysimpl_pread", fd, addr(p), 512, 0);
    domain.settle();
    backend.answer(0, BlkBackend.ERROR);
    backend.pushAnswers();
    domain.settle();
    assertTrue(read.done());
    assertEquals(-1, (int) read.result());
    assertEquals(EIO, (int) domain.call("rumpuser_errno"));
    assertTrue(Arrays.equals(new byte[512], p.getByteArray(0, 512)));
  }
}
