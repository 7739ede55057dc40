// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.netfront;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.tests.hosted.HostedDomain;
import org.rumpstubdom.tests.hosted.ProtocolError;
import org.rumpstubdom.tests.hosted.RandomSteps;

/**
 * Ten million random steps of frontend and backend, half of them with a backend that keeps the
 * protocol (and restarts, answers late and with errors, runs short of grants) and half with one
 * that lies.
 *
 * <p>Checked all along: what is sent while the device is connected arrives complete, unchanged, in
 * order and once, both ways; no buffer is touched outside (AddressSanitizer). At the end: nothing
 * is left over.
 */
@Tag("hosted")
class NetfrontRandomTest {
  private static final long SECOND = 1_000_000_000L;

  private abstract static class Run {
    final HostedDomain domain;
    final Random random;
    final NetBackend backend;
    NetClient client;
    long frames;

    Run(HostedDomain domain, Random random) {
      this.domain = domain;
      this.random = random;
      backend = new NetBackend(domain, 0);
      backend.automatic = false;
      backend.splitChannels = random.nextBoolean();
      backend.createNodes();
      backend.start();
      domain.boot(HostedDomain.Service.XENSTORE, HostedDomain.Service.NETFRONT);
      client = NetClient.open(domain, 0);
      join();
      assertTrue(client.connected(), domain.console());
    }

    /** Frontend and backend find each other. */
    void join() {
      do {
        domain.settle();
      } while (backend.followFrontend());
    }

    int frameSize() {
      return switch (random.nextInt(10)) {
        case 0 -> 14 + random.nextInt(65535 - 13);
        case 1, 2 -> 14 + random.nextInt(9000);
        default -> 14 + random.nextInt(1501);
      };
    }

    void finish() {
      domain.grantLimit(Integer.MAX_VALUE >> 8);
      backend.removeNodes();
      domain.settle();
      domain.advance(200 * SECOND);
      assertEquals(0, domain.grantCount(), "grants left over");
      assertEquals(1, domain.portCount(), "event channels left over");
    }
  }

  // ---- a backend that keeps the protocol
  // -----------------------------------------------------------

  private static final class HonestRun extends Run {
    private final ArrayDeque<byte[]> out = new ArrayDeque<>();
    private final ArrayDeque<byte[]> in = new ArrayDeque<>();

    HonestRun(HostedDomain domain, Random random) {
      super(domain, random);
    }

    void step() {
      switch (random.nextInt(10)) {
        case 0, 1 -> send();
        case 2, 3 -> deliver();
        case 4, 5 -> receive();
        case 6 -> take();
        case 7 -> domain.run();
        case 8 -> event();
        default -> join();
      }
      if (!client.connected()) {
        out.clear(); // lost with the connection
        in.clear();
        backend.received.clear();
      }
    }

    private void send() {
      byte[] frame = NetBackend.frame(random, frameSize());
      boolean sendable = client.sendable();
      long n = client.send(frame);
      if (n == -11) {
        // Room for one slot is not room for sixteen.
        assertTrue(!sendable || frame.length > 4096, "refused though there was room");
      } else if (n == -90) {
        assertTrue(!backend.scatterGather && frame.length > 4096, "refused " + frame.length);
      } else {
        assertEquals(frame.length, n);
        if (client.connected()) {
          out.add(frame);
        }
      }
    }

    private void take() {
      if (!backend.connected()) {
        return;
      }
      backend.takeFrames();
      while (!backend.received.isEmpty()) {
        frames++;
        assertArrayEquals(out.poll(), backend.received.remove(), "frame from the frontend");
      }
      int n = random.nextInt(backend.unanswered.size() + 1);
      while (n-- > 0) {
        backend.answer(random.nextInt(backend.unanswered.size()), random.nextInt(12) == 0 ? -1 : 0);
      }
      backend.pushAnswers();
    }

