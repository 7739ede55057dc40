/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * rumpuser.h - the hypercalls a rump kernel makes: rumpuser(3), interface version 17.
 *
 * Names, arguments and constants are those of NetBSD's manual page and of its objects, so that
 * NetBSD's own libraries link unchanged; the declarations are ours. Conventions of the interface:
 *  - functions returning int return 0 or a NetBSD errno value (components/netbsd.h), never Linux's;
 *  - every hypercall is entered with the rump CPU context held. Those that may block give it up
 *    through the up-calls of rumpuser_init() and take it back before they return; *_nowrap ones and
 *    SPIN mutexes never give it up;
 *  - none may be called from an event-channel handler or a timer.
 */
#ifndef RUMPUSER_H
#define RUMPUSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RUMPUSER_VERSION 17

/* Visible in the hosted library, where tests call them one by one. */
#pragma GCC visibility push(default)

struct lwp;

/* ---- start ----------------------------------------------------------------------------------- */

/* Up-calls into the rump kernel. Layout fixed by the interface. */
struct rumpuser_hyperup {
    void (*hyp_schedule)(void);
    void (*hyp_unschedule)(void);
    void (*hyp_backend_unschedule)(int nlocks, int *countp, void *interlock);
    void (*hyp_backend_schedule)(int nlocks, void *interlock);
    void (*hyp_lwproc_switch)(struct lwp *);
    void (*hyp_lwproc_release)(void);
    int (*hyp_lwproc_rfork)(void *, int, const char *);
    int (*hyp_lwproc_newlwp)(int pid);
    struct lwp *(*hyp_lwproc_curlwp)(void);
    int (*hyp_syscall)(int, void *, long *);
    void (*hyp_lwpexit)(void);
    void (*hyp_execnotify)(const char *);
    int (*hyp_getpid)(void);
    void *hyp__extra[8];
};

/* Before rump_init(): the word that NetBSD's stack protector compares becomes a random one. */
void rumpuser_protect_stacks(void);

/* Keeps a copy of *hyp. EPROGMISMATCH (NetBSD 75) when version is not RUMPUSER_VERSION. */
int rumpuser_init(int version, const struct rumpuser_hyperup *hyp);

/* ---- memory: memory.c ------------------------------------------------------------------------ */

/*
 * len bytes (contents undefined) at a multiple of `align` (power of two, at most 64 KiB; 0
 * means that of a pointer). The caller frees with the same length. EINVAL or ENOMEM.
 */
int rumpuser_malloc(size_t len, int align, void **memp);
void rumpuser_free(void *mem, size_t len);

/* Zeroed memory; alignbit is log2 of the alignment. Executable memory is not to be had: ENOTSUP. */
int rumpuser_anonmmap(void *prefaddr, size_t size, int alignbit, int exec, void **memp);
void rumpuser_unmap(void *addr, size_t len);

/* ---- files and block I/O: io.c --------------------------------------------------------------- */

#define RUMPUSER_OPEN_RDONLY  0x0000
#define RUMPUSER_OPEN_WRONLY  0x0001
#define RUMPUSER_OPEN_RDWR    0x0002
#define RUMPUSER_OPEN_ACCMODE 0x0003
#define RUMPUSER_OPEN_CREATE  0x0004
#define RUMPUSER_OPEN_EXCL    0x0008
#define RUMPUSER_OPEN_BIO     0x0010

/*
 * Names are those of rumpuser_block_register(). ENOENT, EROFS for a write to a read-only one,
 * EMFILE.
 */
int rumpuser_open(const char *name, int mode, int *fdp);
int rumpuser_close(int fd);

#define RUMPUSER_FT_OTHER 0
#define RUMPUSER_FT_DIR   1
#define RUMPUSER_FT_REG   2
#define RUMPUSER_FT_BLK   3
#define RUMPUSER_FT_CHR   4
/* Size in bytes. Either pointer may be NULL. */
int rumpuser_getfileinfo(const char *name, uint64_t *sizep, int *typep);

