// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.rump;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.rumpstubdom.tests.rump.NetBsd.AT_FDCWD;
import static org.rumpstubdom.tests.rump.NetBsd.O_APPEND;
import static org.rumpstubdom.tests.rump.NetBsd.O_CREAT;
import static org.rumpstubdom.tests.rump.NetBsd.O_DIRECTORY;
import static org.rumpstubdom.tests.rump.NetBsd.O_EXCL;
import static org.rumpstubdom.tests.rump.NetBsd.O_NOFOLLOW;
import static org.rumpstubdom.tests.rump.NetBsd.O_RDONLY;
import static org.rumpstubdom.tests.rump.NetBsd.O_RDWR;
import static org.rumpstubdom.tests.rump.NetBsd.O_TRUNC;
import static org.rumpstubdom.tests.rump.NetBsd.O_WRONLY;
import static org.rumpstubdom.tests.rump.RumpDomain.addr;

import com.sun.jna.Pointer;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Files and names through the rump client API; structures and numbers are NetBSD's. */
@Tag("hosted")
class ClientFilesTest {
  private RumpDomain rump;

  @BeforeEach
  void start() {
    rump = RumpDomain.client();
  }

  @AfterEach
  void stop() {
    rump.close();
  }

  private Pointer stat(String path) {
    Pointer st = rump.alloc(NetBsd.STAT_SIZE);
    assertEquals(0, rump.rump("stat50", rump.str(path), addr(st)), path);
    return st;
  }

  private int make(String path, String contents) {
    int fd = rump.open(path, O_RDWR | O_CREAT | O_TRUNC);
    assertTrue(fd >= 0, path);
    assertEquals(contents.length(), rump.write(fd, contents));
    return fd;
  }

  private String contents(String path) {
    int fd = rump.open(path, O_RDONLY);
    if (fd < 0) {
      return "errno " + -fd;
    }
    String text = rump.read(fd, 4096);
    rump.rump("close", fd);
    return text;
  }

  private Set<String> list(String path) {
    int fd = rump.open(path, O_RDONLY | O_DIRECTORY);
    assertTrue(fd >= 0, path);
    Set<String> names = new TreeSet<>();
    Pointer buf = rump.alloc(128); // small: several calls
    long n;
    while ((n = rump.rump("getdents30", fd, addr(buf), 128)) > 0) {
      for (long at = 0; at < n; at += buf.getShort(at + 8)) {
        int len = buf.getShort(at + 10);
        String name = new String(buf.getByteArray(at + 13, len), US_ASCII);
        assertTrue(names.add(name), name + " twice");
      }
    }
    assertEquals(0, n);
    rump.rump("close", fd);
    return names;
  }

  // ---- contents ---------------------------------------------------------------------------------

  @Test
  void whatIsWrittenIsReadBack() {
    int fd = make("/a", "0123456789");
    assertEquals("", rump.read(fd, 10), "at the end");
    assertEquals(4, rump.rump("lseek", fd, 4, 0));
    assertEquals("456", rump.read(fd, 3));
    assertEquals(7, rump.rump("lseek", fd, 0, 1));
    assertEquals(8, rump.rump("lseek", fd, -2, 2));
    assertEquals("89", rump.read(fd, 10));
    assertEquals(-NetBsd.EINVAL, rump.rump("lseek", fd, -11, 2));
    assertEquals(-NetBsd.EINVAL, rump.rump("lseek", fd, 0, 9));
    Pointer buf = rump.alloc(8);
    assertEquals(2, rump.rump("pread", fd, addr(buf), 2, 5));
    assertEquals("56", buf.getString(0));
    assertEquals(-NetBsd.EINVAL, rump.rump("pread", fd, addr(buf), 2, -1));
    assertEquals(10, rump.rump("lseek", fd, 0, 1), "pread leaves the position alone");
    assertEquals(3, rump.rump("pwrite", fd, addr(rump.bytes("xyz")), 3, 8));
    assertEquals("01234567xyz", contents("/a"));
  }

