// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.bridge;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A PCI function as xen-pciback shows it: 256 bytes of configuration space, of which base address
 * registers answer all ones with their mask until they are written again, and interrupts by MSI are
 * not enabled without permission. Other registers here keep what is written.
 */
final class PciFunction {
  static final int BAR = 0x10;
  static final int ROM = 0x30;

  /** A byte whose bit 0 is refused as pciback refuses the enable bit of MSI. */
  static final int MSI_CONTROL = 0x52;

  /** XEN_PCI_ERR_access_denied. */
  static final int ACCESS_DENIED = -3;

  final String host;
  final String shown;
  final byte[] config = new byte[256];
  private final ByteBuffer bytes = ByteBuffer.wrap(config).order(ByteOrder.LITTLE_ENDIAN);
  private final int[] mask = new int[64];
  private final boolean[] sizing = new boolean[64];
  boolean permissive;

  /** What each four bytes of the extended space read; null when there is none. */
  Integer extended;

  PciFunction(String host, String shown) {
    this.host = host;
    this.shown = shown;
  }

  /** A register of four bytes. */
  PciFunction put(int offset, int value) {
    bytes.putInt(offset, value);
    return this;
  }

  /** A base address register: what it holds, and which bits of it are the device's to say. */
  PciFunction bar(int offset, int value, int answer) {
    mask[offset / 4] = answer;
    return put(offset, value);
  }

  private boolean isBar(int offset) {
    return (offset >= BAR && offset < BAR + 24) || (offset >= ROM && offset < ROM + 4);
  }

  int read(int offset, int size) {
    if (offset >= config.length) {
      return size == 4 ? extended : extended & ((1 << (8 * size)) - 1);
    }
    if (isBar(offset) && sizing[offset / 4]) {
      return mask[offset / 4];
    }
    return switch (size) {
      case 1 -> config[offset] & 0xff;
      case 2 -> bytes.getShort(offset) & 0xffff;
      default -> bytes.getInt(offset);
    };
  }

  /** 0, or an XEN_PCI_ERR number. */
  int write(int offset, int size, int value) {
    if (isBar(offset)) {
      sizing[offset / 4] = value == (offset == ROM ? ~1 : ~0);
      return 0;
    }
    if (!permissive && offset == MSI_CONTROL && (value & 1) != 0) {
      return ACCESS_DENIED;
    }
    switch (size) {
      case 1 -> bytes.put(offset, (byte) value);
      case 2 -> bytes.putShort(offset, (short) value);
      default -> bytes.putInt(offset, value);
    }
    return 0;
  }

  /** No register answers with its mask: whoever asked for sizes has put everything back. */
  boolean atRest() {
    for (boolean s : sizing) {
      if (s) {
        return false;
      }
    }
    return true;
  }

  byte[] bytes(int offset, int size) {
    return Arrays.copyOfRange(config, offset, offset + size);
  }

  /**
   * What is shown of it to QEMU: no address of the host. For a device whose registers have no bits
   * set that tell their kind.
   */
  byte[] seen() {
    byte[] seen = config.clone();
    Arrays.fill(seen, BAR, BAR + 24, (byte) 0);
    return seen;
  }

  byte[] seen(int offset, int size) {
    return Arrays.copyOfRange(seen(), offset, offset + size);
  }
}
