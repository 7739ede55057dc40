// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.rump;

/** Numbers of NetBSD's interface: sys/errno.h, sys/fcntl.h, sys/socket.h, sys/stat.h. */
final class NetBsd {
  private NetBsd() {}

  static final int EPERM = 1;
  static final int ENOENT = 2;
  static final int ESRCH = 3;
  static final int E2BIG = 7;
  static final int EBADF = 9;
  static final int EACCES = 13;
  static final int EBUSY = 16;
  static final int EEXIST = 17;
  static final int EXDEV = 18;
  static final int ENODEV = 19;
  static final int ENOTDIR = 20;
  static final int EISDIR = 21;
  static final int EINVAL = 22;
  static final int ENOTTY = 25;
  static final int EFBIG = 27;
  static final int ENOSPC = 28;
  static final int ESPIPE = 29;
  static final int EPIPE = 32;
  static final int ERANGE = 34;
  static final int EAGAIN = 35;
  static final int ENOTSOCK = 38;
  static final int EDESTADDRREQ = 39;
  static final int EMSGSIZE = 40;
  static final int EPROTOTYPE = 41;
  static final int ENOPROTOOPT = 42;
  static final int EPROTONOSUPPORT = 43;
  static final int EOPNOTSUPP = 45;
  static final int EAFNOSUPPORT = 47;
  static final int EADDRINUSE = 48;
  static final int ECONNRESET = 54;
  static final int EISCONN = 56;
  static final int ENOTCONN = 57;
  static final int ETIMEDOUT = 60;
  static final int ECONNREFUSED = 61;
  static final int ELOOP = 62;
  static final int ENAMETOOLONG = 63;
  static final int ENOTEMPTY = 66;
  static final int EPROGMISMATCH = 75;
  static final int ENOSYS = 78;
  static final int EFTYPE = 79;

  static final int O_RDONLY = 0;
  static final int O_WRONLY = 1;
  static final int O_RDWR = 2;
  static final int O_NONBLOCK = 4;
  static final int O_APPEND = 8;
  static final int O_NOFOLLOW = 0x100;
  static final int O_CREAT = 0x200;
  static final int O_TRUNC = 0x400;
  static final int O_EXCL = 0x800;
  static final int O_DIRECTORY = 0x200000;
  static final int O_CLOEXEC = 0x400000;

  static final int AT_FDCWD = -100;
  static final int AT_SYMLINK_NOFOLLOW = 0x200;
  static final int AT_REMOVEDIR = 0x800;

  static final int S_IFMT = 0170000;
  static final int S_IFIFO = 0010000;
  static final int S_IFCHR = 0020000;
  static final int S_IFDIR = 0040000;
  static final int S_IFREG = 0100000;
  static final int S_IFLNK = 0120000;
  static final int S_IFSOCK = 0140000;

  // Offsets in struct stat of stat50.
  static final int STAT_SIZE = 152;
  static final int ST_MODE = 8;
  static final int ST_INO = 16;
  static final int ST_NLINK = 24;
  static final int ST_UID = 28;
  static final int ST_GID = 32;
  static final int ST_ATIME = 48;
  static final int ST_MTIME = 64;
  static final int ST_LENGTH = 112;

  static final int POLLIN = 0x1;
  static final int POLLOUT = 0x4;
  static final int POLLHUP = 0x10;
  static final int POLLNVAL = 0x20;

  static final int AF_LOCAL = 1;
  static final int AF_INET = 2;
  static final int SOCK_STREAM = 1;
  static final int SOCK_DGRAM = 2;
  static final int SOCK_SEQPACKET = 5;
  static final int SOCK_CLOEXEC = 0x10000000;
  static final int SOCK_NONBLOCK = 0x20000000;
  static final int SOL_SOCKET = 0xffff;
  static final int MSG_PEEK = 0x2;
  static final int MSG_TRUNC = 0x10;
  static final int MSG_CTRUNC = 0x20;
  static final int MSG_WAITALL = 0x40;
  static final int MSG_DONTWAIT = 0x80;
}
