// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.root;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveOutputStream;
import org.apache.commons.compress.archivers.cpio.CpioConstants;

/**
 * Packs a directory as a newc cpio archive for the Linux kernel (its initramfs buffer format): root
 * owns everything, times are zero, entries are sorted and numbered, so that equal trees give equal
 * bytes.
 */
final class CpioTree {
  private CpioTree() {}

  /**
   * Writes the archive of everything below {@code tree}.
   *
   * @param tree holds directories, regular files and symbolic links only
   */
  static void write(Path tree, OutputStream out) throws IOException {
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(tree)) {
      paths = walk.filter(path -> !path.equals(tree)).sorted().toList();
    }
    try (CpioArchiveOutputStream cpio =
        new CpioArchiveOutputStream(out, CpioConstants.FORMAT_NEW)) {
      long inode = 1;
      for (Path path : paths) {
        writeEntry(cpio, path, tree.relativize(path).toString(), inode++);
      }
    }
  }

  private static void writeEntry(CpioArchiveOutputStream cpio, Path path, String name, long inode)
      throws IOException {
    CpioArchiveEntry entry = new CpioArchiveEntry(CpioConstants.FORMAT_NEW, name);
    entry.setInode(inode);
    entry.setTime(0);
    entry.setNumberOfLinks(1);
    if (Files.isSymbolicLink(path)) {
      byte[] target =
          Files.readSymbolicLink(path).toString().getBytes(java.nio.charset.StandardCharsets.UTF_8);
      entry.setMode(CpioConstants.C_ISLNK | 0777);
      entry.setSize(target.length);
      cpio.putArchiveEntry(entry);
      cpio.write(target);
    } else if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      entry.setMode(CpioConstants.C_ISDIR | 0755);
      cpio.putArchiveEntry(entry);
    } else {
      Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(path);
      boolean program = permissions.contains(PosixFilePermission.OWNER_EXECUTE);
      entry.setMode(CpioConstants.C_ISREG | (program ? 0755 : 0644));
      entry.setSize(Files.size(path));
      cpio.putArchiveEntry(entry);
      Files.copy(path, cpio);
    }
    cpio.closeArchiveEntry();
  }
}
