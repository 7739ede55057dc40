// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.blkfront;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.tests.hosted.HostedDomain;
import org.rumpstubdom.tests.hosted.ProtocolError;
import org.rumpstubdom.tests.hosted.RandomSteps;

/**
 * Ten million random steps of frontend and backend, half of them with a backend that keeps the
 * protocol (and goes away, comes back, fails requests, runs short of grants) and half with one that
 * lies.
 *
 * <p>Checked all along: every request is answered exactly once; what a read returns is what was
 * written before; no buffer is touched outside (AddressSanitizer). At the end: nothing is left
 * over.
 */
@Tag("hosted")
class BlkfrontRandomTest {
  private static final long SECOND = 1_000_000_000L;
  private static final int SLOTS = 48;
  private static final int DISK_BYTES = 1 << 20;
  private static final int CONNECT_LOOKS = 100; // the backend's: each side takes a few steps

  /** One request under way, as the test knows it. */
  private static final class Op {
    int kind;
    int offset;
    int len;
    byte[] data; // written
  }

  /** One run: the domain, the backend, and what the test expects. */
  private abstract static class Run {
    final HostedDomain domain;
    final Random random;
    final SparseDisk disk = new SparseDisk();
    final byte[] expected = new byte[DISK_BYTES];
    final Op[] ops = new Op[SLOTS];
    final BlkBackend backend;
    DiskClient client;
    long answered;

    Run(HostedDomain domain, Random random) {
      this.domain = domain;
      this.random = random;
      backend = new BlkBackend(domain, 768, randomOptions(), disk);
      backend.automatic = false;
    }

    void start() {
      backend.createNodes();
      backend.start();
      domain.boot(HostedDomain.Service.XENSTORE, HostedDomain.Service.BLKFRONT);
      domain.settle();
      client = new DiskClient(domain, "xvda");
      for (int looks = 0; !backend.connected() && looks < CONNECT_LOOKS; looks++) {
        backend.followFrontend();
        domain.settle();
      }
      assertTrue(client.live(), domain.console());
    }

    final BlkBackend.Options randomOptions() {
      BlkBackend.Options options = new BlkBackend.Options();
      options.sectors = DISK_BYTES / 512;
      options.indirectSegments = random.nextBoolean() ? 0 : 1 << random.nextInt(10);
      options.ringOrder = random.nextInt(3);
      options.persistent = random.nextBoolean();
      options.flushCache = random.nextBoolean();
      options.barrier = random.nextBoolean();
      options.discard = random.nextBoolean();
      return options;
    }

    private boolean overlapsWrite(int offset, int len) {
      for (Op op : ops) {
        if (op != null
            && op.kind != BlkEntries.FLUSH
            && op.offset < offset + len
            && offset < op.offset + op.len) {
          return true;
        }
      }
      return false;
    }

    /** Starts a random request; ranges under way do not overlap, so that results are defined. */
    void submit() {
      int slot = random.nextInt(SLOTS);
      if (ops[slot] != null) {
        return;
      }
      Op op = new Op();
      int kind = random.nextInt(20);
      op.kind =
          kind < 9
              ? BlkEntries.READ
              : kind < 18 ? BlkEntries.WRITE : kind < 19 ? BlkEntries.FLUSH : BlkEntries.DISCARD;
      if (op.kind != BlkEntries.FLUSH) {
        int sectors = 1 + random.nextInt(random.nextInt(8) == 0 ? 300 : 24);
        op.len = sectors * 512;
        op.offset = random.nextInt(DISK_BYTES / 512 - sectors + 1) * 512;
        if (overlapsWrite(op.offset, op.len)) {
          return;
        }
      }
      int rc;
      if (op.kind == BlkEntries.WRITE) {
        op.data = new byte[op.len];
        random.nextBytes(op.data);
        rc = client.submitWrite(slot, op.offset, op.data);
      } else {
        rc = client.submit(slot, op.kind, op.offset, op.len, op.kind == BlkEntries.READ);
      }
      if (rc == 0) {
        ops[slot] = op;
      }
    }

    /** Looks at what was answered since. */
    void collect() {
      for (int slot = 0; slot < SLOTS; slot++) {
        if (ops[slot] != null && client.done(slot)) {
          answered++;
          verify(slot, ops[slot], client.status(slot));
          client.release(slot);
          ops[slot] = null;
        }
      }
    }

    abstract void verify(int slot, Op op, int status);

    /** Lets everything under way come to its end before the disk is taken away. */
    void wind() {}

