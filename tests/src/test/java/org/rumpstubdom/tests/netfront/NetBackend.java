// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.netfront;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.rumpstubdom.tests.hosted.BackRing;
import org.rumpstubdom.tests.hosted.HostedDomain;
import org.rumpstubdom.tests.hosted.ProtocolError;
import org.rumpstubdom.tests.hosted.Xenstore;

/**
 * A network backend in dom0 that follows xen/io/netif.h to the letter, with receive by copying, as
 * Linux netback does it. What the frontend does wrong is an {@link AssertionError}.
 */
class NetBackend implements HostedDomain.Peer {

  static final int INIT_WAIT = 2;
  static final int CONNECTED = 4;
  static final int CLOSING = 5;
  static final int CLOSED = 6;

  static final int TXF_MORE = 4;
  static final int RXF_VALIDATED = 1;
  static final int RXF_BLANK = 2;
  static final int RXF_MORE = 4;
  static final int RXF_EXTRA = 8;

  private static final int PAGE = HostedDomain.PAGE_SIZE;

  final HostedDomain domain;
  final Xenstore store;
  final int id;
  final String frontend;
  final String backend;

  boolean scatterGather = true;
  boolean splitChannels;

  BackRing tx;
  BackRing rx;
  int txPort;
  int rxPort;
  int txNotifications;
  int rxNotifications;

  /** Frames the frontend sent, in order. */
  final ArrayDeque<byte[]> received = new ArrayDeque<>();

  /** Ids of transmit requests taken and not answered. */
  final List<Integer> unanswered = new ArrayList<>();

  /** Takes and answers the frontend's frames at once; otherwise the test does. */
  boolean automatic = true;

  private final Set<Integer> outstanding = new HashSet<>();
  private int[] ringRefs = {};
  private Runnable nextOffer = () -> {};

  NetBackend(HostedDomain domain, int id) {
    this.domain = domain;
    this.store = domain.xenstore();
    this.id = id;
    this.frontend = "/local/domain/" + HostedDomain.DOMID + "/device/vif/" + id;
    this.backend = "/local/domain/0/backend/vif/" + HostedDomain.DOMID + "/" + id;
  }

  void createNodes() {
    String domid = Integer.toString(HostedDomain.DOMID);
    store.mkdir(backend, "n0", "r" + domid);
    store.write(backend + "/frontend", frontend);
    store.write(backend + "/online", 1);
    store.write(backend + "/state", 1);
    store.mkdir(frontend, "n" + domid, "r0");
    store.write(frontend + "/backend", backend);
    store.write(frontend + "/backend-id", 0);
    store.write(frontend + "/handle", id);
    store.write(frontend + "/mac", String.format("00:16:3e:aa:bb:%02x", id));
    store.write(frontend + "/state", 1);
    store.mkdir(frontend + "/state", "n" + domid, "r0");
  }

  /** What to offer from the next InitWait on. */
  void offerNext(boolean scatterGatherThen, boolean splitChannelsThen) {
    nextOffer =
        () -> {
          scatterGather = scatterGatherThen;
          splitChannels = splitChannelsThen;
        };
  }

  void start() {
    nextOffer.run();
    nextOffer = () -> {};
    store.write(backend + "/feature-sg", scatterGather ? 1 : 0);
    store.write(backend + "/feature-rx-copy", 1);
    store.write(backend + "/feature-split-event-channels", splitChannels ? 1 : 0);
    setState(INIT_WAIT);
  }

  int state() {
    return (int) store.readNumber(backend + "/state", 0);
  }

  int frontendState() {
    return (int) store.readNumber(frontend + "/state", 0);
  }

  void setState(int state) {
    store.write(backend + "/state", state);
  }

  boolean connected() {
    return tx != null;
  }

  private int offer(String node) {
    return (int) store.readNumber(frontend + "/" + node, -1);
  }

  private BackRing map(String node, int index, int entrySize) {
    ringRefs[index] = offer(node);
    int page = domain.grantOffset(ringRefs[index]);
    check(page >= 0 && domain.grantDomid(ringRefs[index]) == 0, node + " is not granted");
    domain.grantHold(ringRefs[index]);
    return new BackRing(domain.ram(), new int[] {page}, entrySize);
  }

  void connect() {
    check(offer("request-rx-copy") == 1, "request-rx-copy");
    check(offer("feature-no-csum-offload") == 1, "asks for blank checksums");
    check(offer("feature-gso-tcpv4") <= 0, "offers segmentation");
    ringRefs = new int[2];
    tx = map("tx-ring-ref", 0, 12);
    rx = map("rx-ring-ref", 1, 8);
    if (offer("event-channel-tx") >= 0) {
      check(splitChannels, "split channels were not offered");
      check(offer("event-channel") < 0, "both kinds of event channel");
      txPort = offer("event-channel-tx");
      rxPort = offer("event-channel-rx");
      check(txPort != rxPort, "one port for both directions");
    } else {
      check(!splitChannels, "split channels were offered");
      txPort = offer("event-channel");
      rxPort = txPort;
    }
    setState(CONNECTED);
  }

  void unmap() {
    for (int ref : ringRefs) {
      domain.grantRelease(ref);
    }
    ringRefs = new int[0];
    unanswered.clear();
    outstanding.clear();
    tx = null;
    rx = null;
  }

  void removeNodes() {
    if (connected()) {
      unmap();
    }
    store.remove(frontend);
    store.remove(backend);
  }

  @Override
  public boolean step() {
    boolean busy = followFrontend();
    if (connected() && automatic) {
      busy |= takeFrames() > 0;
      answerAll();
    }
    return busy;
  }

