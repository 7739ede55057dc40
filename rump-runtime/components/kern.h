/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * kern.h - what the components of the bundled rump kernel share: lwps and processes, open files and
 * descriptors, client memory, waiting and poll.
 *
 * Rules of the room:
 *  - below us there are only the hypercalls of rumpuser/rumpuser.h, and of the runtime's core what
 *    keeps no state: lists (core/list.h), and C's memory and string functions (core/string.h).
 *    Nothing in here knows Xen or Linux;
 *  - functions returning int give 0 or a positive NetBSD errno value unless they say otherwise;
 *  - the kernel runs on one virtual CPU, kern_enter() to kern_leave(). Only hypercalls that block
 *    give it to another thread, so a lock is needed exactly where state must survive a wait;
 *  - lock order: sock_lock, fs_lock; pipe_lock, poll_lock, etfs_lock are innermost.
 */
#ifndef COMPONENTS_KERN_H
#define COMPONENTS_KERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "components/netbsd.h"
#include "components/rump_client.h"
#include "core/list.h"
#include "core/string.h"
#include "rumpuser/rumpuser.h"

struct node;
struct fdtable;

/* ---- memory and messages: util.c ------------------------------------------------------------- */

#define KERN_PAGE_SIZE ((size_t)4096)

/* Zeroed; NULL when memory is short. Freed with the same size. */
void *kern_alloc(size_t size);
void kern_free(void *p, size_t size);
/* A copy of len bytes with a NUL behind; freed with kern_free(p, len + 1). */
char *kern_strndup(const char *s, size_t len);
/* One page with undefined contents. */
void *kern_page_alloc(void);
void kern_page_free(void *page);

void kern_panic(const char *what) __attribute__((noreturn));
#define kern_assert(cond)      \
    do {                       \
        if (!(cond))           \
            kern_panic(#cond); \
    } while (0)

struct nb_timespec kern_now(void); /* wall clock */

/* ---- client buffers: util.c ------------------------------------------------------------------ */

/* A vector of the client's buffers and how far it has been used up. */
struct uio {
    const struct nb_iovec *iov;
    int cnt;
    size_t skip;  /* bytes of iov[0] already used */
    size_t resid; /* bytes left in all */
};

/* EINVAL for a bad count or a total above SSIZE_MAX. */
int uio_init(struct uio *uio, const struct nb_iovec *iov, int cnt);
/* Move n <= resid bytes to or from the client; src NULL: zeroes. */
void uio_out(struct uio *uio, const void *src, size_t n);
void uio_in(struct uio *uio, void *dst, size_t n);

/* ---- processes: lwproc.c --------------------------------------------------------------------- */

struct proc {
    struct list link;
    struct list lwps;
    int pid;
    struct fdtable *fdt;
    struct node *cwd, *root; /* referenced */
    uint32_t umask;
};

struct lwp {
    struct list link; /* in proc->lwps */
    struct proc *proc;
    bool temporary; /* made by kern_enter() for a thread without one */
};

void lwproc_init(void);
static inline struct proc *curproc(void)
{
    return rumpuser_curlwp()->proc;
}
int lwproc_newlwp(int pid, struct lwp **lp);
void lwproc_free(struct lwp *l);
int lwproc_rfork(int flags, struct lwp **lp);

/* Take and give back the virtual CPU; every entry from a client. init.c */
void kern_enter(void);
void kern_leave(void);

/* The end of every system call: gives the CPU back; -1 and errno when error != 0, else value. */
intptr_t kern_return(int error, intptr_t value);

/* ---- open files: fd.c ------------------------------------------------------------------------ */

struct kfile;
struct poller;
struct selinfo;

struct kfile_ops {
    /*
     * Transfer what uio asks for or as much as there is. off: place, advanced; NULL for files
     * without one. EAGAIN instead of waiting when nonblock. EPIPE as usual; the client raises
     * signals.
     */
    int (*read)(struct kfile *f, struct uio *uio, int64_t *off, bool nonblock);
    int (*write)(struct kfile *f, struct uio *uio, int64_t *off, bool nonblock);
    int (*ioctl)(struct kfile *f, unsigned long request, void *arg);
    int (*stat)(struct kfile *f, struct nb_stat *st);
    /* Which of `events` (and ERR, HUP) hold now; records with p when not NULL. */
    unsigned (*poll)(struct kfile *f, unsigned events, struct poller *p);
    /* Where changes of poll's answer are announced; NULL operation: always ready. */
    struct selinfo *(*selinfo)(struct kfile *f);
    void (*close)(struct kfile *f);
};

struct kfile {
    const struct kfile_ops *ops;
    void *data;
    unsigned flags; /* NB_O_ACCMODE, NONBLOCK, APPEND, SYNC ... */
    unsigned refs;
    int64_t off;
    bool seekable;
    struct list dying_link;
};

/* One reference, the caller's. */
int kfile_create(const struct kfile_ops *ops, void *data, unsigned flags, struct kfile **fp);
void kfile_ref(struct kfile *f);
/*
 * The last reference closes. Files that go because a closing file held them are closed one after
 * another.
 */
void kfile_put(struct kfile *f);

int fdtable_create(struct fdtable **tp);
int fdtable_copy(struct fdtable *from, struct fdtable **tp);
void fdtable_ref(struct fdtable *t);
void fdtable_put(struct fdtable *t);

/* The file of a descriptor with a reference, or EBADF. */
int kfd_get(int fd, struct kfile **fp);
/*
 * Lowest free descriptor >= min, taking over the caller's reference (also on failure: EMFILE,
 * ENOMEM).
 */
int kfd_install(struct kfile *f, int min, bool cloexec, int *fdp);
int kfd_install_at(struct kfile *f, int fd, bool cloexec);
int kfd_close(int fd);
int kfd_cloexec(int fd, bool *value); /* read */
int kfd_set_cloexec(int fd, bool value);
/* Close all >= low; the highest open one, -1 for none. */
void kfd_close_from(int low);
int kfd_highest(void);

/* ---- poll: poll.c ---------------------------------------------------------------------------- */

/* Embedded in everything that can become ready. */
struct selinfo {
    struct list pollers;
    void (*notify)(void *arg); /* rump_stubdom_pollnotify() */
    void *notify_arg;
};

void poll_init(void);
void selinit(struct selinfo *sel);
/* The object goes: pollers look again and find it gone. */
void seldestroy(struct selinfo *sel);
/* From poll operations; p may be NULL. */
void selrecord(struct selinfo *sel, struct poller *p);
/* The answer of poll may have changed. */
void selnotify(struct selinfo *sel);

/* Poll for objects that are always ready. */
unsigned poll_always_ready(struct kfile *f, unsigned events, struct poller *p);

/* ---- components ------------------------------------------------------------------------------ */

void fs_init(void);   /* fs_mem.c: an empty root */
int devfs_init(void); /* devfs.c */
void pipe_init(void); /* pipe.c */
void unix_init(void); /* unix_socket.c */
void etfs_init(void); /* etfs.c */

/* Both ends; references are the caller's. flags: NB_O_NONBLOCK. */
int pipe_create(unsigned flags, struct kfile **readp, struct kfile **writep);

#endif
