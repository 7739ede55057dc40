/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * rump_glue.h - the part of the Linux system-call layer that translates to the rump client API:
 * path.c (names), rumpfile.c (open rump files, pipes, poll), socket.c (sockets, descriptor
 * passing).
 *
 * Every sys_* function takes the raw arguments of the Linux x86-64 system call of that name
 * (pointers of the program as uintptr_t, read through linux/uaccess.h) and returns its result: >= 0
 * or a negative Linux errno. Descriptors are those of the table in linux/file.h, whatever stands
 * behind them.
 *
 * What the rest of the layer has to know:
 *  - a rump file has has_pos == false: its position lives in the rump kernel. read and write call
 *    ops->readv/writev with pos == NULL; pread and pwrite with a pointer to the wanted position,
 *    and the operation itself answers -ESPIPE when the object has none; ops->seek is lseek;
 *  - no rump call made for a pipe or socket blocks inside the rump kernel: the glue asks without
 *    blocking and sleeps in our own wait queues, so signals (thread_interrupt) and time-outs work
 *    as for native files;
 *  - F_SETFL: change file->flags, then ops->flags_changed. Blocking reads look at file->flags.
 */
#ifndef LINUX_RUMP_RUMP_GLUE_H
#define LINUX_RUMP_RUMP_GLUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct device;
struct file;
struct linux_stat;

/* ---- start and threads ----------------------------------------------------------------------- */

/*
 * Start the rump kernel, make the calling thread its first client, fill the root from the ramdisk
 * where the kernel has not done so itself, make the usual directories. Call after threads_init()
 * and ramdisk_open(). Returns 0 or a negative errno, with a message on the console.
 */
int rump_layer_init(void);

/* What /proc/self/exe shall name: the program's absolute path. After rump_layer_init(). */
int rump_layer_set_program(const char *path);

/* Called by every program thread at its end, before thread_exit(): lets go of its rump lwp. */
void rump_thread_exit(void);

/*
 * Bytes of a regular file of the rump file system, for the kernel's own use (scripts, tests).
 * Returns how many were read (at most n), or a negative errno.
 */
long rump_read_file(const char *path, void *buf, size_t n);

/* ---- native device nodes (file.h: device_register) ------------------------------------------- */

/*
 * device_register() lives in path.c. This finds the device that answers for an absolute path: exact
 * paths first, then prefixes, the newest registration first. *rest is what follows a prefix ("" for
 * an exact one). Start from prev == NULL; a further call with the device found before gives the
 * next.
 */
struct device *device_find(const char *path, const char **rest, struct device *prev);

/* ---- names: path.c --------------------------------------------------------------------------- */

