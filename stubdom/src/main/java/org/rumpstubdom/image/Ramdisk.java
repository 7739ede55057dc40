// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.image;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveInputStream;
import org.apache.commons.compress.archivers.cpio.CpioConstants;
import org.rumpstubdom.util.AtomicFiles;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;

/**
 * The ramdisk: a newc cpio archive, uncompressed, whose bytes depend on the entries alone.
 *
 * <p>The kernel maps files where they lie. Therefore the data of every file of a page or more
 * begins at a multiple of {@link #PAGE} from the archive's start; entries named {@code .pad/N} fill
 * the gaps and carry no meaning.
 */
public final class Ramdisk {
  /** Bytes of a page on x86. */
  public static final int PAGE = 4096;

  static final String FILLER = ".pad/";
  private static final int PERMISSIONS = 07777;

  private Ramdisk() {}

  /** What a name in the ramdisk stands for. */
  public sealed interface Entry {}

  private record FileEntry(Path source, int mode) implements Entry {}

  private static final class BytesEntry implements Entry {
    private final byte[] bytes;

    BytesEntry(byte[] bytes) {
      this.bytes = bytes;
    }
  }

  private record LinkEntry(String target) implements Entry {}

  /** A copy of a file; mode 0755 when it is executable, 0644 otherwise. */
  public static Entry file(Path source) {
    return file(source, Files.isExecutable(source) ? 0755 : 0644);
  }

  /** A copy of a file with these permission bits. */
  public static Entry file(Path source, int mode) {
    return new FileEntry(source, mode & PERMISSIONS);
  }

  /** A file with this content, mode 0644. */
  public static Entry bytes(byte[] content) {
    return new BytesEntry(content.clone());
  }

  /** A symbolic link. */
  public static Entry symlink(String target) {
    return new LinkEntry(target);
  }

  /**
   * Writes a ramdisk, atomically.
   *
   * @param out the archive
   * @param manifest goes first
   * @param entries by name, which has no leading slash; the directories above are added
   */
  public static void write(Path out, RamdiskManifest manifest, SortedMap<String, Entry> entries)
      throws IOException {
    SortedMap<String, Entry> withDirectories = new TreeMap<>();
    for (String name : entries.keySet()) {
      requireName(name);
      for (int slash = name.indexOf('/'); slash >= 0; slash = name.indexOf('/', slash + 1)) {
        withDirectories.put(name.substring(0, slash), null);
      }
    }
    for (Map.Entry<String, Entry> entry : entries.entrySet()) {
      if (withDirectories.containsKey(entry.getKey())) {
        throw new IllegalArgumentException("both a directory and a file: " + entry.getKey());
      }
      withDirectories.put(entry.getKey(), entry.getValue());
    }
    AtomicFiles.write(
        out,
        stream -> {
          NewcWriter archive = NewcWriter.inPages(stream);
          archive.file(
              RamdiskManifest.NAME, 0444, manifest.text().getBytes(StandardCharsets.UTF_8));
          for (Map.Entry<String, Entry> entry : withDirectories.entrySet()) {
            add(archive, entry.getKey(), entry.getValue());
          }
          archive.finish();
        });
  }

  private static void add(NewcWriter archive, String name, Entry entry) throws IOException {
    if (entry == null) {
      archive.directory(name);
    } else if (entry instanceof FileEntry file) {
      archive.file(name, file.mode(), file.source());
    } else if (entry instanceof BytesEntry bytes) {
      archive.file(name, 0644, bytes.bytes);
    } else if (entry instanceof LinkEntry link) {
      archive.symlink(name, link.target());
    }
  }

  private static void requireName(String name) {
    boolean plain =
        !name.isEmpty()
            && !name.startsWith("/")
            && !name.endsWith("/")
            && !name.equals(RamdiskManifest.NAME)
            && !name.startsWith(FILLER)
            && List.of(name.split("/")).stream()
                .noneMatch(part -> part.isEmpty() || part.equals(".") || part.equals(".."));
    if (!plain) {
      throw new IllegalArgumentException("not a name for a ramdisk entry: " + name);
    }
  }

  /**
   * One entry of a ramdisk.
   *
   * @param name without leading slash
   * @param mode type and permission bits, as in stat(2)
   * @param size bytes of data
   * @param dataOffset where the data begins, from the archive's start
   * @param target what a symbolic link points to; empty otherwise
   */
  public record Item(String name, int mode, long size, long dataOffset, String target) {}

  /**
   * Lists a ramdisk, without the fillers.
   *
   * @throws StubdomException (input) when the file is no newc archive
   */
  public static List<Item> list(Path ramdisk) throws IOException {
    List<Item> items = new ArrayList<>();
    try (Counter counter = new Counter(new BufferedInputStream(Files.newInputStream(ramdisk)));
        CpioArchiveInputStream in = new CpioArchiveInputStream(counter)) {
      for (CpioArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        long offset = counter.position;
        String target =
            (entry.getMode() & CpioConstants.S_IFMT) == CpioConstants.C_ISLNK
                ? new String(in.readAllBytes(), StandardCharsets.UTF_8)
                : "";
        if (!entry.getName().startsWith(FILLER)) {
          items.add(
              new Item(entry.getName(), (int) entry.getMode(), entry.getSize(), offset, target));
        }
      }
    } catch (IOException e) {
      throw new StubdomException(
          ExitCode.INPUT,
          ramdisk.toString(),
          e instanceof EOFException
              ? "the newc cpio archive ends in the middle"
              : "not a whole newc cpio archive (" + e.getMessage() + ")",
          "build the image again",
          List.of(),
          e);
    }
    return items;
  }

  /** Reads one file out of a ramdisk; fails (input) when it is not there. */
  public static byte[] read(Path ramdisk, String name) throws IOException {
    for (Item item : list(ramdisk)) {
      if (item.name().equals(name)) {
        try (InputStream in = Files.newInputStream(ramdisk)) {
          in.skipNBytes(item.dataOffset());
          return in.readNBytes(Math.toIntExact(item.size()));
        }
      }
    }
    throw StubdomException.input(
        ramdisk.toString(), "has no entry " + name, "build the image again");
  }

  /** Knows how far the archive has been read; the reader above does not read ahead. */
  private static final class Counter extends FilterInputStream {
    private long position;

    Counter(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int value = super.read();
      position += value >= 0 ? 1 : 0;
      return value;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      int count = super.read(buffer, offset, length);
      position += Math.max(count, 0);
      return count;
    }

    @Override
    public long skip(long count) throws IOException {
      long skipped = super.skip(count);
      position += skipped;
      return skipped;
    }
  }
}
