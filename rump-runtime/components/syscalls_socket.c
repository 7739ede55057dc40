/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* syscalls_socket.c - client calls on sockets. Only the local family lives in this kernel. */
#include "components/sock.h"

/* The socket of a descriptor: CPU and sock_lock are held afterwards, whatever the result. */
static int begin(int fd, struct kfile **fp, struct usock **sp)
{
    int error;

    kern_enter();
    sock_enter();
    *sp = NULL;
    error = kfd_get(fd, fp);
    if (error != 0) {
        *fp = NULL;
        return error;
    }
    *sp = kfile_sock(*fp);
    return *sp == NULL ? NB_ENOTSOCK : 0;
}

static intptr_t end(struct kfile *f, int error, intptr_t value)
{
    sock_exit();
    if (f != NULL)
        kfile_put(f);
    return kern_return(error, value);
}

static bool nonblocking(const struct kfile *f, int flags)
{
    return (f->flags & NB_O_NONBLOCK) != 0 || (flags & NB_MSG_DONTWAIT) != 0;
}

/* ---- making ---------------------------------------------------------------------------------- */

static int check_kind(int domain, int type, int protocol)
{
    if (domain != NB_AF_LOCAL)
        return NB_EAFNOSUPPORT;
    if (type != NB_SOCK_STREAM && type != NB_SOCK_DGRAM && type != NB_SOCK_SEQPACKET)
        return NB_EPROTONOSUPPORT;
    return protocol == 0 || protocol == NB_AF_LOCAL ? 0 : NB_EPROTONOSUPPORT;
}

/* Give a socket its file and descriptor; it is gone on failure. */
static int install(struct usock *s, int typeflags, int *fdp)
{
    unsigned flags = ((unsigned)typeflags & NB_SOCK_NONBLOCK) != 0 ? NB_O_NONBLOCK : 0;
    struct kfile *f;
    int error = usock_file(s, flags, &f);

    if (error != 0) {
        kern_free(s, sizeof(*s));
        return error;
    }
    return kfd_install(f, 0, ((unsigned)typeflags & NB_SOCK_CLOEXEC) != 0, fdp);
}

int rump___sysimpl_socket30(int domain, int type, int protocol)
{
    int kind = type & ~(int)NB_SOCK_FLAGS_MASK, fd = -1;
    struct usock *s;
    int error;

    kern_enter();
    error = check_kind(domain, kind, protocol);
    if (error == 0)
        error = usock_create(kind, &s);
    if (error == 0)
        error = install(s, type, &fd);
    return (int)kern_return(error, fd);
}

int rump___sysimpl_socketpair(int domain, int type, int protocol, int fds[2])
{
    int kind = type & ~(int)NB_SOCK_FLAGS_MASK;
    struct usock *a, *b;
    int error;

    kern_enter();
    error = check_kind(domain, kind, protocol);
    if (error == 0)
        error = usock_create(kind, &a);
    if (error != 0)
        return (int)kern_return(error, 0);
    error = install(a, type, &fds[0]);
    if (error != 0)
        return (int)kern_return(error, 0);
    error = usock_create(kind, &b);
    if (error == 0)
        error = install(b, type, &fds[1]);
    if (error != 0) {
        (void)kfd_close(fds[0]);
        return (int)kern_return(error, 0);
    }
    a->peer_pid = b->peer_pid = curproc()->pid;
    usock_connect_pair(a, b);
    return (int)kern_return(0, 0);
}

/* ---- names and connections ------------------------------------------------------------------- */

int rump___sysimpl_bind(int fd, const struct nb_sockaddr *addr, uint32_t len)
{
    struct kfile *f;
    struct usock *s;
    int error = begin(fd, &f, &s);

    if (error == 0)
        error = unix_bind(s, addr, len);
    return (int)end(f, error, 0);
}

