// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.rump;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.rumpstubdom.tests.rump.Linux.O_APPEND;
import static org.rumpstubdom.tests.rump.Linux.O_CREAT;
import static org.rumpstubdom.tests.rump.Linux.O_RDONLY;
import static org.rumpstubdom.tests.rump.Linux.O_RDWR;
import static org.rumpstubdom.tests.rump.Linux.O_TRUNC;
import static org.rumpstubdom.tests.rump.Linux.O_WRONLY;
import static org.rumpstubdom.tests.rump.RumpDomain.addr;

import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.image.Ramdisk;
import org.rumpstubdom.image.RamdiskManifest;

/**
 * Files of the ramdisk: their contents stay there until somebody opens them for writing. What a
 * program sees is what POSIX says of any file.
 */
@Tag("hosted")
class RamdiskFilesTest {
  private static final int PAGES = 40;
  private static final byte[] BLOB = RumpDomain.pattern(PAGES * 4096 + 100);
  private static final int MEM_PROGRAM = 2; // core/memory.h
  private static final int MEM_RUMP = 4;

  @TempDir Path directory;
  private RumpDomain rump;

  @BeforeEach
  void start() throws IOException {
    SortedMap<String, Ramdisk.Entry> entries = new TreeMap<>();
    entries.put("share/blob", Ramdisk.bytes(BLOB));
    entries.put("share/other", Ramdisk.bytes("other".getBytes(US_ASCII)));
    entries.put("share/empty", Ramdisk.bytes(new byte[0]));
    entries.put("link", Ramdisk.symlink("share/blob"));
    Path file = directory.resolve("ramdisk");
    Ramdisk.write(file, RamdiskManifest.plain("/bin/true", List.of(), Map.of()), entries);
    rump = RumpDomain.program("", Files.readAllBytes(file));
  }

  @AfterEach
  void stop() {
    rump.close();
  }

  private int open(String path, int flags) {
    int fd = (int) rump.linux(Linux.OPEN, rump.str(path), flags, 0644);
    assertTrue(fd >= 0, path + ": errno " + -fd);
    return fd;
  }

  private byte[] read(int fd, int max) {
    Pointer buf = rump.alloc(max);
    long n = rump.linux(Linux.READ, fd, addr(buf), max);
    assertTrue(n >= 0, "errno " + -n);
    return buf.getByteArray(0, (int) n);
  }

  private byte[] contents(int fd) {
    assertEquals(0, rump.linux(Linux.LSEEK, fd, 0, 0));
    return read(fd, BLOB.length + 4096);
  }

  private void write(int fd, String text) {
    byte[] data = text.getBytes(US_ASCII);
    assertEquals(data.length, rump.linux(Linux.WRITE, fd, addr(rump.bytes(data)), data.length));
  }

  private long size(String path) {
    Pointer st = rump.alloc(144);
    assertEquals(0, rump.linux(Linux.STAT, rump.str(path), addr(st)), path);
    assertEquals((st.getLong(48) + 511) / 512, st.getLong(64), "st_blocks");
    return st.getLong(48);
  }

  private long used(int owner) {
    return rump.domain.call("hosted_memory_used", owner);
  }

  private static byte[] blob(int at, String text) {
    byte[] changed = Arrays.copyOf(BLOB, Math.max(BLOB.length, at + text.length()));
    System.arraycopy(text.getBytes(US_ASCII), 0, changed, at, text.length());
    return changed;
  }

  @Test
  void contentsAreNotCopied() {
    // The pages of ten such files: the kernels' books know nothing of the ramdisk.
    assertTrue(used(MEM_RUMP) < 100 << 10, () -> "rump kernel: " + used(MEM_RUMP));
    int fd = open("/share/blob", O_RDONLY);
    long before = used(MEM_PROGRAM);
    long at = rump.linux(Linux.MMAP, 0, BLOB.length, 1 /* PROT_READ */, 2 /* PRIVATE */, fd, 0);
    assertTrue(at > 0, "errno " + -at);
    assertEquals(before + 4096, used(MEM_PROGRAM), "only the page that ends the file is a copy");
    byte[] padded = Arrays.copyOf(BLOB, (PAGES + 1) * 4096);
    assertArrayEquals(padded, new Pointer(at).getByteArray(0, padded.length));
  }

  @Test
  void aPrivateMappingCanBeWritten() {
    int fd = open("/share/blob", O_RDONLY);
    long at = rump.linux(Linux.MMAP, 0, 2 * 4096, 3, 2 /* MAP_PRIVATE */, fd, 4096);
    assertTrue(at > 0, "errno " + -at);
    new Pointer(at).setByte(7, (byte) ~BLOB[4096 + 7]);
    assertEquals((byte) ~BLOB[4096 + 7], new Pointer(at).getByte(7));
    assertArrayEquals(BLOB, contents(fd));
    long again = rump.linux(Linux.MMAP, 0, 4096, 1, 2, fd, 4096);
    assertEquals(BLOB[4096 + 7], new Pointer(again).getByte(7));
  }

