// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.blkfront;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rumpstubdom.tests.hosted.HostedDomain;
import org.rumpstubdom.tests.hosted.HostedDomain.Service;

/** The disk as QEMU's host_device driver sees it: through system calls on /dev/xvda. */
@Tag("hosted")
class BlockNodeTest {
  private static final long READ = 0;
  private static final long WRITE = 1;
  private static final long OPEN = 2;
  private static final long CLOSE = 3;
  private static final long STAT = 4;
  private static final long FSTAT = 5;
  private static final long LSEEK = 8;
  private static final long MMAP = 9;
  private static final long MUNMAP = 11;
  private static final long IOCTL = 16;
  private static final long PREAD64 = 17;
  private static final long PWRITE64 = 18;
  private static final long FDATASYNC = 75;
  private static final long PREADV = 295;
  private static final long PWRITEV = 296;

  private static final int O_RDWR = 2;
  private static final int O_DSYNC = 0x1000;
  private static final int ENOENT = -2;
  private static final int ENXIO = -6;
  private static final int EACCES = -13;
  private static final int EINVAL = -22;
  private static final int ENOTTY = -25;
  private static final int ENOSPC = -28;
  private static final int EOPNOTSUPP = -95;
  private static final int S_IFMT = 0170000;
  private static final int S_IFBLK = 0060000;
  private static final int SCRATCH = 1 << 20;
  private static final int PATH = SCRATCH - 4096;

  private final BlkBackend.Options options = new BlkBackend.Options();
  private final SparseDisk disk = new SparseDisk();
  private HostedDomain domain;
  private BlkBackend backend;
  private long memory;
  private ByteBuffer view;

  @BeforeEach
  void createDomain() {
    domain = HostedDomain.create(4096, 1);
    backend = new BlkBackend(domain, 768, options, disk);
  }

  @AfterEach
  void closeDomain() {
    domain.close();
  }

  private void boot() {
    backend.createNodes();
    backend.start();
    bootOnly();
  }

  private void bootOnly() {
    domain.addPeer(backend);
    domain.boot(Service.XENSTORE, Service.LINUX, Service.BLKFRONT);
    memory = domain.syscall(MMAP, 0, SCRATCH, 3, 0x22, -1, 0);
    view = domain.memory(memory, SCRATCH);
  }

  private long path(String path) {
    view.put(PATH, (path + "\0").getBytes(StandardCharsets.US_ASCII));
    return memory + PATH;
  }

  private long open(int flags) {
    return domain.syscall(OPEN, path("/dev/xvda"), flags, 0);
  }

  private static byte[] pattern(int seed, int len) {
    byte[] data = new byte[len];
    new Random(seed).nextBytes(data);
    return data;
  }

  @Test
  void itIsABlockDeviceOfTheRightSize() {
    options.sectors = 123_456;
    boot();
    long fd = open(O_RDWR);
    assertTrue(fd >= 0, () -> fd + " " + domain.console());
    for (boolean byPath : new boolean[] {false, true}) {
      long rc =
          byPath
              ? domain.syscall(STAT, path("/dev/xvda"), memory)
              : domain.syscall(FSTAT, fd, memory);
      assertEquals(0, rc);
      assertEquals(S_IFBLK, view.getInt(24) & S_IFMT);
      assertEquals(202L << 8, view.getLong(40));
    }
    assertEquals(123_456L * 512, domain.syscall(LSEEK, fd, 0, 2));
    assertEquals(123_456L * 512 - 5, domain.syscall(LSEEK, fd, -5, 1));
    assertEquals(EINVAL, domain.syscall(LSEEK, fd, -1, 0));
    assertEquals(0, domain.syscall(CLOSE, fd));
    assertEquals(ENOENT, domain.syscall(OPEN, path("/dev/xvdb"), O_RDWR, 0));
    assertEquals(ENOENT, domain.syscall(STAT, path("/dev/xvda1"), memory));
  }