    private void deliver() {
      if (!backend.connected() || !client.connected()) {
        return;
      }
      if (random.nextInt(10) == 0 && backend.posted() > 0) { // a frame the backend gave up
        int id = backend.rx.take().getShort(0);
        backend.rx.respond(NetBackend.rxResponse(id, 0, 0, -1 - random.nextInt(2)));
      }
      byte[] expected;
      byte[] given;
      int flags = 0;
      if (random.nextInt(4) == 0) {
        Packets.Kind kind =
            new Packets.Kind(
                random.nextBoolean(),
                random.nextBoolean() ? Packets.TCP : Packets.UDP,
                random.nextInt(3),
                4 * random.nextInt(11),
                random.nextInt(8));
        if (kind.ipv6() && kind.ipOptions() > 0) {
          kind = new Packets.Kind(true, kind.protocol(), kind.vlanTags(), 0, kind.trailer());
        }
        expected = Packets.frame(kind, random, random.nextInt(3000));
        given = expected.clone();
        given[Packets.checksumOffset(kind)] ^= (byte) random.nextInt();
        flags = NetBackend.RXF_BLANK;
      } else {
        expected = NetBackend.frame(random, frameSize());
        given = expected;
      }
      int piece = random.nextBoolean() ? 4096 : 1300 + random.nextInt(2700);
      if (given.length / piece < 20
          && backend.deliver(given, flags, piece, random.nextInt(4096 - piece + 1))) {
        in.add(expected);
      }
      if (random.nextInt(3) > 0) {
        backend.pushFrames();
      }
    }

    private void receive() {
      if (backend.connected()) {
        backend.pushFrames();
      }
      byte[] frame = client.receive();
      if (frame != null) {
        frames++;
        assertArrayEquals(in.poll(), frame, "frame from the backend");
      } else if (client.connected()) {
        assertTrue(in.isEmpty(), "a frame was lost");
      }
    }

    private void event() {
      switch (random.nextInt(300)) {
        case 0 -> { // orderly
          // What the frontend put into the rings before the backend came is not lost by this.
          join();
          if (backend.connected()) {
            backend.setState(NetBackend.CLOSING);
          }
          backend.offerNext(random.nextInt(4) > 0, random.nextBoolean());
          reconnect();
        }
        case 1 -> { // it crashes and is started again
          if (backend.connected()) {
            backend.unmap();
          }
          domain.xenstore().remove(backend.backend);
          reconnect();
          backend.offerNext(random.nextInt(4) > 0, random.nextBoolean());
          backend.createNodes();
          backend.start();
          join();
        }
        case 2 -> {
          client.close();
          if (random.nextBoolean()) {
            reconnect();
          }
          client = NetClient.open(domain, 0);
          reconnect();
        }
        case 3 -> domain.grantLimit(domain.grantCount() + random.nextInt(30));
        case 4 -> domain.grantLimit(4000);
        default -> domain.advance(random.nextInt(50_000_000));
      }
    }

    private void reconnect() {
      join();
      out.clear();
      in.clear();
      backend.received.clear();
    }
  }

  @Test
  void honestBackend() {
    RandomSteps.run(
        "netfront-honest",
        steps -> {
          try (HostedDomain domain = HostedDomain.create(4096, steps.seed())) {
            HonestRun run = new HonestRun(domain, steps.random());
            while (steps.next()) {
              run.step();
            }
            run.finish();
            steps.report(run.frames + " frames arrived");
            assertTrue(run.frames > steps.total() / 10, "too few frames: " + run.frames);
          }
        });
  }

  // ---- a backend that lies
  // -------------------------------------------------------------------------

  private static final class HostileRun extends Run {
    private final List<String> nodes =
        List.of("state", "feature-sg", "feature-split-event-channels", "online");
    private final List<String> values =
        List.of("", "0", "1", "2", "4", "6", "-1", "x", "18446744073709551616");

    HostileRun(HostedDomain domain, Random random) {
      super(domain, random);
    }

    void step() {
      switch (random.nextInt(10)) {
        case 0, 1 -> client.send(NetBackend.frame(random, frameSize()));
        case 2, 3 -> {
          if (client.receive(1 + random.nextInt(2000)) != null) {
            frames++;
          }
        }
        case 4, 5, 6 -> blindly(this::lie);
        case 7 -> domain.run();
        case 8 -> domain.advance(random.nextInt(50_000_000));
        default -> {
          domain.settle();
          rejoin();
        }
      }
    }

