/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * rumpfile.h - what path.c, pathstat.c, ramfile.c, rumpfile.c, rumppoll.c, rump_start.c, socket.c,
 * sockmsg.c and scm.c share: descriptors of the rump kernel inside files of the Linux layer, and
 * the numbers of the two worlds.
 *
 * The rump kernel is used through components/rump_client.h alone, so that the bundled one and
 * NetBSD's are interchangeable. Pipes and sockets are O_NONBLOCK on the rump side for good;
 * blocking is done here (rump_wait_ready), where signals and time-outs can end it.
 */
#ifndef LINUX_RUMP_RUMPFILE_H
#define LINUX_RUMP_RUMPFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "components/rump_client.h"
#include "linux/file.h"
#include "rumpuser/rumpuser.h"

struct rump_file {
    int fd;              /* the rump kernel's descriptor, ours alone */
    struct ramfile *ram; /* with ramfile_ops (ramfile.h) */
    /* pipes and sockets: */
    struct waitq changed; /* woken when poll's answer may have changed */
    struct list armed;    /* rumppoll.c: on the helper's list */
    int16_t armed_events;
    int armed_slot; /* in the helper's present poll, -1: none */
    bool has_hook;  /* the rump kernel tells us about changes itself */
    void (*noticed)(void);
    /* sockets: */
    bool is_socket, is_listening, sends_no_more;
    void (*closed)(void);       /* scm_reap(): messages nobody will read may have gone with it */
    int domain, type, protocol; /* Linux numbers */
    uint64_t receive_timeout, send_timeout; /* ns, 0: none */
};

/* ---- errors and threads: rump_start.c -------------------------------------------------------- */

/* The positive Linux errno for a NetBSD one; EIO for numbers it does not know. */
int rump_errno_to_linux(int netbsd_errno);

/* Make sure the calling thread has an lwp of the program's rump process. Before any client call. */
void rump_attach_slow(void);
static inline void rump_attach(void)
{
    if (rumpuser_curlwp() == NULL)
        rump_attach_slow();
}

/* The result of a rump___sysimpl_* call as Linux would give it. */
static inline long rump_result(intptr_t result)
{
    return result >= 0 ? result : -rump_errno_to_linux(rumpuser_errno());
}

/* The program's root as a process sees it whose root is the rump kernel's. */
const char *rump_layer_root(void);

/*
 * mount.c: what was written to files of mounted disks is on stable storage then. 0 or a negative
 * errno. Absent beside the bundled rump kernel.
 */
int rump_mounts_flush(void) __attribute__((weak));

/* ---- files: rumpfile.c ----------------------------------------------------------------------- */

extern const struct file_ops
    rump_file_ops; /* regular files, directories, devices: with a position */
extern const struct file_ops rump_path_ops;   /* O_PATH: only to be named */
extern const struct file_ops rump_stream_ops; /* pipes and sockets */

/* The rump side of a file, or NULL when it is a native one. */
struct rump_file *rump_file_of(const struct file *f);

/*
 * A file for rump descriptor `fd` with one reference; flags are Linux ones. On failure (-ENOMEM)
 * the descriptor is closed. Streams must be O_NONBLOCK in the rump kernel already.
 */
int rump_file_create(const struct file_ops *ops, int fd, unsigned flags, struct file **fp);
/* The same, installed. The Linux descriptor or a negative errno. */
long rump_file_install(const struct file_ops *ops, int fd, unsigned flags, bool cloexec,
                       struct file **fp);

/*
 * Linux open flags in NetBSD's numbers (those that exist there), and the ones F_SETFL may change.
 */
int rump_open_flags(unsigned flags);

void rump_stat_to_linux(const struct nb_stat *from, struct linux_stat *to);
/* Another size than the one it has. */
void rump_stat_size(struct linux_stat *st, int64_t size);

/* ---- waiting: rumppoll.c --------------------------------------------------------------------- */

/* Begin and end to watch a stream for changes. */
void rump_poll_init(struct rump_file *rf);
void rump_poll_release(struct rump_file *rf);
unsigned rump_poll(struct file *f, struct poll_table *pt);
/*
 * Sleep until `events` (NB_POLL*) may hold. 0, -EINTR, or -EAGAIN at the deadline (monotonic;
 * NO_DEADLINE). Call after the rump kernel answered EAGAIN, with nothing that sleeps in between;
 * then ask it again.
 */
long rump_wait_ready(struct rump_file *rf, int16_t events, uint64_t deadline);
/*
 * The same before sending. addressed: to another place than the one the socket is connected to. The
 * room a message needs at its receiver is not what poll reports about the sender, so where nobody
 * would tell, it is asked again every few milliseconds.
 */
long rump_wait_writable(struct rump_file *rf, bool addressed, uint64_t deadline);
/*
 * The program took or gave all that could be at once, and perhaps waits for the next change without
 * asking what holds now, as epoll's edges allow: whoever watches the stream hears of the events.
 */
void rump_poll_again(struct rump_file *rf, int16_t events);
/*
 * Where the rump kernel does not tell itself: has noticed() called once the stream is readable, by
 * a thread of this layer that may sleep.
 */
void rump_poll_notice(struct rump_file *rf, void (*noticed)(void));
/* now + timeout, or NO_DEADLINE for 0. */
uint64_t rump_deadline(uint64_t timeout);

/* ---- streams: rumpfile.c --------------------------------------------------------------------- */

/* Reading from a local stream that is not connected: NetBSD's ENOTCONN is EINVAL on Linux. */
long rump_receive_result(const struct rump_file *rf, long result);

/*
 * Write the vector from the place on to a stream as a blocking write does, or as much as is taken
 * at once. What was written, or a negative errno when that is nothing.
 */
long rump_stream_write(struct rump_file *rf, struct iov_cursor from, bool nonblock);

/* ---- descriptor passing: scm.c --------------------------------------------------------------- */

/*
 * A rump descriptor that stands for the file while it travels; takes a reference of f. Close it
 * after sending.
 */
int scm_pack(struct file *f, int *carrier);
/* The file behind a received rump descriptor, with a reference; the descriptor is used up. */
int scm_unpack(int carrier, struct file **fp);
/* Let go of files whose message was thrown away unread. */
void scm_reap(void);

#endif