  @Test
  void vectorsAreFilledInOrder() {
    int fd = make("/v", "");
    Pointer out = rump.iovec(rump.bytes("ab"), 2, rump.bytes(""), 0, rump.bytes("cdef"), 4);
    assertEquals(6, rump.rump("writev", fd, addr(out), 3));
    assertEquals(6, rump.rump("pwritev", fd, addr(out), 3, 6));
    Pointer a = rump.alloc(8);
    Pointer b = rump.alloc(16);
    Pointer in = rump.iovec(a, 5, b, 16);
    assertEquals(12, rump.rump("preadv", fd, addr(in), 2, 0));
    assertEquals("abcde", a.getString(0));
    assertEquals("fabcdef", b.getString(0));
    rump.rump("lseek", fd, 3, 0);
    assertEquals(9, rump.rump("readv", fd, addr(in), 2));
    assertEquals(-NetBsd.EINVAL, rump.rump("readv", fd, addr(in), -1));
    Pointer huge = rump.iovec(a, Long.MAX_VALUE, b, Long.MAX_VALUE);
    assertEquals(-NetBsd.EINVAL, rump.rump("readv", fd, addr(huge), 2));
  }

  @Test
  void holesAndCutOffPartsReadAsZeroes() {
    int fd = make("/h", "start");
    assertEquals(1, rump.rump("pwrite", fd, addr(rump.bytes("e")), 1, 3 * 4096 + 5));
    Pointer buf = rump.alloc(3 * 4096 + 16);
    assertEquals(3 * 4096 + 6, rump.rump("pread", fd, addr(buf), 3 * 4096 + 16, 0));
    assertEquals("start", buf.getString(0));
    for (int i = 5; i < 3 * 4096 + 5; i++) {
      assertEquals(0, buf.getByte(i), "byte " + i);
    }
    assertEquals(0, rump.rump("ftruncate", fd, 2));
    assertEquals(0, rump.rump("ftruncate", fd, 6));
    assertEquals(6, rump.rump("pread", fd, addr(buf), 100, 0));
    assertArrayEquals(new byte[] {'s', 't', 0, 0, 0, 0}, buf.getByteArray(0, 6));
    assertEquals(0, rump.rump("truncate", rump.str("/h"), 0));
    assertEquals(0, stat("/h").getLong(NetBsd.ST_LENGTH));
    assertEquals(-NetBsd.EINVAL, rump.rump("ftruncate", fd, -1));
    assertEquals(-NetBsd.EFBIG, rump.rump("ftruncate", fd, 1L << 40));
  }

  @Test
  void appendedDataGoesToTheEnd() {
    make("/log", "one");
    int fd = rump.open("/log", O_WRONLY | O_APPEND);
    assertEquals(3, rump.write(fd, "two"));
    assertEquals(0, rump.rump("fcntl", fd, 4 /* F_SETFL */, 0));
    rump.rump("lseek", fd, 0, 0);
    rump.write(fd, "X");
    assertEquals(0, rump.rump("fcntl", fd, 4, O_APPEND));
    rump.write(fd, "!");
    assertEquals("Xnetwo!", contents("/log"));
  }

  @Test
  void theFileSystemFillsUpAndRecovers() {
    int fd = make("/big", "");
    Pointer chunk = rump.bytes(new byte[65536]);
    long written = 0;
    long n;
    while ((n = rump.rump("write", fd, addr(chunk), 65536)) > 0) {
      written += n;
    }
    assertEquals(-NetBsd.ENOSPC, n);
    assertTrue(written > 1 << 20 && written <= 8 << 20, "a quarter of memory: " + written);
    assertEquals(0, rump.rump("ftruncate", fd, 0));
    assertEquals(65536, rump.rump("write", fd, addr(chunk), 65536));
    rump.rump("close", fd);
    assertEquals(0, rump.rump("unlink", rump.str("/big")));
  }

  @Test
  void modesOfOpenAreKept() {
    int r = make("/m", "text");
    rump.rump("close", r);
    r = rump.open("/m", O_RDONLY);
    int w = rump.open("/m", O_WRONLY);
    assertEquals(-NetBsd.EBADF, rump.write(r, "x"));
    assertEquals("errno " + NetBsd.EBADF, rump.read(w, 1));
    assertEquals(-NetBsd.EINVAL, rump.rump("ftruncate", r, 0));
    assertEquals(-NetBsd.EINVAL, rump.open("/m", 3));
    assertEquals(-NetBsd.EEXIST, rump.open("/m", O_RDWR | O_CREAT | O_EXCL));
    assertEquals(-NetBsd.ENOENT, rump.open("/none", O_RDWR));
    assertEquals(-NetBsd.ENOTDIR, rump.open("/m", O_RDONLY | O_DIRECTORY));
    assertEquals(-NetBsd.ENOTDIR, rump.open("/m/x", O_RDONLY));
    assertEquals(-NetBsd.EISDIR, rump.open("/dev", O_RDWR));
    assertEquals(-NetBsd.ENAMETOOLONG, rump.open("/" + "n".repeat(256), O_RDWR | O_CREAT));
    assertTrue(rump.open("/" + "n".repeat(255), O_RDWR | O_CREAT) >= 0);
    assertEquals(-NetBsd.ENAMETOOLONG, rump.open("/" + "d/".repeat(600), O_RDONLY));
    assertEquals(-NetBsd.ENOENT, rump.open("", O_RDONLY));
    rump.open("/m", O_RDWR | O_TRUNC);
    assertEquals("", contents("/m"));
  }

