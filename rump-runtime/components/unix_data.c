/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* unix_data.c - sending and receiving over local sockets. */
#include "components/sock.h"

#define CHUNK_MIN_ROOM ((size_t)448) /* small stream writes share a chunk */
#define CHUNK_MAX      ((size_t)16 << 10)
/* Of a message in its receiver's space: empty ones are bounded too. */
#define MESSAGE_COST ((size_t)64)

size_t sock_room(const struct usock *receiver)
{
    return receiver->space > receiver->queued ? receiver->space - receiver->queued : 0;
}

static struct chunk *chunk_alloc(size_t room)
{
    struct chunk *c = kern_alloc(sizeof(*c) + room);

    if (c != NULL)
        c->room = room;
    return c;
}

static void chunk_free(struct chunk *c)
{
    rights_drop(c->rights);
    kern_free(c, sizeof(*c) + c->room);
}

void queue_flush(struct usock *s)
{
    while (!list_empty(&s->queue)) {
        struct chunk *c = container_of(s->queue.next, struct chunk, link);

        list_remove(&c->link);
        chunk_free(c);
    }
    s->queued = 0;
}

static struct chunk *first_chunk(struct usock *s)
{
    return list_empty(&s->queue) ? NULL : container_of(s->queue.next, struct chunk, link);
}

/* ---- sending --------------------------------------------------------------------------------- */

/* Put up to `room` bytes at the end of a stream. */
static int stream_append(struct usock *to, struct uio *uio, size_t room, struct rights **rights)
{
    size_t n = uio->resid < room ? uio->resid : room;
    struct chunk *c;

    if (*rights == NULL && !list_empty(&to->queue)) {
        size_t fits;

        c = container_of(to->queue.prev, struct chunk, link);
        fits = c->rights == NULL ? c->room - c->len : 0;
        if (fits > 0) {
            n = n < fits ? n : fits;
            uio_in(uio, c->data + c->len, n);
            c->len += n;
            to->queued += n;
            return 0;
        }
    }
    n = n < CHUNK_MAX ? n : CHUNK_MAX;
    c = chunk_alloc(n > CHUNK_MIN_ROOM ? n : CHUNK_MIN_ROOM);
    if (c == NULL)
        return NB_ENOBUFS;
    uio_in(uio, c->data, n);
    c->len = n;
    c->rights = *rights;
    *rights = NULL;
    list_add_tail(&to->queue, &c->link);
    to->queued += n;
    return 0;
}

static int send_stream(struct usock *s, struct uio *uio, struct rights **rights, bool nonblock)
{
    struct nb_timespec left = s->sndtimeo;
    size_t total = uio->resid;
    int error = 0;

    while (error == 0 && uio->resid > 0) {
        size_t room;

        if (s->cant_send || s->peer == NULL) {
            error = s->was_connected ? NB_EPIPE : NB_ENOTCONN;
            break;
        }
        room = sock_room(s->peer);
        if (room > 0) {
            error = stream_append(s->peer, uio, room, rights);
            sock_changed(s->peer);
        } else {
            error = sock_wait(nonblock, &left);
        }
    }
    return uio->resid < total ? 0 : error;
}

static int destination(struct usock *s, const struct nb_sockaddr *addr, uint32_t alen,
                       struct usock **to)
{
    if (addr != NULL) {
        int error = unix_find(addr, alen, to);

        if (error == 0 && (*to)->type != s->type)
            error = NB_EPROTOTYPE;
        return error;
    }
    *to = s->peer;
    if (s->peer == NULL)
        return s->was_connected ? NB_ECONNRESET : NB_ENOTCONN;
    return 0;
}

static int send_message(struct usock *s, struct uio *uio, const struct nb_sockaddr *addr,
                        uint32_t alen, struct rights **rights, bool nonblock)
{
    struct nb_timespec left = s->sndtimeo;
    struct usock *to;
    int error;
    struct chunk *c;

    for (;;) {
        if (s->cant_send)
            return NB_EPIPE;
        error = destination(s, addr, alen, &to); /* anew after each wait: it may have gone */
        if (error == NB_ENOTCONN && addr == NULL && s->type == NB_SOCK_DGRAM)
            error = NB_EDESTADDRREQ;
        if (error != 0)
            return error;
        if (to->cant_receive)
            return NB_EPIPE;
        if (uio->resid > to->space)
            return NB_EMSGSIZE;
        if (sock_room(to) >= uio->resid + MESSAGE_COST || list_empty(&to->queue))
            break;
        error = sock_wait(nonblock, &left);
        if (error != 0)
            return error;
    }
    c = chunk_alloc(uio->resid);
    if (c == NULL)
        return NB_ENOBUFS;
    c->len = uio->resid;
    uio_in(uio, c->data, c->len);
    c->from = s->name;
    c->rights = *rights;
    *rights = NULL;
    list_add_tail(&to->queue, &c->link);
    to->queued += c->len + MESSAGE_COST;
    sock_changed(to);
    return 0;
}