    void finish() {
      domain.grantLimit(Integer.MAX_VALUE >> 8);
      wind();
      backend.removeNodes();
      domain.settle();
      collect();
      for (int slot = 0; slot < SLOTS; slot++) {
        assertTrue(ops[slot] == null, "a request was never answered");
      }
      domain.advance(200 * SECOND);
      assertEquals(0, domain.grantCount(), "grants left over");
      assertEquals(1, domain.portCount(), "event channels left over");
    }
  }

  // ---- a backend that keeps the protocol
  // -----------------------------------------------------------

  private static final class HonestRun extends Run {
    HonestRun(HostedDomain domain, Random random) {
      super(domain, random);
      start();
    }

    void step() {
      switch (random.nextInt(8)) {
        case 0, 1, 2 -> submit();
        case 3, 4 -> serve();
        case 5 -> {
          domain.run();
          collect();
        }
        case 6 -> backendEvent();
        default -> {
          domain.settle();
          backend.followFrontend();
          collect();
        }
      }
    }

    private void serve() {
      if (!backend.connected()) {
        return;
      }
      backend.takeRequests();
      for (int n = random.nextInt(6); n > 0 && !backend.pending.isEmpty(); n--) {
        int i = random.nextInt(backend.pending.size());
        boolean fail = random.nextInt(50) == 0;
        backend.answer(i, fail ? BlkBackend.ERROR : backend.execute(backend.pending.get(i)));
      }
      backend.pushAnswers();
    }

    private void backendEvent() {
      switch (random.nextInt(400)) {
        case 0 -> { // orderly: negotiate anew
          if (backend.connected()) {
            backend.takeRequests();
            backend.next = randomOptions();
            backend.setState(BlkBackend.CLOSING);
          }
        }
        case 1 -> { // it crashes and is started again
          if (backend.connected()) {
            backend.unmap();
          }
          domain.xenstore().remove(backend.backend);
          domain.settle();
          backend.next = randomOptions();
          backend.createNodes();
          backend.start();
        }
        case 2 -> domain.grantLimit(domain.grantCount() + random.nextInt(30));
        case 3 -> domain.grantLimit(4000);
        case 4 -> domain.advance(random.nextInt(3) * SECOND);
        default -> domain.advance(random.nextInt(30_000_000));
      }
      collect();
    }

    @Override
    void wind() {
      backend.automatic = true;
      domain.addPeer(backend);
      domain.settle();
      domain.advance(60 * SECOND);
      assertTrue(client.live(), "the disk did not come back");
      collect();
      for (Op op : ops) {
        assertTrue(op == null, "a request was not answered by a backend that works");
      }
    }

    @Override
    void verify(int slot, Op op, int status) {
      switch (op.kind) {
        case BlkEntries.READ -> {
          if (status == 0) {
            assertArrayEquals(
                Arrays.copyOfRange(expected, op.offset, op.offset + op.len),
                client.data(slot, op.len),
                "read at " + op.offset);
          }
        }
        case BlkEntries.WRITE -> {
          assertArrayEquals(op.data, client.data(slot, op.len), "a write changed its buffer");
          wrote(op, status, op.data);
        }
        case BlkEntries.DISCARD -> wrote(op, status, new byte[op.len]);
        default -> {}
      }
    }

    /** After an error each sector may be old or new; the backend's disk tells which. */
    private void wrote(Op op, int status, byte[] data) {
      byte[] now = disk.read(op.offset, op.len);
      if (status == 0) {
        assertArrayEquals(data, now, "write at " + op.offset + " reported done");
      }
      for (int s = 0; s < op.len; s += 512) {
        boolean isNew = Arrays.equals(now, s, s + 512, data, s, s + 512);
        boolean isOld =
            Arrays.equals(now, s, s + 512, expected, op.offset + s, op.offset + s + 512);
        assertTrue(isNew || isOld, "sector at " + (op.offset + s) + " is neither old nor new");
      }
      System.arraycopy(now, 0, expected, op.offset, op.len);
    }
  }

  @Test
  void honestBackend() {
    RandomSteps.run(
        "blkfront-honest",
        steps -> {
          try (HostedDomain domain = HostedDomain.create(8192, steps.seed())) {
            HonestRun run = new HonestRun(domain, steps.random());
            while (steps.next()) {
              run.step();
            }
            run.finish();
            assertArrayEquals(run.expected, run.disk.read(0, DISK_BYTES), "the disk at the end");
            steps.report(run.answered + " requests answered");
            assertTrue(run.answered > steps.total() / 20, "too few requests: " + run.answered);
          }
        });
  }

  // ---- a backend that lies
  // -------------------------------------------------------------------------