long sys_open(uintptr_t path, unsigned flags, unsigned mode);
long sys_openat(int dirfd, uintptr_t path, unsigned flags, unsigned mode);
long sys_creat(uintptr_t path, unsigned mode);
long sys_stat(uintptr_t path, uintptr_t st);
long sys_lstat(uintptr_t path, uintptr_t st);
long sys_newfstatat(int dirfd, uintptr_t path, uintptr_t st, int flags);
long sys_statx(int dirfd, uintptr_t path, int flags, unsigned mask, uintptr_t stx);
long sys_access(uintptr_t path, int mode);
long sys_faccessat(int dirfd, uintptr_t path, int mode);
long sys_faccessat2(int dirfd, uintptr_t path, int mode, int flags);
long sys_unlink(uintptr_t path);
long sys_unlinkat(int dirfd, uintptr_t path, int flags);
long sys_rename(uintptr_t from, uintptr_t to);
long sys_renameat(int fromfd, uintptr_t from, int tofd, uintptr_t to);
long sys_renameat2(int fromfd, uintptr_t from, int tofd, uintptr_t to, unsigned flags);
long sys_mkdir(uintptr_t path, unsigned mode);
long sys_mkdirat(int dirfd, uintptr_t path, unsigned mode);
long sys_rmdir(uintptr_t path);
long sys_link(uintptr_t from, uintptr_t to);
long sys_linkat(int fromfd, uintptr_t from, int tofd, uintptr_t to, int flags);
long sys_symlink(uintptr_t target, uintptr_t path);
long sys_symlinkat(uintptr_t target, int dirfd, uintptr_t path);
long sys_readlink(uintptr_t path, uintptr_t buf, size_t size);
long sys_readlinkat(int dirfd, uintptr_t path, uintptr_t buf, size_t size);
long sys_chmod(uintptr_t path, unsigned mode);
long sys_fchmod(int fd, unsigned mode);
long sys_fchmodat(int dirfd, uintptr_t path, unsigned mode);
long sys_chown(uintptr_t path, unsigned uid, unsigned gid);
long sys_lchown(uintptr_t path, unsigned uid, unsigned gid);
long sys_fchown(int fd, unsigned uid, unsigned gid);
long sys_fchownat(int dirfd, uintptr_t path, unsigned uid, unsigned gid, int flags);
long sys_utimensat(int dirfd, uintptr_t path, uintptr_t times, int flags);
long sys_utimes(uintptr_t path, uintptr_t timevals);
long sys_futimesat(int dirfd, uintptr_t path, uintptr_t timevals);
long sys_utime(uintptr_t path, uintptr_t utimbuf);
long sys_truncate(uintptr_t path, int64_t size);
long sys_statfs(uintptr_t path, uintptr_t buf);
long sys_fstatfs(int fd, uintptr_t buf);
long sys_getdents64(int fd, uintptr_t buf, size_t size);
long sys_chdir(uintptr_t path);
long sys_chroot(uintptr_t path);
long sys_fchdir(int fd);
long sys_getcwd(uintptr_t buf, size_t size);
long sys_umask(unsigned mask);

/* ---- pipes: rumpfile.c ----------------------------------------------------------------------- */

long sys_pipe(uintptr_t fds);
long sys_pipe2(uintptr_t fds, unsigned flags);
long sys_sync(void);

/* ---- sockets: socket.c ----------------------------------------------------------------------- */

long sys_socket(int domain, int type, int protocol);
long sys_socketpair(int domain, int type, int protocol, uintptr_t fds);
long sys_bind(int fd, uintptr_t addr, unsigned len);
long sys_listen(int fd, int backlog);
long sys_accept(int fd, uintptr_t addr, uintptr_t len);
long sys_accept4(int fd, uintptr_t addr, uintptr_t len, unsigned flags);
long sys_connect(int fd, uintptr_t addr, unsigned len);
long sys_sendto(int fd, uintptr_t buf, size_t n, unsigned flags, uintptr_t addr, unsigned alen);
long sys_recvfrom(int fd, uintptr_t buf, size_t n, unsigned flags, uintptr_t addr, uintptr_t alen);
long sys_sendmsg(int fd, uintptr_t msg, unsigned flags);
long sys_recvmsg(int fd, uintptr_t msg, unsigned flags);
long sys_sendmmsg(int fd, uintptr_t vec, unsigned n, unsigned flags);
long sys_recvmmsg(int fd, uintptr_t vec, unsigned n, unsigned flags, uintptr_t timeout);
long sys_shutdown(int fd, int how);
long sys_getsockname(int fd, uintptr_t addr, uintptr_t len);
long sys_getpeername(int fd, uintptr_t addr, uintptr_t len);
long sys_setsockopt(int fd, int level, int name, uintptr_t val, unsigned len);
long sys_getsockopt(int fd, int level, int name, uintptr_t val, uintptr_t len);

/*
 * Connects the calling thread, which may be one of the kernel's own, to a local stream socket the
 * program listens on. *fp is a non-blocking file with one reference that is in no descriptor table.
 * 0 or a negative errno: -ENOENT or -ECONNREFUSED while nobody listens.
 */
int local_stream_connect(const char *path, struct file **fp);

#endif
