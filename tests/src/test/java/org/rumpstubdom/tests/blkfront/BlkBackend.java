// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.blkfront;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.rumpstubdom.tests.hosted.BackRing;
import org.rumpstubdom.tests.hosted.HostedDomain;
import org.rumpstubdom.tests.hosted.ProtocolError;
import org.rumpstubdom.tests.hosted.Xenstore;

/**
 * A block backend in dom0 that follows xen/io/blkif.h to the letter: states, negotiation, ring.
 * What the frontend does wrong is an {@link AssertionError}. The disk behind it is a {@link
 * SparseDisk}.
 */
class BlkBackend implements HostedDomain.Peer {
  static final int SECTOR = 512;

  static final int INIT_WAIT = 2;
  static final int INITIALISED = 3;
  static final int CONNECTED = 4;
  static final int CLOSING = 5;
  static final int CLOSED = 6;

  static final int OP_READ = 0;
  static final int OP_WRITE = 1;
  static final int OP_BARRIER = 2;
  static final int OP_FLUSH = 3;
  static final int OP_DISCARD = 5;
  static final int OP_INDIRECT = 6;

  static final int OKAY = 0;
  static final int ERROR = -1;
  static final int NOT_SUPPORTED = -2;

  private static final int ENTRY = 112;

  /** What the backend offers; the defaults are a plain writable disk. */
  static final class Options {
    long sectors = 2048;
    int sectorSize = 512;
    boolean readonly;
    boolean flushCache;
    boolean barrier;
    boolean discard;
    boolean persistent;
    int indirectSegments;
    int ringOrder;
  }

  /** One request taken from the ring and not answered yet. */
  static final class Request {
    long id;
    int ringOperation;
    int operation;
    long sector;
    long sectors; // of a discard
    int[] refs;
    int[] first;
    int[] last;
    int indirectRef = -1;
  }

  final HostedDomain domain;
  final Xenstore store;
  final int devid;
  final SparseDisk disk;
  final String frontend;
  final String backend;
  final List<Request> pending = new ArrayList<>();

  /** What is offered now; {@link #next} takes its place when the backend enters InitWait. */
  Options options;

  Options next;
  BackRing ring;
  int port;
  int flushes;
  int barriers;
  int discards;
  int indirectRequests;
  int notifications;

  /** Answers taken requests at once; otherwise the test does, through {@link #answer}. */
  boolean automatic = true;

  private final Map<Integer, Integer> mapped = new HashMap<>();
  private int[] ringRefs = {};

  BlkBackend(HostedDomain domain, int devid, Options options, SparseDisk disk) {
    this(domain, devid, options, disk, "vbd");
  }

  /** {@code type}: what the backend calls itself in xenstore. */
  BlkBackend(HostedDomain domain, int devid, Options options, SparseDisk disk, String type) {
    this.domain = domain;
    this.store = domain.xenstore();
    this.devid = devid;
    this.options = options;
    this.disk = disk;
    this.frontend = "/local/domain/" + HostedDomain.DOMID + "/device/vbd/" + devid;
    this.backend = "/local/domain/0/backend/" + type + "/" + HostedDomain.DOMID + "/" + devid;
  }

  /** What libxl writes when it adds the disk (both ends in state Initialising). */
  void createNodes() {
    String domid = Integer.toString(HostedDomain.DOMID);
    store.mkdir(backend, "n0", "r" + domid);
    store.write(backend + "/frontend", frontend);
    store.write(backend + "/frontend-id", domid);
    store.write(backend + "/online", 1);
    store.write(backend + "/state", 1);
    store.mkdir(frontend, "n" + domid, "r0");
    store.write(frontend + "/backend", backend);
    store.write(frontend + "/backend-id", 0);
    store.write(frontend + "/virtual-device", devid);
    store.write(frontend + "/device-type", "disk");
    store.write(frontend + "/state", 1);
    for (String node : List.of("/state", "")) {
      store.mkdir(frontend + node, "n" + domid, "r0");
    }
  }

