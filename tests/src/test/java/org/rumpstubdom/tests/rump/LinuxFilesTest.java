// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.rump;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.rumpstubdom.tests.rump.Linux.AT_FDCWD;
import static org.rumpstubdom.tests.rump.Linux.O_APPEND;
import static org.rumpstubdom.tests.rump.Linux.O_CREAT;
import static org.rumpstubdom.tests.rump.Linux.O_DIRECTORY;
import static org.rumpstubdom.tests.rump.Linux.O_RDONLY;
import static org.rumpstubdom.tests.rump.Linux.O_RDWR;
import static org.rumpstubdom.tests.rump.Linux.O_WRONLY;
import static org.rumpstubdom.tests.rump.RumpDomain.addr;

import com.sun.jna.Pointer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Linux system calls on files and names, with a ramdisk below. */
@Tag("hosted")
class LinuxFilesTest {
  private static final byte[] BLOB = RumpDomain.pattern(3 * 4096 + 100);
  private static final int MTIME = 1_700_000_000;

  private RumpDomain rump;

  @BeforeEach
  void start() {
    rump = RumpDomain.program("", ramdisk());
  }

  @AfterEach
  void stop() {
    rump.close();
  }

  private static byte[] ramdisk() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (CpioArchiveOutputStream cpio =
        new CpioArchiveOutputStream(out, CpioArchiveOutputStream.FORMAT_NEW)) {
      put(cpio, "stubdom.manifest", 0100644, "program /bin/true\n".getBytes(US_ASCII));
      put(cpio, "usr", 040755, new byte[0]);
      put(cpio, "usr/share", 040700, new byte[0]);
      put(cpio, "usr/share/blob", 0100444, BLOB);
      put(cpio, "usr/share/empty", 0100644, new byte[0]);
      put(cpio, "usr/link", 0120777, "share/blob".getBytes(US_ASCII));
      put(
          cpio,
          "bin/deep/tool",
          0100755,
          "#!".getBytes(US_ASCII)); // directories on the way are implied
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  private static void put(CpioArchiveOutputStream cpio, String name, int mode, byte[] data)
      throws IOException {
    CpioArchiveEntry entry =
        new CpioArchiveEntry(CpioArchiveOutputStream.FORMAT_NEW, name, data.length);
    entry.setMode(mode);
    entry.setTime(MTIME);
    cpio.putArchiveEntry(entry);
    cpio.write(data);
    cpio.closeArchiveEntry();
  }

  private int open(String path, int flags) {
    return (int) rump.linux(Linux.OPEN, rump.str(path), flags, 0644);
  }

  private long write(int fd, String text) {
    byte[] data = text.getBytes(StandardCharsets.UTF_8);
    return rump.linux(Linux.WRITE, fd, addr(rump.bytes(data)), data.length);
  }

  private byte[] read(int fd, int max) {
    Pointer buf = rump.alloc(max);
    long n = rump.linux(Linux.READ, fd, addr(buf), max);
    assertTrue(n >= 0, "errno " + -n);
    return buf.getByteArray(0, (int) n);
  }

  private Pointer stat(String path) {
    Pointer st = rump.alloc(144);
    assertEquals(0, rump.linux(Linux.STAT, rump.str(path), addr(st)), path);
    return st;
  }

  // struct stat of x86-64: st_nlink 16, st_mode 24, st_uid 28, st_size 48, st_mtime 88
  private static int mode(Pointer st) {
    return st.getInt(24);
  }

  // ---- the ramdisk ------------------------------------------------------------------------------

  @Test
  void theRamdiskIsTheRoot() {
    int fd = open("/usr/share/blob", O_RDONLY);
    assertArrayEquals(BLOB, read(fd, 20000));
    Pointer buf = rump.alloc(200);
    assertEquals(100, rump.linux(Linux.PREAD64, fd, addr(buf), 100, 5000));
    assertArrayEquals(RumpDomain.slice(BLOB, 5000, 100), buf.getByteArray(0, 100));
    assertEquals(100, rump.linux(Linux.PREAD64, fd, addr(buf), 200, 3 * 4096));
    Pointer st = stat("/usr/share/blob");
    assertEquals(0100444, mode(st));
    assertEquals(BLOB.length, st.getLong(48));
    assertEquals(MTIME, st.getLong(88));
    assertEquals(040700, mode(stat("/usr/share")));
    assertEquals(0, stat("/usr/share/empty").getLong(48));
    assertArrayEquals(BLOB, read(open("/usr/link", O_RDONLY), 20000));
    Pointer target = rump.alloc(32);
    assertEquals(10, rump.linux(Linux.READLINK, rump.str("/usr/link"), addr(target), 32));
    assertEquals("share/blob", target.getString(0));
    assertEquals(0, rump.linux(Linux.ACCESS, rump.str("/bin/deep/tool"), 1));
    assertEquals(-Linux.EACCES, rump.linux(Linux.ACCESS, rump.str("/usr/share/blob"), 1));
  }

  @Test
  void filesOfTheRamdiskCanBeWritten() {
    int fd = open("/usr/share/blob", O_RDWR);
    byte[] marker = "MARK".getBytes(US_ASCII);
    assertEquals(4, rump.linux(Linux.PWRITE64, fd, addr(rump.bytes(marker)), 4, 4094));
    byte[] expected = BLOB.clone();
    System.arraycopy(marker, 0, expected, 4094, 4);
    assertArrayEquals(expected, read(fd, 20000));
    assertEquals(0, rump.linux(Linux.FTRUNCATE, fd, 5000));
    assertEquals(0, rump.linux(Linux.FTRUNCATE, fd, 10000));
    byte[] cut = new byte[10000];
    System.arraycopy(expected, 0, cut, 0, 5000);
    assertEquals(0, rump.linux(Linux.LSEEK, fd, 0, 0));
    assertArrayEquals(cut, read(fd, 20000));
  }

  @Test
  void aFileCanBeMappedPrivately() {
    int fd = open("/usr/share/blob", O_RDONLY);
    long at = rump.linux(Linux.MMAP, 0, 8192, 3, 2 /* MAP_PRIVATE */, fd, 4096);
    assertTrue(at > 0, "errno " + -at);
    Pointer map = new Pointer(at);
    assertArrayEquals(RumpDomain.slice(BLOB, 4096, 8192), map.getByteArray(0, 8192));
    map.setByte(0, (byte) ~BLOB[4096]);
    Pointer buf = rump.alloc(1);
    rump.linux(Linux.PREAD64, fd, addr(buf), 1, 4096);
    assertEquals(BLOB[4096], buf.getByte(0), "the file does not change");
  }

  // ---- files ------------------------------------------------------------------------------------

  @Test
  void flagsAndPositionsWorkAsOnLinux() {
    int fd = open("/tmp/f", O_RDWR | O_CREAT | Linux.O_EXCL);
    assertTrue(fd >= 3);
    assertEquals(5, write(fd, "01234"));
    assertEquals(2, rump.linux(Linux.LSEEK, fd, 2, 0));
    assertArrayEquals("234".getBytes(US_ASCII), read(fd, 10));
    assertEquals(3, rump.linux(Linux.LSEEK, fd, 3, 3 /* SEEK_DATA */));
    assertEquals(5, rump.linux(Linux.LSEEK, fd, 3, 4 /* SEEK_HOLE */));
    assertEquals(-6, rump.linux(Linux.LSEEK, fd, 5, 3)); // ENXIO
    assertEquals(-Linux.EEXIST, open("/tmp/f", O_RDWR | O_CREAT | Linux.O_EXCL));
    int log = open("/tmp/f", O_WRONLY | O_APPEND);
    assertEquals(1, write(log, "A"));
    assertEquals(0, rump.linux(Linux.FCNTL, log, 4 /* F_SETFL */, 0));
    rump.linux(Linux.LSEEK, log, 0, 0);
    write(log, "B");
    assertEquals(0, rump.linux(Linux.FCNTL, log, 4, O_APPEND));
    assertEquals(O_WRONLY | O_APPEND, rump.linux(Linux.FCNTL, log, 3 /* F_GETFL */));
    write(log, "C");
    rump.linux(Linux.LSEEK, fd, 0, 0);
    assertArrayEquals("B1234AC".getBytes(US_ASCII), read(fd, 10));
    assertEquals(-Linux.EBADF, rump.linux(Linux.READ, log, addr(rump.alloc(1)), 1));
    int trunc = open("/tmp/f", O_RDWR | Linux.O_TRUNC);
    assertEquals(0, read(trunc, 10).length);
    assertEquals(0, rump.linux(Linux.FALLOCATE, trunc, 0, 0, 6000));
    assertEquals(6000, stat("/tmp/f").getLong(48));
    assertEquals(0, rump.linux(Linux.FSYNC, trunc));
    assertEquals(0, rump.linux(Linux.SYNC));
    assertEquals(0, rump.linux(Linux.TRUNCATE, rump.str("/tmp/f"), 7));
    Pointer n = rump.alloc(4);
    assertEquals(0, rump.linux(Linux.IOCTL, trunc, 0x541b /* FIONREAD */, addr(n)));
    assertEquals(7, n.getInt(0));
  }

  @Test
  void errorsAreLinuxNumbers() {
    assertEquals(-Linux.ENOENT, open("/none", O_RDONLY));
    assertEquals(-Linux.ENOENT, open("", O_RDONLY));
    assertEquals(-Linux.EISDIR, open("/tmp", O_RDWR));
    assertEquals(-Linux.ENOTDIR, open("/usr/share/blob", O_RDONLY | O_DIRECTORY));
    assertEquals(-Linux.ELOOP, open("/usr/link", O_RDONLY | Linux.O_NOFOLLOW));
    assertEquals(-Linux.ENAMETOOLONG, open("/" + "x".repeat(300), O_RDWR | O_CREAT));
    assertEquals(-Linux.ENAMETOOLONG, open("/tmp/".repeat(300), O_RDONLY));
    assertEquals(-Linux.EFAULT, rump.linux(Linux.OPEN, 1, 0, 0));
    assertEquals(-Linux.EFAULT, rump.linux(Linux.STAT, rump.str("/tmp"), 8));
    assertEquals(-Linux.EINVAL, open("/tmp", 3));
    assertEquals(-Linux.EISDIR, rump.linux(Linux.UNLINK, rump.str("/tmp")));
    assertEquals(-Linux.ENOTEMPTY, rump.linux(Linux.RMDIR, rump.str("/usr")));
    assertEquals(-Linux.EEXIST, rump.linux(Linux.MKDIR, rump.str("/tmp"), 0755));
    int dir = open("/tmp", O_RDONLY);
    Pointer buf = rump.alloc(16);
    assertEquals(-Linux.EISDIR, rump.linux(Linux.READ, dir, addr(buf), 16));
    assertEquals(-Linux.ENOTTY, rump.linux(Linux.IOCTL, dir, 0x5401 /* TCGETS */, addr(buf)));
    assertEquals(-Linux.EINVAL, rump.linux(Linux.READLINK, rump.str("/tmp"), addr(buf), 16));
    assertEquals(-Linux.EINVAL, rump.linux(Linux.READLINK, rump.str("/usr/link"), addr(buf), 0));
    assertEquals(
        -Linux.ENOTDIR, rump.linux(Linux.OPENAT, open("/dev/null", O_RDONLY), rump.str("x"), 0, 0));
    assertEquals(-Linux.EBADF, rump.linux(Linux.OPENAT, 99, rump.str("x"), 0, 0));
    // O_TMPFILE: programs then make a name of their own.
    assertEquals(-95, open("/tmp", O_RDWR | 020200000)); // EOPNOTSUPP
  }

  @Test
  void statCallsAgree() {
    Pointer st = rump.alloc(144);
    assertEquals(0, rump.linux(Linux.LSTAT, rump.str("/usr/link"), addr(st)));
    assertEquals(0120777, mode(st));
    int fd = open("/usr/link", O_RDONLY);
    assertEquals(0, rump.linux(Linux.FSTAT, fd, addr(st)));
    long ino = st.getLong(8);
    Pointer at = rump.alloc(144);
    assertEquals(0, rump.linux(Linux.NEWFSTATAT, fd, rump.str(""), addr(at), 0x1000));
    assertEquals(ino, at.getLong(8));
    assertEquals(-Linux.ENOENT, rump.linux(Linux.NEWFSTATAT, fd, rump.str(""), addr(at), 0));
    int dir = open("/usr", O_RDONLY | O_DIRECTORY);
    assertEquals(0, rump.linux(Linux.NEWFSTATAT, dir, rump.str("share/blob"), addr(at), 0));
    assertEquals(ino, at.getLong(8));
    Pointer stx = rump.alloc(256);
    assertEquals(
        0, rump.linux(Linux.STATX, AT_FDCWD, rump.str("/usr/share/blob"), 0, 0x7ff, addr(stx)));
    assertEquals(0x7ff, stx.getInt(0) & 0x7ff);
    assertEquals(0100444, stx.getShort(28) & 0xffff);
    assertEquals(ino, stx.getLong(32));
    assertEquals(BLOB.length, stx.getLong(40));
    assertEquals(MTIME, stx.getLong(112), "stx_mtime");
    assertEquals(
        0, rump.linux(Linux.FACCESSAT2, dir, rump.str("share"), 7, 0x200 /* AT_EACCESS */));
    assertEquals(-Linux.EINVAL, rump.linux(Linux.FACCESSAT2, dir, rump.str("share"), 8, 0));
    int path = open("/usr/share/blob", Linux.O_PATH);
    assertEquals(0, rump.linux(Linux.FSTAT, path, addr(at)));
    assertEquals(ino, at.getLong(8));
    assertTrue(rump.linux(Linux.READ, path, addr(at), 1) < 0);
  }

  @Test
  void namesMove() {
    assertEquals(0, rump.linux(Linux.MKDIR, rump.str("/tmp/d"), 0750));
    int dir = open("/tmp/d", O_RDONLY);
    int fd = (int) rump.linux(Linux.OPENAT, dir, rump.str("a"), O_RDWR | O_CREAT, 0640);
    write(fd, "a");
    assertEquals(0100640, mode(stat("/tmp/d/a")));
    assertEquals(0, rump.linux(Linux.RENAMEAT, dir, rump.str("a"), dir, rump.str("b")));
    open("/tmp/d/c", O_RDWR | O_CREAT);
    assertEquals(
        -Linux.EEXIST,
        rump.linux(Linux.RENAMEAT2, dir, rump.str("b"), dir, rump.str("c"), 1 /* NOREPLACE */));
    assertEquals(0, rump.linux(Linux.RENAMEAT2, dir, rump.str("b"), dir, rump.str("e"), 1));
    assertEquals(-Linux.EINVAL, rump.linux(Linux.RENAMEAT2, dir, rump.str("e"), dir, 0, 2));
    assertEquals(0, rump.linux(Linux.RENAME, rump.str("/tmp/d/e"), rump.str("/tmp/d/c")));
    assertEquals(0, rump.linux(Linux.LINKAT, dir, rump.str("c"), dir, rump.str("hard"), 0));
    assertEquals(2, stat("/tmp/d/c").getLong(16));
    assertEquals(0, rump.linux(Linux.SYMLINKAT, rump.str("c"), dir, rump.str("soft")));
    assertEquals(0, rump.linux(Linux.SYMLINK, rump.str("nowhere"), rump.str("/tmp/d/dead")));
    assertEquals(-Linux.ENOENT, rump.linux(Linux.CHMOD, rump.str("/tmp/d/dead"), 0777));
    // link(2) does not follow: the new name is a symbolic link too.
    assertEquals(0, rump.linux(Linux.LINK, rump.str("/tmp/d/dead"), rump.str("/tmp/d/dead2")));
    assertEquals(0, rump.linux(Linux.MKDIRAT, dir, rump.str("sub"), 0755));
    assertEquals(
        new TreeSet<>(java.util.List.of(".", "..", "c", "hard", "soft", "dead", "dead2", "sub")),
        list(dir, 100));
    assertEquals(0, rump.linux(Linux.UNLINKAT, dir, rump.str("sub"), 0x200));
    assertEquals(0, rump.linux(Linux.CHDIR, rump.str("/tmp/d")));
    Pointer cwd = rump.alloc(32);
    assertEquals(7, rump.linux(Linux.GETCWD, addr(cwd), 32));
    assertEquals("/tmp/d", cwd.getString(0));
    assertEquals(-Linux.ERANGE, rump.linux(Linux.GETCWD, addr(cwd), 6));
    assertTrue(open("hard", O_RDONLY) >= 0);
    int up = open("..", O_RDONLY);
    assertEquals(0, rump.linux(Linux.FCHDIR, up));
    rump.linux(Linux.GETCWD, addr(cwd), 32);
    assertEquals("/tmp", cwd.getString(0));
    assertEquals(022, rump.linux(Linux.UMASK, 0));
    assertEquals(0, rump.linux(Linux.UMASK, 022));
    assertEquals(0, rump.linux(Linux.CHROOT, rump.str("/tmp")));
    assertTrue(open("/d/c", O_RDONLY) >= 0);
    assertEquals(-Linux.ENOENT, open("/usr", O_RDONLY));
  }

  /** linux_dirent64: inode, offset, record length at 16, type at 18, name at 19. */
  private Set<String> list(int dir, int room) {
    TreeSet<String> names = new TreeSet<>();
    Pointer buf = rump.alloc(room);
    assertEquals(0, rump.linux(Linux.LSEEK, dir, 0, 0));
    long n;
    while ((n = rump.linux(Linux.GETDENTS64, dir, addr(buf), room)) > 0) {
      for (long at = 0; at < n; at += buf.getShort(at + 16)) {
        String name = buf.getString(at + 19);
        assertTrue(names.add(name), name + " twice");
        int type = buf.getByte(at + 18);
        if (name.equals("sub") || name.startsWith(".")) {
          assertEquals(4, type, name);
        } else if (name.equals("soft")) {
          assertEquals(10, type);
        } else if (name.equals("hard")) {
          assertEquals(8, type);
        }
      }
    }
    assertEquals(0, n);
    return names;
  }

  @Test
  void largeDirectoriesAreListedWhole() {
    TreeSet<String> expected = new TreeSet<>(java.util.List.of(".", ".."));
    rump.linux(Linux.MKDIR, rump.str("/tmp/many"), 0755);
    for (int i = 0; i < 300; i++) {
      String name = "n".repeat(i % 60 + 1) + i;
      int fd = open("/tmp/many/" + name, O_RDWR | O_CREAT);
      assertEquals(0, rump.linux(Linux.CLOSE, fd));
      expected.add(name);
    }
    int dir = open("/tmp/many", O_RDONLY);
    assertEquals(expected, list(dir, 2048));
    assertEquals(expected, list(dir, 32768));
    rump.linux(Linux.LSEEK, dir, 0, 0);
    assertEquals(
        -Linux.EINVAL,
        rump.linux(Linux.GETDENTS64, dir, addr(rump.alloc(8)), 8),
        "no room for one");
    assertEquals(
        -Linux.ENOTDIR,
        rump.linux(
            Linux.GETDENTS64, open("/usr/share/blob", O_RDONLY), addr(rump.alloc(512)), 512));
  }

  @Test
  void attributesChange() {
    int fd = open("/tmp/a", O_RDWR | O_CREAT);
    assertEquals(0, rump.linux(Linux.FCHMOD, fd, 0701));
    assertEquals(0100701, mode(stat("/tmp/a")));
    assertEquals(0, rump.linux(Linux.CHOWN, rump.str("/tmp/a"), 3, 4));
    assertEquals(3, stat("/tmp/a").getInt(28));
    Pointer times = rump.alloc(32);
    times.setLong(0, 11);
    times.setLong(16, 22);
    times.setLong(24, 33);
    assertEquals(0, rump.linux(Linux.UTIMENSAT, AT_FDCWD, rump.str("/tmp/a"), addr(times), 0));
    assertEquals(22, stat("/tmp/a").getLong(88));
    assertEquals(33, stat("/tmp/a").getLong(96));
    times.setLong(16, 44);
    assertEquals(0, rump.linux(Linux.UTIMENSAT, fd, 0, addr(times), 0), "futimens");
    assertEquals(44, stat("/tmp/a").getLong(88));
    times.setLong(0, 55);
    times.setLong(8, 66);
    assertEquals(0, rump.linux(Linux.UTIME, rump.str("/tmp/a"), addr(times)));
    assertEquals(66, stat("/tmp/a").getLong(88));
    assertEquals(0, rump.linux(Linux.UTIME, rump.str("/tmp/a"), 0));
    assertTrue(stat("/tmp/a").getLong(88) != 66, "now");
    Pointer fs = rump.alloc(120);
    assertEquals(0, rump.linux(Linux.STATFS, rump.str("/tmp"), addr(fs)));
    assertEquals(0x01021994, fs.getLong(0), "TMPFS_MAGIC");
    assertEquals(4096, fs.getLong(8));
    assertTrue(fs.getLong(24) > 0 && fs.getLong(24) <= fs.getLong(16), "f_bfree <= f_blocks");
    assertEquals(255, fs.getLong(64), "f_namelen");
    Pointer fs2 = rump.alloc(120);
    assertEquals(0, rump.linux(Linux.FSTATFS, fd, addr(fs2)));
    assertEquals(fs.getLong(16), fs2.getLong(16));
  }

  @Test
  void nativeDevicesComeBeforeTheRumpKernels() {
    Pointer st = stat("/dev/null");
    assertEquals(020666, mode(st));
    assertEquals(1 << 8 | 3, st.getLong(40), "Linux's 1:3, not NetBSD's 2:2");
    int fd = open("/dev/null", O_RDWR);
    assertEquals(4, write(fd, "void"));
    assertEquals(0, rump.linux(Linux.ACCESS, rump.str("/dev/urandom"), 4));
    assertEquals(-Linux.ENOENT, rump.linux(Linux.ACCESS, rump.str("/dev/nullx"), 0));
  }
}
