/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * netbsd.h - numbers and structures of NetBSD's system-call interface on amd64, as NetBSD 10 has
 * them (stat50, getdents30, pollts50, statvfs190 ...). Prefixed NB_/nb_ because the Linux layer has
 * both at hand. Facts from <sys/errno.h>, <sys/fcntl.h>, <sys/stat.h>, <sys/dirent.h>,
 * <sys/socket.h>, <sys/un.h>, <sys/poll.h>, <sys/statvfs.h>, <sys/filio.h>, <sys/dkio.h>.
 */
#ifndef COMPONENTS_NETBSD_H
#define COMPONENTS_NETBSD_H

#include <stddef.h>
#include <stdint.h>

/* ---- errno ----------------------------------------------------------------------------------- */

#define NB_EPERM           1
#define NB_ENOENT          2
#define NB_ESRCH           3
#define NB_EINTR           4
#define NB_EIO             5
#define NB_ENXIO           6
#define NB_E2BIG           7
#define NB_ENOEXEC         8
#define NB_EBADF           9
#define NB_ECHILD          10
#define NB_EDEADLK         11
#define NB_ENOMEM          12
#define NB_EACCES          13
#define NB_EFAULT          14
#define NB_ENOTBLK         15
#define NB_EBUSY           16
#define NB_EEXIST          17
#define NB_EXDEV           18
#define NB_ENODEV          19
#define NB_ENOTDIR         20
#define NB_EISDIR          21
#define NB_EINVAL          22
#define NB_ENFILE          23
#define NB_EMFILE          24
#define NB_ENOTTY          25
#define NB_ETXTBSY         26
#define NB_EFBIG           27
#define NB_ENOSPC          28
#define NB_ESPIPE          29
#define NB_EROFS           30
#define NB_EMLINK          31
#define NB_EPIPE           32
#define NB_EDOM            33
#define NB_ERANGE          34
#define NB_EAGAIN          35
#define NB_EINPROGRESS     36
#define NB_EALREADY        37
#define NB_ENOTSOCK        38
#define NB_EDESTADDRREQ    39
#define NB_EMSGSIZE        40
#define NB_EPROTOTYPE      41
#define NB_ENOPROTOOPT     42
#define NB_EPROTONOSUPPORT 43
#define NB_ESOCKTNOSUPPORT 44
#define NB_EOPNOTSUPP      45
#define NB_EPFNOSUPPORT    46
#define NB_EAFNOSUPPORT    47
#define NB_EADDRINUSE      48
#define NB_EADDRNOTAVAIL   49
#define NB_ENETDOWN        50
#define NB_ENETUNREACH     51
#define NB_ENETRESET       52
#define NB_ECONNABORTED    53
#define NB_ECONNRESET      54
#define NB_ENOBUFS         55
#define NB_EISCONN         56
#define NB_ENOTCONN        57
#define NB_ESHUTDOWN       58
#define NB_ETOOMANYREFS    59
#define NB_ETIMEDOUT       60
#define NB_ECONNREFUSED    61
#define NB_ELOOP           62
#define NB_ENAMETOOLONG    63
#define NB_EHOSTDOWN       64
#define NB_EHOSTUNREACH    65
#define NB_ENOTEMPTY       66
#define NB_EPROCLIM        67
#define NB_EUSERS          68
#define NB_EDQUOT          69
#define NB_ESTALE          70
#define NB_EREMOTE         71
#define NB_ENOLCK          77
#define NB_ENOSYS          78
#define NB_EFTYPE          79
#define NB_EIDRM           82
#define NB_ENOMSG          83
#define NB_EOVERFLOW       84
#define NB_EILSEQ          85
#define NB_ENOTSUP         86
#define NB_ECANCELED       87
#define NB_EBADMSG         88
#define NB_ENODATA         89
#define NB_ENOSR           90
#define NB_ENOSTR          91
#define NB_ETIME           92
#define NB_ENOATTR         93
#define NB_EMULTIHOP       94
#define NB_ENOLINK         95
#define NB_EPROTO          96
#define NB_EOWNERDEAD      97
#define NB_ENOTRECOVERABLE 98

/* ---- files ----------------------------------------------------------------------------------- */

#define NB_PATH_MAX 1024
#define NB_NAME_MAX 255

#define NB_O_RDONLY    0x0
#define NB_O_WRONLY    0x1
#define NB_O_RDWR      0x2
#define NB_O_ACCMODE   0x3
#define NB_O_NONBLOCK  0x4
#define NB_O_APPEND    0x8
#define NB_O_ASYNC     0x40
#define NB_O_SYNC      0x80
#define NB_O_NOFOLLOW  0x100
#define NB_O_CREAT     0x200
#define NB_O_TRUNC     0x400
#define NB_O_EXCL      0x800
#define NB_O_NOCTTY    0x8000
#define NB_O_DSYNC     0x10000
#define NB_O_RSYNC     0x20000
#define NB_O_DIRECT    0x80000
#define NB_O_DIRECTORY 0x200000
#define NB_O_CLOEXEC   0x400000
#define NB_O_NOSIGPIPE 0x1000000

