// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.hosted;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A stub domain in this process, for a test that plays Xen and every other domain.
 *
 * <p>The domain stands still except inside {@link #run()} and {@link #settle()}; time passes only
 * in {@link #advance}. Not thread-safe: one test thread drives it.
 */
public final class HostedDomain implements AutoCloseable {
  /** The domain id the toolstack would have given it. */
  public static final int DOMID = 7;

  public static final int PAGE_SIZE = 4096;

  /** What a worker's call answered. */
  public static final class Call {
    private final int worker;
    private final boolean shared;
    private boolean done;
    private long result;

    private Call(int worker, boolean shared) {
      this.worker = worker;
      this.shared = shared;
    }

    public boolean done() {
      return done;
    }

    /**
     * The result: what the C function returned, a negative Linux errno for a failed system call.
     */
    public long result() {
      if (!done) {
        throw new IllegalStateException("the call has not ended");
      }
      return result;
    }
  }

  /** Something outside the domain that reacts to it: a backend, a guest. */
  public interface Peer {
    /** Does what there is to do now; returns whether there was anything. */
    boolean step();
  }

  private static final int FIRST_GFN = 0x1000;

  /** Of the kernel's waits for memory, in nanoseconds. */
  static final long PAUSE = 10_000_000;

  private final ByteBuffer ram;
  private final long ramBase;
  private final Xenstore xenstore;
  private final XenstoreDaemon daemon;
  private final List<Peer> peers = new ArrayList<>();
  private final List<Call> calls = new ArrayList<>();
  private final List<Integer> freeWorkers = new ArrayList<>();
  private final StringBuilder console = new StringBuilder();
  private boolean ended;
  private int patience;

  /** What {@link #boot} can start; the bits of {@code hosted_boot}. */
  public enum Service {
    XENSTORE(1),
    LINUX(2),
    BLKFRONT(4),
    NETFRONT(8),
    BRIDGE(16),
    REPORT(32);

    private final int bit;

    Service(int bit) {
      this.bit = bit;
    }
  }

  /** A domain with {@code ramPages} pages of free memory and no boot module. */
  public static HostedDomain create(int ramPages, long seed) {
    return new HostedDomain(ramPages, seed, "", null);
  }

  public HostedDomain(int ramPages, long seed, String cmdline, byte[] ramdisk) {
    HostedLibrary.load();
    int state =
        HostedLibrary.create(
            ramPages, seed, cmdline, ramdisk, ramdisk == null ? 0 : ramdisk.length);
    if (state != 0) {
      RuntimeException e =
          state < 0
              ? new IllegalStateException("hosted_create: errno " + -state)
              : new DomainEndedException(HostedLibrary.endReason(), console());
      close();
      throw e;
    }
    Pointer base = HostedLibrary.page(FIRST_GFN);
    ramBase = Pointer.nativeValue(base);
    ram = base.getByteBuffer(0, (long) ramPages * PAGE_SIZE).order(ByteOrder.LITTLE_ENDIAN);
    xenstore = new Xenstore();
    xenstore.mkdir("/local/domain/" + DOMID, "n0", "r" + DOMID); // as libxl makes it
    IntByReference port = new IntByReference();
    Pointer ring = HostedLibrary.xenstoreRing(port);
    daemon = new XenstoreDaemon(xenstore, DOMID, ring.getByteBuffer(0, PAGE_SIZE), port.getValue());
    peers.add(daemon);
  }

  @Override
  public void close() {
    HostedLibrary.destroy();
    HostedLibrary.unload();
  }

  /** The store as dom0 sees it: not bound by permissions. */
  public Xenstore xenstore() {
    return xenstore;
  }

  public void addPeer(Peer peer) {
    peers.add(peer);
  }

  public void removePeer(Peer peer) {
    peers.remove(peer);
  }

  /** Lets the domain run until nothing in it can; other domains do not react. */
  public void run() {
    checkEnd(HostedLibrary.run());
  }

  private void checkEnd(int state) {
    if (state == 2 && !ended) {
      ended = true;
      throw new DomainEndedException(HostedLibrary.endReason(), console());
    }
    if (state < 0) {
      throw new IllegalStateException("hosted_run: errno " + -state);
    }
  }

  /** Lets the domain and all peers run until none has anything to do. */
  public void settle() {
    boolean busy;
    int rounds = 0;
    do {
      run();
      busy = false;
      for (Peer peer : List.copyOf(peers)) {
        busy |= peer.step();
      }
      if (++rounds > 1_000_000) {
        throw new AssertionError("domain and peers never come to rest");
      }
    } while (busy);
    collect();
  }

  /** Lets virtual time pass, then settles. */
  public void advance(long ns) {
    HostedLibrary.clockAdvance(ns);
    settle();
  }

  public long now() {
    return HostedLibrary.clockNow();
  }

  /** How often the domain has read its monotonic clock. */
  public long clockReads() {
    return HostedLibrary.clockReads();
  }

  /**
   * Starts services of the domain, as its boot sequence would; they need not have found anything.
   */
  public void boot(Service... services) {
    long bits = 0;
    for (Service service : services) {
      bits |= service.bit;
    }
    long rc = call("hosted_boot", bits);
    if (rc != 0) {
      throw new IllegalStateException("hosted_boot: errno " + -rc + "; console:\n" + console());
    }
  }

  // ---- calls ------------------------------------------------------------------------------------

  /** Starts an exported test entry of the library on a thread of the domain. */
  public Call start(String entry, long... args) {
    return start(new Call(worker(), true), entry, args);
  }

  /** A thread for {@link #callOn} alone: no other call is made on it. */
  public int thread() {
    return check(HostedLibrary.workerCreate(), "worker");
  }

  /** As {@link #call} on that thread. */
  public long callOn(int thread, String entry, long... args) {
    return finish(start(new Call(thread, false), entry, args), entry);
  }

  private Call start(Call call, String entry, long... args) {
    long[] a = Arrays.copyOf(args, 6);
    check(
        HostedLibrary.workerCall(
            call.worker, HostedLibrary.symbol(entry), a[0], a[1], a[2], a[3], a[4], a[5]),
        entry);
    calls.add(call);
    return call;
  }

  /** Starts a Linux system call on a thread of the domain. */
  public Call startSyscall(long nr, long... args) {
    long[] a = Arrays.copyOf(args, 6);
    Call call = new Call(worker(), true);
    check(
        HostedLibrary.workerSyscall(call.worker, nr, a[0], a[1], a[2], a[3], a[4], a[5]),
        "system call " + nr);
    calls.add(call);
    return call;
  }

  /** Starts the entry, settles, and returns its result; it is an error when it still waits. */
  public long call(String entry, long... args) {
    return finish(start(entry, args), entry);
  }

  /** As {@link #call} for a system call. */
  public long syscall(long nr, long... args) {
    return finish(startSyscall(nr, args), "system call " + nr);
  }

  private long finish(Call call, String what) {
    settle();
    for (int i = 0; i < patience && !call.done(); i++) {
      advance(PAUSE);
    }
    if (!call.done()) {
      throw new AssertionError(what + " still waits; console:\n" + console());
    }
    return call.result();
  }

  /** Makes threads for calls, so that later ones need no memory for theirs. */
  void prepareWorkers(int count) {
    for (int i = 0; i < count; i++) {
      freeWorkers.add(check(HostedLibrary.workerCreate(), "worker"));
    }
  }

  private int worker() {
    if (!freeWorkers.isEmpty()) {
      return freeWorkers.remove(freeWorkers.size() - 1);
    }
    return check(HostedLibrary.workerCreate(), "worker");
  }

  private void collect() {
    LongByReference result = new LongByReference();
    calls.removeIf(
        call -> {
          if (HostedLibrary.workerResult(call.worker, result) != 1) {
            return false;
          }
          call.done = true;
          call.result = result.getValue();
          if (call.shared) {
            freeWorkers.add(call.worker);
          }
          return true;
        });
  }

  // ---- memory and grants
  // --------------------------------------------------------------------------

  /** All free RAM of the domain, little-endian; offset 0 is its first page. */
  public ByteBuffer ram() {
    return ram;
  }

  /** The address of an offset in {@link #ram()}, as the domain's code uses it. */
  public long address(int offset) {
    return ramBase + offset;
  }

  /** The offset in {@link #ram()} of an address the domain's code returned. */
  public int offset(long address) {
    long offset = address - ramBase;
    if (offset < 0 || offset >= ram.capacity()) {
      throw new AssertionError("address " + Long.toHexString(address) + " is not in RAM");
    }
    return (int) offset;
  }

  /** The offset in {@link #ram()} of a granted page, -1 when the grant is not live. */
  public int grantOffset(int ref) {
    Pointer page = HostedLibrary.grantPage(ref, null, null);
    return page == null ? -1 : offset(Pointer.nativeValue(page));
  }

  /** Whether the grant is live and read-only. */
  public boolean grantReadonly(int ref) {
    IntByReference readonly = new IntByReference();
    return HostedLibrary.grantPage(ref, null, readonly) != null && readonly.getValue() != 0;
  }

  /** The domain a live grant is for, -1 when it is not live. */
  public int grantDomid(int ref) {
    IntByReference domid = new IntByReference();
    return HostedLibrary.grantPage(ref, domid, null) == null ? -1 : domid.getValue();
  }

  public void grantHold(int ref) {
    check(HostedLibrary.grantHold(ref), "grant " + ref);
  }

  public void grantRelease(int ref) {
    check(HostedLibrary.grantRelease(ref), "grant " + ref);
  }

  public void grantLimit(int limit) {
    HostedLibrary.grantLimit(limit);
  }

  public int grantCount() {
    return HostedLibrary.grantCount();
  }

  /** From here on the allocations with these numbers fail; the next one is number 0. */
  void scarcity(long first, long count) {
    HostedLibrary.scarcity(first, count);
  }

  /** From here on a call may take so many pauses for memory. */
  void patience(int pauses) {
    patience = pauses;
  }

  /** How many allocations there were since {@link #scarcity}. */
  long allocations() {
    return HostedLibrary.allocations();
  }

  /** Memory of another domain that this one may map as foreign frames. */
  public ByteBuffer foreignMemory(int domid, long firstFrame, int pages) {
    Pointer p = HostedLibrary.foreignMemory(domid, firstFrame, pages);
    if (p == null) {
      throw new IllegalStateException("no room for foreign memory");
    }
    return p.getByteBuffer(0, (long) pages * PAGE_SIZE).order(ByteOrder.LITTLE_ENDIAN);
  }

  public void foreignGrant(int domid, int ref, long frame, boolean readonly) {
    check(HostedLibrary.foreignGrant(domid, ref, frame, readonly), "foreign grant");
  }

  /** A view of memory anywhere in the domain, also in the program's mappings. */
  public ByteBuffer memory(long address, int size) {
    return new Pointer(address).getByteBuffer(0, size).order(ByteOrder.LITTLE_ENDIAN);
  }

  // ---- event channels, hypercalls, console
  // ---------------------------------------------------------

  /** Makes a port of the domain pending; false when it is not open. */
  public boolean send(int port) {
    return HostedLibrary.evtchnSend(port) == 0;
  }

  /** How often the domain notified through the port since the last call; -1 when it is not open. */
  public int notified(int port) {
    return Math.max(-1, HostedLibrary.evtchnNotified(port));
  }

  public int portCount() {
    return HostedLibrary.evtchnCount();
  }

  public void offerPort(int domid, int remotePort) {
    check(HostedLibrary.evtchnOffer(domid, remotePort), "port");
  }

  /** The caller keeps a reference to {@code fn} as long as the domain lives. */
  public void hypercalls(HostedLibrary.Hypercalls fn) {
    HostedLibrary.hypercalls(fn);
  }

  /** Everything written to console 0 so far. */
  public String console() {
    byte[] buf = new byte[65536];
    long n;
    while ((n = HostedLibrary.consoleRead(buf, buf.length)) > 0) {
      console.append(new String(buf, 0, (int) n, StandardCharsets.ISO_8859_1));
    }
    return console.toString();
  }

  private static int check(int rc, String what) {
    if (rc < 0) {
      throw new IllegalStateException(what + ": errno " + -rc);
    }
    return rc;
  }
}
