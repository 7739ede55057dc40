// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.bridge;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.rumpstubdom.tests.hosted.HostedDomain;
import org.rumpstubdom.tests.hosted.Xenstore;

/**
 * dom0's end of device/vfb/0 or device/vkbd/0 (xen/io/fbif.h, kbdif.h), with the states of QEMU's
 * backends. Both pages begin with in_cons, in_prod, out_cons, out_prod, and have the backend's ring
 * at 1024; events have 40 bytes.
 */
final class DisplayBackend implements HostedDomain.Peer {
  static final int INITIALISING = 1;
  static final int INIT_WAIT = 2;
  static final int INITIALISED = 3;
  static final int CONNECTED = 4;
  static final int CLOSED = 6;

  static final int IN_CONS = 0;
  static final int IN_PROD = 4;
  static final int OUT_CONS = 8;
  static final int OUT_PROD = 12;
  private static final int WIDTH = 16;
  private static final int HEIGHT = 20;
  private static final int LINE_LENGTH = 24;
  private static final int MEM_LENGTH = 28;
  private static final int DEPTH = 32;
  private static final int DIRECTORY = 40;
  private static final int IN_RING = 1024;
  private static final int OUT_RING = 2048;
  private static final int EVENT = 40;
  private static final int FB_OUT_LENGTH = 2048 / EVENT;
  static final int KBD_IN_LENGTH = 2048 / EVENT;

  /** FIRST_GFN of the hosted platform. */
  private static final int FIRST_FRAME = 0x1000;

  private static final int PAGE = HostedDomain.PAGE_SIZE;
  private static final int PER_DIRECTORY = PAGE / 8;

  /** An update or resize event, as the numbers in it. */
  record Event(int type, int a, int b, int c, int d, int e) {
    static Event update(int x, int y, int width, int height) {
      return new Event(2, x, y, width, height, 0);
    }

    static Event resize(int width, int height) {
      return new Event(3, width, height, 4 * width, 32, 0);
    }
  }

  private final HostedDomain domain;
  private final Xenstore store;
  private final String type;
  final String frontend;
  final String backend;

  /** Takes events as they come. */
  boolean automatic = true;

  final List<Event> events = new ArrayList<>();
  private boolean laidOutAfresh;
  private int page = -1;
  private int port;
  int width;
  int height;
  private int stride;
  int memory;
  private final List<Integer> pixels = new ArrayList<>();

  DisplayBackend(HostedDomain domain, String type, String... features) {
    this.domain = domain;
    this.type = type;
    store = domain.xenstore();
    frontend = BridgeDomain.HOME + "/device/" + type + "/0";
    backend = "/local/domain/0/backend/" + type + "/" + HostedDomain.DOMID + "/0";
    String self = HostedDomain.DOMID + "";
    store.mkdir(backend, "n0", "r" + self);
    for (String feature : features) {
      store.write(backend + "/" + feature, 1);
    }
    store.write(backend + "/state", INIT_WAIT);
    store.mkdir(frontend, "n" + self, "r0");
    store.write(frontend + "/backend", backend);
    store.write(frontend + "/backend-id", 0);
    store.write(frontend + "/state", INITIALISING);
    domain.addPeer(this);
  }

  int state() {
    return (int) store.readNumber(frontend + "/state", -1);
  }

  void state(int state) {
    store.write(backend + "/state", state);
  }

  /**
   * QEMU with {@code -vga xenfb} has set up its end, and forgets that it waits where all can see
   * it.
   */
  void layOutAfresh() {
    laidOutAfresh = true;
    state(INITIALISING);
  }

  /** What QEMU says when it has set up its end. */
  void setUp() {
    store.write(backend + "/hotplug-status", "connected");
  }

  private int frame(long number) {
    int offset = (int) (number - FIRST_FRAME) * PAGE;
    if (offset < 0 || offset >= domain.ram().capacity()) {
      throw new AssertionError("frame " + number + " is not the domain's");
    }
    return offset;
  }

  int get(int field) {
    return domain.ram().getInt(page + field);
  }