#define RUMPUSER_BIO_READ  0x01
#define RUMPUSER_BIO_WRITE 0x02
#define RUMPUSER_BIO_SYNC  0x04
typedef void (*rump_biodone_fn)(void *arg, size_t count, int error);

/*
 * Start a transfer of len bytes (multiple of 512; data may have any alignment) at byte offset
 * `off`. `done` is called once, with the CPU context held, from another thread or at once.
 * WRITE|SYNC completes only when the device has the data on stable storage.
 */
void rumpuser_bio(int fd, int op, void *data, size_t len, int64_t off, rump_biodone_fn done,
                  void *arg);

struct rumpuser_iovec {
    void *iov_base;
    size_t iov_len;
};
#define RUMPUSER_IOV_NOSEEK (-1)

/*
 * Blocking transfers at `off`, each element a multiple of 512 bytes; NOSEEK: ESPIPE (no positions
 * here).
 */
int rumpuser_iovread(int fd, struct rumpuser_iovec *iov, size_t iovlen, int64_t off, size_t *retp);
int rumpuser_iovwrite(int fd, const struct rumpuser_iovec *iov, size_t iovlen, int64_t off,
                      size_t *retp);

#define RUMPUSER_SYNCFD_READ    0x01
#define RUMPUSER_SYNCFD_WRITE   0x02
#define RUMPUSER_SYNCFD_BARRIER 0x04
#define RUMPUSER_SYNCFD_SYNC    0x08
/* Flush the device's write cache and wait for it; the range is not looked at. */
int rumpuser_syncfd(int fd, int flags, uint64_t start, uint64_t len);

/* ---- time: clock.c --------------------------------------------------------------------------- */

enum rumpclock { RUMPUSER_CLOCK_RELWALL, RUMPUSER_CLOCK_ABSMONO };
int rumpuser_clock_gettime(int which, int64_t *sec, long *nsec);
/* RELWALL: for that long. ABSMONO: until the monotonic clock shows it. */
int rumpuser_clock_sleep(int which, int64_t sec, long nsec);

/* ---- parameters, randomness, console, the end: misc.c ---------------------------------------- */

#define RUMPUSER_PARAM_NCPU     "_RUMPUSER_NCPU"
#define RUMPUSER_PARAM_HOSTNAME "_RUMPUSER_HOSTNAME"
/*
 * The value of a parameter as a string: the two above, RUMP_MEMLIMIT, and every "rump.NAME=value"
 * of the kernel's command line. ENOENT, or E2BIG when buf (size bytes) is too small.
 */
int rumpuser_getparam(const char *name, void *buf, size_t size);

/* The error number of the client's present call, a NetBSD one; see rumpuser_errno(). */
void rumpuser_seterrno(int error);

#define RUMPUSER_PID_SELF ((int64_t)-1)
/* There are no host processes to signal: logged, 0 for self, ESRCH for others. */
int rumpuser_kill(int64_t pid, int sig);
#define RUMPUSER_PANIC (-1)
/* Ends the domain: RUMPUSER_PANIC as crashed with a report, anything else by powering off. */
void rumpuser_exit(int status) __attribute__((noreturn));

void rumpuser_putchar(int c);
void rumpuser_dprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#define RUMPUSER_RANDOM_HARD   0x01
#define RUMPUSER_RANDOM_NOWAIT 0x02
/* Always gives all of it: good for seeds and session ids, see plat_random(). */
int rumpuser_getrandom(void *buf, size_t len, int flags, size_t *retp);

int rumpuser_daemonize_begin(void); /* ENOSYS: nothing to detach from */
int rumpuser_daemonize_done(int error);

struct modinfo;
struct rump_component;
struct evcnt;
typedef void (*rump_modinit_fn)(const struct modinfo *const *, size_t);
typedef int (*rump_symload_fn)(void *, uint64_t, char *, uint64_t);
typedef void (*rump_compload_fn)(const struct rump_component *);
typedef void (*rump_evcntattach_fn)(struct evcnt *);
/* Nothing to load: all components are linked in and found through link sets. */
void rumpuser_dl_bootstrap(rump_modinit_fn domodinit, rump_symload_fn symload,
                           rump_compload_fn compload, rump_evcntattach_fn evattach);

