// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.netfront;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Random;

/** Builds Ethernet frames with correct checksums, byte by byte from the RFCs. */
final class Packets {
  static final int TCP = 6;
  static final int UDP = 17;

  private Packets() {}

  /** What the tests vary. */
  record Kind(boolean ipv6, int protocol, int vlanTags, int ipOptions, int trailer) {}

  /** A frame with a correct transport checksum. */
  static byte[] frame(Kind kind, Random random, int payload) {
    byte[] segment = segment(kind.protocol, random, payload);
    byte[] ip = kind.ipv6 ? ipv6(kind, segment, random) : ipv4(kind, segment, random);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] macs = new byte[12];
    random.nextBytes(macs);
    out.writeBytes(macs);
    for (int i = 0; i < kind.vlanTags; i++) {
      out.writeBytes(new byte[] {(byte) (i == 0 && kind.vlanTags == 2 ? 0x88 : 0x81)});
      out.writeBytes(new byte[] {(byte) (i == 0 && kind.vlanTags == 2 ? 0xa8 : 0), 0, 7});
    }
    out.writeBytes(kind.ipv6 ? new byte[] {(byte) 0x86, (byte) 0xdd} : new byte[] {8, 0});
    out.writeBytes(ip);
    out.writeBytes(new byte[kind.trailer]);
    return out.toByteArray();
  }

  /** Where the transport checksum is in a frame of the kind. */
  static int checksumOffset(Kind kind) {
    int ip = 14 + 4 * kind.vlanTags;
    return ip + (kind.ipv6 ? 40 : 20 + kind.ipOptions) + (kind.protocol == TCP ? 16 : 6);
  }

  private static byte[] segment(int protocol, Random random, int payload) {
    int header = protocol == TCP ? 20 : 8;
    ByteBuffer segment = ByteBuffer.allocate(header + payload);
    random.nextBytes(segment.array());
    if (protocol == TCP) {
      segment.put(12, (byte) 0x50).putShort(16, (short) 0);
    } else {
      segment.putShort(4, (short) (header + payload)).putShort(6, (short) 0);
    }
    return segment.array();
  }

  private static byte[] ipv4(Kind kind, byte[] segment, Random random) {
    int header = 20 + kind.ipOptions;
    ByteBuffer ip = ByteBuffer.allocate(header + segment.length);
    byte[] addresses = new byte[8];
    random.nextBytes(addresses);
    ip.put(0, (byte) (0x40 | header / 4)).putShort(2, (short) (header + segment.length));
    ip.putShort(6, (short) 0x4000).put(8, (byte) 64).put(9, (byte) kind.protocol);
    ip.put(12, addresses).put(header, segment);
    ByteBuffer pseudo = ByteBuffer.allocate(12 + segment.length);
    pseudo.put(addresses).put((byte) 0).put((byte) kind.protocol);
    pseudo.putShort((short) segment.length).put(segment);
    putChecksum(ip, header, kind.protocol, pseudo.array());
    return ip.array();
  }

  private static byte[] ipv6(Kind kind, byte[] segment, Random random) {
    ByteBuffer ip = ByteBuffer.allocate(40 + segment.length);
    byte[] addresses = new byte[32];
    random.nextBytes(addresses);
    ip.put(0, (byte) 0x60).putShort(4, (short) segment.length).put(6, (byte) kind.protocol);
    ip.put(8, addresses).put(40, segment);
    ByteBuffer pseudo = ByteBuffer.allocate(40 + segment.length);
    pseudo.put(addresses).putInt(segment.length).putInt(kind.protocol).put(segment);
    putChecksum(ip, 40, kind.protocol, pseudo.array());
    return ip.array();
  }

  private static void putChecksum(ByteBuffer ip, int header, int protocol, byte[] bytes) {
    int sum = 0; // one's complement sum, RFC 1071, a carry at a time
    for (int i = 0; i < bytes.length; i += 2) {
      int low = i + 1 < bytes.length ? Byte.toUnsignedInt(bytes[i + 1]) : 0;
      sum += Byte.toUnsignedInt(bytes[i]) << 8 | low;
      sum = (sum & 0xffff) + (sum >>> 16);
    }
    int checksum = ~sum & 0xffff;
    if (checksum == 0 && protocol == UDP) {
      checksum = 0xffff;
    }
    ip.putShort(header + (protocol == TCP ? 16 : 6), (short) checksum);
  }
}