  @Test
  void anUnlinkedFileLivesUntilItIsClosed() {
    int fd = make("/gone", "still here");
    assertEquals(0, rump.rump("unlink", rump.str("/gone")));
    assertEquals(-NetBsd.ENOENT, rump.open("/gone", O_RDONLY));
    rump.rump("lseek", fd, 0, 0);
    assertEquals("still here", rump.read(fd, 100));
    assertEquals(0, rump.rump("close", fd));
  }

  @Test
  void spacePromisedBeyondTheLimitIsRefused() {
    int fd = make("/f", "ab");
    assertEquals(0, rump.call("rump___sysimpl_posix_fallocate", fd, 0, 10000));
    assertEquals(10000, stat("/f").getLong(NetBsd.ST_LENGTH));
    assertEquals(NetBsd.ENOSPC, rump.call("rump___sysimpl_posix_fallocate", fd, 0, 1L << 34));
    assertEquals(NetBsd.EINVAL, rump.call("rump___sysimpl_posix_fallocate", fd, 0, 0));
  }

  // ---- descriptors ------------------------------------------------------------------------------

  @Test
  void duplicatesShareTheirPosition() {
    int a = make("/d", "abcdef");
    rump.rump("lseek", a, 0, 0);
    int b = (int) rump.rump("dup", a);
    assertEquals("abc", rump.read(a, 3));
    assertEquals("def", rump.read(b, 3));
    assertEquals(40, rump.rump("dup2", a, 40));
    assertEquals(40, rump.rump("dup2", 40, 40));
    assertEquals(41, rump.rump("dup3", a, 41, NetBsd.O_CLOEXEC));
    assertEquals(1, rump.rump("fcntl", 41, 1, 0));
    assertEquals(0, rump.rump("fcntl", 40, 1, 0));
    assertEquals(-NetBsd.EINVAL, rump.rump("dup3", a, a, 0));
    assertEquals(50, rump.rump("fcntl", a, 0 /* F_DUPFD */, 50));
    assertEquals(51, rump.rump("fcntl", a, 12 /* F_DUPFD_CLOEXEC */, 50));
    assertEquals(51, rump.rump("fcntl", 0, 11 /* F_MAXFD */, 0));
    assertEquals(0, rump.rump("fcntl", 40, 10 /* F_CLOSEM */, 0));
    assertEquals(-NetBsd.EBADF, rump.rump("fcntl", 41, 1, 0));
    assertEquals(-NetBsd.EBADF, rump.rump("close", 99));
    assertEquals(-NetBsd.EBADF, rump.rump("dup", -1));
    assertEquals(-NetBsd.EBADF, rump.rump("dup2", a, 100000));
  }

  @Test
  void theLowestFreeDescriptorIsUsed() {
    int[] fds = new int[100];
    for (int i = 0; i < 100; i++) {
      fds[i] = rump.open("/dev/null", O_RDWR);
      assertEquals(fds[0] + i, fds[i]);
    }
    rump.rump("close", fds[70]);
    rump.rump("close", fds[20]);
    assertEquals(fds[20], rump.open("/dev/null", O_RDWR));
    assertEquals(fds[70], rump.open("/dev/null", O_RDWR));
  }

  @Test
  void descriptorsRunOutWithAnError() {
    int fd = rump.open("/dev/null", O_RDWR);
    long r;
    int count = 0;
    while ((r = rump.rump("dup", fd)) >= 0) {
      count++;
    }
    assertEquals(-24, r); // EMFILE
    assertTrue(count > 1000);
    assertEquals(0, rump.rump("close", 500));
    assertEquals(500, rump.rump("dup", fd));
  }

  // ---- names ------------------------------------------------------------------------------------

