// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.image;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveOutputStream;
import org.apache.commons.compress.archivers.cpio.CpioConstants;

/**
 * Writes a newc cpio archive, which Linux takes as an initramfs and our kernel as its ramdisk. Only
 * content counts: inodes are counted from 1, root owns everything, times are 0, so that equal trees
 * give equal bytes. The stream is not closed.
 */
public final class NewcWriter {
  /** Size of a newc header, before the name; see cpio(5). */
  private static final int HEADER = 110;

  private static final int ALIGN = 4;

  private final Position out;
  private final CpioArchiveOutputStream archive;
  private final boolean pages;
  private long inode = 1;
  private int fillers;

  private NewcWriter(OutputStream stream, boolean pages) {
    this.pages = pages;
    out = new Position(stream);
    archive =
        new CpioArchiveOutputStream(
            out, CpioConstants.FORMAT_NEW, CpioConstants.BLOCK_SIZE, "UTF-8");
  }

  /** An archive in which fillers move data of a page or more to the beginning of a page. */
  static NewcWriter inPages(OutputStream stream) {
    return new NewcWriter(stream, true);
  }

  /**
   * Writes an archive of everything below a directory, in the order of the names. Programs get mode
   * 0755, other files 0644.
   *
   * @param tree holds directories, regular files and symbolic links only
   */
  public static void tree(Path tree, OutputStream stream) throws IOException {
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(tree)) {
      paths = walk.filter(path -> !path.equals(tree)).sorted().toList();
    }
    NewcWriter writer = new NewcWriter(stream, false);
    for (Path path : paths) {
      String name = tree.relativize(path).toString();
      if (Files.isSymbolicLink(path)) {
        writer.symlink(name, Files.readSymbolicLink(path).toString());
      } else if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
        writer.directory(name);
      } else {
        boolean program =
            Files.getPosixFilePermissions(path).contains(PosixFilePermission.OWNER_EXECUTE);
        writer.file(name, program ? 0755 : 0644, path);
      }
    }
    writer.finish();
  }

  void directory(String name) throws IOException {
    begin(name, CpioConstants.C_ISDIR | 0755, 0);
    archive.closeArchiveEntry();
  }

  void symlink(String name, String target) throws IOException {
    put(name, CpioConstants.C_ISLNK | 0777, target.getBytes(StandardCharsets.UTF_8));
  }

  void file(String name, int permissions, byte[] data) throws IOException {
    align(name, data.length);
    put(name, CpioConstants.C_ISREG | permissions, data);
  }

  /** A copy of a file. */
  void file(String name, int permissions, Path source) throws IOException {
    long size = Files.size(source);
    align(name, size);
    begin(name, CpioConstants.C_ISREG | permissions, size);
    Files.copy(source, archive);
    archive.closeArchiveEntry();
  }

  /** Writes the trailer. */
  void finish() throws IOException {
    archive.finish();
    archive.flush();
  }

  /** Fills up so that the data of an entry with this name would begin at a page boundary. */
  private void align(String next, long size) throws IOException {
    if (!pages || size < Ramdisk.PAGE || (out.written + headerSize(next)) % Ramdisk.PAGE == 0) {
      return;
    }
    String filler = Ramdisk.FILLER + fillers++;
    long data = out.written + headerSize(filler) + headerSize(next);
    int gap = Math.floorMod(-data, Ramdisk.PAGE);
    put(filler, CpioConstants.C_ISREG | 0444, new byte[gap]);
  }

  private static int headerSize(String name) {
    int size = HEADER + name.getBytes(StandardCharsets.UTF_8).length + 1;
    return (size + ALIGN - 1) / ALIGN * ALIGN;
  }

  private void put(String name, int mode, byte[] data) throws IOException {
    begin(name, mode, data.length);
    archive.write(data);
    archive.closeArchiveEntry();
  }

  private void begin(String name, int mode, long size) throws IOException {
    CpioArchiveEntry entry = new CpioArchiveEntry(CpioConstants.FORMAT_NEW, name);
    entry.setInode(inode++);
    entry.setMode(mode);
    // A directory is linked from above and from itself; nothing else is linked twice.
    entry.setNumberOfLinks((mode & CpioConstants.S_IFMT) == CpioConstants.C_ISDIR ? 2 : 1);
    entry.setTime(0);
    entry.setSize(size);
    archive.putArchiveEntry(entry);
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
