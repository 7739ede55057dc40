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
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.tests.hosted.HostedDomain;
import org.rumpstubdom.tests.hosted.HostedDomain.Service;

/** The disk as QEMU uses it with {@code aio=native}: io_submit(2) on /dev/xvda. */
@Tag("hosted")
class DiskAioTest {
  private static final long READ = 0;
  private static final long OPEN = 2;
  private static final long CLOSE = 3;
  private static final long MMAP = 9;
  private static final long MUNMAP = 11;
  private static final long PREAD64 = 17;
  private static final long PWRITE64 = 18;
  private static final long SYSINFO = 99;
  private static final long IO_SETUP = 206;
  private static final long IO_DESTROY = 207;
  private static final long IO_GETEVENTS = 208;
  private static final long IO_SUBMIT = 209;
  private static final long EVENTFD2 = 290;

  private static final int PREAD = 0;
  private static final int PWRITE = 1;
  private static final int FDSYNC = 3;
  private static final int PREADV = 7;
  private static final int PWRITEV = 8;

  private static final int O_RDWR = 2;
  private static final int O_NONBLOCK = 0x800;
  private static final int O_DSYNC = 0x1000;
  private static final int O_DIRECT = 0x4000;
  private static final int EIO = -5;
  private static final int EAGAIN = -11;
  private static final int EINVAL = -22;
  private static final int ENOSPC = -28;

  private static final int SCRATCH = 4 << 20;
  private static final int PATH = SCRATCH - 4096;
  private static final int LIST = SCRATCH - 8192;
  private static final int IOCBS = SCRATCH - 65536;

  private final BlkBackend.Options options = new BlkBackend.Options();
  private final SparseDisk disk = new SparseDisk();
  private HostedDomain domain;
  private BlkBackend backend;
  private long memory;
  private ByteBuffer view;
  private long context;
  private long counter;
  private int next;

  @BeforeEach
  void boot() {
    options.ringOrder = 1;
    options.flushCache = true;
    options.sectors = 65536;
    domain = HostedDomain.create(8192, 1);
    backend = new BlkBackend(domain, 768, options, disk);
    backend.createNodes();
    backend.start();
    domain.addPeer(backend);
    domain.boot(Service.XENSTORE, Service.LINUX, Service.BLKFRONT);
    memory = domain.syscall(MMAP, 0, SCRATCH, 3, 0x22, -1, 0);
    view = domain.memory(memory, SCRATCH);
    context = setup(1024);
    counter = domain.syscall(EVENTFD2, 0, O_NONBLOCK);
    assertTrue(counter >= 0);
  }

  @AfterEach
  void closeDomain() {
    domain.close();
  }

  private long setup(int events) {
    view.putLong(LIST, 0);
    assertEquals(0, domain.syscall(IO_SETUP, events, memory + LIST));
    return view.getLong(LIST);
  }

  private long open(int flags) {
    view.put(PATH, "/dev/xvda\0".getBytes(StandardCharsets.US_ASCII));
    long fd = domain.syscall(OPEN, memory + PATH, O_RDWR | flags, 0);
    assertTrue(fd >= 0, () -> fd + " " + domain.console());
    return fd;
  }

  private static byte[] pattern(int seed, int len) {
    byte[] data = new byte[len];
    new Random(seed).nextBytes(data);
    return data;
  }

  private byte[] bytes(int at, int len) {
    byte[] data = new byte[len];
    view.get(at, data);
    return data;
  }

  /** Writes a struct iocb with this number as its data; returns its address. */
  private long request(int number, int opcode, long fd, long buffer, long len, long offset) {
    int at = IOCBS + number % 512 * 64;
    for (int i = 0; i < 64; i += 8) {
      view.putLong(at + i, 0);
    }
    view.putLong(at, number).putShort(at + 16, (short) opcode).putInt(at + 20, (int) fd);
    view.putLong(at + 24, buffer).putLong(at + 32, len).putLong(at + 40, offset);
    view.putInt(at + 56, 1).putInt(at + 60, (int) counter);
    return memory + at;
  }