int rump___sysimpl_listen(int fd, int backlog)
{
    struct kfile *f;
    struct usock *s;
    int error = begin(fd, &f, &s);

    if (error == 0)
        error = unix_listen(s, backlog);
    return (int)end(f, error, 0);
}

int rump___sysimpl_connect(int fd, const struct nb_sockaddr *addr, uint32_t len)
{
    struct kfile *f;
    struct usock *s;
    int error = begin(fd, &f, &s);

    if (error == 0)
        error = unix_connect(s, addr, len);
    return (int)end(f, error, 0);
}

/*
 * Copy a name out as getsockname and the like do: truncated to *len, which becomes its true length.
 */
static void put_name(const struct nb_sockaddr_un *name, struct nb_sockaddr *addr, uint32_t *len)
{
    struct nb_sockaddr_un un = *name;

    if (addr == NULL || len == NULL)
        return;
    if (un.sun_len == 0) { /* never bound */
        un.sun_len = NB_SUN_HEADER;
        un.sun_family = NB_AF_LOCAL;
    }
    memcpy(addr, &un, *len < un.sun_len ? *len : un.sun_len);
    *len = un.sun_len;
}

int rump___sysimpl_paccept(int fd, struct nb_sockaddr *addr, uint32_t *len, const void *sigmask,
                           int flags)
{
    struct usock *s, *c = NULL;
    struct kfile *f;
    int newfd = -1;
    int error = begin(fd, &f, &s);

    (void)sigmask;
    if (error == 0)
        error = unix_accept(s, nonblocking(f, 0), &c);
    if (error == 0) {
        struct kfile *cf;
        bool nonblock = ((unsigned)flags & NB_SOCK_NONBLOCK) != 0;

        error = usock_file(c, nonblock ? NB_O_NONBLOCK : 0, &cf);
        if (error == 0) {
            if (c->peer != NULL)
                put_name(&c->peer->name, addr, len);
            else
                put_name(&(struct nb_sockaddr_un){0}, addr, len);
            sock_exit(); /* a full table closes the connection, which takes the lock */
            error = kfd_install(cf, 0, ((unsigned)flags & NB_SOCK_CLOEXEC) != 0, &newfd);
            sock_enter();
        } else {
            /* Back to where it was: the next accept gets it. */
            c->listener = s;
            list_add_head(&s->backlog, &c->backlog_link);
            s->backlog_len++;
        }
    }
    return (int)end(f, error, newfd);
}

int rump___sysimpl_accept(int fd, struct nb_sockaddr *addr, uint32_t *len)
{
    return rump___sysimpl_paccept(fd, addr, len, NULL, 0);
}

int rump___sysimpl_shutdown(int fd, int how)
{
    struct kfile *f;
    struct usock *s;
    int error = begin(fd, &f, &s);

    if (error == 0)
        error = unix_shutdown(s, how);
    return (int)end(f, error, 0);
}

int rump___sysimpl_getsockname(int fd, struct nb_sockaddr *addr, uint32_t *len)
{
    struct kfile *f;
    struct usock *s;
    int error = begin(fd, &f, &s);

    if (error == 0)
        put_name(&s->name, addr, len);
    return (int)end(f, error, 0);
}

int rump___sysimpl_getpeername(int fd, struct nb_sockaddr *addr, uint32_t *len)
{
    struct kfile *f;
    struct usock *s;
    int error = begin(fd, &f, &s);

    if (error == 0 && s->peer == NULL)
        error = NB_ENOTCONN;
    if (error == 0)
        put_name(&s->peer->name, addr, len);
    return (int)end(f, error, 0);
}

/* ---- data ------------------------------------------------------------------------------------ */

