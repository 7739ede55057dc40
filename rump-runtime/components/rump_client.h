/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * rump_client.h - the rump client API, as far as the Linux layer uses it and the bundled kernel
 * offers it. Own prototypes of the functions NetBSD's librump exports (<rump/rump.h>,
 * <rump/rump_syscalls.h>; the versioned names are those of NetBSD 10).
 *
 * rump___sysimpl_*: as the system call of that name. They return -1 and leave a NetBSD errno value
 * with rumpuser_seterrno() when they fail. Pointers are the caller's own memory.
 */
#ifndef COMPONENTS_RUMP_CLIENT_H
#define COMPONENTS_RUMP_CLIENT_H

#include "components/netbsd.h"

#pragma GCC visibility push(default)

struct lwp;

/* 0 or a NetBSD errno value. Once. */
int rump_init(void);

#define RUMP_RFFDG  0x01 /* copy the descriptor table */
#define RUMP_RFCFDG 0x02 /* start with an empty one */
/* A new process with one lwp, which the calling thread becomes. Errno value. */
int rump_pub_lwproc_rfork(int flags);
/* A new lwp in process pid, which the calling thread becomes. ESRCH, ENOMEM. */
int rump_pub_lwproc_newlwp(int pid);
void rump_pub_lwproc_switch(struct lwp *l);
/* Ends the thread's lwp; with the last one its process goes. */
void rump_pub_lwproc_releaselwp(void);
struct lwp *rump_pub_lwproc_curlwp(void);

enum rump_etfs_type {
    RUMP_ETFS_REG,
    RUMP_ETFS_BLK,
    RUMP_ETFS_CHR,
    RUMP_ETFS_DIR,
    RUMP_ETFS_DIR_SUBDIRS
};
#define RUMP_ETFS_SIZE_ENDOFF UINT64_MAX
/* Make what rumpuser_open(hostpath) opens appear as `key`, an absolute path. Errno value. */
int rump_pub_etfs_register(const char *key, const char *hostpath, enum rump_etfs_type type);
/* Only the window of `size` bytes from `begin`. */
int rump_pub_etfs_register_withsize(const char *key, const char *hostpath, enum rump_etfs_type type,
                                    uint64_t begin, uint64_t size);
int rump_pub_etfs_remove(const char *key);

/* ---- descriptors ----------------------------------------------------------------------------- */

intptr_t rump___sysimpl_read(int fd, void *buf, size_t n);
intptr_t rump___sysimpl_write(int fd, const void *buf, size_t n);
intptr_t rump___sysimpl_readv(int fd, const struct nb_iovec *iov, int n);
intptr_t rump___sysimpl_writev(int fd, const struct nb_iovec *iov, int n);
intptr_t rump___sysimpl_pread(int fd, void *buf, size_t n, int64_t off);
intptr_t rump___sysimpl_pwrite(int fd, const void *buf, size_t n, int64_t off);
intptr_t rump___sysimpl_preadv(int fd, const struct nb_iovec *iov, int n, int64_t off);
intptr_t rump___sysimpl_pwritev(int fd, const struct nb_iovec *iov, int n, int64_t off);
int rump___sysimpl_close(int fd);
int rump___sysimpl_dup(int fd);
int rump___sysimpl_dup2(int from, int to);
int rump___sysimpl_dup3(int from, int to, int flags);
int rump___sysimpl_fcntl(int fd, int cmd, void *arg);
int rump___sysimpl_ioctl(int fd, unsigned long request, void *arg);
int64_t rump___sysimpl_lseek(int fd, int64_t off, int whence);
int rump___sysimpl_fstat50(int fd, struct nb_stat *st);
int rump___sysimpl_ftruncate(int fd, int64_t size);
int rump___sysimpl_posix_fallocate(int fd, int64_t off, int64_t len); /* errno value, not -1 */
int rump___sysimpl_fsync(int fd);
int rump___sysimpl_fdatasync(int fd);
int rump___sysimpl_fchmod(int fd, uint32_t mode);
int rump___sysimpl_fchown(int fd, uint32_t uid, uint32_t gid);
int rump___sysimpl_futimens(int fd, const struct nb_timespec times[2]);
int rump___sysimpl_fchdir(int fd);
int rump___sysimpl_getdents30(int fd, char *buf, size_t n);
int rump___sysimpl_fstatvfs190(int fd, struct nb_statvfs *buf, int flags);
int rump___sysimpl_pipe2(int fds[2], int flags);
void rump___sysimpl_sync(void);

/* ---- names ----------------------------------------------------------------------------------- */