  @ParameterizedTest
  @ValueSource(ints = {512, 4096})
  void anyByteRangeCanBeReadAndWritten(int sectorSize) {
    options.sectorSize = sectorSize;
    boot();
    int size = (int) options.sectors * 512;
    byte[] expected = pattern(1, size);
    disk.write(0, expected);
    long fd = open(O_RDWR);
    Random random = new Random(sectorSize);
    for (int i = 0; i < 400; i++) {
      int len = 1 + random.nextInt(random.nextInt(4) == 0 ? 20_000 : 600);
      int offset = random.nextInt(size - len);
      if (random.nextBoolean()) {
        byte[] data = pattern(i, len);
        view.put(3, data);
        assertEquals(len, domain.syscall(PWRITE64, fd, memory + 3, len, offset));
        System.arraycopy(data, 0, expected, offset, len);
      } else {
        assertEquals(len, domain.syscall(PREAD64, fd, memory + 5, len, offset));
        byte[] got = new byte[len];
        view.get(5, got);
        assertArrayEquals(Arrays.copyOfRange(expected, offset, offset + len), got);
      }
    }
    assertArrayEquals(expected, disk.read(0, size));
  }

  @Test
  void vectorsAndTheFilePosition() {
    boot();
    disk.write(0, pattern(4, 8192));
    long fd = open(O_RDWR);
    int[] lens = {1, 700, 0, 4000, 1299};
    int at = 0;
    for (int i = 0; i < lens.length; i++) {
      view.putLong(i * 16, memory + 4096 + at).putLong(i * 16 + 8, lens[i]);
      at += lens[i];
    }
    assertEquals(6000, domain.syscall(PREADV, fd, memory, lens.length, 100, 0));
    byte[] got = new byte[6000];
    view.get(4096, got);
    assertArrayEquals(Arrays.copyOfRange(pattern(4, 8192), 100, 6100), got);
    assertEquals(10, domain.syscall(READ, fd, memory, 10));
    assertEquals(10, domain.syscall(WRITE, fd, memory, 10));
    assertEquals(20, domain.syscall(LSEEK, fd, 0, 1));
    assertArrayEquals(Arrays.copyOf(pattern(4, 10), 10), disk.read(10, 10));
  }

  /** Buffers of any length, anywhere in memory: what lies between them stays as it was. */
  @ParameterizedTest
  @ValueSource(ints = {512, 4096})
  void scatteredBuffers(int sectorSize) {
    options.sectorSize = sectorSize;
    boot();
    byte[] expected = pattern(1, 65536);
    disk.write(0, expected);
    long fd = open(O_RDWR);
    Random random = new Random(sectorSize);
    for (int i = 0; i < 200; i++) {
      byte[] before = pattern(i, SCRATCH / 2);
      view.put(0, before);
      int[] places = new int[1 + random.nextInt(8)];
      int[] lens = new int[places.length];
      int len = 0;
      int free = 4096;
      for (int k = 0; k < places.length; k++) {
        places[k] = free + random.nextInt(3000);
        lens[k] = random.nextInt(random.nextBoolean() ? 40 : 5000);
        free = places[k] + lens[k];
        len += lens[k];
        view.putLong(k * 16, memory + places[k]).putLong(k * 16 + 8, lens[k]);
      }
      view.get(0, before, 0, 16 * places.length);
      int offset = random.nextInt(65536 - len);
      boolean write = random.nextBoolean();
      long call = write ? PWRITEV : PREADV;
      assertEquals(len, domain.syscall(call, fd, memory, places.length, offset, 0));
      int at = offset;
      for (int k = 0; k < places.length; k++) {
        if (write) {
          System.arraycopy(before, places[k], expected, at, lens[k]);
        } else {
          System.arraycopy(expected, at, before, places[k], lens[k]);
        }
        at += lens[k];
      }
      byte[] after = new byte[before.length];
      view.get(0, after);
      assertArrayEquals(before, after, "memory after run " + i);
      assertArrayEquals(expected, disk.read(0, expected.length), "disk after run " + i);
    }
  }