  @Test
  void directoriesCanBeMadeListedAndRemoved() {
    assertEquals(0, rump.rump("mkdir", rump.str("/d"), 0777));
    assertEquals(-NetBsd.EEXIST, rump.rump("mkdir", rump.str("/d"), 0777));
    assertEquals(-NetBsd.ENOENT, rump.rump("mkdir", rump.str("/x/y"), 0777));
    assertEquals(0, rump.rump("mkdir", rump.str("/d/sub/"), 0700));
    TreeSet<String> expected = new TreeSet<>();
    for (int i = 0; i < 30; i++) {
      make("/d/file-number-" + i, "");
      expected.add("file-number-" + i);
    }
    expected.add(".");
    expected.add("..");
    expected.add("sub");
    assertEquals(expected, list("/d"));
    Pointer st = stat("/d");
    assertEquals(NetBsd.S_IFDIR | 0755, st.getInt(NetBsd.ST_MODE), "umask 022");
    assertEquals(3, st.getInt(NetBsd.ST_NLINK));
    assertEquals(-NetBsd.ENOTEMPTY, rump.rump("rmdir", rump.str("/d")));
    assertEquals(-NetBsd.EPERM, rump.rump("unlink", rump.str("/d/sub")));
    assertEquals(-NetBsd.ENOTDIR, rump.rump("rmdir", rump.str("/d/file-number-1")));
    assertEquals(-NetBsd.EINVAL, rump.rump("rmdir", rump.str("/d/sub/.")));
    assertEquals(-NetBsd.ENOTEMPTY, rump.rump("rmdir", rump.str("/d/sub/..")));
    assertEquals(-NetBsd.EBUSY, rump.rump("rmdir", rump.str("/")));
    assertEquals(0, rump.rump("rmdir", rump.str("/d/sub")));
    assertEquals(2, stat("/d").getInt(NetBsd.ST_NLINK));
  }

  @Test
  void namesCanBeReadWhileTheyGo() {
    rump.rump("mkdir", rump.str("/d"), 0755);
    for (int i = 0; i < 20; i++) {
      make("/d/f" + i, "");
    }
    int fd = rump.open("/d", O_RDONLY);
    Pointer buf = rump.alloc(24);
    int seen = 0;
    long n;
    while ((n = rump.rump("getdents30", fd, addr(buf), 24)) > 0) {
      String name = new String(buf.getByteArray(13, buf.getShort(10)), US_ASCII);
      if (!name.startsWith(".")) {
        seen++;
        assertEquals(0, rump.rump("unlink", rump.str("/d/" + name)));
      }
    }
    assertEquals(20, seen);
    assertEquals(0, rump.rump("rmdir", rump.str("/d")));
    assertEquals(0, rump.rump("getdents30", fd, addr(buf), 24), "removed under the reader");
    assertEquals(-NetBsd.ENOENT, rump.rump("openat", fd, rump.str("new"), O_RDWR | O_CREAT, 0644));
  }

  @Test
  void linksCount() {
    make("/a", "shared");
    assertEquals(0, rump.rump("link", rump.str("/a"), rump.str("/b")));
    assertEquals(2, stat("/a").getInt(NetBsd.ST_NLINK));
    assertEquals(stat("/a").getLong(NetBsd.ST_INO), stat("/b").getLong(NetBsd.ST_INO));
    assertEquals(-NetBsd.EEXIST, rump.rump("link", rump.str("/a"), rump.str("/b")));
    assertEquals(-NetBsd.EPERM, rump.rump("link", rump.str("/dev"), rump.str("/c")));
    rump.rump("unlink", rump.str("/a"));
    assertEquals("shared", contents("/b"));
    assertEquals(1, stat("/b").getInt(NetBsd.ST_NLINK));
  }

