// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.bridge;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.tests.hosted.HostedDomain;
import org.rumpstubdom.tests.hosted.HostedDomain.Call;
import org.rumpstubdom.tests.hosted.RandomSteps;

/**
 * Ten million random steps of the PCI frontend, half of them with a backend that keeps the protocol
 * (and is late, refuses, gets further devices, goes away and comes back) and half with one that
 * lies.
 *
 * <p>Checked all along: what is read is what the device holds, what is written arrives once and
 * nowhere else; no access takes longer than is promised; nothing is touched outside
 * (AddressSanitizer). At the end: nothing is left over.
 */
@Tag("hosted")
class PassthroughRandomTest {
  private static final long MILLISECOND = 1_000_000L;
  private static final long SECOND = 1_000 * MILLISECOND;
  private static final String SYSFS = "/sys/bus/pci/devices/";
  private static final int DEVICES = 6;

  /** Accesses under way at once, as of several threads. */
  private static final int SLOTS = 3;

  /** In scratch memory: each slot has its own kilobyte. */
  private static final int SLOT_BYTES = 1024;

  private static final int SLOT_BASE = 64 << 10;

  /** What a plain access of one device does. */
  private static final class Access {
    final PciFunction function;
    final int offset;
    final int size;
    final byte[] written; // null: it reads
    final Call call;

    Access(PciFunction function, int offset, int size, byte[] written, Call call) {
      this.function = function;
      this.offset = offset;
      this.size = size;
      this.written = written;
      this.call = call;
    }
  }

  private abstract static class Run implements AutoCloseable {
    final BridgeDomain bridge;
    final HostedDomain domain;
    final Random random;
    final PciBackend backend;
    final int ports;
    final Access[] accesses = new Access[SLOTS];
    final List<PciFunction> all = new ArrayList<>();
    final int[] files = new int[DEVICES];
    long done;

    Run(Random random) {
      this.random = random;
      bridge = new BridgeDomain(List.of("-m", "64")).init();
      domain = bridge.domain;
      ports = domain.portCount();
      backend = new PciBackend(domain);
      Arrays.fill(files, -1);
      for (int i = 0; i < DEVICES; i++) {
        PciFunction f =
            new PciFunction("0000:0%d:1f.%d".formatted(i, i), "0000:00:%02x.00".formatted(i));
        random.nextBytes(f.config);
        f.permissive = true;
        for (int bar = PciFunction.BAR; bar < PciFunction.BAR + 24; bar += 4) {
          f.bar(bar, 0, 0);
        }
        all.add(f.bar(PciFunction.ROM, 0, 0).bar(0x10, 0xfe000000 + (i << 16), 0xffff0000));
      }
    }

    @Override
    public void close() {
      bridge.close();
    }

    /** Anew; accesses under way keep the file they have. */
    final void open(int i) {
      if (files[i] >= 0) {
        bridge.close(files[i]);
      }
      files[i] = bridge.open(SYSFS + all.get(i).host + "/config", BridgeDomain.O_RDWR);
    }

    /** An access somewhere in the quarter of the device that is the slot's own. */
    final void submit() {
      int slot = random.nextInt(SLOTS);
      int i = random.nextInt(DEVICES);
      if (accesses[slot] != null || files[i] < 0) {
        return;
      }
      int offset = 64 + 64 * slot + random.nextInt(64);
      int size = 1 + random.nextInt(64 * slot + 128 - offset);
      if (random.nextInt(8) > 0) {
        size = Math.min(size, 1 << random.nextInt(3));
      }
      int at = SLOT_BASE + SLOT_BYTES * slot;
      if (random.nextBoolean()) {
        byte[] data = new byte[size];
        random.nextBytes(data);
        Call call = bridge.startPwrite(files[i], at, data, offset);
        accesses[slot] = new Access(all.get(i), offset, size, data, call);
      } else {
        Call call = bridge.startPread(files[i], at, size, offset);
        accesses[slot] = new Access(all.get(i), offset, size, null, call);
      }
    }

    final void collect() {
      for (int slot = 0; slot < SLOTS; slot++) {
        Access a = accesses[slot];
        if (a != null && a.call.done()) {
          accesses[slot] = null;
          done++;
          byte[] got = new byte[a.size];
          bridge.scratch().get(SLOT_BASE + SLOT_BYTES * slot, got);
          verify(a, a.call.result(), got);
        }
      }
    }

    abstract void verify(Access a, long result, byte[] got);

