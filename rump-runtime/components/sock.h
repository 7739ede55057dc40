/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * sock.h - local (AF_LOCAL) sockets: state, queues, descriptors in flight. Everything under
 * sock_lock.
 */
#ifndef COMPONENTS_SOCK_H
#define COMPONENTS_SOCK_H

#include "components/fs.h"
#include "components/kern.h"

#define SOCK_DEFAULT_SPACE ((size_t)64 << 10)
#define SOCK_LOWAT         ((size_t)2048)   /* room that makes a stream writable again */
#define SOCK_MIN_SPACE     (2 * SOCK_LOWAT) /* with less it would never be */
#define SOCK_MAX_SPACE     ((size_t)1 << 20)
#define SOCK_MAX_RIGHTS    128  /* descriptors in one message */
#define SOCK_MAX_IN_FLIGHT 1024 /* descriptors in all queues together */

/* Open files on their way in a message. */
struct rights {
    struct list link; /* while waiting to be dropped */
    unsigned n;
    struct kfile *files[];
};

/* A piece of a stream or one whole message. */
struct chunk {
    struct list link;
    size_t len, off, room; /* data: off..len of room bytes */
    struct rights *rights;
    struct nb_sockaddr_un from; /* datagrams; sun_len 0: unnamed */
    uint8_t data[];
};

struct usock {
    int type;
    bool listening, connected, was_connected, cant_receive, cant_send;
    int error;           /* SO_ERROR, cleared when read */
    unsigned options;    /* NB_SO_* that are only remembered */
    struct usock *peer;  /* streams: the other end; datagrams: default destination */
    struct list clients; /* datagrams: sockets whose peer this is */
    struct list client_link;
    struct list backlog; /* listening: connections to accept */
    struct list backlog_link;
    struct usock *listener; /* while in a backlog */
    int backlog_len, backlog_max;
    struct list queue;    /* received chunks */
    size_t queued, space; /* bytes in queue, and how many it may hold */
    struct selinfo sel;
    struct node *node; /* bound to, referenced */
    struct nb_sockaddr_un name;
    struct nb_timespec rcvtimeo, sndtimeo; /* zero: none */
    int32_t peer_pid;
    uint64_t ino;
};

void sock_enter(void);
void sock_exit(void);
/*
 * Sleep until some socket changed. EAGAIN when nonblock or when *left (a time-out; zero: none) is
 * used up, which this call counts down.
 */
int sock_wait(bool nonblock, struct nb_timespec *left);
/* The answer to poll on s may have changed. s may be NULL. */
void sock_changed(struct usock *s);

/* The socket of an open file, or NULL. */
struct usock *kfile_sock(struct kfile *f);
int usock_create(int type, struct usock **sp);
int usock_file(struct usock *s, unsigned flags, struct kfile **fp);
void usock_connect_pair(struct usock *a, struct usock *b);

/* ---- unix_socket.c: operations of the system calls. f->flags decides about blocking. --------- */

int unix_bind(struct usock *s, const struct nb_sockaddr *addr, uint32_t len);
int unix_listen(struct usock *s, int backlog);
int unix_accept(struct usock *s, bool nonblock, struct usock **newp);
int unix_connect(struct usock *s, const struct nb_sockaddr *addr, uint32_t len);
int unix_shutdown(struct usock *s, int how);

/* ---- unix_data.c ----------------------------------------------------------------------------- */

/*
 * addr: NULL, or a datagram's destination. rights: taken over when something was sent (*rights =
 * NULL then).
 */
int unix_send(struct usock *s, struct uio *uio, const struct nb_sockaddr *addr, uint32_t alen,
              struct rights **rights, bool nonblock);
/*
 * *rights is the caller's, may be NULL. *flags: NB_MSG_* in (PEEK, WAITALL), TRUNC out. from:
 * sun_len 0 when unnamed.
 */
int unix_receive(struct usock *s, struct uio *uio, int *flags, struct nb_sockaddr_un *from,
                 struct rights **rights, bool nonblock);
void queue_flush(struct usock *s);
size_t sock_room(const struct usock *receiver);
/* The socket an address names. */
int unix_find(const struct nb_sockaddr *addr, uint32_t len, struct usock **sp);

/* ---- unix_rights.c --------------------------------------------------------------------------- */

/*
 * The descriptors of a control message; EBADF, EINVAL, ETOOMANYREFS. *rp NULL when there are none.
 */
int rights_import(const void *control, size_t len, struct rights **rp);
/*
 * Install them and describe them in the client's buffer. *len: size in, used out. What has no room
 * is closed, then NB_MSG_CTRUNC is set in *flags. Consumes r.
 */
void rights_export(struct rights *r, void *control, uint32_t *len, bool cloexec, int *flags);
/*
 * With or without sock_lock: closing files may need it, so they are let go in rights_reap() only.
 */
void rights_drop(struct rights *r);
/* Without sock_lock; sock_exit() does it. */
void rights_reap(void);

#endif