    private void rejoin() {
      if (client.connected() || random.nextInt(4) > 0) {
        return;
      }
      if (backend.connected()) {
        backend.unmap();
      }
      domain.grantLimit(4000);
      domain.xenstore().remove(backend.frontend);
      domain.xenstore().remove(backend.backend);
      domain.settle();
      backend.offerNext(random.nextBoolean(), random.nextBoolean());
      backend.createNodes();
      backend.start();
      if (random.nextInt(3) == 0) {
        client.close();
        domain.settle();
        client = NetClient.open(domain, 0);
      }
      join();
    }

    /** A backend that spoiled the rings itself has no reason to complain about what is in them. */
    private static void blindly(Runnable action) {
      try {
        action.run();
      } catch (ProtocolError e) {
        // The frontend is judged by what it does to its user, not by this backend.
      }
    }

    private void lie() {
      if (!backend.connected()) {
        backend.followFrontend();
        return;
      }
      backend.takeFrames();
      backend.received.clear();
      switch (random.nextInt(400)) {
        case 0 -> backend.rx.forgeResponseIndex(random.nextInt());
        case 1 -> backend.tx.forgeResponseIndex(random.nextInt());
        case 2 -> backend.rx.skipResponses(random.nextInt(70));
        case 3 -> backend.tx.skipResponses(random.nextInt(70));
        case 4 -> backend.scribble(random);
        case 5 ->
            backend.tx.respond(NetBackend.txResponse(random.nextInt(100), random.nextInt(4) - 2));
        case 6, 7 -> {
          if (backend.posted() > 0) {
            backend.rx.take();
            backend.rx.respond(
                NetBackend.rxResponse(
                    random.nextInt(66),
                    random.nextInt(4200),
                    random.nextInt(32),
                    random.nextInt(4200) - 50));
          }
        }
        case 8 -> {
          if (backend.posted() > 0) { // noise as a slot of any kind
            backend.rx.take();
            backend.rx.respond(ByteBuffer.allocate(8).putLong(0, random.nextLong()).array());
          }
        }
        case 9 -> backend.setState(random.nextInt(9));
        case 10 ->
            domain
                .xenstore()
                .write(
                    backend.backend + "/" + nodes.get(random.nextInt(nodes.size())),
                    values.get(random.nextInt(values.size())));
        case 11 -> {
          backend.unmap();
          domain.xenstore().remove(backend.backend);
          return;
        }
        case 12 -> domain.grantLimit(domain.grantCount() + random.nextInt(30));
        default -> serve();
      }
      backend.pushFrames();
      backend.pushAnswers();
      if (random.nextInt(4) == 0) {
        domain.send(backend.txPort);
        domain.send(backend.rxPort);
      }
    }

    /** Mostly what it should do, with odd flags and lengths. */
    private void serve() {
      for (int n = random.nextInt(4); n > 0 && !backend.unanswered.isEmpty(); n--) {
        backend.answer(random.nextInt(backend.unanswered.size()), random.nextInt(65536));
      }
      byte[] junk = NetBackend.frame(random, 1 + random.nextInt(3000));
      if (random.nextBoolean() && junk.length > 20) {
        ByteBuffer.wrap(junk).putShort(12, (short) (random.nextBoolean() ? 0x0800 : 0x86dd));
        junk[14] = (byte) (random.nextBoolean() ? 0x45 : 0x60);
        junk[16] = 0;
      }
      int piece = 1 + random.nextInt(4096);
      backend.deliver(junk, random.nextInt(4), piece, 0);
    }
  }

  @Test
  void hostileBackend() {
    RandomSteps.run(
        "netfront-hostile",
        steps -> {
          try (HostedDomain domain = HostedDomain.create(4096, steps.seed())) {
            HostileRun run = new HostileRun(domain, steps.random());
            while (steps.next()) {
              run.step();
            }
            run.finish();
            steps.report(run.frames + " frames arrived");
            assertTrue(run.frames > steps.total() / 50, "too few frames: " + run.frames);
          }
        });
  }
}