intptr_t rump___sysimpl_sendmsg(int fd, const struct nb_msghdr *msg, int flags)
{
    struct rights *rights = NULL;
    struct kfile *f = NULL;
    struct usock *s;
    struct uio uio;
    size_t total = 0;
    int begun;
    int error;

    kern_enter();
    error = uio_init(&uio, msg->msg_iov, msg->msg_iovlen);
    if (error == 0 && msg->msg_control != NULL)
        error = rights_import(msg->msg_control, msg->msg_controllen, &rights);
    kern_leave();
    begun = begin(fd, &f, &s);
    if (error == 0)
        error = begun;
    if (error == 0) {
        total = uio.resid;
        error = unix_send(s, &uio, msg->msg_name, msg->msg_namelen, &rights, nonblocking(f, flags));
        total -= uio.resid;
    }
    rights_drop(rights); /* NULL when they were sent */
    return end(f, error, (intptr_t)total);
}

intptr_t rump___sysimpl_recvmsg(int fd, struct nb_msghdr *msg, int flags)
{
    struct rights *rights = NULL;
    struct nb_sockaddr_un from;
    struct kfile *f;
    struct usock *s;
    struct uio uio;
    size_t total = 0;
    int out = flags;
    int error = begin(fd, &f, &s);

    if (error == 0)
        error = uio_init(&uio, msg->msg_iov, msg->msg_iovlen);
    if (error == 0) {
        total = uio.resid;
        error = unix_receive(s, &uio, &out, &from, &rights, nonblocking(f, flags));
        total -= uio.resid;
    }
    if (error == 0) {
        if (s->type == NB_SOCK_DGRAM)
            put_name(&from, msg->msg_name, &msg->msg_namelen);
        else
            msg->msg_namelen = 0;
        sock_exit(); /* files that find no room are closed */
        rights_export(rights, msg->msg_control, &msg->msg_controllen,
                      (flags & NB_MSG_CMSG_CLOEXEC) != 0, &out);
        msg->msg_flags = out;
        sock_enter();
    }
    return end(f, error, (intptr_t)total);
}

intptr_t rump___sysimpl_sendto(int fd, const void *buf, size_t n, int flags,
                               const struct nb_sockaddr *addr, uint32_t len)
{
    struct nb_iovec iov = {(void *)(uintptr_t)buf, n};
    struct nb_msghdr msg = {
        .msg_name = (void *)(uintptr_t)addr, .msg_namelen = len, .msg_iov = &iov, .msg_iovlen = 1};

    return rump___sysimpl_sendmsg(fd, &msg, flags);
}

intptr_t rump___sysimpl_recvfrom(int fd, void *buf, size_t n, int flags, struct nb_sockaddr *addr,
                                 uint32_t *len)
{
    struct nb_iovec iov = {buf, n};
    struct nb_msghdr msg = {
        .msg_name = addr, .msg_namelen = len == NULL ? 0 : *len, .msg_iov = &iov, .msg_iovlen = 1};
    intptr_t got = rump___sysimpl_recvmsg(fd, &msg, flags);

    if (got >= 0 && len != NULL)
        *len = msg.msg_namelen;
    return got;
}

/* ---- options --------------------------------------------------------------------------------- */

#define REMEMBERED                                                                         \
    (NB_SO_DEBUG | NB_SO_REUSEADDR | NB_SO_KEEPALIVE | NB_SO_DONTROUTE | NB_SO_BROADCAST | \
     NB_SO_OOBINLINE | NB_SO_REUSEPORT | NB_SO_NOSIGPIPE)

