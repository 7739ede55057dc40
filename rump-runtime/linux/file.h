/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * file.h - open files and the descriptor table of the Linux system-call layer, and how native
 * objects (event and timer descriptors, devices under /dev/xen, disks, taps, consoles) present
 * themselves in it.
 *
 * All results are Linux ones: >= 0, or a negative errno. Buffers given to operations were checked
 * and made present by the caller (linux/uaccess.h): operations may touch them directly.
 */
#ifndef LINUX_FILE_H
#define LINUX_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/list.h"
#include "core/thread.h"
#include "linux/iov.h"

struct linux_stat;

/* Where a poll registers: one waiter per queue it has to look at. Opaque to file operations. */
struct poll_table;
/* To be called by file_ops.poll for each queue whose wake may change its answer. pt may be NULL. */
void poll_wait(struct poll_table *pt, struct waitq *q);

struct file;

/*
 * A request that a file answers later (file_ops.start). It belongs to who asks, who leaves it, the
 * vector and the memory that the vector names alone until done() was called.
 */
enum file_request_op { FILE_READ, FILE_WRITE, FILE_SYNC };
#define FILE_REQUEST_ROOM 160 /* bytes */

struct file_request {
    enum file_request_op op;
    int n;                    /* elements of the vector; 0 for FILE_SYNC */
    const struct kiovec *iov; /* their sum fits in SSIZE_MAX */
    int64_t pos;              /* bytes from the start of the file */
    /*
     * result: bytes moved (0 for FILE_SYNC) or a negative errno. May run inside start() or in an
     * event handler; must not sleep.
     */
    void (*done)(struct file_request *r, long result);
    _Alignas(16) unsigned char room[FILE_REQUEST_ROOM]; /* the file's, while it has the request */
};

struct file_ops {
    const char *name; /* for messages */
    /*
     * pos: where to read or write and where to store the new position; NULL for the stream's own
     * end (sockets, devices without a position). Block unless file->flags has O_NONBLOCK (then
     * -EAGAIN).
     */
    long (*readv)(struct file *f, const struct kiovec *iov, int n, int64_t *pos);
    long (*writev)(struct file *f, const struct kiovec *iov, int n, int64_t *pos);
    long (*ioctl)(struct file *f, unsigned long request, unsigned long arg);
    /* POLLIN etc. as they are now; registers with pt when not NULL. NULL: always ready. */
    unsigned (*poll)(struct file *f, struct poll_table *pt);
    /*
     * New position (the caller stores it in file->pos when has_pos) or -errno. NULL: not seekable.
     */
    int64_t (*seek)(struct file *f, int64_t off, int whence);
    long (*stat)(struct file *f, struct linux_stat *st);
    long (*fsync)(struct file *f, bool data_only);
    /*
     * Optional: begin a request without waiting for its end. True: done() is or was called, once.
     * False: it is of a kind that cannot be begun so; nothing was done, readv, writev and fsync
     * have to do it. Whoever serves the file need not have heard of it before push(). A file with
     * these two has a release() that does not sleep.
     */
    bool (*start)(struct file *f, struct file_request *r);
    void (*push)(struct file *f);
    long (*truncate)(struct file *f, int64_t size);
    long (*fallocate)(struct file *f, int mode, int64_t off, int64_t len);
    /* Maps at va (a hint, 0: anywhere, unless vm_flags has VM_FIXED); returns the address. */
    intptr_t (*mmap)(struct file *f, uintptr_t va, size_t len, unsigned prot, unsigned vm_flags,
                     int64_t off);
    /*
     * Optional: where the bytes from off on lie for ever as they are now, *len of them; NULL when
     * they may change. A private mapping then needs no copy of them.
     */
    const void *(*in_place)(struct file *f, int64_t off, size_t *len);
    /* Commands of fcntl(2) only this kind of file knows: seals. NULL: -EINVAL for them. */
    long (*fcntl)(struct file *f, int cmd, unsigned long arg);
    /* F_SETFL changed f->flags. Optional. */
    void (*flags_changed)(struct file *f);
    /* The last reference went: free priv. May sleep. */
    void (*release)(struct file *f);
};

/*
 * Somebody who wants to know when a file goes, without keeping it. On file->watchers; gone() is
 * called once, when the last reference went, and takes the watcher off that list. Must not sleep.
 */
struct file_watcher {
    struct list link;
    void (*gone)(struct file_watcher *w);
};

struct file {
    const struct file_ops *ops;
    void *priv;
    unsigned flags; /* O_ACCMODE | O_NONBLOCK | O_APPEND ... (Linux values) */
    unsigned refs;
    int64_t pos;
    bool has_pos;         /* read/write use and advance pos */
    bool wakes_late;      /* poll may tell of a change before a wake does */
    struct list watchers; /* struct file_watcher */
};

/* A new file with one reference, owned by the caller. NULL when memory is short. */
struct file *file_create(const struct file_ops *ops, void *priv, unsigned flags);
static inline void file_ref(struct file *f)
{
    f->refs++;
}

/* The rest of file_unref(), when no reference is left. */
void file_last_unref(struct file *f);

/* May call release, thus may sleep. */
static inline void file_unref(struct file *f)
{
    if (f->refs-- <= 1)
        file_last_unref(f);
}

/* The file of a descriptor with a reference taken, or NULL (-EBADF). */
struct file *fd_get(int fd);
/*
 * Install at the lowest free descriptor >= min; takes over the caller's reference. fd or -EMFILE.
 */
int fd_install(struct file *f, int min, bool cloexec);
/* Install at exactly fd, closing what was there (dup2). */
int fd_install_at(struct file *f, int fd, bool cloexec);
int fd_close(int fd);

/* ---- native device nodes --------------------------------------------------------------------- */

/*
 * A path the Linux layer serves itself, before the rump kernel's file system is asked: exact paths
 * such as
 * "/dev/xen/evtchn" or a prefix such as "/dev/xvd" (prefix = true: the rest of the path is in
 * `rest`). open() returns 0 and *file, or a negative errno (-ENOENT: fall through to the next).
 * stat() answers stat(2) and access(2) without opening.
 */
struct device {
    struct list link;
    const char *path;
    bool prefix;
    void *arg;
    int (*open)(struct device *d, const char *rest, unsigned flags, struct file **file);
    int (*stat)(struct device *d, const char *rest, struct linux_stat *st);
};
/* The structure is the caller's and stays for ever. */
void device_register(struct device *d);

/* What stat(2) says of a readable and writable character device. Fills *st; returns 0. */
int char_device_stat(struct linux_stat *st, unsigned major, unsigned minor);

#endif
