// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.netfront;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** The other end of a DHCP client, byte by byte from RFC 2131 and RFC 2132. */
final class DhcpServer {
  static final int DISCOVER = 1;
  static final int OFFER = 2;
  static final int REQUEST = 3;
  static final int ACK = 5;
  static final int NAK = 6;

  static final int MASK = 1;
  static final int ROUTER = 3;
  static final int REQUESTED = 50;
  static final int SECONDS = 51;
  static final int KIND = 53;
  static final int SERVER = 54;
  static final int RENEW = 58;

  private static final int BOOTP = 14 + 20 + 8;
  private static final int COOKIE = 0x63825363;

  private DhcpServer() {}

  /** A client's message. Addresses as numbers. */
  record Message(
      int kind, int xid, long mac, int source, int client, Map<Integer, Integer> options) {
    byte[] hardware() {
      return Arrays.copyOfRange(ByteBuffer.allocate(8).putLong(mac).array(), 2, 8);
    }
  }

  /** Reads a client's frame; an {@link AssertionError} says what is wrong with it. */
  static Message read(byte[] frame) {
    ByteBuffer in = ByteBuffer.wrap(frame);
    for (int i = 0; i < 6; i++) {
      require(frame[i] == -1, "is no broadcast");
    }
    long mac = mac(in, 6);
    require(in.getShort(12) == 0x0800, "is no IPv4");
    require(in.get(14) == 0x45 && in.getShort(16) == frame.length - 14, "has no sound IP header");
    require(sum(in, 14, 20) == 0xffff, "has a wrong checksum");
    require(in.get(23) == 17 && in.getInt(30) == -1, "is no UDP broadcast");
    require(in.getShort(34) == 68 && in.getShort(36) == 67, "has other ports");
    require(in.getShort(38) == frame.length - 34, "has a wrong UDP length");
    require(in.get(BOOTP) == 1 && in.get(BOOTP + 1) == 1 && in.get(BOOTP + 2) == 6, "no request");
    require(mac == mac(in, BOOTP + 28), "has two hardware addresses");
    require(in.getInt(BOOTP + 236) == COOKIE, "has no cookie");
    require(frame.length >= BOOTP + 300, "is shorter than BOOTP's least");
    Map<Integer, Integer> options = new LinkedHashMap<>();
    int at = BOOTP + 240;
    for (; frame[at] != -1; at += 2 + frame[at + 1]) {
      int value = 0;
      for (int i = 0; i < frame[at + 1]; i++) {
        value = (value << 8) | (frame[at + 2 + i] & 0xff);
      }
      options.put((int) frame[at] & 0xff, value);
    }
    return new Message(
        options.get(KIND),
        in.getInt(BOOTP + 4),
        mac,
        in.getInt(26),
        in.getInt(BOOTP + 12),
        options);
  }

  /** An answer. Options have the sizes of their values: a byte array. */
  static byte[] answer(Message to, int kind, int address, Map<Integer, byte[]> options) {
    ByteBuffer bootp = ByteBuffer.allocate(548);
    bootp.put(0, (byte) 2).put(1, (byte) 1).put(2, (byte) 6).putInt(4, to.xid());
    bootp.putInt(16, address).put(28, to.hardware()).putInt(236, COOKIE);
    bootp.position(240);
    bootp.put((byte) KIND).put((byte) 1).put((byte) kind);
    options.forEach(
        (code, value) -> bootp.put((byte) (int) code).put((byte) value.length).put(value));
    bootp.put((byte) 255);
    return frame(to.hardware(), bootp.array());
  }

  static byte[] frame(byte[] mac, byte[] bootp) {
    ByteBuffer out = ByteBuffer.allocate(BOOTP + bootp.length);
    out.put(0, mac).put(6, new byte[] {2, 0, 0, 0, 0, 1}).putShort(12, (short) 0x0800);
    out.put(14, (byte) 0x45).putShort(16, (short) (28 + bootp.length)).put(22, (byte) 64);
    out.put(23, (byte) 17).putInt(26, 0x0a090001).putInt(30, -1);
    out.putShort(24, (short) ~sum(out, 14, 20));
    out.putShort(34, (short) 67).putShort(36, (short) 68).putShort(38, (short) (8 + bootp.length));
    return out.put(BOOTP, bootp).array();
  }

  private static long mac(ByteBuffer in, int at) {
    return in.getLong(at) >>> 16;
  }

  static byte[] number(int value) {
    return ByteBuffer.allocate(4).putInt(value).array();
  }

  private static int sum(ByteBuffer in, int from, int size) {
    int sum = 0;
    for (int i = from; i < from + size; i += 2) {
      sum += in.getShort(i) & 0xffff;
    }
    return (sum & 0xffff) + (sum >>> 16);
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError("the frame " + what);
    }
  }
}