  /** The backend's driver starts: from Initialising to InitWait. */
  void start() {
    if (next != null) {
      options = next;
      next = null;
    }
    if (options.ringOrder > 0) {
      store.write(backend + "/max-ring-page-order", options.ringOrder);
    } else {
      flag("max-ring-page-order", false);
    }
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

  private void flag(String name, boolean on) {
    if (on) {
      store.write(backend + "/" + name, 1);
    } else if (store.read(backend + "/" + name) != null) {
      store.remove(backend + "/" + name);
    }
  }

  void writeProperties() {
    store.write(backend + "/sectors", options.sectors);
    store.write(backend + "/sector-size", options.sectorSize);
    store.write(backend + "/info", options.readonly ? 4 : 0);
    flag("feature-flush-cache", options.flushCache);
    flag("feature-barrier", options.barrier);
    flag("feature-discard", options.discard);
    flag("feature-persistent", options.persistent);
    if (options.indirectSegments > 0) {
      store.write(backend + "/feature-max-indirect-segments", options.indirectSegments);
    } else {
      flag("feature-max-indirect-segments", false);
    }
  }

  /** Takes the frontend's offer: maps the ring, binds the port. */
  void connect() {
    int order = (int) store.readNumber(frontend + "/ring-page-order", 0);
    if (order > options.ringOrder) {
      throw new ProtocolError("ring of order " + order + ", at most " + options.ringOrder);
    }
    ringRefs = new int[1 << order];
    int[] pages = new int[1 << order];
    for (int i = 0; i < pages.length; i++) {
      String node = order == 0 ? "/ring-ref" : "/ring-ref" + i;
      ringRefs[i] = (int) store.readNumber(frontend + node, -1);
      pages[i] = domain.grantOffset(ringRefs[i]);
      if (pages[i] < 0 || domain.grantDomid(ringRefs[i]) != 0) {
        throw new ProtocolError("ring page " + i + " is not granted to the backend");
      }
      domain.grantHold(ringRefs[i]);
    }
    if (!"x86_64-abi".equals(store.read(frontend + "/protocol"))) {
      throw new ProtocolError("protocol " + store.read(frontend + "/protocol"));
    }
    port = (int) store.readNumber(frontend + "/event-channel", 0);
    ring = new BackRing(domain.ram(), pages, ENTRY);
    writeProperties();
    setState(CONNECTED);
  }

  /**
   * Unmaps everything, as a backend does when the frontend is gone. Unanswered requests are lost.
   */
  void unmap() {
    for (int ref : ringRefs) {
      domain.grantRelease(ref);
    }
    ringRefs = new int[0];
    for (Map.Entry<Integer, Integer> e : mapped.entrySet()) {
      domain.grantRelease(e.getKey());
    }
    mapped.clear();
    pending.clear();
    ring = null;
  }

  boolean connected() {
    return ring != null;
  }

  /** The toolstack takes the disk away: both directories vanish. */
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
    if (!connected()) {
      return busy;
    }
    takeRequests();
    if (automatic && !pending.isEmpty()) {
      while (!pending.isEmpty()) {
        answer(0, execute(pending.get(0)));
      }
      pushAnswers();
      busy = true;
    }
    return busy;
  }

  /** Linux blkback's reactions to the frontend's state. */
  boolean followFrontend() {
    int theirs = frontendState();
    int ours = state();
    if (ours == INIT_WAIT && theirs == INITIALISED && !connected()) {
      connect();
    } else if ((ours == CONNECTED || ours == CLOSING) && theirs == CLOSED) {
      if (connected()) {
        unmap();
      }
      setState(CLOSED);
    } else if (ours == CONNECTED && theirs == CLOSING) {
      setState(CLOSING);
    } else if (ours == CLOSED && theirs == 1) {
      start();
    } else {
      return false;
    }
    return true;
  }

  /** Moves requests from the ring to {@link #pending}; returns how many. */
  int takeRequests() {
    int taken = 0;
    if (frontendState() == CLOSED) {
      return 0; // the frontend has given up this ring; its requests are void
    }
    do {
      while (ring.unconsumed() > 0) {
        pending.add(parse(ring.take()));
        taken++;
      }
    } while (ring.finalCheck());
    int n = domain.notified(port);
    notifications += Math.max(0, n);
    if (taken > 0 && n < 0) {
      throw new ProtocolError("requests on a ring whose event channel is closed");
    }
    return taken;
  }

  private Request parse(ByteBuffer e) {
    Request r = new Request();
    r.ringOperation = e.get(0);
    r.id = e.getLong(8);
    r.sector = e.getLong(16);
    r.operation = r.ringOperation;
    int handleAt = 2;
    int segments = Byte.toUnsignedInt(e.get(1));
    switch (r.ringOperation) {
      case OP_READ, OP_WRITE -> {
        check(segments >= 1 && segments <= 11, "segments " + segments);
        parseSegments(r, segments, e, 24);
      }
      case OP_BARRIER, OP_FLUSH -> check(segments == 0, "flush with data");
      case OP_DISCARD -> r.sectors = e.getLong(24);
      case OP_INDIRECT -> {
        r.operation = e.get(1);
        segments = Short.toUnsignedInt(e.getShort(2));
        handleAt = 24;
        check(r.operation == OP_READ || r.operation == OP_WRITE, "indirect " + r.operation);
        check(
            segments >= 1 && segments <= Math.min(512, options.indirectSegments),
            "indirect segments " + segments);
        r.indirectRef = e.getInt(28);
        parseSegments(r, segments, domain.ram(), map(r.indirectRef));
        indirectRequests++;
      }
      default -> throw new ProtocolError("operation " + r.ringOperation);
    }
    check(Short.toUnsignedInt(e.getShort(handleAt)) == (devid & 0xffff), "handle");
    for (int i = 0; i < segments(r); i++) {
      map(r.refs[i]);
    }
    return r;
  }