#define NB_AT_FDCWD            (-100)
#define NB_AT_EACCESS          0x100
#define NB_AT_SYMLINK_NOFOLLOW 0x200
#define NB_AT_SYMLINK_FOLLOW   0x400
#define NB_AT_REMOVEDIR        0x800

#define NB_F_OK 0
#define NB_X_OK 1
#define NB_W_OK 2
#define NB_R_OK 4

#define NB_SEEK_SET 0
#define NB_SEEK_CUR 1
#define NB_SEEK_END 2

#define NB_F_DUPFD         0
#define NB_F_GETFD         1
#define NB_F_SETFD         2
#define NB_F_GETFL         3
#define NB_F_SETFL         4
#define NB_F_GETLK         7
#define NB_F_SETLK         8
#define NB_F_SETLKW        9
#define NB_F_CLOSEM        10
#define NB_F_MAXFD         11
#define NB_F_DUPFD_CLOEXEC 12
#define NB_FD_CLOEXEC      1
#define NB_F_UNLCK         2

struct nb_flock {
    int64_t l_start;
    int64_t l_len;
    int32_t l_pid;
    int16_t l_type;
    int16_t l_whence;
};

#define NB_S_IFMT   0170000
#define NB_S_IFIFO  0010000
#define NB_S_IFCHR  0020000
#define NB_S_IFDIR  0040000
#define NB_S_IFBLK  0060000
#define NB_S_IFREG  0100000
#define NB_S_IFLNK  0120000
#define NB_S_IFSOCK 0140000
#define NB_ALLPERMS 07777

struct nb_timespec {
    int64_t tv_sec;
    int64_t tv_nsec;
};
#define NB_UTIME_NOW  ((1 << 30) - 1)
#define NB_UTIME_OMIT ((1 << 30) - 2)

struct nb_stat {
    uint64_t st_dev;
    uint32_t st_mode;
    uint64_t st_ino;
    uint32_t st_nlink;
    uint32_t st_uid;
    uint32_t st_gid;
    uint64_t st_rdev;
    struct nb_timespec st_atim, st_mtim, st_ctim, st_birthtim;
    int64_t st_size;   /* bytes */
    int64_t st_blocks; /* of 512 bytes */
    int32_t st_blksize;
    uint32_t st_flags;
    uint32_t st_gen;
    uint32_t st_spare[2];
};

#define NB_MAKEDEV(major, minor)                                                            \
    ((((uint64_t)(major) << 8) & 0x000fff00u) | (((uint64_t)(minor) << 12) & 0xfff00000u) | \
     (0xffu & (uint64_t)(minor)))
#define NB_MAJOR(dev) ((unsigned)((0x000fff00u & (dev)) >> 8))
#define NB_MINOR(dev) ((unsigned)(((0xfff00000u & (dev)) >> 12) | (0xffu & (dev))))

struct nb_dirent {
    uint64_t d_fileno;
    uint16_t d_reclen; /* multiple of 8 */
    uint16_t d_namlen;
    uint8_t d_type; /* file type bits of st_mode, shifted right by 12 */
    char d_name[512];
};
#define NB_DIRENT_HEADER offsetof(struct nb_dirent, d_name)

struct nb_iovec {
    void *iov_base;
    size_t iov_len;
};
#define NB_IOV_MAX 1024

struct nb_statvfs {
    uint64_t f_flag, f_bsize, f_frsize, f_iosize;
    uint64_t f_blocks, f_bfree, f_bavail, f_bresvd; /* in units of f_frsize */
    uint64_t f_files, f_ffree, f_favail, f_fresvd;
    uint64_t f_syncreads, f_syncwrites, f_asyncreads, f_asyncwrites;
    int32_t f_fsidx[2];
    uint64_t f_fsid, f_namemax;
    uint32_t f_owner;
    uint64_t f_spare[4];
    char f_fstypename[32];
    char f_mntonname[1024];
    char f_mntfromname[1024];
    char f_mntfromlabel[1024];
};

#define NB_MNT_FORCE 0x00080000

/* mount(2) data of a tmpfs, <fs/tmpfs/tmpfs_args.h> */
struct nb_tmpfs_args {
    int32_t ta_version; /* 1 */
    uint64_t ta_nodes_max;
    uint64_t ta_size_max; /* bytes; 0: no limit of its own */
    uint32_t ta_root_uid, ta_root_gid, ta_root_mode;
};

/* ---- ioctls ---------------------------------------------------------------------------------- */

#define NB_IOC_OUT 0x40000000u
#define NB_IOC_IN  0x80000000u
#define NB_IOC(dir, group, num, size) \
    ((dir) | ((0x1fffu & (uint32_t)(size)) << 16) | ((uint32_t)(group) << 8) | (uint32_t)(num))