    /** Everything under way ends, however the backend behaves. */
    final void wind() {
      for (int i = 0; i < 64 * SLOTS; i++) {
        domain.advance(3 * SECOND);
        collect();
      }
      for (Access a : accesses) {
        assertTrue(a == null, "an access never ended");
      }
    }

    /** The toolstack takes everything away. */
    final void remove() {
      backend.unmap();
      for (String directory : List.of(PciBackend.FRONTEND, PciBackend.BACKEND)) {
        if (!domain.xenstore().list(directory).isEmpty()) {
          domain.xenstore().remove(directory);
        }
      }
      domain.settle();
    }

    final void finish() {
      wind();
      remove();
      domain.advance(200 * SECOND);
      assertEquals(0, domain.grantCount(), "grants left over");
      assertEquals(ports, domain.portCount(), "event channels left over");
    }
  }

  // ---- a backend that keeps the protocol --------------------------------------------------------

  private static final class HonestRun extends Run {
    private boolean lost;

    HonestRun(Random random) {
      super(random);
      backend.create(all.get(0));
      domain.settle();
    }

    void step() {
      switch (random.nextInt(12)) {
        case 0, 1, 2, 3, 4 -> submit();
        case 5, 6, 7 -> {
          backend.answer();
          domain.settle();
        }
        case 8, 9 -> domain.settle();
        case 10 -> domain.advance(random.nextInt(20) * MILLISECOND);
        default -> event();
      }
      collect();
    }

    private void event() {
      backend.answering = random.nextBoolean();
      switch (random.nextInt(600)) {
        case 0 -> restart(true);
        case 1 -> restart(false);
        case 2 -> { // late, and then answers after all
          backend.answering = false;
          lost = true;
          domain.advance(3 * SECOND);
        }
        case 3, 4, 5, 6, 7, 8, 9 -> further();
        default -> open(random.nextInt(DEVICES));
      }
    }

    private void further() {
      int n = backend.functions.size();
      if (n < DEVICES && backend.state() == PciBackend.CONNECTED) {
        backend.add(all.get(n));
      }
    }

    private void restart(boolean orderly) {
      lost = true;
      if (orderly) {
        backend.state(PciBackend.CLOSING);
        domain.settle();
        assertEquals(PciBackend.CLOSED, backend.frontendState());
      }
      backend.unmap();
      domain.xenstore().remove(PciBackend.BACKEND);
      if (random.nextBoolean()) {
        domain.settle();
      }
      backend.create(all.get(0));
      domain.settle();
      collect();
    }

    @Override
    void verify(Access a, long result, byte[] got) {
      byte[] now = a.function.bytes(a.offset, a.size);
      if (result == a.size) {
        assertArrayEquals(now, a.written == null ? got : a.written, "of what was done in full");
        return;
      }
      // A device that is gone with its backend until the toolstack brings it again, or a late
      // answer.
      boolean absent = !backend.functions.contains(a.function);
      assertTrue(lost || absent, "result " + result + " of a backend that answers");
      for (int i = 0; i < Math.max(0, result); i++) {
        assertEquals(now[i], a.written == null ? got[i] : a.written[i], "of what was done in part");
      }
    }

    /** Errors are excused until nothing of the disturbance is under way any more. */
    void rest() {
      backend.answering = true;
      wind();
      assertEquals(PciBackend.CONNECTED, backend.frontendState());
      lost = false;
      for (int i = 0; i < backend.functions.size(); i++) {
        open(i);
        assertTrue(files[i] >= 0, "a device that is listed is there");
        byte[] expected = all.get(i).bytes(64, 192);
        byte[] got = new byte[192];
        assertEquals(192, bridge.pread(files[i], 192, 64));
        bridge.scratch().get(0, got);
        assertArrayEquals(expected, got);
      }
    }
  }

  @Test
  void honestBackend() {
    RandomSteps.run(
        "pci-honest",
        steps -> {
          try (HonestRun run = new HonestRun(steps.random())) {
            for (long n = 1; steps.next(); n++) {
              run.step();
              if (n % 20_000 == 0) {
                run.rest();
              }
            }
            run.rest();
            run.finish();
            steps.report(run.done + " accesses");
            assertTrue(run.done > steps.total() / 20, "too few accesses: " + run.done);
          }
        });
  }

  // ---- a backend that lies ----------------------------------------------------------------------

  private static final class HostileRun extends Run {
    private static final List<String> NODES =
        List.of("state", "num_devs", "dev-0", "dev-1", "dev-31", "vdev-0", "vdev-1", "root_num");
    private static final List<String> VALUES =
        List.of(
            "",
            "0",
            "1",
            "2",
            "3",
            "4",
            "7",
            "8",
            "-1",
            "32",
            "4294967296",
            "18446744073709551615",
            "0000:00:1f.0",
            "0000:00:00.00",
            "0000:01:1f.1",
            "ffff:ff:1f.7",
            "0000:00:20.0",
            ":::...",
            "x");