int rump___sysimpl_open(const char *path, int flags, uint32_t mode);
int rump___sysimpl_openat(int dirfd, const char *path, int flags, uint32_t mode);
int rump___sysimpl_stat50(const char *path, struct nb_stat *st);
int rump___sysimpl_lstat50(const char *path, struct nb_stat *st);
int rump___sysimpl_fstatat(int dirfd, const char *path, struct nb_stat *st, int flags);
int rump___sysimpl_access(const char *path, int mode);
int rump___sysimpl_faccessat(int dirfd, const char *path, int mode, int flags);
int rump___sysimpl_unlink(const char *path);
int rump___sysimpl_unlinkat(int dirfd, const char *path, int flags);
int rump___sysimpl_mkdir(const char *path, uint32_t mode);
int rump___sysimpl_mkdirat(int dirfd, const char *path, uint32_t mode);
int rump___sysimpl_rmdir(const char *path);
int rump___sysimpl_rename(const char *from, const char *to);
int rump___sysimpl_renameat(int fromfd, const char *from, int tofd, const char *to);
int rump___sysimpl_link(const char *from, const char *to);
int rump___sysimpl_linkat(int fromfd, const char *from, int tofd, const char *to, int flags);
int rump___sysimpl_symlink(const char *target, const char *path);
int rump___sysimpl_symlinkat(const char *target, int dirfd, const char *path);
intptr_t rump___sysimpl_readlink(const char *path, char *buf, size_t n);
intptr_t rump___sysimpl_readlinkat(int dirfd, const char *path, char *buf, size_t n);
int rump___sysimpl_chmod(const char *path, uint32_t mode);
int rump___sysimpl_fchmodat(int dirfd, const char *path, uint32_t mode, int flags);
int rump___sysimpl_chown(const char *path, uint32_t uid, uint32_t gid);
int rump___sysimpl_lchown(const char *path, uint32_t uid, uint32_t gid);
int rump___sysimpl_fchownat(int dirfd, const char *path, uint32_t uid, uint32_t gid, int flags);
int rump___sysimpl_utimensat(int dirfd, const char *path, const struct nb_timespec times[2],
                             int flags);
int rump___sysimpl_truncate(const char *path, int64_t size);
int rump___sysimpl_statvfs190(const char *path, struct nb_statvfs *buf, int flags);
int rump___sysimpl_chdir(const char *path);
int rump___sysimpl_chroot(const char *path);
int rump___sysimpl___getcwd(char *buf, size_t n); /* length including the NUL */
uint32_t rump___sysimpl_umask(uint32_t mask);
int rump___sysimpl_mount50(const char *type, const char *path, int flags, void *data, size_t len);
int rump___sysimpl_unmount(const char *path, int flags);

/* ---- sockets and poll ------------------------------------------------------------------------ */

int rump___sysimpl_socket30(int domain, int type, int protocol);
int rump___sysimpl_socketpair(int domain, int type, int protocol, int fds[2]);
int rump___sysimpl_bind(int fd, const struct nb_sockaddr *addr, uint32_t len);
int rump___sysimpl_listen(int fd, int backlog);
int rump___sysimpl_accept(int fd, struct nb_sockaddr *addr, uint32_t *len);
int rump___sysimpl_paccept(int fd, struct nb_sockaddr *addr, uint32_t *len, const void *sigmask,
                           int flags);
int rump___sysimpl_connect(int fd, const struct nb_sockaddr *addr, uint32_t len);
intptr_t rump___sysimpl_sendto(int fd, const void *buf, size_t n, int flags,
                               const struct nb_sockaddr *addr, uint32_t len);
intptr_t rump___sysimpl_recvfrom(int fd, void *buf, size_t n, int flags, struct nb_sockaddr *addr,
                                 uint32_t *len);
intptr_t rump___sysimpl_sendmsg(int fd, const struct nb_msghdr *msg, int flags);
intptr_t rump___sysimpl_recvmsg(int fd, struct nb_msghdr *msg, int flags);
int rump___sysimpl_shutdown(int fd, int how);
int rump___sysimpl_getsockname(int fd, struct nb_sockaddr *addr, uint32_t *len);
int rump___sysimpl_getpeername(int fd, struct nb_sockaddr *addr, uint32_t *len);
int rump___sysimpl_setsockopt(int fd, int level, int name, const void *val, uint32_t len);
int rump___sysimpl_getsockopt(int fd, int level, int name, void *val, uint32_t *len);
int rump___sysimpl_poll(struct nb_pollfd *fds, unsigned n, int timeout_ms);
int rump___sysimpl_pollts50(struct nb_pollfd *fds, unsigned n, const struct nb_timespec *timeout,
                            const void *sigmask);
int rump___sysimpl_getpid(void);

/* ---- only in NetBSD's kernel ------------------------------------------------------------------
 */

/* The bundled one has no limits of its own. */
struct nb_rlimit {
    uint64_t rlim_cur, rlim_max;
};
#define NB_RLIMIT_NOFILE 8
int rump___sysimpl_getrlimit(int which, struct nb_rlimit *limit) __attribute__((weak));
int rump___sysimpl_setrlimit(int which, const struct nb_rlimit *limit) __attribute__((weak));

/* ---- extension of the bundled kernel --------------------------------------------------------- */

/*
 * Call notify(arg) whenever poll's answer for this open file may have changed, until it is closed
 * or fn == NULL is set. The call comes with kernel locks held: it must not block nor call back. One
 * per open file (EBUSY). Errno value; EOPNOTSUPP for files that are always ready. Weak: NetBSD's
 * kernel has no such function, and the client then falls back to a thread that waits in pollts50.
 */
int rump_stubdom_pollnotify(int fd, void (*notify)(void *arg), void *arg) __attribute__((weak));

#pragma GCC visibility pop

#endif