  /** A write that begins and ends inside a sector, while the size of the sectors changes. */
  @Test
  void theBackendReturnsWithSmallerSectors() {
    options.sectorSize = 4096;
    boolean[] armed = {false};
    backend =
        new BlkBackend(domain, 768, options, disk) {
          @Override
          public boolean step() {
            if (armed[0] && connected()) {
              takeRequests();
              if (!pending.isEmpty()) {
                armed[0] = false;
                next = new Options();
                unmap();
                setState(CLOSED);
                return true;
              }
            }
            return super.step();
          }
        };
    boot();
    long fd = open(O_RDWR);
    byte[] data = pattern(1, 6072);
    view.put(0, data);
    armed[0] = true;
    assertEquals(data.length, domain.syscall(PWRITE64, fd, memory, data.length, 1024));
    assertFalse(armed[0], "the backend went away in the middle");
    assertArrayEquals(data, disk.read(1024, data.length));
  }

  @Test
  void theEndOfTheDisk() {
    boot();
    long end = options.sectors * 512;
    long fd = open(O_RDWR);
    assertEquals(100, domain.syscall(PREAD64, fd, memory, 4096, end - 100));
    assertEquals(0, domain.syscall(PREAD64, fd, memory, 4096, end));
    assertEquals(0, domain.syscall(PREAD64, fd, memory, 4096, Long.MAX_VALUE));
    assertEquals(100, domain.syscall(PWRITE64, fd, memory, 4096, end - 100));
    assertEquals(ENOSPC, domain.syscall(PWRITE64, fd, memory, 1, end));
    assertEquals(EINVAL, domain.syscall(PREAD64, fd, memory, 1, -1));
  }

  @Test
  void syncIsAFlush() {
    options.flushCache = true;
    boot();
    long fd = open(O_RDWR);
    assertEquals(0, domain.syscall(FDATASYNC, fd));
    assertEquals(1, backend.flushes);
    assertEquals(512, domain.syscall(PWRITE64, fd, memory, 512, 0));
    assertEquals(1, backend.flushes);
    long sync = open(O_RDWR | O_DSYNC);
    assertEquals(512, domain.syscall(PWRITE64, sync, memory, 512, 0));
    assertEquals(2, backend.flushes);
  }

  @Test
  void ioctls() {
    options.sectorSize = 4096;
    options.discard = true;
    boot();
    disk.write(0, pattern(1, 32768));
    long fd = open(O_RDWR);
    long[][] answers = {
      {0x80081272L, options.sectors * 512}, // BLKGETSIZE64
      {0x1260, options.sectors}, // BLKGETSIZE
      {0x1268, 4096}, // BLKSSZGET
      {0x127b, 4096}, // BLKPBSZGET
      {0x125e, 0}, // BLKROGET
      {0x1267, 88}, // BLKSECTGET
    };
    for (long[] answer : answers) {
      view.putLong(0, 0);
      assertEquals(0, domain.syscall(IOCTL, fd, answer[0], memory));
      assertEquals(answer[1], view.getLong(0), Long.toHexString(answer[0]));
    }
    view.putLong(0, 4096).putLong(8, 8192);
    assertEquals(0, domain.syscall(IOCTL, fd, 0x1277, memory)); // BLKDISCARD
    assertEquals(1, backend.discards);
    view.putLong(0, 16384).putLong(8, 4096);
    assertEquals(0, domain.syscall(IOCTL, fd, 0x127f, memory)); // BLKZEROOUT
    byte[] expected = pattern(1, 32768);
    Arrays.fill(expected, 4096, 12288, (byte) 0);
    Arrays.fill(expected, 16384, 20480, (byte) 0);
    assertArrayEquals(expected, disk.read(0, 32768));
    view.putLong(0, 512).putLong(8, 4096);
    assertEquals(EINVAL, domain.syscall(IOCTL, fd, 0x1277, memory), "not whole sectors");
    view.putLong(0, 0).putLong(8, -4096);
    assertEquals(EINVAL, domain.syscall(IOCTL, fd, 0x127f, memory), "beyond the end");
    assertEquals(ENOTTY, domain.syscall(IOCTL, fd, 0x5331, memory)); // CDROM_...
    assertEquals(0, domain.syscall(IOCTL, fd, 0x1261, 0)); // BLKFLSBUF
  }