  private long submit(long ctx, long... requests) {
    for (int i = 0; i < requests.length; i++) {
      view.putLong(LIST + i * 8, requests[i]);
    }
    HostedDomain.Call call = domain.startSyscall(IO_SUBMIT, ctx, requests.length, memory + LIST);
    domain.run(); // no backend, no event comes in between
    domain.settle();
    return call.result();
  }

  /** Takes what is in the ring as QEMU does; results by the requests' numbers. */
  private Map<Long, Long> events() {
    ByteBuffer ring = domain.memory(context, 32 + 32 * domain.memory(context, 32).getInt(4));
    Map<Long, Long> results = new HashMap<>();
    int head = ring.getInt(8);
    while (head != ring.getInt(12)) {
      assertEquals(null, results.put(ring.getLong(32 + head * 32), ring.getLong(48 + head * 32)));
      assertEquals(0, ring.getLong(56 + head * 32));
      head = (head + 1) % ring.getInt(4);
    }
    ring.putInt(8, head);
    return results;
  }

  private long counted() {
    long rc = domain.syscall(READ, counter, memory + LIST, 8);
    return rc == 8 ? view.getLong(LIST) : rc;
  }

  private long result(int opcode, long fd, long buffer, long len, long offset) {
    int number = ++next;
    assertEquals(1, submit(context, request(number, opcode, fd, buffer, len, offset)));
    return events().get((long) number);
  }

  private void answerAll(int status) {
    while (!backend.pending.isEmpty()) {
      backend.answer(0, status == 0 ? backend.execute(backend.pending.get(0)) : status);
    }
    backend.pushAnswers();
    domain.settle();
  }

  private long freeMemory() {
    assertEquals(0, domain.syscall(SYSINFO, memory + LIST));
    return view.getLong(LIST + 40);
  }

  @Test
  void requestsReachTheBackendTogetherAndNobodyWaits() {
    byte[] contents = pattern(1, 31 * 4096);
    disk.write(0, contents);
    long fd = open(O_DIRECT);
    backend.automatic = false;
    for (int i = 0; i < 31; i++) {
      long at = 4096L * (30 - i);
      assertEquals(1, submit(context, request(i, PREAD, fd, memory + at, 4096, at)));
    }
    assertEquals(31, backend.pending.size());
    assertEquals(Map.of(), events());
    assertEquals(EAGAIN, counted());
    answerAll(0);
    Map<Long, Long> results = events();
    assertEquals(31, results.size());
    results.values().forEach(rc -> assertEquals(4096, rc));
    assertEquals(31, counted());
    assertArrayEquals(contents, bytes(0, contents.length));
  }

  @Test
  void aBatchIsToldOnce() {
    long fd = open(O_DIRECT);
    backend.automatic = false;
    int before = backend.notifications;
    long[] requests = new long[20];
    for (int i = 0; i < requests.length; i++) {
      requests[i] = request(i, PWRITE, fd, memory + i * 512L, 512, i * 512L);
    }
    view.put(0, pattern(2, 20 * 512));
    assertEquals(20, submit(context, requests));
    assertEquals(20, backend.pending.size());
    assertEquals(1, backend.notifications - before);
    answerAll(0);
    assertEquals(20, events().size());
    assertArrayEquals(pattern(2, 20 * 512), disk.read(0, 20 * 512));
  }

  @Test
  void vectorsAreCopiedWhenTheyAreSubmitted() {
    long fd = open(0);
    backend.automatic = false;
    view.put(0, pattern(3, 16384));
    for (int i = 0; i < 16; i++) {
      view.putLong(32768 + i * 16, memory + (15 - i) * 1024L).putLong(32776 + i * 16, 1024);
      view.putLong(36864 + i * 16, memory + 131072 + i * 1024L).putLong(36872 + i * 16, 1024);
    }
    assertEquals(1, submit(context, request(1, PWRITEV, fd, memory + 32768, 16, 8192)));
    assertEquals(1, submit(context, request(2, PREADV, fd, memory + 36864, 16, 8192)));
    view.put(32768, new byte[8192]); // the vectors are the program's again
    answerAll(0);
    assertEquals(Map.of(1L, 16384L, 2L, 16384L), events());
    byte[] expected = new byte[16384];
    for (int i = 0; i < 16; i++) {
      System.arraycopy(pattern(3, 16384), (15 - i) * 1024, expected, i * 1024, 1024);
    }
    assertArrayEquals(expected, disk.read(8192, 16384));
    assertArrayEquals(expected, bytes(131072, 16384));
  }

