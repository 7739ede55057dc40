// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.netfront;

import com.sun.jna.Memory;
import org.rumpstubdom.tests.hosted.HostedDomain;
import org.rumpstubdom.tests.hosted.HostedLibrary;

/**
 * Uses one device of the frontend. Buffers are heap blocks of exactly the frame's length, so that
 * AddressSanitizer sees a byte too much.
 */
final class NetClient {
  static final int FRAME_MAX = 65535;

  private final long device;

  private NetClient(long device) {
    this.device = device;
  }

  /** Opens the device; the errno is negative when that fails. */
  static long tryOpen(HostedDomain domain, int id) {
    HostedLibrary.bind(NetEntries.class);
    return domain.call("hosted_net_open", id);
  }

  static NetClient open(HostedDomain domain, int id) {
    long device = tryOpen(domain, id);
    if (device > -4096 && device < 0) {
      throw new AssertionError("netfront_open: errno " + -device + "\n" + domain.console());
    }
    return new NetClient(device);
  }

  void close() {
    NetEntries.netClose(device);
  }

  long send(byte[] frame) {
    try (Memory buffer = new Memory(Math.max(1, frame.length))) {
      buffer.write(0, frame, 0, frame.length);
      return NetEntries.netSend(device, buffer, frame.length, frame.length / 3);
    }
  }

  /** The next frame, cut to {@code size}; null when there is none. */
  byte[] receive(int size) {
    try (Memory buffer = new Memory(size)) {
      long n = NetEntries.netReceive(device, buffer, size, size / 2);
      if (n == -11) {
        return null;
      }
      if (n <= 0 || n > size) {
        throw new AssertionError("netfront_receive: " + n);
      }
      return buffer.getByteArray(0, (int) n);
    }
  }

  byte[] receive() {
    return receive(FRAME_MAX);
  }

  boolean connected() {
    return (NetEntries.netReady(device) & NetEntries.CONNECTED) != 0;
  }

  boolean receivable() {
    return (NetEntries.netReady(device) & NetEntries.RECEIVABLE) != 0;
  }

  boolean sendable() {
    return (NetEntries.netReady(device) & NetEntries.SENDABLE) != 0;
  }

  byte[] mac() {
    byte[] mac = new byte[6];
    NetEntries.netMac(device, mac);
    return mac;
  }
}