  @Test
  void symbolicLinksAreFollowedOrNot() {
    rump.rump("mkdir", rump.str("/dir"), 0755);
    make("/dir/file", "target");
    assertEquals(0, rump.rump("symlink", rump.str("dir/file"), rump.str("/rel")));
    assertEquals(0, rump.rump("symlink", rump.str("/dir"), rump.str("/abs")));
    assertEquals(0, rump.rump("symlink", rump.str("../abs/file"), rump.str("/dir/chain")));
    assertEquals("target", contents("/rel"));
    assertEquals("target", contents("/abs/file"));
    assertEquals("target", contents("/abs/chain"));
    Pointer buf = rump.alloc(32);
    assertEquals(8, rump.rump("readlink", rump.str("/rel"), addr(buf), 32));
    assertEquals("dir/file", buf.getString(0));
    assertEquals(3, rump.rump("readlink", rump.str("/rel"), addr(buf), 3), "cut off");
    assertEquals(-NetBsd.EINVAL, rump.rump("readlink", rump.str("/dir"), addr(buf), 32));
    Pointer st = rump.alloc(NetBsd.STAT_SIZE);
    assertEquals(0, rump.rump("lstat50", rump.str("/rel"), addr(st)));
    assertEquals(NetBsd.S_IFLNK, st.getInt(NetBsd.ST_MODE) & NetBsd.S_IFMT);
    assertEquals(0, rump.rump("lstat50", rump.str("/abs/"), addr(st)));
    assertEquals(NetBsd.S_IFDIR, st.getInt(NetBsd.ST_MODE) & NetBsd.S_IFMT, "slash follows");
    assertEquals(-NetBsd.EFTYPE, rump.open("/rel", O_RDONLY | O_NOFOLLOW));
    rump.rump("symlink", rump.str("loop2"), rump.str("/loop1"));
    rump.rump("symlink", rump.str("loop1"), rump.str("/loop2"));
    assertEquals(-NetBsd.ELOOP, rump.open("/loop1", O_RDONLY));
    rump.rump("symlink", rump.str("/made"), rump.str("/dangling"));
    assertEquals(-NetBsd.ENOENT, rump.open("/dangling", O_RDWR));
    assertEquals(-NetBsd.EEXIST, rump.open("/dangling", O_RDWR | O_CREAT | O_EXCL));
    assertTrue(rump.open("/dangling", O_RDWR | O_CREAT) >= 0);
    assertEquals("", contents("/made"));
  }

  @Test
  void renameReplacesAndMoves() {
    make("/a", "A");
    make("/b", "B");
    assertEquals(0, rump.rump("rename", rump.str("/a"), rump.str("/b")));
    assertEquals("A", contents("/b"));
    assertEquals("errno " + NetBsd.ENOENT, contents("/a"));
    rump.rump("mkdir", rump.str("/d1"), 0755);
    rump.rump("mkdir", rump.str("/d2"), 0755);
    rump.rump("mkdir", rump.str("/d1/in"), 0755);
    assertEquals(0, rump.rump("rename", rump.str("/d1/in"), rump.str("/d2/in")));
    assertEquals(2, stat("/d1").getInt(NetBsd.ST_NLINK));
    assertEquals(3, stat("/d2").getInt(NetBsd.ST_NLINK));
    assertEquals(stat("/d2").getLong(NetBsd.ST_INO), stat("/d2/in/..").getLong(NetBsd.ST_INO));
    assertEquals(-NetBsd.EINVAL, rump.rump("rename", rump.str("/d2"), rump.str("/d2/in/x")));
    assertEquals(-NetBsd.ENOTEMPTY, rump.rump("rename", rump.str("/d1"), rump.str("/d2")));
    assertEquals(-NetBsd.EISDIR, rump.rump("rename", rump.str("/b"), rump.str("/d1")));
    assertEquals(-NetBsd.ENOTDIR, rump.rump("rename", rump.str("/d1"), rump.str("/b")));
    assertEquals(0, rump.rump("rename", rump.str("/d1"), rump.str("/d2/in")), "empty, replaced");
    rump.rump("link", rump.str("/b"), rump.str("/c"));
    assertEquals(0, rump.rump("rename", rump.str("/b"), rump.str("/c")), "same file: nothing");
    assertEquals("A", contents("/b"));
    assertEquals(-NetBsd.EINVAL, rump.rump("rename", rump.str("/d2/."), rump.str("/e")));
  }