  @Test
  void aFlushComesAfterTheWritesBeforeIt() {
    long fd = open(O_DIRECT);
    backend.automatic = false;
    assertEquals(
        3,
        submit(
            context,
            request(1, PWRITE, fd, memory, 4096, 0),
            request(2, PWRITE, fd, memory, 4096, 4096),
            request(3, FDSYNC, fd, 0, 0, 0)));
    assertEquals(
        java.util.List.of(BlkBackend.OP_WRITE, BlkBackend.OP_WRITE, BlkBackend.OP_FLUSH),
        backend.pending.stream().map(r -> r.operation).toList());
    answerAll(0);
    assertEquals(Map.of(1L, 4096L, 2L, 4096L, 3L, 0L), events());
    assertEquals(1, backend.flushes);
    assertEquals(1, submit(context, request(4, FDSYNC, fd, 0, 0, 0)));
    answerAll(BlkBackend.ERROR);
    assertEquals(Map.of(4L, (long) EIO), events());
  }

  @Test
  void aFileThatIsAlwaysSyncedIsFlushedBeforeTheEvent() {
    long fd = open(O_DSYNC);
    assertEquals(512, result(PWRITE, fd, memory, 512, 0));
    assertEquals(1, backend.flushes);
    int number = ++next;
    long request = request(number, PWRITE, open(0), memory, 512, 0);
    view.putInt((int) (request - memory) + 12, 2); // RWF_DSYNC
    assertEquals(1, submit(context, request));
    assertEquals(Map.of((long) number, 512L), events());
    assertEquals(2, backend.flushes);
  }

  @Test
  void errorsArrive() {
    long fd = open(O_DIRECT);
    long end = options.sectors * 512;
    assertEquals(512, result(PREAD, fd, memory, 4096, end - 512));
    assertEquals(0, result(PREAD, fd, memory, 4096, end));
    assertEquals(512, result(PWRITE, fd, memory, 4096, end - 512));
    assertEquals(ENOSPC, result(PWRITE, fd, memory, 512, end));
    backend.automatic = false;
    assertEquals(
        2,
        submit(
            context,
            request(1001, PREAD, fd, memory, 4096, 0),
            request(1002, PWRITE, fd, memory, 4096, 0)));
    backend.answer(0, BlkBackend.ERROR);
    backend.answer(0, BlkBackend.OKAY);
    backend.pushAnswers();
    domain.settle();
    assertEquals(Map.of(1001L, (long) EIO, 1002L, 4096L), events());
  }

  /** QEMU finds out by reading what it may ask for. */
  @Test
  void directTransfersAreWholeSectorsInAlignedMemory() {
    disk.write(0, pattern(5, 8192));
    long direct = open(O_DIRECT);
    long plain = open(0);
    for (long[] bad : new long[][] {{1, 512, 0}, {0, 511, 0}, {0, 512, 100}, {256, 512, 0}}) {
      assertEquals(EINVAL, domain.syscall(PREAD64, direct, memory + bad[0], bad[1], bad[2]));
      assertEquals(EINVAL, domain.syscall(PWRITE64, direct, memory + bad[0], bad[1], bad[2]));
      assertEquals(EINVAL, result(PREAD, direct, memory + bad[0], bad[1], bad[2]));
      assertEquals(EINVAL, result(PWRITE, direct, memory + bad[0], bad[1], bad[2]));
      assertEquals(bad[1], result(PREAD, plain, memory + bad[0], bad[1], bad[2]));
      assertArrayEquals(
          Arrays.copyOfRange(pattern(5, 8192), (int) bad[2], (int) (bad[2] + bad[1])),
          bytes((int) bad[0], (int) bad[1]));
    }
    assertEquals(512, domain.syscall(PREAD64, direct, memory + 512, 512, 512));
    assertArrayEquals(pattern(5, 8192), disk.read(0, 8192), "nothing was written");
  }