  @Test
  void whoReadsSeesWhatIsWritten() {
    int reader = open("/share/blob", O_RDONLY);
    assertArrayEquals(Arrays.copyOf(BLOB, 10), read(reader, 10));
    int writer = open("/link", O_RDWR);
    assertArrayEquals(BLOB, contents(reader), "opening alone changes nothing");
    assertEquals(BLOB.length, size("/share/blob"));
    rump.linux(Linux.LSEEK, writer, 5000, 0);
    write(writer, "MARK");
    assertArrayEquals(blob(5000, "MARK"), contents(reader));
    assertArrayEquals(blob(5000, "MARK"), contents(open("/share/blob", O_RDONLY)));
    int log = open("/share/blob", O_WRONLY | O_APPEND);
    write(log, "END");
    assertEquals(BLOB.length + 3, rump.linux(Linux.LSEEK, reader, 0, 2 /* SEEK_END */));
    assertEquals(BLOB.length + 3, size("/link"));
  }

  @Test
  void appendingComesAfterWhatWasThere() {
    int log = open("/share/other", O_WRONLY | O_APPEND);
    write(log, "wise");
    assertArrayEquals("otherwise".getBytes(US_ASCII), contents(open("/share/other", O_RDONLY)));
  }

  @Test
  void cuttingOff() {
    int reader = open("/share/blob", O_RDONLY);
    assertEquals(0, rump.linux(Linux.TRUNCATE, rump.str("/link"), 5000));
    assertArrayEquals(Arrays.copyOf(BLOB, 5000), contents(reader));
    assertEquals(5000, size("/share/blob"));
    int other = open("/share/other", O_RDONLY);
    open("/share/other", O_WRONLY | O_TRUNC);
    assertEquals(0, contents(other).length);
    assertEquals(0, size("/share/other"));
  }

  @Test
  void positionsAreTheOpenFiles() {
    int fd = open("/share/blob", O_RDONLY);
    assertEquals(BLOB.length, rump.linux(Linux.LSEEK, fd, 0, 2 /* SEEK_END */));
    assertEquals(0, read(fd, 10).length);
    assertEquals(-Linux.EINVAL, rump.linux(Linux.LSEEK, fd, -1, 0));
    assertEquals(100, rump.linux(Linux.LSEEK, fd, 100, 3 /* SEEK_DATA */));
    assertEquals(BLOB.length, rump.linux(Linux.LSEEK, fd, 100, 4 /* SEEK_HOLE */));
    assertEquals(-6, rump.linux(Linux.LSEEK, fd, BLOB.length, 3)); // ENXIO
    assertEquals(100, rump.linux(Linux.LSEEK, fd, 100, 0));
    Pointer n = rump.alloc(4);
    assertEquals(0, rump.linux(Linux.IOCTL, fd, 0x541b /* FIONREAD */, addr(n)));
    assertEquals(BLOB.length - 100, n.getInt(0));
    int twin = (int) rump.linux(Linux.DUP, fd);
    assertArrayEquals(Arrays.copyOfRange(BLOB, 100, 110), read(twin, 10));
    assertEquals(110, rump.linux(Linux.LSEEK, fd, 0, 1 /* SEEK_CUR */));
    assertEquals(-Linux.EBADF, rump.linux(Linux.WRITE, fd, addr(n), 1));
  }

  @Test
  void namesComeAndGo() {
    int reader = open("/share/blob", O_RDONLY);
    assertEquals(0, rump.linux(Linux.LINK, rump.str("/share/blob"), rump.str("/share/second")));
    assertEquals(0, rump.linux(Linux.UNLINK, rump.str("/share/blob")));
    assertEquals(BLOB.length, size("/share/second"));
    assertArrayEquals(BLOB, contents(open("/share/second", O_RDONLY)));
    assertEquals(0, rump.linux(Linux.RENAME, rump.str("/share/other"), rump.str("/share/second")));
    assertEquals(5, size("/share/second"));
    assertArrayEquals(BLOB, contents(reader), "who has it open reads on");
    assertEquals(0, rump.linux(Linux.UNLINK, rump.str("/share/second")));
    // Whatever number a new file gets, what it has is its own.
    for (int i = 0; i < 8; i++) {
      int fd = open("/share/new" + i, O_RDWR | O_CREAT);
      assertEquals(0, read(fd, 10).length);
      write(fd, "new");
      assertEquals(3, size("/share/new" + i));
    }
  }

  @Test
  void aFileIsNotRenamedToItself() {
    for (String name : List.of("/share/blob", "/tmp/made")) {
      open(name, O_RDONLY | O_CREAT);
      String second = name + "2";
      assertEquals(0, rump.linux(Linux.LINK, rump.str(name), rump.str(second)));
      // POSIX, rename(): two names of one file both stay.
      assertEquals(0, rump.linux(Linux.RENAME, rump.str(name), rump.str(second)));
      assertEquals(0, rump.linux(Linux.RENAME, rump.str(name), rump.str(name)));
      assertEquals(size(name), size(second));
    }
    assertEquals(BLOB.length, size("/share/blob2"));
  }

  @Test
  void attributesChangeWithoutTheContents() {
    assertEquals(0, rump.linux(Linux.CHMOD, rump.str("/share/blob"), 0400));
    Pointer st = rump.alloc(144);
    int fd = open("/share/blob", O_RDONLY);
    assertEquals(0, rump.linux(Linux.FCHMOD, fd, 0440));
    assertEquals(0, rump.linux(Linux.FSTAT, fd, addr(st)));
    assertEquals(0100440, st.getInt(24));
    assertEquals(BLOB.length, st.getLong(48));
    assertArrayEquals(BLOB, contents(fd));
    assertTrue(used(MEM_RUMP) < 100 << 10, () -> "rump kernel: " + used(MEM_RUMP));
  }
}