  @Test
  void aReadOnlyDiskOpensForReadingOnly() {
    options.readonly = true;
    boot();
    assertEquals(EACCES, open(O_RDWR));
    long fd = open(0);
    assertTrue(fd >= 0);
    assertEquals(0, domain.syscall(IOCTL, fd, 0x125e, memory));
    assertEquals(1, view.getInt(0));
    assertEquals(512, domain.syscall(PREAD64, fd, memory, 512, 0));
    view.putLong(0, 0).putLong(8, 4096);
    assertEquals(-9, domain.syscall(IOCTL, fd, 0x127f, memory));
  }

  @Test
  void discardIsRefusedWhereTheBackendHasNone() {
    boot();
    long fd = open(O_RDWR);
    view.putLong(0, 0).putLong(8, 4096);
    assertEquals(EOPNOTSUPP, domain.syscall(IOCTL, fd, 0x1277, memory));
  }

  @Test
  void openWaitsForTheDiskItNamesAndNotForEver() {
    backend.createNodes(); // its backend is late
    bootOnly();
    HostedDomain.Call open = domain.startSyscall(OPEN, path("/dev/xvda"), O_RDWR, 0);
    domain.settle();
    assertFalse(open.done());
    domain.advance(19_000_000_000L);
    assertFalse(open.done());
    backend.start();
    domain.settle();
    assertTrue(open.done());
    assertTrue(open.result() >= 0);
  }

  /** libxl waits 30 s for the device model, which opens its disks one after the other. */
  @Test
  void disksThatNeverConnectShareOneDeadline() {
    for (int number : new int[] {768, 832, 5632}) {
      new BlkBackend(domain, number, options, disk).createNodes();
    }
    bootOnly();
    long begin = domain.now();
    for (String name : new String[] {"xvda", "xvdb", "xvdc"}) {
      HostedDomain.Call open = domain.startSyscall(OPEN, path("/dev/" + name), O_RDWR, 0);
      domain.settle();
      while (!open.done() && domain.now() - begin < 60_000_000_000L) {
        domain.advance(100_000_000L);
      }
      assertEquals(ENXIO, open.result());
    }
    assertTrue(domain.now() - begin < 22_000_000_000L, "ns: " + (domain.now() - begin));
    // One that is plugged in later has all the time again.
    domain.advance(15_000_000_000L);
    HostedDomain.Call open = domain.startSyscall(OPEN, path("/dev/xvda"), O_RDWR, 0);
    domain.settle();
    domain.advance(19_000_000_000L);
    assertFalse(open.done());
    backend.start();
    domain.settle();
    assertTrue(open.result() >= 0);
  }

  @Test
  void openOfADiskThatNeverConnectsFails() {
    backend.createNodes();
    bootOnly();
    HostedDomain.Call open = domain.startSyscall(OPEN, path("/dev/xvda"), O_RDWR, 0);
    domain.settle();
    domain.advance(21_000_000_000L);
    assertTrue(open.done());
    assertEquals(ENXIO, open.result());
    assertTrue(domain.console().contains("xvda: not connected"), domain.console());
  }

  @Test
  void manyThreadsWriteAtOnceAlsoInsideOneSector() {
    boot();
    long fd = open(O_RDWR);
    HostedDomain.Call[] calls = new HostedDomain.Call[40];
    for (int i = 0; i < calls.length; i++) {
      view.put(i * 100, pattern(i, 100));
      calls[i] = domain.startSyscall(PWRITE64, fd, memory + i * 100L, 100, i * 100L);
    }
    domain.settle();
    for (int i = 0; i < calls.length; i++) {
      assertTrue(calls[i].done());
      assertEquals(100, calls[i].result());
      assertArrayEquals(pattern(i, 100), disk.read(i * 100L, 100));
    }
  }

  /** A write of a part of a sector is a read and a write; others of its disk wait meanwhile. */
  @Test
  void aDiskWithoutItsBackendDoesNotHoldTheOthers() {
    BlkBackend other = new BlkBackend(domain, 832, options, new SparseDisk());
    other.createNodes();
    other.start();
    domain.addPeer(other);
    boot();
    long fd = open(O_RDWR);
    long second = domain.syscall(OPEN, path("/dev/xvdb"), O_RDWR, 0);
    assertTrue(second >= 0);
    view.put(0, pattern(1, 100));
    backend.automatic = false;
    HostedDomain.Call waiting = domain.startSyscall(PWRITE64, fd, memory, 100, 0);
    domain.settle();
    assertFalse(waiting.done());
    assertEquals(100, domain.syscall(PWRITE64, second, memory, 100, 700));
    assertArrayEquals(pattern(1, 100), other.disk.read(700, 100));
    backend.automatic = true;
    domain.settle();
    assertEquals(100, waiting.result());
  }