  @Test
  void atCallsStartAtTheirDirectory() {
    rump.rump("mkdir", rump.str("/d"), 0755);
    int dir = rump.open("/d", O_RDONLY);
    int fd = (int) rump.rump("openat", dir, rump.str("f"), O_RDWR | O_CREAT, 0600);
    assertTrue(fd >= 0);
    assertEquals(0, rump.rump("mkdirat", dir, rump.str("s"), 0755));
    assertEquals(0, rump.rump("symlinkat", rump.str("f"), dir, rump.str("l")));
    assertEquals(0, rump.rump("linkat", dir, rump.str("f"), AT_FDCWD, rump.str("/hard"), 0));
    assertEquals(0, rump.rump("renameat", dir, rump.str("f"), dir, rump.str("g")));
    assertEquals(0, rump.rump("faccessat", dir, rump.str("g"), 4, 0));
    assertEquals(-NetBsd.ENOENT, rump.rump("faccessat", dir, rump.str("f"), 0, 0));
    Pointer st = rump.alloc(NetBsd.STAT_SIZE);
    assertEquals(-NetBsd.ENOENT, rump.rump("fstatat", dir, rump.str("l"), addr(st), 0));
    assertEquals(0, rump.rump("fstatat", dir, rump.str("l"), addr(st), NetBsd.AT_SYMLINK_NOFOLLOW));
    Pointer buf = rump.alloc(16);
    assertEquals(1, rump.rump("readlinkat", dir, rump.str("l"), addr(buf), 16));
    assertEquals(0, rump.rump("fchmodat", dir, rump.str("g"), 0111, 0));
    assertEquals(0, rump.rump("fchownat", dir, rump.str("g"), 7, 8, 0));
    assertEquals(0, rump.rump("unlinkat", dir, rump.str("s"), NetBsd.AT_REMOVEDIR));
    assertEquals(-NetBsd.ENOTDIR, rump.rump("openat", fd, rump.str("x"), O_RDONLY, 0));
    assertEquals(-NetBsd.EBADF, rump.rump("openat", 77, rump.str("x"), O_RDONLY, 0));
    assertTrue(rump.rump("openat", 77, rump.str("/hard"), O_RDONLY, 0) >= 0, "absolute");
    st = stat("/d/g");
    assertEquals(NetBsd.S_IFREG | 0111, st.getInt(NetBsd.ST_MODE));
    assertEquals(7, st.getInt(NetBsd.ST_UID));
    assertEquals(8, st.getInt(NetBsd.ST_GID));
  }

  @Test
  void theWorkingDirectoryFollowsItsName() {
    Pointer buf = rump.alloc(64);
    rump.rump("mkdir", rump.str("/one"), 0755);
    rump.rump("mkdir", rump.str("/one/two"), 0755);
    assertEquals(2, rump.rump("__getcwd", addr(buf), 64));
    assertEquals("/", buf.getString(0));
    assertEquals(0, rump.rump("chdir", rump.str("/one/two")));
    assertEquals(9, rump.rump("__getcwd", addr(buf), 64));
    assertEquals("/one/two", buf.getString(0));
    rump.rump("rename", rump.str("/one"), rump.str("/uno"));
    rump.rump("__getcwd", addr(buf), 64);
    assertEquals("/uno/two", buf.getString(0));
    assertEquals(-NetBsd.ERANGE, rump.rump("__getcwd", addr(buf), 8));
    assertEquals(0, rump.rump("chdir", rump.str("..")));
    int dir = rump.open("two", O_RDONLY);
    assertEquals(0, rump.rump("fchdir", dir));
    rump.rump("__getcwd", addr(buf), 64);
    assertEquals("/uno/two", buf.getString(0));
    assertEquals(0, rump.rump("rmdir", rump.str("/uno/two")));
    assertEquals(-NetBsd.ENOENT, rump.rump("__getcwd", addr(buf), 64));
    assertEquals(-NetBsd.ENOTDIR, rump.rump("chdir", rump.str("/dev/null")));
  }

  @Test
  void aChangedRootHidesTheRest() {
    rump.rump("mkdir", rump.str("/jail"), 0755);
    rump.rump("mkdir", rump.str("/jail/in"), 0755);
    make("/outside", "secret");
    assertEquals(0, rump.rump("chroot", rump.str("/jail")));
    assertEquals(0, rump.rump("chdir", rump.str("/in")));
    assertEquals(-NetBsd.ENOENT, rump.open("/../../outside", O_RDONLY));
    assertEquals(-NetBsd.ENOENT, rump.open("../../../outside", O_RDONLY));
    Pointer buf = rump.alloc(16);
    rump.rump("__getcwd", addr(buf), 16);
    assertEquals("/in", buf.getString(0));
  }

  // ---- attributes -------------------------------------------------------------------------------

