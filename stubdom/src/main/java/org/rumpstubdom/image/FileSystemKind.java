// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/** Kinds of file systems on a disk, by what they have at fixed places. */
public enum FileSystemKind {
  /** Linux' ext2, and ext3 and ext4 as far as they use nothing newer. */
  EXT2("ext2fs", false),
  /** The fast file system of the BSDs. */
  FFS("ffs", false),
  /** FAT. */
  MSDOS("msdos", false),
  /** ISO 9660. */
  CD9660("cd9660", true);

  private static final int EXT2_MAGIC_AT = 1024 + 56;
  private static final short EXT2_MAGIC = (short) 0xef53;
  private static final long[] FFS_SUPERBLOCKS = {8192, 65536};
  private static final int FFS_MAGIC_AT = 1372;
  private static final int FFS1_MAGIC = 0x00011954;
  private static final int FFS2_MAGIC = 0x19540119;
  private static final int ISO_MAGIC_AT = 32769;
  private static final String ISO_MAGIC = "CD001";
  private static final int BOOT_SIGNATURE_AT = 510;
  private static final short BOOT_SIGNATURE = (short) 0xaa55;
  private static final int FAT_NAME_AT = 54;
  private static final int FAT32_NAME_AT = 82;
  private static final String FAT = "FAT";

  private final String component;
  private final boolean readOnly;

  FileSystemKind(String component, boolean readOnly) {
    this.component = component;
    this.readOnly = readOnly;
  }

  /** NetBSD's name of it, of the component and of the kind that is mounted. */
  public String component() {
    return component;
  }

  /** Whether NetBSD only reads it. */
  public boolean readOnly() {
    return readOnly;
  }

  /** The kind of that name. */
  public static Optional<FileSystemKind> named(String name) {
    for (FileSystemKind kind : values()) {
      if (kind.component.equals(name)) {
        return Optional.of(kind);
      }
    }
    return Optional.empty();
  }

  /** What the image holds; empty when it is none of them. */
  public static Optional<FileSystemKind> of(Path image) throws IOException {
    if (!Files.isRegularFile(image)) {
      return Optional.empty();
    }
    try (FileChannel channel = FileChannel.open(image, StandardOpenOption.READ)) {
      if (read(channel, EXT2_MAGIC_AT, Short.BYTES).getShort() == EXT2_MAGIC) {
        return Optional.of(EXT2);
      }
      for (long superblock : FFS_SUPERBLOCKS) {
        int magic = read(channel, superblock + FFS_MAGIC_AT, Integer.BYTES).getInt();
        if (magic == FFS1_MAGIC || magic == FFS2_MAGIC) {
          return Optional.of(FFS);
        }
      }
      if (text(channel, ISO_MAGIC_AT, ISO_MAGIC.length()).equals(ISO_MAGIC)) {
        return Optional.of(CD9660);
      }
      boolean boots = read(channel, BOOT_SIGNATURE_AT, Short.BYTES).getShort() == BOOT_SIGNATURE;
      boolean fat =
          text(channel, FAT_NAME_AT, FAT.length()).equals(FAT)
              || text(channel, FAT32_NAME_AT, FAT.length()).equals(FAT);
      return boots && fat ? Optional.of(MSDOS) : Optional.empty();
    }
  }

  private static String text(FileChannel channel, long at, int size) throws IOException {
    return StandardCharsets.ISO_8859_1.decode(read(channel, at, size)).toString();
  }

  /** The bytes there; zeroes behind the end. */
  private static ByteBuffer read(FileChannel channel, long at, int size) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining() && channel.read(bytes, at + bytes.position()) > 0) {
      // More of it is there.
    }
    return bytes.position(0).limit(size);
  }
}