  private static final class HostileRun extends Run {
    private final List<String> nodes =
        List.of(
            "state",
            "sectors",
            "sector-size",
            "info",
            "physical-sector-size",
            "online",
            "feature-max-indirect-segments",
            "max-ring-page-order",
            "feature-flush-cache",
            "feature-barrier",
            "feature-discard",
            "discard-granularity");
    private final List<String> values =
        List.of(
            "",
            "0",
            "1",
            "2",
            "4",
            "11",
            "64",
            "512",
            "4096",
            "65536",
            "-1",
            "x",
            "18446744073709551615",
            "36893488147419103232",
            "1e9");

    HostileRun(HostedDomain domain, Random random) {
      super(domain, random);
      start();
    }

    void step() {
      switch (random.nextInt(10)) {
        case 0, 1, 2, 3 -> submit();
        case 4, 5, 6 -> blindly(this::lie);
        case 7 -> {
          domain.run();
          collect();
        }
        case 8 -> domain.advance(random.nextInt(40_000_000));
        default -> {
          domain.settle();
          collect();
          rejoin();
        }
      }
    }

    /** So that the run does not end with the first lie: a new backend takes over. */
    private void rejoin() {
      if (!client.live() && random.nextInt(4) == 0) {
        if (backend.connected()) {
          backend.unmap();
        }
        domain.grantLimit(4000);
        // The toolstack removes the disk and adds it again.
        domain.xenstore().remove(backend.frontend);
        domain.xenstore().remove(backend.backend);
        domain.settle();
        collect();
        backend.next = randomOptions();
        backend.createNodes();
        backend.start();
        domain.settle();
        backend.followFrontend();
        domain.settle();
      }
    }

    /** A backend that spoiled the ring itself has no reason to complain about what is in it. */
    private static void blindly(Runnable action) {
      try {
        action.run();
      } catch (ProtocolError e) {
        // The frontend's conduct is judged by its answers to requests, not by this backend.
      }
    }

    private void lie() {
      if (!backend.connected()) {
        backend.followFrontend();
        return;
      }
      backend.takeRequests();
      int n = backend.pending.size();
      switch (random.nextInt(260)) {
        case 0 -> backend.ring.forgeResponseIndex(random.nextInt());
        case 1 -> backend.ring.skipResponses(random.nextInt(40));
        case 2 ->
            backend.ring.respond(
                BlkBackend.response(random.nextLong(), random.nextInt(8), random.nextInt(5) - 2));
        case 3 -> {
          if (n > 0) { // twice, or under another operation
            BlkBackend.Request r = backend.pending.get(random.nextInt(n));
            backend.ring.respond(
                BlkBackend.response(
                    r.id ^ (1L << random.nextInt(64)), r.operation, random.nextInt(3) - 1));
          }
        }
        case 4 -> {
          if (n > 0) {
            BlkBackend.Request r = backend.pending.get(random.nextInt(n));
            backend.ring.respond(BlkBackend.response(r.id, r.operation, 0));
          }
        }
        case 5 -> backend.scribble(random);
        case 6 ->
            domain
                .xenstore()
                .write(
                    backend.backend + "/" + nodes.get(random.nextInt(nodes.size())),
                    values.get(random.nextInt(values.size())));
        case 7 -> backend.setState(random.nextInt(10));
        case 8 -> {
          backend.unmap();
          domain.xenstore().remove(backend.backend);
          return;
        }
        case 9 -> domain.grantLimit(domain.grantCount() + random.nextInt(30));
        case 10, 11 -> domain.grantLimit(4000);
        default -> {
          for (int k = random.nextInt(5); k > 0 && !backend.pending.isEmpty(); k--) {
            int i = random.nextInt(backend.pending.size());
            backend.answer(i, random.nextInt(6) == 0 ? random.nextInt(65536) : 0);
          }
        }
      }
      backend.pushAnswers();
      if (random.nextInt(4) == 0) {
        domain.send(backend.port);
      }
    }

    @Override
    void verify(int slot, Op op, int status) {
      if (op.kind == BlkEntries.WRITE) {
        assertArrayEquals(op.data, client.data(slot, op.len), "a write changed its buffer");
      }
      assertTrue(status <= 0 && status > -4096, "status " + status);
    }
  }

  @Test
  void hostileBackend() {
    RandomSteps.run(
        "blkfront-hostile",
        steps -> {
          try (HostedDomain domain = HostedDomain.create(8192, steps.seed())) {
            HostileRun run = new HostileRun(domain, steps.random());
            while (steps.next()) {
              run.step();
            }
            run.finish();
            steps.report(run.answered + " requests answered");
            assertTrue(run.answered > steps.total() / 50, "too few requests: " + run.answered);
          }
        });
  }
}
