// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.hosted;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.rumpstubdom.tests.hosted.Xenstore.XenstoreException;

/**
 * Serves the domain's xenstore ring (xen/io/xs_wire.h) from a {@link Xenstore}, with the quotas
 * xenstored has for unprivileged domains. Protocol violations by the domain are test failures.
 */
public final class XenstoreDaemon implements HostedDomain.Peer, Xenstore.Listener {
  private static final int RING = 1024;
  private static final int REQ = 0;
  private static final int RSP = RING;
  private static final int REQ_CONS = 2 * RING;
  private static final int REQ_PROD = REQ_CONS + 4;
  private static final int RSP_CONS = REQ_CONS + 8;
  private static final int RSP_PROD = REQ_CONS + 12;
  private static final int HEADER = 16;
  private static final int PAYLOAD_MAX = 4096;
  private static final int WATCH_QUOTA = 128;
  private static final int TRANSACTION_QUOTA = 10;
  private static final int NODE_SIZE_QUOTA = 2048;

  private static final int DIRECTORY = 1;
  private static final int READ = 2;
  private static final int GET_PERMS = 3;
  private static final int WATCH = 4;
  private static final int UNWATCH = 5;
  private static final int TRANSACTION_START = 6;
  private static final int TRANSACTION_END = 7;
  private static final int GET_DOMAIN_PATH = 10;
  private static final int WRITE = 11;
  private static final int MKDIR = 12;
  private static final int RM = 13;
  private static final int SET_PERMS = 14;
  private static final int WATCH_EVENT = 15;
  private static final int ERROR = 16;
  private static final int RESET_WATCHES = 21;
  private static final int DIRECTORY_PART = 22;

  private record Watch(String asGiven, String path, String token) {}

  private final Xenstore store;
  private final int domid;
  private final ByteBuffer ring;
  private final int port;
  private final List<Watch> watches = new ArrayList<>();
  private final ByteArrayOutputStream input = new ByteArrayOutputStream();
  private final ArrayDeque<byte[]> output = new ArrayDeque<>();
  private int outputDone;
  private int bytesPerStep = Integer.MAX_VALUE;
  private boolean stalled;

  XenstoreDaemon(Xenstore store, int domid, ByteBuffer ring, int port) {
    this.store = store;
    this.domid = domid;
    this.ring = ring.order(ByteOrder.LITTLE_ENDIAN);
    this.port = port;
    store.addListener(this);
  }

  /** Moves at most this many bytes each way per step, so that messages arrive in pieces. */
  public void bytesPerStep(int bytes) {
    bytesPerStep = bytes;
  }

  /** While stalled the daemon does not look at the ring. */
  public void stall(boolean stall) {
    stalled = stall;
  }

  public int watchCount() {
    return watches.size();
  }

  private String home() {
    return "/local/domain/" + domid;
  }

  @Override
  public boolean step() {
    if (stalled) {
      return false;
    }
    boolean moved = takeInput();
    while (serveOne()) {
      moved = true;
    }
    moved |= giveOutput();
    if (moved) {
      HostedLibrary.evtchnSend(port);
    }
    return moved;
  }

  private boolean takeInput() {
    int cons = ring.getInt(REQ_CONS);
    int used = ring.getInt(REQ_PROD) - cons;
    if (used < 0 || used > RING) {
      throw new AssertionError("xenstore ring: the domain claims " + used + " bytes");
    }
    int n = Math.min(used, bytesPerStep);
    for (int i = 0; i < n; i++) {
      input.write(ring.get(REQ + ((cons + i) & (RING - 1))));
    }
    ring.putInt(REQ_CONS, cons + n);
    return n > 0;
  }

  private boolean giveOutput() {
    int room = RING - (ring.getInt(RSP_PROD) - ring.getInt(RSP_CONS));
    if (room < 0 || room > RING) {
      throw new AssertionError("xenstore ring: the domain consumed what was not there");
    }
    int budget = Math.min(room, bytesPerStep);
    int prod = ring.getInt(RSP_PROD);
    int n = 0;
    while (n < budget && !output.isEmpty()) {
      byte[] message = output.peek();
      ring.put(RSP + ((prod + n) & (RING - 1)), message[outputDone]);
      n++;
      if (++outputDone == message.length) {
        output.remove();
        outputDone = 0;
      }
    }
    ring.putInt(RSP_PROD, prod + n);
    return n > 0;
  }