    HostileRun(Random random) {
      super(random);
      domain.foreignMemory(0x7ff1, 0xfe000, 16 * DEVICES);
      renew();
    }

    private void renew() {
      remove();
      backend.following = true;
      backend.answering = true;
      backend.create(all.get(0));
      domain.settle();
      for (int i = 1; i < DEVICES; i++) {
        backend.add(all.get(i));
        domain.settle();
      }
      for (int i = 0; i < DEVICES; i++) {
        open(i);
      }
      backend.answering = false;
    }

    void step() {
      switch (random.nextInt(16)) {
        case 0, 1, 2, 3, 4 -> submit();
        case 5, 6, 7, 8 -> {
          if (!backend.answer()) {
            domain.run();
          }
        }
        case 9, 10, 11 -> lie();
        case 12 -> domain.advance(random.nextInt(100) * MILLISECOND);
        case 13 -> look();
        default -> domain.settle();
      }
      domain.settle();
      collect();
    }

    /** What QEMU does with the other files, whatever is said there. */
    private void look() {
      if (random.nextInt(40) > 0) {
        return;
      }
      backend.answering = true;
      String host = all.get(random.nextInt(DEVICES)).host;
      for (String name : List.of("resource", "irq", "class")) {
        int fd = openPatiently(SYSFS + host + "/" + name);
        if (fd >= 0) {
          assertTrue(bridge.readResult(fd, 500) > 0);
          bridge.close(fd);
        }
      }
      int fd = bridge.open("/dev/mem", BridgeDomain.O_RDWR);
      long at = bridge.mmap(0, 4096, 1, 1, fd, 0xfe000000L + (random.nextInt(1 << 20) & ~4095));
      if (at > 0) {
        bridge.munmap(at, 4096);
      }
      bridge.close(fd);
      backend.answering = false;
    }

    /** An open takes no longer than the accesses before it and its own. */
    private int openPatiently(String path) {
      Call open = bridge.startOpen(path, BridgeDomain.O_RDONLY);
      domain.settle();
      for (int i = 0; i < 64 * SLOTS && !open.done(); i++) {
        domain.advance(3 * SECOND);
      }
      assertTrue(open.done(), "an open never ended");
      return (int) open.result();
    }

    private void lie() {
      if (!backend.mapped()) {
        if (random.nextInt(20) == 0) {
          renew();
        }
        return;
      }
      switch (random.nextInt(120)) {
        case 0, 1, 2, 3 -> backend.put(PciBackend.FLAGS, random.nextInt());
        case 4, 5, 6, 7 -> backend.put(4 * random.nextInt(1024), random.nextInt());
        case 8, 9 -> {
          backend.put(PciBackend.ERR, random.nextInt(12) - 6);
          backend.put(PciBackend.VALUE, random.nextInt());
          backend.finish();
        }
        case 10 ->
            domain
                .xenstore()
                .write(
                    PciBackend.BACKEND + "/" + NODES.get(random.nextInt(NODES.size())),
                    VALUES.get(random.nextInt(VALUES.size())));
        case 11 -> backend.state(random.nextInt(12));
        case 12 -> backend.following = random.nextBoolean();
        case 13 -> { // lies about sizes
          PciFunction f = all.get(random.nextInt(DEVICES));
          f.bar(PciFunction.BAR + 4 * random.nextInt(6), random.nextInt(), random.nextInt());
        }
        case 14 -> {
          backend.put(PciBackend.FLAGS, 0);
          renew();
        }
        case 15 -> {
          backend.unmap();
          if (!domain.xenstore().list(PciBackend.BACKEND).isEmpty()) {
            domain.xenstore().remove(PciBackend.BACKEND);
          }
        }
        default -> backend.send();
      }
    }

    @Override
    void verify(Access a, long result, byte[] got) {
      assertTrue(result <= a.size && result > -4096, "result " + result);
    }
  }

  @Test
  void hostileBackend() {
    RandomSteps.run(
        "pci-hostile",
        steps -> {
          try (HostileRun run = new HostileRun(steps.random())) {
            while (steps.next()) {
              run.step();
            }
            run.finish();
            steps.report(run.done + " accesses");
            assertTrue(run.done > steps.total() / 50, "too few accesses: " + run.done);
          }
        });
  }
}