/* ---- threads: thread.c ----------------------------------------------------------------------- */

/*
 * pri and cpuidx are not used: one vCPU, threads take turns. *cookie is for rumpuser_thread_join().
 */
int rumpuser_thread_create(void *(*f)(void *), void *arg, const char *name, int mustjoin, int pri,
                           int cpuidx, void **cookie);
void rumpuser_thread_exit(void) __attribute__((noreturn));
int rumpuser_thread_join(void *cookie);

enum rumplwpop { RUMPUSER_LWP_CREATE, RUMPUSER_LWP_DESTROY, RUMPUSER_LWP_SET, RUMPUSER_LWP_CLEAR };
void rumpuser_curlwpop(int op, struct lwp *l);
struct lwp *rumpuser_curlwp(void);

/* ---- locks: sync.c --------------------------------------------------------------------------- */

struct rumpuser_mtx;
#define RUMPUSER_MTX_SPIN   0x01
#define RUMPUSER_MTX_KMUTEX 0x02 /* keeps its owner's lwp */
void rumpuser_mutex_init(struct rumpuser_mtx **mtxp, int flags);
void rumpuser_mutex_enter(struct rumpuser_mtx *mtx);
void rumpuser_mutex_enter_nowrap(struct rumpuser_mtx *mtx);
int rumpuser_mutex_tryenter(struct rumpuser_mtx *mtx); /* 0 or EBUSY */
void rumpuser_mutex_exit(struct rumpuser_mtx *mtx);
void rumpuser_mutex_destroy(struct rumpuser_mtx *mtx);
void rumpuser_mutex_owner(struct rumpuser_mtx *mtx, struct lwp **lp);
int rumpuser_mutex_spin_p(struct rumpuser_mtx *mtx); /* since rumpuser.h 1.116 */

struct rumpuser_rw;
enum rumprwlock { RUMPUSER_RW_READER, RUMPUSER_RW_WRITER };
void rumpuser_rw_init(struct rumpuser_rw **rwp);
void rumpuser_rw_enter(int lk, struct rumpuser_rw *rw);
int rumpuser_rw_tryenter(int lk, struct rumpuser_rw *rw); /* 0 or EBUSY */
int rumpuser_rw_tryupgrade(struct rumpuser_rw *rw);       /* 0 or EBUSY */
void rumpuser_rw_downgrade(struct rumpuser_rw *rw);
void rumpuser_rw_exit(struct rumpuser_rw *rw);
void rumpuser_rw_destroy(struct rumpuser_rw *rw);
void rumpuser_rw_held(int lk, struct rumpuser_rw *rw, int *heldp);

struct rumpuser_cv;
void rumpuser_cv_init(struct rumpuser_cv **cvp);
void rumpuser_cv_destroy(struct rumpuser_cv *cv);
void rumpuser_cv_wait(struct rumpuser_cv *cv, struct rumpuser_mtx *mtx);
void rumpuser_cv_wait_nowrap(struct rumpuser_cv *cv, struct rumpuser_mtx *mtx);
/* For at most sec seconds and nsec nanoseconds from now. 0 or ETIMEDOUT (NetBSD 60). */
int rumpuser_cv_timedwait(struct rumpuser_cv *cv, struct rumpuser_mtx *mtx, int64_t sec,
                          int64_t nsec);
void rumpuser_cv_signal(struct rumpuser_cv *cv);
void rumpuser_cv_broadcast(struct rumpuser_cv *cv);
void rumpuser_cv_has_waiters(struct rumpuser_cv *cv, int *waitersp);

/* ---- beyond version 17 ----------------------------------------------------------------------- */

/*
 * What the thread's last failed client call left through rumpuser_seterrno(): for the client's
 * side.
 */
int rumpuser_errno(void);

#pragma GCC visibility pop

#endif