  @Test
  void attributesCanBeSet() {
    int fd = make("/a", "x");
    assertEquals(0, rump.rump("chmod", rump.str("/a"), 04711));
    assertEquals(NetBsd.S_IFREG | 04711, stat("/a").getInt(NetBsd.ST_MODE));
    assertEquals(0, rump.rump("fchmod", fd, 0600));
    assertEquals(-NetBsd.EACCES, rump.rump("access", rump.str("/a"), 1), "nobody may run it");
    assertEquals(0, rump.rump("access", rump.str("/a"), 6));
    assertEquals(0, rump.rump("access", rump.str("/dev"), 1));
    assertEquals(0, rump.rump("chown", rump.str("/a"), 5, -1));
    assertEquals(0, rump.rump("fchown", fd, -1, 6));
    assertEquals(5, stat("/a").getInt(NetBsd.ST_UID));
    assertEquals(6, stat("/a").getInt(NetBsd.ST_GID));
    Pointer times = rump.alloc(32);
    times.setLong(0, 1000);
    times.setLong(8, 5);
    times.setLong(16, 2000);
    times.setLong(24, 999_999_999);
    assertEquals(0, rump.rump("utimensat", AT_FDCWD, rump.str("/a"), addr(times), 0));
    assertEquals(1000, stat("/a").getLong(NetBsd.ST_ATIME));
    assertEquals(999_999_999, stat("/a").getLong(NetBsd.ST_MTIME + 8));
    times.setLong(8, (1 << 30) - 2); // UTIME_OMIT
    times.setLong(24, (1 << 30) - 1); // UTIME_NOW
    assertEquals(0, rump.rump("futimens", fd, addr(times)));
    assertEquals(1000, stat("/a").getLong(NetBsd.ST_ATIME));
    assertNotEquals(2000, stat("/a").getLong(NetBsd.ST_MTIME));
    times.setLong(24, 1_000_000_000);
    assertEquals(-NetBsd.EINVAL, rump.rump("futimens", fd, addr(times)));
    assertEquals(022, rump.rump("umask", 077));
    rump.rump("close", rump.rump("open", rump.str("/masked"), O_RDWR | O_CREAT, 0777));
    assertEquals(NetBsd.S_IFREG | 0700, stat("/masked").getInt(NetBsd.ST_MODE));
  }

  @Test
  void readingMarksTheTimeOfAccess() {
    int fd = make("/a", "x");
    Pointer times = rump.alloc(32);
    times.setLong(0, 1000);
    times.setLong(16, 2000);
    assertEquals(0, rump.rump("futimens", fd, addr(times)));
    Pointer buf = rump.alloc(1);
    assertEquals(0, rump.rump("read", fd, addr(buf), 0));
    assertEquals(1000, stat("/a").getLong(NetBsd.ST_ATIME), "nothing was asked for");
    assertEquals(0, rump.rump("read", fd, addr(buf), 1), "at the end");
    assertNotEquals(1000, stat("/a").getLong(NetBsd.ST_ATIME));
    assertEquals(2000, stat("/a").getLong(NetBsd.ST_MTIME));
  }

  @Test
  void mountedFileSystemsAreTheirOwn() {
    rump.rump("mkdir", rump.str("/mnt"), 0755);
    make("/mnt/below", "hidden");
    // struct tmpfs_args: version, most nodes, most bytes, uid, gid, mode of the root
    Pointer args = rump.alloc(40);
    args.setInt(0, 1);
    args.setLong(16, 16 * 4096);
    args.setInt(32, 0700);
    assertEquals(0, rump.rump("mount50", rump.str("tmpfs"), rump.str("/mnt"), 0, addr(args), 40));
    assertEquals("errno " + NetBsd.ENOENT, contents("/mnt/below"));
    make("/mnt/own", "own");
    make("/file", "f");
    assertEquals(-NetBsd.EXDEV, rump.rump("rename", rump.str("/file"), rump.str("/mnt/file")));
    assertEquals(-NetBsd.EXDEV, rump.rump("link", rump.str("/file"), rump.str("/mnt/file")));
    Pointer vfs = rump.alloc(4096);
    assertEquals(0, rump.rump("statvfs190", rump.str("/mnt/own"), addr(vfs), 0));
    assertEquals(4096, vfs.getLong(16), "f_frsize");
    assertEquals(16, vfs.getLong(32), "f_blocks");
    assertEquals(15, vfs.getLong(40), "f_bfree");
    assertEquals(-NetBsd.EBUSY, rump.rump("unmount", rump.str("/mnt"), 0), "own is open");
    assertEquals(-NetBsd.EBUSY, rump.rump("mount50", rump.str("tmpfs"), rump.str("/mnt"), 0, 0, 0));
    assertEquals(-NetBsd.ENODEV, rump.rump("mount50", rump.str("ffs"), rump.str("/dev"), 0, 0, 0));
    assertEquals(-NetBsd.EINVAL, rump.rump("unmount", rump.str("/dev"), 0));
    for (int fd = (int) rump.rump("fcntl", 0, 11, 0); fd >= 0; fd--) {
      rump.rump("close", fd);
    }
    assertEquals(0, rump.rump("unmount", rump.str("/mnt"), 0));
    assertEquals("hidden", contents("/mnt/below"));
  }