int unix_send(struct usock *s, struct uio *uio, const struct nb_sockaddr *addr, uint32_t alen,
              struct rights **rights, bool nonblock)
{
    if (s->error != 0) {
        int error = s->error;

        s->error = 0;
        return error;
    }
    if (s->type == NB_SOCK_STREAM)
        return addr != NULL && s->connected ? NB_EISCONN : send_stream(s, uio, rights, nonblock);
    if (s->type == NB_SOCK_SEQPACKET && !s->connected)
        return s->was_connected ? NB_EPIPE : NB_ENOTCONN;
    return send_message(s, uio, s->type == NB_SOCK_SEQPACKET ? NULL : addr, alen, rights, nonblock);
}

/* ---- receiving ------------------------------------------------------------------------------- */

/* Room was made in s: whoever sends to it may go on. */
static void drained(struct usock *s)
{
    if (s->type == NB_SOCK_DGRAM) {
        list_for_each(it, &s->clients) sock_changed(container_of(it, struct usock, client_link));
    }
    sock_changed(s->peer);
}

/* Wait for something to read. 0 with *cp NULL: the end. */
static int wait_chunk(struct usock *s, bool nonblock, struct nb_timespec *left, struct chunk **cp)
{
    while ((*cp = first_chunk(s)) == NULL) {
        int error;

        if (s->error != 0) {
            error = s->error;
            s->error = 0;
            return error;
        }
        if (s->cant_receive)
            return 0;
        if (s->type != NB_SOCK_DGRAM && !s->connected)
            return s->was_connected ? 0 : NB_ENOTCONN;
        error = sock_wait(nonblock, left);
        if (error != 0)
            return error;
    }
    return 0;
}

/* A look ahead over the chunks of a stream. */
static void peek_stream(struct usock *s, struct uio *uio)
{
    list_for_each(it, &s->queue)
    {
        struct chunk *c = container_of(it, struct chunk, link);
        size_t n = c->len - c->off < uio->resid ? c->len - c->off : uio->resid;

        uio_out(uio, c->data + c->off, n);
    }
}

static int receive_stream(struct usock *s, struct uio *uio, int flags, struct rights **rights,
                          bool nonblock)
{
    struct nb_timespec left = s->rcvtimeo;
    size_t total = uio->resid;
    bool all = (flags & NB_MSG_WAITALL) != 0 && !nonblock;

    while (uio->resid > 0) {
        struct chunk *c;
        int error = wait_chunk(s, nonblock || (total != uio->resid && !all), &left, &c);
        size_t n;

        if (error != 0)
            return total != uio->resid ? 0 : error;
        if (c == NULL)
            break;
        if ((flags & NB_MSG_PEEK) != 0) {
            peek_stream(s, uio);
            break;
        }
        if (c->rights != NULL) {
            if (total != uio->resid)
                break; /* its descriptors belong to its own bytes */
            *rights = c->rights;
            c->rights = NULL;
            all = false;
        }
        n = c->len - c->off < uio->resid ? c->len - c->off : uio->resid;
        uio_out(uio, c->data + c->off, n);
        c->off += n;
        s->queued -= n;
        if (c->off == c->len) {
            list_remove(&c->link);
            chunk_free(c);
        }
        drained(s);
        if (*rights != NULL)
            break;
    }
    return 0;
}

static int receive_message(struct usock *s, struct uio *uio, int *flags,
                           struct nb_sockaddr_un *from, struct rights **rights, bool nonblock)
{
    struct nb_timespec left = s->rcvtimeo;
    bool peek = (*flags & NB_MSG_PEEK) != 0;
    struct chunk *c;
    int error = wait_chunk(s, nonblock, &left, &c);
    size_t n;

    if (error != 0 || c == NULL)
        return error;
    n = c->len < uio->resid ? c->len : uio->resid;
    uio_out(uio, c->data, n);
    if (n < c->len)
        *flags |= NB_MSG_TRUNC;
    else if (s->type == NB_SOCK_SEQPACKET)
        *flags |= NB_MSG_EOR;
    *from = c->from;
    if (peek)
        return 0;
    *rights = c->rights;
    c->rights = NULL;
    list_remove(&c->link);
    s->queued -= c->len + MESSAGE_COST;
    chunk_free(c);
    drained(s);
    return 0;
}

int unix_receive(struct usock *s, struct uio *uio, int *flags, struct nb_sockaddr_un *from,
                 struct rights **rights, bool nonblock)
{
    int in = *flags;
    int error;

    *rights = NULL;
    from->sun_len = 0;
    *flags = in & (NB_MSG_PEEK | NB_MSG_WAITALL);
    if (s->listening)
        return NB_EINVAL;
    error = s->type == NB_SOCK_STREAM ? receive_stream(s, uio, *flags, rights, nonblock)
                                      : receive_message(s, uio, flags, from, rights, nonblock);
    *flags &= NB_MSG_TRUNC | NB_MSG_EOR;
    return error;
}