  void put(int field, int value) {
    domain.ram().putInt(page + field, value);
    domain.send(port);
  }

  private long directory(int at, int index) {
    return domain.ram().getLong(at + 8 * index);
  }

  private void map() {
    page = frame(store.readNumber(frontend + "/page-ref", -1));
    port = (int) store.readNumber(frontend + "/event-channel", -1);
    if (!type.equals("vfb")) {
      return;
    }
    width = get(WIDTH);
    height = get(HEIGHT);
    stride = get(LINE_LENGTH);
    memory = get(MEM_LENGTH);
    if (domain.ram().get(page + DEPTH) != 32) {
      throw new AssertionError("depth");
    }
    pixels.clear();
    for (int i = 0; i < (memory + PAGE - 1) / PAGE; i++) {
      int list = frame(directory(page + DIRECTORY, i / PER_DIRECTORY));
      pixels.add(frame(directory(list, i % PER_DIRECTORY)));
    }
  }

  @Override
  public boolean step() {
    int waits = laidOutAfresh ? INITIALISING : INIT_WAIT;
    if (store.readNumber(backend + "/state", -1) == waits && state() == INITIALISED) {
      map();
      if (type.equals("vfb") && store.readNumber(frontend + "/feature-update", 0) == 1) {
        store.write(backend + "/request-update", 1);
      }
      state(CONNECTED);
      return true;
    }
    return type.equals("vfb") && automatic && page >= 0 && take();
  }

  /** Takes the frontend's events. */
  boolean take() {
    ByteBuffer ram = domain.ram();
    int cons = get(OUT_CONS);
    int prod = get(OUT_PROD);
    if (prod - cons < 0 || prod - cons > FB_OUT_LENGTH) {
      throw new AssertionError("the frontend claims " + (prod - cons) + " events");
    }
    for (int i = cons; i != prod; i++) {
      int at = page + OUT_RING + EVENT * Integer.remainderUnsigned(i, FB_OUT_LENGTH);
      Event event =
          new Event(
              ram.get(at),
              ram.getInt(at + 4),
              ram.getInt(at + 8),
              ram.getInt(at + 12),
              ram.getInt(at + 16),
              ram.getInt(at + 20));
      events.add(event);
      if (event.type() == 3) {
        width = event.a();
        height = event.b();
        stride = event.c();
      }
    }
    if (cons != prod) {
      put(OUT_CONS, prod);
    }
    return cons != prod;
  }

  /** The events since the last call. */
  List<Event> told() {
    List<Event> told = List.copyOf(events);
    events.clear();
    return told;
  }

  /** What a viewer would see, as bytes of 32-bit little-endian pixels. */
  byte[] picture() {
    byte[] all = new byte[4 * width * height];
    for (int row = 0; row < height; row++) {
      for (int i = 0; i < 4 * width; i++) {
        int at = row * stride + i;
        all[row * 4 * width + i] = domain.ram().get(pixels.get(at / PAGE) + at % PAGE);
      }
    }
    return all;
  }

  /** An event to the frontend: its type, a byte beside it, three numbers after it. */
  void event(int kind, int second, int a, int b, int c) {
    int prod = get(IN_PROD);
    write(prod, kind, second, a, b, c);
    put(IN_PROD, prod + 1);
  }

  private void write(int index, int kind, int second, int a, int b, int c) {
    ByteBuffer ram = domain.ram();
    int at = page + IN_RING + EVENT * Integer.remainderUnsigned(index, KBD_IN_LENGTH);
    ram.put(at, (byte) kind);
    ram.put(at + 1, (byte) second);
    ram.putInt(at + 4, a);
    ram.putInt(at + 8, b);
    ram.putInt(at + 12, c);
  }

  void key(int code, boolean down) {
    event(3, down ? 1 : 0, code, 0, 0);
  }

  void position(int x, int y, int wheel) {
    event(4, 0, x, y, wheel);
  }

  void motion(int x, int y, int wheel) {
    event(1, 0, x, y, wheel);
  }
}
