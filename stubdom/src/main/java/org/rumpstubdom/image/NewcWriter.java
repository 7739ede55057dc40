// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.image;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveOutputStream;
import org.apache.commons.compress.archivers.cpio.CpioConstants;

/**
 * Writes a newc archive with fixed metadata: inodes counted from 1, owner root, time stamps 0. Data
 * of a page or more is page-aligned by fillers. The stream is not closed.
 */
final class NewcWriter {
  /** Size of a newc header, before the name; see cpio(5). */
  private static final int HEADER = 110;

  private static final int ALIGN = 4;

  private final Position out;
  private final CpioArchiveOutputStream archive;
  private long inode = 1;
  private int fillers;

  NewcWriter(OutputStream stream) {
    out = new Position(stream);
    archive =
        new CpioArchiveOutputStream(
            out, CpioConstants.FORMAT_NEW, CpioConstants.BLOCK_SIZE, "UTF-8");
  }

  void directory(String name) throws IOException {
    put(name, CpioConstants.C_ISDIR | 0755, 2, new byte[0]);
  }

  void symlink(String name, String target) throws IOException {
    put(name, CpioConstants.C_ISLNK | 0777, 1, target.getBytes(StandardCharsets.UTF_8));
  }

  void file(String name, int permissions, byte[] data) throws IOException {
    if (data.length >= Ramdisk.PAGE) {
      align(name);
    }
    put(name, CpioConstants.C_ISREG | permissions, 1, data);
  }

  /** Writes the trailer. */
  void finish() throws IOException {
    archive.finish();
    archive.flush();
  }

  /** Fills up so that the data of an entry with this name would begin at a page boundary. */
  private void align(String next) throws IOException {
    long start = out.written;
    if ((start + headerSize(next)) % Ramdisk.PAGE == 0) {
      return;
    }
    String filler = Ramdisk.FILLER + fillers++;
    long data = start + headerSize(filler) + headerSize(next);
    int gap = Math.floorMod(-data, Ramdisk.PAGE);
    put(filler, CpioConstants.C_ISREG | 0444, 1, new byte[gap]);
  }

  private static int headerSize(String name) {
    int size = HEADER + name.getBytes(StandardCharsets.UTF_8).length + 1;
    return (size + ALIGN - 1) / ALIGN * ALIGN;
  }

  private void put(String name, int mode, int links, byte[] data) throws IOException {
    CpioArchiveEntry entry = new CpioArchiveEntry(CpioConstants.FORMAT_NEW, name);
    entry.setInode(inode++);
    entry.setMode(mode);
    entry.setNumberOfLinks(links);
    entry.setTime(0);
    entry.setSize(data.length);
    archive.putArchiveEntry(entry);
    archive.write(data);
    archive.closeArchiveEntry();
  }

  /** Knows how much has been written; never closes what it writes to. */
  private static final class Position extends FilterOutputStream {
    private long written;

    Position(OutputStream out) {
      super(out);
    }

    @Override
    public void write(int value) throws IOException {
      out.write(value);
      written++;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
      written += length;
    }

    @Override
    public void close() throws IOException {
      flush();
    }
  }
}