  private static int segments(Request r) {
    return r.refs == null ? 0 : r.refs.length;
  }

  private void parseSegments(Request r, int n, ByteBuffer from, int at) {
    r.refs = new int[n];
    r.first = new int[n];
    r.last = new int[n];
    for (int i = 0; i < n; i++) {
      r.refs[i] = from.getInt(at + i * 8);
      r.first[i] = Byte.toUnsignedInt(from.get(at + i * 8 + 4));
      r.last[i] = Byte.toUnsignedInt(from.get(at + i * 8 + 5));
      check(r.first[i] <= r.last[i] && r.last[i] < 8, "segment " + r.first[i] + ".." + r.last[i]);
    }
  }

  /** The offset of a granted page in RAM; it stays mapped until the answer, or for good. */
  private int map(int ref) {
    Integer known = mapped.get(ref);
    if (known != null) {
      return known;
    }
    int offset = domain.grantOffset(ref);
    check(offset >= 0, "request names grant " + ref + ", which does not exist");
    check(!domain.grantReadonly(ref), "grant " + ref + " is read-only");
    domain.grantHold(ref);
    mapped.put(ref, offset);
    return offset;
  }

  private void unmapRequest(Request r) {
    if (options.persistent) {
      return;
    }
    for (int i = 0; i < segments(r); i++) {
      unmap(r.refs[i]);
    }
    if (r.indirectRef >= 0) {
      unmap(r.indirectRef);
    }
  }

  private void unmap(int ref) {
    if (mapped.remove(ref) != null) {
      domain.grantRelease(ref);
    }
  }

  /** Does what the request asks for; returns the status for its answer. */
  int execute(Request r) {
    switch (r.operation) {
      case OP_READ, OP_WRITE -> {
        long total = 0;
        for (int i = 0; i < segments(r); i++) {
          total += r.last[i] - r.first[i] + 1;
        }
        check(r.sector >= 0 && r.sector + total <= options.sectors, "beyond the end: " + r.sector);
        int mask = options.sectorSize / SECTOR - 1;
        check((r.sector & mask) == 0 && (total & mask) == 0, "not whole sectors");
        check(r.operation == OP_READ || !options.readonly, "write to a read-only disk");
        long offset = r.sector * SECTOR;
        for (int i = 0; i < segments(r); i++) {
          int at = mapped.get(r.refs[i]) + r.first[i] * SECTOR;
          int len = (r.last[i] - r.first[i] + 1) * SECTOR;
          if (r.operation == OP_READ) {
            disk.read(offset, domain.ram(), at, len);
          } else {
            disk.write(offset, domain.ram(), at, len);
          }
          offset += len;
        }
        return OKAY;
      }
      case OP_FLUSH -> {
        check(options.flushCache, "flush without feature-flush-cache");
        flushes++;
        return OKAY;
      }
      case OP_BARRIER -> {
        check(options.barrier, "barrier without feature-barrier");
        barriers++;
        return OKAY;
      }
      case OP_DISCARD -> {
        check(options.discard && !options.readonly, "discard without feature-discard");
        check(r.sector + r.sectors <= options.sectors, "discard beyond the end");
        discards++;
        byte[] zero = new byte[(int) Math.min(r.sectors * SECTOR, 1 << 20)];
        for (long done = 0; done < r.sectors * SECTOR; done += zero.length) {
          disk.write(
              r.sector * SECTOR + done,
              ByteBuffer.wrap(zero),
              0,
              (int) Math.min(zero.length, r.sectors * SECTOR - done));
        }
        return OKAY;
      }
      default -> throw new ProtocolError("operation " + r.operation);
    }
  }

  /** Writes the answer to a pending request; {@link #pushAnswers} publishes it. */
  void answer(int index, int status) {
    Request r = pending.remove(index);
    unmapRequest(r);
    ring.respond(response(r.id, r.operation, status));
  }

  static byte[] response(long id, int operation, int status) {
    ByteBuffer out = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    out.putLong(0, id).put(8, (byte) operation).putShort(10, (short) status);
    return out.array();
  }

  /** What a hostile backend may do to all that is granted to it, the ring's indices apart. */
  void scribble(Random random) {
    byte[] noise = new byte[64];
    for (int at : mapped.values()) {
      random.nextBytes(noise);
      domain.ram().put(at + random.nextInt(HostedDomain.PAGE_SIZE - noise.length), noise);
    }
    for (int ref : ringRefs) {
      int page = domain.grantOffset(ref);
      random.nextBytes(noise);
      domain.ram().put(page + 64 + random.nextInt(HostedDomain.PAGE_SIZE - 128), noise);
    }
  }

  void pushAnswers() {
    if (ring.push()) {
      domain.send(port);
    }
  }

  static void check(boolean ok, String what) {
    if (!ok) {
      throw new ProtocolError(what);
    }
  }
}