static int set_option(struct usock *s, int name, const void *val, uint32_t len)
{
    struct nb_timespec tv; /* really a timeval: microseconds */
    int value;

    switch (name) {
    case NB_SO_RCVTIMEO:
    case NB_SO_SNDTIMEO:
        if (len < sizeof(tv))
            return NB_EINVAL;
        memcpy(&tv, val, sizeof(tv));
        if (tv.tv_sec < 0 || tv.tv_nsec < 0 || tv.tv_nsec > 999999)
            return NB_EDOM;
        tv.tv_nsec *= 1000;
        *(name == NB_SO_RCVTIMEO ? &s->rcvtimeo : &s->sndtimeo) = tv;
        return 0;
    case NB_SO_LINGER:
        return 0; /* closing a local socket never waits */
    default:
        break;
    }
    if (len < sizeof(value))
        return NB_EINVAL;
    memcpy(&value, val, sizeof(value));
    if (name == NB_SO_RCVBUF || name == NB_SO_SNDBUF) {
        if (value <= 0)
            return NB_EINVAL;
        if (name == NB_SO_RCVBUF) {
            s->space = (size_t)value;
            if (s->space < SOCK_MIN_SPACE)
                s->space = SOCK_MIN_SPACE;
            if (s->space > SOCK_MAX_SPACE)
                s->space = SOCK_MAX_SPACE;
        }
        return 0; /* there is no send buffer: data goes straight to the receiver's */
    }
    if (name <= 0 || (name & ~REMEMBERED) != 0 || (name & (name - 1)) != 0)
        return NB_ENOPROTOOPT;
    s->options = value != 0 ? s->options | (unsigned)name : s->options & ~(unsigned)name;
    return 0;
}

int rump___sysimpl_setsockopt(int fd, int level, int name, const void *val, uint32_t len)
{
    struct kfile *f;
    struct usock *s;
    int error = begin(fd, &f, &s);

    if (error == 0)
        error = level == NB_SOL_SOCKET ? set_option(s, name, val, len) : NB_ENOPROTOOPT;
    return (int)end(f, error, 0);
}

/* The value in *buf; its size, or 0 for an option that is not known. */
static uint32_t get_option(struct usock *s, int level, int name, void *buf)
{
    struct nb_unpcbid *id = buf;
    struct nb_timespec *tv = buf;
    int *value = buf;

    if (level == NB_SOL_LOCAL && name == NB_LOCAL_PEEREID) {
        *id = (struct nb_unpcbid){.unp_pid = s->peer_pid};
        return sizeof(*id);
    }
    if (level != NB_SOL_SOCKET)
        return 0;
    switch (name) {
    case NB_SO_TYPE:
        *value = s->type;
        break;
    case NB_SO_ERROR:
        *value = s->error;
        s->error = 0;
        break;
    case NB_SO_ACCEPTCONN:
        *value = s->listening ? NB_SO_ACCEPTCONN : 0;
        break;
    case NB_SO_RCVBUF:
    case NB_SO_SNDBUF:
        *value = (int)s->space;
        break;
    case NB_SO_RCVLOWAT:
        *value = 1;
        break;
    case NB_SO_SNDLOWAT:
        *value = (int)SOCK_LOWAT;
        break;
    case NB_SO_LINGER:
        value[0] = value[1] = 0;
        return 2 * sizeof(*value);
    case NB_SO_RCVTIMEO:
    case NB_SO_SNDTIMEO:
        *tv = name == NB_SO_RCVTIMEO ? s->rcvtimeo : s->sndtimeo;
        tv->tv_nsec /= 1000;
        return sizeof(*tv);
    default:
        if (name <= 0 || (name & ~REMEMBERED) != 0 || (name & (name - 1)) != 0)
            return 0;
        *value = (int)(s->options & (unsigned)name);
        break;
    }
    return sizeof(*value);
}

int rump___sysimpl_getsockopt(int fd, int level, int name, void *val, uint32_t *len)
{
    uint64_t buf[4];
    struct kfile *f;
    struct usock *s;
    int error = begin(fd, &f, &s);

    if (error == 0 && level == NB_SOL_LOCAL && !s->was_connected)
        error = NB_ENOTCONN;
    if (error == 0) {
        uint32_t size = get_option(s, level, name, buf);

        if (size == 0) {
            error = NB_ENOPROTOOPT;
        } else {
            memcpy(val, buf, *len < size ? *len : size);
            *len = size;
        }
    }
    return (int)end(f, error, 0);
}
