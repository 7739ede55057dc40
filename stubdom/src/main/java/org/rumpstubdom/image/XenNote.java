// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;

/** Xen's ELF notes by the names of xen/elfnote.h. */
final class XenNote {
  /** By number, from 0. */
  private static final List<String> NAMES =
      List.of(
          "INFO",
          "ENTRY",
          "HYPERCALL_PAGE",
          "VIRT_BASE",
          "PADDR_OFFSET",
          "XEN_VERSION",
          "GUEST_OS",
          "GUEST_VERSION",
          "LOADER",
          "PAE_MODE",
          "FEATURES",
          "BSD_SYMTAB",
          "HV_START_LOW",
          "L1_MFN_VALID",
          "SUSPEND_CANCEL",
          "INIT_P2M",
          "MOD_START_PFN",
          "SUPPORTED_FEATURES",
          "PHYS32_ENTRY");

  /** Those whose content is a text. */
  private static final List<String> TEXTS =
      List.of(
          "XEN_VERSION",
          "GUEST_OS",
          "GUEST_VERSION",
          "LOADER",
          "PAE_MODE",
          "FEATURES",
          "BSD_SYMTAB");

  private XenNote() {}

  static String name(int type) {
    return type >= 0 && type < NAMES.size() ? NAMES.get(type) : "type " + type;
  }

  /** The content as people read it. */
  static String text(int type, byte[] content) {
    if (TEXTS.contains(name(type))) {
      return new String(content, StandardCharsets.UTF_8).replace("\0", "");
    }
    ByteBuffer buffer = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    return switch (content.length) {
      case 4 -> "0x" + Integer.toHexString(buffer.getInt());
      case 8 -> "0x" + Long.toHexString(buffer.getLong());
      default -> HexFormat.of().formatHex(content);
    };
  }
}