  /** Linux netback's reactions to the frontend's state. */
  boolean followFrontend() {
    int theirs = frontendState();
    int ours = state();
    if (ours == INIT_WAIT && theirs == CONNECTED && !connected()) {
      connect();
    } else if ((ours == CONNECTED || ours == CLOSING) && theirs == CLOSED) {
      if (connected()) {
        unmap();
      }
      setState(CLOSED);
    } else if (ours == CONNECTED && theirs == CLOSING) {
      unmap();
      setState(CLOSING);
    } else if (ours == CLOSED && theirs == 1) {
      start();
    } else {
      return false;
    }
    return true;
  }

  // ---- from the frontend
  // ---------------------------------------------------------------------------

  /** Takes all complete frames from the ring; returns how many. */
  int takeFrames() {
    int frames = 0;
    if (frontendState() == CLOSED) {
      return 0;
    }
    do {
      while (tx.unconsumed() > 0) {
        received.add(takeFrame());
        frames++;
      }
    } while (tx.finalCheck());
    txNotifications += Math.max(0, domain.notified(txPort));
    return frames;
  }

  private byte[] takeFrame() {
    ByteBuffer first = tx.take();
    int total = Short.toUnsignedInt(first.getShort(10));
    byte[] frame = new byte[total];
    int flags = Short.toUnsignedInt(first.getShort(6));
    List<ByteBuffer> rest = new ArrayList<>();
    int others = 0;
    while ((flags & TXF_MORE) != 0) {
      check(scatterGather, "a frame of several slots");
      check(tx.unconsumed() > 0, "a frame is published in part");
      ByteBuffer next = tx.take();
      rest.add(next);
      others += Short.toUnsignedInt(next.getShort(10));
      flags = Short.toUnsignedInt(next.getShort(6));
      check(rest.size() < 18, "a frame of more than 18 slots");
    }
    check(others < total, "the first slot has no data");
    int at = copy(first, total - others, frame, 0);
    for (ByteBuffer next : rest) {
      at = copy(next, Short.toUnsignedInt(next.getShort(10)), frame, at);
    }
    return frame;
  }

  private int copy(ByteBuffer request, int len, byte[] frame, int at) {
    int ref = request.getInt(0);
    int offset = Short.toUnsignedInt(request.getShort(4));
    int requestId = Short.toUnsignedInt(request.getShort(8));
    int page = domain.grantOffset(ref);
    check(page >= 0, "transmit request names grant " + ref + ", which does not exist");
    check(len > 0 && offset + len <= PAGE, "data of " + len + " bytes at " + offset);
    check(outstanding.add(requestId), "transmit id " + requestId + " is used twice");
    unanswered.add(requestId);
    domain.ram().get(page + offset, frame, at, len);
    return at + len;
  }

  static byte[] txResponse(int id, int status) {
    ByteBuffer out = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
    return out.putShort(0, (short) id).putShort(2, (short) status).array();
  }

  /** Answers the n-th unanswered transmit request. */
  void answer(int index, int status) {
    int requestId = unanswered.remove(index);
    outstanding.remove(requestId);
    tx.respond(txResponse(requestId, status));
  }

  void pushAnswers() {
    if (tx.push()) {
      domain.send(txPort);
    }
  }

  void answerAll() {
    while (!unanswered.isEmpty()) {
      answer(0, 0);
    }
    pushAnswers();
  }

  // ---- to the frontend
  // -----------------------------------------------------------------------------

  /** Buffers the frontend has posted. */
  int posted() {
    return rx.unconsumed();
  }

  static byte[] rxResponse(int id, int offset, int flags, int status) {
    ByteBuffer out = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    out.putShort(0, (short) id).putShort(2, (short) offset);
    return out.putShort(4, (short) flags).putShort(6, (short) status).array();
  }

  /** Gives a frame to the frontend in pieces of at most {@code piece} bytes; false without room. */
  boolean deliver(byte[] frame, int flags, int piece, int offset) {
    int slots = (frame.length + piece - 1) / piece;
    if (posted() < slots) {
      return false;
    }
    for (int at = 0; at < frame.length; at += piece) {
      int len = Math.min(piece, frame.length - at);
      ByteBuffer request = rx.take();
      int page = domain.grantOffset(request.getInt(4));
      check(page >= 0, "posted grant " + request.getInt(4) + " does not exist");
      domain.ram().put(page + offset, frame, at, len);
      int more = at + len < frame.length ? RXF_MORE : 0;
      rx.respond(rxResponse(request.getShort(0), offset, (at == 0 ? flags : 0) | more, len));
    }
    return true;
  }

  boolean deliver(byte[] frame) {
    boolean ok = deliver(frame, RXF_VALIDATED, PAGE, 0);
    pushFrames();
    return ok;
  }

  void pushFrames() {
    rx.finalCheck();
    if (rx.push()) {
      domain.send(rxPort);
    }
    rxNotifications += Math.max(0, domain.notified(rxPort));
  }

  void scribble(Random random) {
    byte[] noise = new byte[64];
    for (int ref : ringRefs) {
      int page = domain.grantOffset(ref);
      random.nextBytes(noise);
      domain.ram().put(page + 64 + random.nextInt(PAGE - 128), noise);
    }
  }

  static void check(boolean ok, String what) {
    if (!ok) {
      throw new ProtocolError(what);
    }
  }

  static byte[] frame(Random random, int len) {
    byte[] frame = new byte[len];
    random.nextBytes(frame);
    return frame;
  }
}