#define NB_FIONREAD        NB_IOC(NB_IOC_OUT, 'f', 127, sizeof(int))
#define NB_FIONBIO         NB_IOC(NB_IOC_IN, 'f', 126, sizeof(int))
#define NB_DIOCCACHESYNC   NB_IOC(NB_IOC_IN, 'd', 118, sizeof(int))
#define NB_DIOCGMEDIASIZE  NB_IOC(NB_IOC_OUT, 'd', 132, sizeof(int64_t))
#define NB_DIOCGSECTORSIZE NB_IOC(NB_IOC_OUT, 'd', 133, sizeof(unsigned))

/* ---- poll ------------------------------------------------------------------------------------ */

struct nb_pollfd {
    int fd;
    int16_t events;
    int16_t revents;
};
#define NB_POLLIN     0x0001
#define NB_POLLPRI    0x0002
#define NB_POLLOUT    0x0004
#define NB_POLLERR    0x0008
#define NB_POLLHUP    0x0010
#define NB_POLLNVAL   0x0020
#define NB_POLLRDNORM 0x0040
#define NB_POLLWRNORM NB_POLLOUT
#define NB_POLLRDBAND 0x0080
#define NB_POLLWRBAND 0x0100

/* ---- sockets --------------------------------------------------------------------------------- */

#define NB_AF_UNSPEC 0
#define NB_AF_LOCAL  1
#define NB_AF_INET   2
#define NB_AF_INET6  24

#define NB_SOCK_STREAM     1
#define NB_SOCK_DGRAM      2
#define NB_SOCK_RAW        3
#define NB_SOCK_SEQPACKET  5
#define NB_SOCK_CLOEXEC    0x10000000
#define NB_SOCK_NONBLOCK   0x20000000
#define NB_SOCK_NOSIGPIPE  0x40000000
#define NB_SOCK_FLAGS_MASK 0xf0000000u

struct nb_sockaddr {
    uint8_t sa_len;
    uint8_t sa_family;
    char sa_data[14];
};

struct nb_sockaddr_un {
    uint8_t sun_len;
    uint8_t sun_family;
    char sun_path[104]; /* need not be terminated */
};
#define NB_SUN_HEADER      offsetof(struct nb_sockaddr_un, sun_path)
#define NB_SOCK_MAXADDRLEN 255

struct nb_msghdr {
    void *msg_name;
    uint32_t msg_namelen;
    struct nb_iovec *msg_iov;
    int msg_iovlen;
    void *msg_control;
    uint32_t msg_controllen;
    int msg_flags;
};

struct nb_cmsghdr {
    uint32_t cmsg_len; /* header included */
    int cmsg_level;
    int cmsg_type;
};
#define NB_CMSG_ALIGN(n) (((n) + 7u) & ~(size_t)7)
#define NB_CMSG_LEN(n)   (NB_CMSG_ALIGN(sizeof(struct nb_cmsghdr)) + (n))
#define NB_CMSG_SPACE(n) (NB_CMSG_ALIGN(sizeof(struct nb_cmsghdr)) + NB_CMSG_ALIGN(n))

#define NB_SOL_SOCKET 0xffff
#define NB_SCM_RIGHTS 0x01

#define NB_SO_DEBUG      0x0001
#define NB_SO_ACCEPTCONN 0x0002
#define NB_SO_REUSEADDR  0x0004
#define NB_SO_KEEPALIVE  0x0008
#define NB_SO_DONTROUTE  0x0010
#define NB_SO_BROADCAST  0x0020
#define NB_SO_LINGER     0x0080
#define NB_SO_OOBINLINE  0x0100
#define NB_SO_REUSEPORT  0x0200
#define NB_SO_NOSIGPIPE  0x0800
#define NB_SO_SNDBUF     0x1001
#define NB_SO_RCVBUF     0x1002
#define NB_SO_SNDLOWAT   0x1003
#define NB_SO_RCVLOWAT   0x1004
#define NB_SO_ERROR      0x1007
#define NB_SO_TYPE       0x1008
#define NB_SO_SNDTIMEO   0x100b
#define NB_SO_RCVTIMEO   0x100c

#define NB_SOL_LOCAL     0
#define NB_LOCAL_PEEREID 3
struct nb_unpcbid {
    int32_t unp_pid;
    uint32_t unp_euid, unp_egid;
};

#define NB_MSG_OOB          0x0001
#define NB_MSG_PEEK         0x0002
#define NB_MSG_DONTROUTE    0x0004
#define NB_MSG_EOR          0x0008
#define NB_MSG_TRUNC        0x0010
#define NB_MSG_CTRUNC       0x0020
#define NB_MSG_WAITALL      0x0040
#define NB_MSG_DONTWAIT     0x0080
#define NB_MSG_NOSIGNAL     0x0400
#define NB_MSG_CMSG_CLOEXEC 0x0800

#define NB_SHUT_RD   0
#define NB_SHUT_WR   1
#define NB_SHUT_RDWR 2

#endif