  @Test
  void aBackendThatComesBackFindsTheRequestsAgain() {
    long fd = open(O_DIRECT);
    backend.automatic = false;
    view.put(0, pattern(6, 8192));
    assertEquals(
        2,
        submit(
            context,
            request(1, PWRITE, fd, memory, 4096, 0),
            request(2, PWRITE, fd, memory + 4096, 4096, 4096)));
    backend.unmap();
    domain.xenstore().remove(backend.backend);
    domain.settle();
    assertEquals(Map.of(), events());
    backend.createNodes();
    backend.start();
    backend.automatic = true;
    domain.settle();
    assertEquals(Map.of(1L, 4096L, 2L, 4096L), events());
    assertArrayEquals(pattern(6, 8192), disk.read(0, 8192));
  }

  @Test
  void aBackendThatStaysAwayIsAnError() {
    long fd = open(O_DIRECT);
    backend.automatic = false;
    assertEquals(1, submit(context, request(1, PREAD, fd, memory, 4096, 0)));
    domain.removePeer(backend);
    backend.unmap();
    domain.xenstore().remove(backend.backend);
    domain.settle();
    domain.advance(61_000_000_000L);
    assertEquals(Map.of(1L, (long) EIO), events());
    assertEquals(EIO, result(PREAD, fd, memory, 4096, 0));
  }

  @Test
  void requestsUnderWayAreBounded() {
    long fd = open(O_DIRECT);
    long other = setup(16);
    backend.automatic = false;
    int accepted = 0;
    while (accepted < 1000
        && submit(context, request(accepted, PREAD, fd, memory, 512, accepted * 512L)) == 1) {
      accepted++;
    }
    assertEquals(256, accepted);
    assertEquals(EAGAIN, submit(context, request(300, PREAD, fd, memory, 512, 0)));
    // Another context is not kept from working by this one.
    assertEquals(1, submit(other, request(301, PREAD, fd, memory, 512, 0)));
    assertEquals(EAGAIN, submit(other, request(302, PREAD, fd, memory, 512, 0)));
    while (!backend.pending.isEmpty()) {
      answerAll(0);
    }
    assertEquals(256, events().size());
    assertEquals(257, counted());
    assertEquals(1, submit(context, request(303, PREAD, fd, memory, 512, 0)));
    answerAll(0);
    assertEquals(Map.of(303L, 512L), events());
  }

  @Test
  void whatWasStartedEndsBeforeItsContext() {
    endWhileARequestIsUnderWay(); // threads for the calls are made, and kept
    long before = freeMemory();
    endWhileARequestIsUnderWay();
    assertEquals(before, freeMemory());
  }

  private void endWhileARequestIsUnderWay() {
    long fd = open(O_DIRECT);
    long ctx = setup(64);
    backend.automatic = false;
    assertEquals(1, submit(ctx, request(1, PREAD, fd, memory, 4096, 0)));
    HostedDomain.Call waits = domain.startSyscall(IO_GETEVENTS, ctx, 5, 5, memory + 8192, 0);
    HostedDomain.Call destroy = domain.startSyscall(IO_DESTROY, ctx);
    domain.settle();
    assertFalse(destroy.done(), "the buffer is still in use");
    assertTrue(waits.done());
    assertEquals(EINVAL, waits.result());
    assertEquals(EINVAL, submit(ctx, request(2, PREAD, fd, memory, 4096, 0)));
    assertEquals(0, domain.syscall(CLOSE, fd)); // the request keeps its file
    answerAll(0);
    assertTrue(destroy.done());
    assertEquals(0, destroy.result());
    assertEquals(1, counted());
  }

  @Test
  void whatTheProgramDoesToItsRingDoesNotMatter() {
    long fd = open(O_DIRECT);
    backend.automatic = false;
    assertEquals(1, submit(context, request(1, PREAD, fd, memory, 4096, 0)));
    domain.memory(context, 32).putInt(4, 0).putInt(8, -1).putInt(12, 77777);
    assertEquals(1, submit(context, request(2, PREAD, fd, memory, 4096, 0)));
    assertEquals(0, domain.syscall(MUNMAP, context, 4096));
    answerAll(0);
    assertEquals(2, counted());
    assertEquals(0, domain.syscall(IO_DESTROY, context));
    assertEquals(EINVAL, domain.syscall(IO_DESTROY, context));
  }
}
