// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.bridge;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.rumpstubdom.tests.hosted.HostedDomain;
import org.rumpstubdom.tests.hosted.Xenstore;

/**
 * dom0's xen-pciback for device/pci/0 and the toolstack that tells it of devices (xen/io/pciif.h;
 * the nodes libxl writes). As a peer it follows the states and answers accesses.
 */
final class PciBackend implements HostedDomain.Peer {
  static final int INITIALISING = 1;
  static final int INITIALISED = 3;
  static final int CONNECTED = 4;
  static final int CLOSING = 5;
  static final int CLOSED = 6;
  static final int RECONFIGURING = 7;
  static final int RECONFIGURED = 8;

  /** In the shared page. */
  static final int FLAGS = 0;

  static final int CMD = 4;
  static final int ERR = 8;
  private static final int DOMAIN = 12;
  private static final int BUS = 16;
  private static final int DEVFN = 20;
  private static final int OFFSET = 24;
  private static final int SIZE = 28;
  static final int VALUE = 32;

  /** XEN_PCIF_active. */
  static final int ACTIVE = 1;

  private static final int READ = 0;
  private static final int WRITE = 1;
  private static final int DEVICE_NOT_FOUND = -1;
  private static final int INVALID_OFFSET = -2;
  private static final int NOT_IMPLEMENTED = -4;

  static final String FRONTEND = BridgeDomain.HOME + "/device/pci/0";
  static final String BACKEND = "/local/domain/0/backend/pci/" + HostedDomain.DOMID + "/0";

  private final HostedDomain domain;
  private final Xenstore store;
  final List<PciFunction> functions = new ArrayList<>();

  /** Answers accesses, and follows the frontend's states. */
  boolean answering = true;

  boolean following = true;
  private int exported;
  private int ref = -1;
  private int page = -1;
  private int port;
  int accesses;

  PciBackend(HostedDomain domain) {
    this.domain = domain;
    store = domain.xenstore();
    domain.addPeer(this);
  }

  /** What libxl writes for a first device: backend and frontend in state 1. */
  void create(PciFunction first) {
    functions.clear();
    exported = 0;
    store.mkdir(BACKEND, "n0", "r" + HostedDomain.DOMID);
    list(first);
    store.write(BACKEND + "/state", INITIALISING);
    store.mkdir(FRONTEND, "n" + HostedDomain.DOMID, "r0");
    store.write(FRONTEND + "/backend", BACKEND);
    store.write(FRONTEND + "/backend-id", 0);
    store.write(FRONTEND + "/state", INITIALISING);
  }

  private void list(PciFunction function) {
    store.write(BACKEND + "/dev-" + functions.size(), function.host);
    functions.add(function);
    store.write(BACKEND + "/num_devs", functions.size());
  }

  /** A further device, as libxl adds one to a backend that is connected. */
  void add(PciFunction function) {
    list(function);
    state(RECONFIGURING);
  }

  /** -1 while there is no such node, or no state in it. */
  int state() {
    String state = store.read(BACKEND + "/state");
    return state != null && state.matches("[0-9]{1,2}") ? Integer.parseInt(state) : -1;
  }

  int frontendState() {
    return (int) store.readNumber(FRONTEND + "/state", -1);
  }

  void state(int state) {
    store.write(BACKEND + "/state", state);
  }

  boolean mapped() {
    return page >= 0;
  }

  /** Lets go of the page. */
  void unmap() {
    if (mapped()) {
      domain.grantRelease(ref);
      page = -1;
    }
  }

  int get(int field) {
    return domain.ram().getInt(page + field);
  }

  void put(int field, int value) {
    domain.ram().putInt(page + field, value);
  }

  void send() {
    domain.send(port);
  }

  private void map() {
    if (!"7".equals(store.read(FRONTEND + "/magic"))) {
      throw new AssertionError("magic " + store.read(FRONTEND + "/magic"));
    }
    ref = (int) store.readNumber(FRONTEND + "/pci-op-ref", -1);
    port = (int) store.readNumber(FRONTEND + "/event-channel", -1);
    if (domain.grantDomid(ref) != 0 || domain.grantReadonly(ref)) {
      throw new AssertionError("the page must be granted to domain 0, writable");
    }
    domain.grantHold(ref);
    page = domain.grantOffset(ref);
  }

  private void export() {
    for (; exported < functions.size(); exported++) {
      store.write(BACKEND + "/vdev-" + exported, functions.get(exported).shown);
    }
  }

  private boolean follow() {
    int front = frontendState();
    switch (state()) {
      case INITIALISING -> {
        export();
        state(INITIALISED);
      }
      case INITIALISED -> {
        if (front != INITIALISED) {
          return false;
        }
        unmap();
        map();
        state(CONNECTED);
      }
      case RECONFIGURING -> {
        if (front != RECONFIGURING) {
          return false;
        }
        export();
        state(RECONFIGURED);
      }
      case RECONFIGURED -> {
        if (front != CONNECTED) {
          return false;
        }
        state(CONNECTED);
      }
      case CLOSING -> {
        if (front != CLOSED) {
          return false;
        }
        unmap();
        state(CLOSED);
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean step() {
    boolean moved = following && follow();
    return (answering && answer()) || moved;
  }

  boolean asked() {
    return mapped() && (get(FLAGS) & ACTIVE) != 0;
  }

  /** Answers the access in the page, if there is one. */
  boolean answer() {
    if (!asked()) {
      return false;
    }
    put(ERR, execute());
    finish();
    return true;
  }

  /** Takes the mark away and tells. */
  void finish() {
    put(FLAGS, get(FLAGS) & ~ACTIVE);
    send();
  }

  /** "0000:00:03.00" as the numbers in the page. */
  private boolean isAsked(PciFunction function) {
    String[] parts = function.shown.split("[:.]", -1);
    return get(DOMAIN) == Integer.parseInt(parts[0], 16)
        && get(BUS) == Integer.parseInt(parts[1], 16)
        && get(DEVFN) == Integer.parseInt(parts[2], 16) * 8 + Integer.parseInt(parts[3], 16);
  }

  private int execute() {
    accesses++;
    int offset = get(OFFSET);
    int size = get(SIZE);
    if (!Set.of(1, 2, 4).contains(size) || offset < 0 || offset % size != 0 || offset > 4095) {
      return INVALID_OFFSET;
    }
    for (PciFunction function : functions) {
      if (!isAsked(function)) {
        continue;
      }
      if (offset >= function.config.length && function.extended == null) {
        return INVALID_OFFSET;
      }
      switch (get(CMD)) {
        case READ -> {
          put(VALUE, function.read(offset, size));
          return 0;
        }
        case WRITE -> {
          return function.write(offset, size, get(VALUE));
        }
        default -> {
          return NOT_IMPLEMENTED;
        }
      }
    }
    return DEVICE_NOT_FOUND;
  }
}