  /** Ring, pages and port are there while somebody has the disk open, and a little longer. */
  @Test
  void aDiskIsConnectedWhileItIsOpen() {
    boot();
    domain.advance(30_000_000_000L);
    int ports = domain.portCount();
    assertEquals(0, domain.grantCount());
    assertEquals(BlkBackend.INIT_WAIT, backend.state());
    long fd = open(O_RDWR);
    long second = open(O_RDWR);
    assertEquals(BlkBackend.CONNECTED, backend.state());
    assertEquals(512, domain.syscall(PWRITE64, fd, memory, 512, 0));
    assertEquals(0, domain.syscall(CLOSE, fd));
    domain.advance(30_000_000_000L);
    assertEquals(512, domain.syscall(PWRITE64, second, memory, 512, 512));
    assertEquals(0, domain.syscall(CLOSE, second));
    domain.advance(1_000_000_000L);
    assertEquals(BlkBackend.CONNECTED, backend.state(), "it may be opened again at once");
    domain.advance(2_000_000_000L);
    assertEquals(BlkBackend.CLOSED, backend.state());
    assertEquals(BlkBackend.CLOSED, backend.frontendState());
    domain.advance(1_000_000_000L); // the backend has let go of the last page by then
    assertEquals(0, domain.grantCount());
    assertEquals(ports, domain.portCount());
    assertFalse(domain.console().contains("away"), domain.console());
    view.put(0, pattern(1, 512));
    fd = open(O_RDWR);
    assertTrue(fd >= 0, () -> domain.console());
    assertEquals(512, domain.syscall(PWRITE64, fd, memory, 512, 0));
    assertArrayEquals(pattern(1, 512), disk.read(0, 512));
  }

  /** A program that opens a disk again while it is let go of finds it all the same. */
  @Test
  void openWhileTheDiskIsLetGoOf() {
    boot();
    long fd = open(O_RDWR);
    assertEquals(0, domain.syscall(CLOSE, fd));
    domain.removePeer(backend); // it takes its time to close
    domain.advance(3_000_000_000L);
    assertEquals(BlkBackend.CLOSED, backend.frontendState());
    HostedDomain.Call open = domain.startSyscall(OPEN, path("/dev/xvda"), O_RDWR, 0);
    domain.settle();
    assertFalse(open.done());
    domain.addPeer(backend);
    domain.settle();
    assertTrue(open.result() >= 0, () -> domain.console());
  }

  /** What an open did not wait for may come later: nobody is there any more who wants it. */
  @Test
  void aBackendThatComesAfterTheOpenFailedIsLetGoOf() {
    backend.createNodes();
    bootOnly();
    HostedDomain.Call open = domain.startSyscall(OPEN, path("/dev/xvda"), O_RDWR, 0);
    domain.settle();
    domain.advance(21_000_000_000L);
    assertEquals(ENXIO, open.result());
    backend.start();
    domain.advance(5_000_000_000L);
    assertEquals(0, domain.grantCount());
  }

  /** A backend's answer goes to the buffer whenever it comes: the buffer stays that long. */
  @Test
  void aBufferIsUnmappedWhenTheDiskHasAnswered() {
    boot();
    disk.write(0, pattern(1, 4096));
    long fd = open(O_RDWR);
    long buffer = domain.syscall(MMAP, 0, 4096, 3, 0x22, -1, 0);
    backend.automatic = false;
    HostedDomain.Call read = domain.startSyscall(PREAD64, fd, buffer, 4096, 0);
    domain.settle();
    HostedDomain.Call unmap = domain.startSyscall(MUNMAP, buffer, 4096);
    domain.settle();
    assertFalse(unmap.done() || read.done());
    backend.automatic = true;
    domain.settle();
    assertEquals(4096, read.result());
    assertEquals(0, unmap.result());
  }
}