  // ---- devices ----------------------------------------------------------------------------------

  @Test
  void theUsualDevicesBehaveAsUsual() {
    int fd = rump.open("/dev/null", O_RDWR);
    assertEquals(5, rump.write(fd, "void!"));
    assertEquals("", rump.read(fd, 10));
    Pointer st = rump.alloc(NetBsd.STAT_SIZE);
    assertEquals(0, rump.rump("fstat50", fd, addr(st)));
    assertEquals(NetBsd.S_IFCHR | 0666, st.getInt(NetBsd.ST_MODE));
    assertEquals(-NetBsd.ESPIPE, rump.rump("lseek", fd, 0, 1));
    Pointer buf = rump.bytes(new byte[] {1, 2, 3, 4});
    assertEquals(4, rump.rump("read", rump.open("/dev/zero", O_RDONLY), addr(buf), 4));
    assertEquals(0, buf.getInt(0));
    assertEquals(-NetBsd.ENOSPC, rump.write(rump.open("/dev/full", O_RDWR), "x"));
    Pointer random = rump.alloc(2000);
    assertEquals(2000, rump.rump("read", rump.open("/dev/urandom", O_RDONLY), addr(random), 2000));
    int zeroes = 0;
    for (byte b : random.getByteArray(0, 2000)) {
      zeroes += b == 0 ? 1 : 0;
    }
    assertTrue(zeroes < 100, zeroes + " of 2000 bytes are zero");
    assertEquals(-NetBsd.ENOTTY, rump.rump("ioctl", fd, 0x40087468L, addr(buf)));
  }

  @Test
  void devicesThatAreNotThereCannotBeRegistered() {
    assertEquals(
        NetBsd.ENOENT,
        rump.call("rump_pub_etfs_register", rump.str("/dev/rxvda"), rump.str("xvda"), 2));
    assertEquals(NetBsd.ENOENT, rump.call("rump_pub_etfs_remove", rump.str("/dev/rxvda")));
    assertEquals(
        NetBsd.EOPNOTSUPP,
        rump.call("rump_pub_etfs_register", rump.str("/host"), rump.str("/"), 3));
  }

  // ---- processes --------------------------------------------------------------------------------

  @Test
  void processesHaveTheirOwnDescriptors() {
    int fd = make("/p", "x");
    assertEquals(0, rump.call("rump_pub_lwproc_rfork", 2 /* RUMP_RFCFDG */));
    long lwp = rump.domain.call("rump_pub_lwproc_curlwp");
    assertNotEquals(0, lwp);
    long pid = rump.rump("getpid");
    assertTrue(pid > 1);
    assertEquals(-NetBsd.EBADF, rump.rump("close", fd));
    int own = rump.open("/p", O_RDONLY);
    assertEquals(0, own);
    rump.domain.call("rump_pub_lwproc_switch", 0);
    assertEquals(1, rump.rump("getpid"), "without an lwp: process 1");
    assertEquals(0, rump.call("rump_pub_lwproc_newlwp", pid));
    assertEquals("x", rump.read(own, 1));
    rump.domain.call("rump_pub_lwproc_releaselwp");
    assertEquals(0, rump.domain.call("rump_pub_lwproc_curlwp"));
    rump.domain.call("rump_pub_lwproc_switch", lwp);
    rump.domain.call("rump_pub_lwproc_releaselwp");
    assertEquals(NetBsd.ESRCH, rump.call("rump_pub_lwproc_newlwp", pid), "gone with its last lwp");
    assertEquals(0, rump.rump("close", fd));
    assertEquals(0, rump.call("rump_pub_lwproc_rfork", 1 /* RUMP_RFFDG */));
    assertFalse(rump.open("/p", O_RDONLY) < 0);
    assertEquals(NetBsd.EINVAL, rump.call("rump_pub_lwproc_rfork", 3));
    assertEquals(NetBsd.EBUSY, rump.call("rump_init"));
  }
}