  private boolean serveOne() {
    if (input.size() < HEADER) {
      return false;
    }
    ByteBuffer in = ByteBuffer.wrap(input.toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
    int type = in.getInt();
    int reqId = in.getInt();
    int tx = in.getInt();
    int len = in.getInt();
    if (len < 0 || len > PAYLOAD_MAX) {
      throw new AssertionError("xenstore: payload of " + len + " bytes");
    }
    if (in.remaining() < len) {
      return false;
    }
    byte[] payload = new byte[len];
    in.get(payload);
    input.reset();
    input.write(in.array(), in.position(), in.remaining());
    List<Watch> initial = new ArrayList<>();
    try {
      byte[] answer = serve(type, tx, payload, initial);
      if (answer.length > PAYLOAD_MAX) {
        throw new XenstoreException("E2BIG");
      }
      send(type, reqId, tx, answer);
    } catch (XenstoreException e) {
      send(ERROR, reqId, tx, text(e.getMessage()));
    }
    for (Watch watch : initial) {
      event(watch, watch.asGiven);
    }
    return true;
  }

  private byte[] serve(int type, int tx, byte[] payload, List<Watch> initial)
      throws XenstoreException {
    List<String> words = words(payload);
    return switch (type) {
      case READ -> store.read(tx, domid, path(words, 0));
      case DIRECTORY -> names(tx, words);
      case DIRECTORY_PART -> directoryPart(tx, words);
      case GET_PERMS -> text(store.perms(tx, domid, path(words, 0)).toArray(new String[0]));
      case WRITE -> write(tx, words, payload);
      case MKDIR -> {
        store.mkdir(tx, domid, path(words, 0));
        yield text("OK");
      }
      case RM -> {
        store.remove(tx, domid, path(words, 0));
        yield text("OK");
      }
      case SET_PERMS -> setPerms(tx, words);
      case WATCH -> watch(words, initial);
      case UNWATCH -> unwatch(words);
      case RESET_WATCHES -> {
        watches.clear();
        yield text("OK");
      }
      case TRANSACTION_START -> startTransaction();
      case TRANSACTION_END -> {
        store.endTransaction(tx, words.equals(List.of("T")));
        yield text("OK");
      }
      case GET_DOMAIN_PATH -> text("/local/domain/" + words.get(0));
      default -> throw new XenstoreException("ENOSYS");
    };
  }

  private byte[] names(int tx, List<String> words) throws XenstoreException {
    return text(store.directory(tx, domid, path(words, 0)).toArray(new String[0]));
  }

  private byte[] write(int tx, List<String> words, byte[] payload) throws XenstoreException {
    byte[] value = Arrays.copyOfRange(payload, indexOfNul(payload) + 1, payload.length);
    String path = path(words, 0);
    if (path.length() + value.length > NODE_SIZE_QUOTA) {
      throw new XenstoreException("ENOSPC");
    }
    store.write(tx, domid, path, value);
    return text("OK");
  }

  private byte[] setPerms(int tx, List<String> words) throws XenstoreException {
    if (words.size() < 2) {
      throw new XenstoreException("EINVAL");
    }
    store.setPerms(tx, domid, path(words, 0), words.subList(1, words.size()));
    return text("OK");
  }

  private byte[] unwatch(List<String> words) throws XenstoreException {
    if (words.size() < 2
        || !watches.removeIf(w -> w.asGiven.equals(words.get(0)) && w.token.equals(words.get(1)))) {
      throw new XenstoreException("ENOENT");
    }
    return text("OK");
  }

  private byte[] startTransaction() throws XenstoreException {
    if (store.openTransactions() >= TRANSACTION_QUOTA) {
      throw new XenstoreException("ENOSPC");
    }
    return text(Integer.toString(store.startTransaction()));
  }

  private byte[] watch(List<String> words, List<Watch> initial) throws XenstoreException {
    if (words.size() < 2) {
      throw new XenstoreException("EINVAL");
    }
    String given = words.get(0);
    Watch watch = new Watch(given, given.startsWith("@") ? given : absolute(given), words.get(1));
    if (watches.contains(watch)) {
      throw new XenstoreException("EEXIST");
    }
    if (watches.size() >= WATCH_QUOTA) {
      throw new XenstoreException("E2BIG");
    }
    watches.add(watch);
    initial.add(watch);
    return text("OK");
  }

  private byte[] directoryPart(int tx, List<String> words) throws XenstoreException {
    byte[] all = names(tx, words);
    int offset = Math.min(all.length, Integer.parseInt(words.get(1)));
    byte[] generation = text("1");
    int room = PAYLOAD_MAX - generation.length - 1;
    byte[] part = Arrays.copyOfRange(all, offset, Math.min(all.length, offset + room));
    boolean last = offset + part.length == all.length;
    byte[] answer = Arrays.copyOf(generation, generation.length + part.length + (last ? 1 : 0));
    System.arraycopy(part, 0, answer, generation.length, part.length);
    return answer;
  }

  @Override
  public void changed(String path, boolean removed) {
    for (Watch watch : List.copyOf(watches)) {
      if (isAtOrBelow(path, watch.path)) {
        event(watch, relativeTo(watch, path));
      } else if (removed && isAtOrBelow(watch.path, path)) {
        event(watch, watch.asGiven);
      }
    }
  }

  private static boolean isAtOrBelow(String path, String top) {
    return path.equals(top) || path.startsWith(top.equals("/") ? "/" : top + "/");
  }

  private String relativeTo(Watch watch, String path) {
    return watch.asGiven.startsWith("/") ? path : path.substring(home().length() + 1);
  }

  private void event(Watch watch, String path) {
    send(WATCH_EVENT, 0, 0, text(path, watch.token));
  }

  private void send(int type, int reqId, int tx, byte[] payload) {
    ByteBuffer out = ByteBuffer.allocate(HEADER + payload.length).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(type).putInt(reqId).putInt(tx).putInt(payload.length).put(payload);
    output.add(out.array());
  }

  private String path(List<String> words, int index) throws XenstoreException {
    if (index >= words.size() || words.get(index).isEmpty()) {
      throw new XenstoreException("EINVAL");
    }
    return absolute(words.get(index));
  }

  private String absolute(String path) {
    return path.startsWith("/") ? path : home() + "/" + path;
  }

  private static int indexOfNul(byte[] payload) throws XenstoreException {
    for (int i = 0; i < payload.length; i++) {
      if (payload[i] == 0) {
        return i;
      }
    }
    throw new XenstoreException("EINVAL");
  }

  private static List<String> words(byte[] payload) {
    List<String> words = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < payload.length; i++) {
      if (payload[i] == 0) {
        words.add(new String(payload, start, i - start, StandardCharsets.ISO_8859_1));
        start = i + 1;
      }
    }
    return words;
  }

  private static byte[] text(String... words) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (String word : words) {
      out.writeBytes(word.getBytes(StandardCharsets.ISO_8859_1));
      out.write(0);
    }
    return out.toByteArray();
  }
}
