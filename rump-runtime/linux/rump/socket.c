/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* socket.c - sockets: making, naming, connecting, options. Messages are in sockmsg.c. */
#include "linux/rump/socket.h"

#include "core/memory.h"
#include "core/string.h"
#include "linux/process.h"
#include "linux/rump/rump_glue.h"
#include "linux/syscall.h"
#include "linux/uaccess.h"

/* Every rump socket is non-blocking; see rumpfile.h. */
#define RUMP_SOCKET_FLAGS ((int)(NB_SOCK_NONBLOCK | NB_SOCK_NOSIGPIPE))

long socket_get(int fd, struct file **fp, struct rump_file **rfp)
{
    *fp = fd_get(fd);
    if (*fp == NULL)
        return -EBADF;
    *rfp = rump_file_of(*fp);
    rump_attach();
    if (*rfp != NULL && (*rfp)->is_socket)
        return 0;
    file_unref(*fp);
    return -ENOTSOCK;
}

/* ---- addresses ------------------------------------------------------------------------------- */

static int domain_to_rump(int domain)
{
    switch (domain) {
    case AF_UNIX:
        return NB_AF_LOCAL;
    case AF_INET:
        return NB_AF_INET;
    case AF_INET6:
        return NB_AF_INET6;
    default:
        return -1;
    }
}

static int domain_to_linux(int domain)
{
    switch (domain) {
    case NB_AF_LOCAL:
        return AF_UNIX;
    case NB_AF_INET:
        return AF_INET;
    case NB_AF_INET6:
        return AF_INET6;
    default:
        return AF_UNSPEC;
    }
}

long address_from_user(uintptr_t uaddr, unsigned len, union rump_address *addr, uint32_t *rlen)
{
    uint16_t family;
    int domain;
    long rc;

    if (len < sizeof(family) || len > 128)
        return -EINVAL;
    memset(addr, 0, sizeof(*addr));
    rc = copy_from_user(addr->bytes, uaddr, len);
    if (rc < 0)
        return rc;
    /*
     * The layouts differ in the first two bytes only: Linux has a 16-bit family, NetBSD length and
     * family.
     */
    memcpy(&family, addr->bytes, sizeof(family));
    if (family == AF_UNSPEC) {
        addr->sa.sa_len = (uint8_t)len;
        addr->sa.sa_family = NB_AF_UNSPEC;
        *rlen = len;
        return 0;
    }
    domain = domain_to_rump(family);
    if (domain < 0)
        return -EAFNOSUPPORT;
    if (family == AF_UNIX) {
        /* Names without a path, which start with NUL, exist on Linux only. */
        if (len == sizeof(family) || addr->un.sun_path[0] == '\0')
            return -EINVAL;
        len = (unsigned)(NB_SUN_HEADER + strnlen(addr->un.sun_path, len - NB_SUN_HEADER) + 1);
    }
    addr->sa.sa_len = (uint8_t)len;
    addr->sa.sa_family = (uint8_t)domain;
    *rlen = len;
    return 0;
}

long address_to_user(uintptr_t uaddr, uint32_t room, const union rump_address *addr, uint32_t rlen,
                     bool named_only)
{
    union rump_address out = *addr;
    uint16_t family = (uint16_t)domain_to_linux(addr->sa.sa_family);
    long rc;

    if (rlen > sizeof(out.bytes))
        rlen = sizeof(out.bytes);
    if (rlen < sizeof(family))
        return 0;
    if (family == AF_UNIX) {
        size_t n = strnlen(addr->un.sun_path, rlen - NB_SUN_HEADER);

        rlen = n == 0 ? NB_SUN_HEADER : (uint32_t)(NB_SUN_HEADER + n + 1);
        if (n == 0 && named_only)
            return 0;
        out.bytes[rlen < sizeof(out.bytes) ? rlen - (n != 0) : sizeof(out.bytes) - 1] = 0;
    }
    memcpy(out.bytes, &family, sizeof(family));
    rc = copy_to_user(uaddr, out.bytes, rlen < room ? rlen : room);
    return rc < 0 ? rc : (long)rlen;
}

/* getsockname and the like: *ulen says how much room there is and gets the true length. */
static long name_to_user(uintptr_t uaddr, uintptr_t ulen, const union rump_address *addr,
                         uint32_t rlen)
{
    uint32_t room;
    long rc = get_user_u32(ulen, &room);

    if (rc < 0)
        return rc;
    if ((int32_t)room < 0)
        return -EINVAL;
    rc = address_to_user(uaddr, room, addr, rlen, false);
    return rc < 0 ? rc : put_user_u32(ulen, (uint32_t)rc);
}

/* ---- making ---------------------------------------------------------------------------------- */

static long kind_to_rump(int domain, int type, int *nb_domain, int *nb_type)
{
    *nb_domain = domain_to_rump(domain);
    *nb_type = (type & SOCK_TYPE_MASK) | RUMP_SOCKET_FLAGS; /* the types are the same numbers */
    if (*nb_domain < 0)
        return -EAFNOSUPPORT;
    if ((type & ~(int)(SOCK_TYPE_MASK | SOCK_NONBLOCK | SOCK_CLOEXEC)) != 0)
        return -EINVAL;
    return 0;
}

/* A rump socket as a file. Closes it on failure. */
static int socket_file(int rump_fd, int domain, int type, int protocol, struct file **fp)
{
    int rc =
        rump_file_create(&rump_stream_ops, rump_fd, O_RDWR | ((unsigned)type & SOCK_NONBLOCK), fp);
    struct rump_file *rf;

    if (rc < 0)
        return rc;
    rf = rump_file_of(*fp);
    rf->is_socket = true;
    rf->closed = scm_reap;
    rf->domain = domain;
    rf->type = type & SOCK_TYPE_MASK;
    rf->protocol = protocol;
    return 0;
}

/* A rump socket as a new Linux descriptor. Closes it on failure. */
static long socket_install(int rump_fd, int domain, int type, int protocol)
{
    struct file *f;
    int rc = socket_file(rump_fd, domain, type, protocol, &f);

    if (rc < 0)
        return rc;
    rc = fd_install(f, 0, ((unsigned)type & SOCK_CLOEXEC) != 0);
    if (rc < 0)
        file_unref(f);
    return rc;
}

long sys_socket(int domain, int type, int protocol)
{
    int nb_domain, nb_type;
    long rc = kind_to_rump(domain, type, &nb_domain, &nb_type);

    if (rc < 0)
        return rc;
    rump_attach();
    rc = rump_result(rump___sysimpl_socket30(nb_domain, nb_type, protocol));
    return rc < 0 ? rc : socket_install((int)rc, domain, type, protocol);
}

long sys_socketpair(int domain, int type, int protocol, uintptr_t ufds)
{
    int nb_domain, nb_type, ends[2], fds[2];
    long rc = kind_to_rump(domain, type, &nb_domain, &nb_type);

    if (rc < 0)
        return rc;
    rump_attach();
    rc = rump_result(rump___sysimpl_socketpair(nb_domain, nb_type, protocol, ends));
    if (rc < 0)
        return rc;
    rc = socket_install(ends[0], domain, type, protocol);
    if (rc < 0) {
        (void)rump___sysimpl_close(ends[1]);
        return rc;
    }
    fds[0] = (int)rc;
    rc = socket_install(ends[1], domain, type, protocol);
    if (rc < 0) {
        fd_close(fds[0]);
        return rc;
    }
    fds[1] = (int)rc;
    rc = copy_to_user(ufds, fds, sizeof(fds));
    if (rc < 0) {
        fd_close(fds[0]);
        fd_close(fds[1]);
    }
    return rc;
}

/* ---- names and connections ------------------------------------------------------------------- */

long sys_bind(int fd, uintptr_t uaddr, unsigned len)
{
    union rump_address addr;
    struct rump_file *rf;
    struct file *f;
    uint32_t rlen;
    long rc = socket_get(fd, &f, &rf);

    if (rc < 0)
        return rc;
    rc = address_from_user(uaddr, len, &addr, &rlen);
    if (rc == 0)
        rc = rump_result(rump___sysimpl_bind(rf->fd, &addr.sa, rlen));
    file_unref(f);
    return rc;
}

long sys_listen(int fd, int backlog)
{
    struct rump_file *rf;
    struct file *f;
    long rc = socket_get(fd, &f, &rf);

    if (rc < 0)
        return rc;
    rc = rump_result(rump___sysimpl_listen(rf->fd, backlog));
    if (rc == 0)
        rf->is_listening = true;
    file_unref(f);
    return rc;
}

long sys_accept4(int fd, uintptr_t uaddr, uintptr_t ulen, unsigned flags)
{
    union rump_address addr;
    struct rump_file *rf;
    uint32_t rlen;
    struct file *f;
    uint64_t deadline;
    long rc;

    if ((flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) != 0)
        return -EINVAL;
    rc = socket_get(fd, &f, &rf);
    if (rc < 0)
        return rc;
    deadline = rump_deadline(rf->receive_timeout);
    for (;;) {
        rlen = sizeof(addr);
        memset(&addr, 0, sizeof(addr));
        rc = rump_result(rump___sysimpl_paccept(rf->fd, &addr.sa, &rlen, NULL, RUMP_SOCKET_FLAGS));
        if (rc != -EAGAIN || (f->flags & O_NONBLOCK) != 0) {
            rump_poll_again(rf, NB_POLLIN | NB_POLLRDNORM);
            break;
        }
        rc = rump_wait_ready(rf, NB_POLLIN | NB_POLLRDNORM, deadline);
        if (rc < 0)
            break;
    }
    if (rc >= 0)
        rc = socket_install((int)rc, rf->domain, (int)((unsigned)rf->type | flags), rf->protocol);
    if (rc >= 0 && uaddr != 0) {
        long named = name_to_user(uaddr, ulen, &addr, rlen);

        if (named < 0) {
            fd_close((int)rc);
            rc = named;
        }
    }
    file_unref(f);
    return rc;
}

long sys_accept(int fd, uintptr_t addr, uintptr_t len)
{
    return sys_accept4(fd, addr, len, 0);
}

/* A connection under way: wait for how it ends. */
static long connect_finish(struct rump_file *rf)
{
    uint64_t deadline = rump_deadline(rf->send_timeout);
    static const struct nb_timespec now;

    for (;;) {
        struct nb_pollfd pfd = {.fd = rf->fd, .events = NB_POLLOUT};
        int error = 0;
        uint32_t len = sizeof(error);
        long rc;

        if (rump___sysimpl_pollts50(&pfd, 1, &now, NULL) > 0) {
            rc = rump_result(
                rump___sysimpl_getsockopt(rf->fd, NB_SOL_SOCKET, NB_SO_ERROR, &error, &len));
            return rc < 0 ? rc : error != 0 ? -rump_errno_to_linux(error) : 0;
        }
        rc = rump_wait_ready(rf, NB_POLLOUT, deadline);
        if (rc < 0)
            return rc == -EAGAIN ? -EINPROGRESS : rc;
    }
}

long sys_connect(int fd, uintptr_t uaddr, unsigned len)
{
    union rump_address addr;
    struct rump_file *rf;
    struct file *f;
    uint32_t rlen;
    long rc = socket_get(fd, &f, &rf);

    if (rc < 0)
        return rc;
    rc = address_from_user(uaddr, len, &addr, &rlen);
    if (rc == 0)
        rc = rump_result(rump___sysimpl_connect(rf->fd, &addr.sa, rlen));
    if ((rc == -EINPROGRESS || rc == -EALREADY) && (f->flags & O_NONBLOCK) == 0)
        rc = connect_finish(rf);
    file_unref(f);
    return rc;
}

int local_stream_connect(const char *path, struct file **fp)
{
    union rump_address addr = {.un = {.sun_family = NB_AF_LOCAL}};
    size_t n = strlen(path) + 1;
    long rc;

    if (n > sizeof(addr.un.sun_path))
        return -ENAMETOOLONG;
    memcpy(addr.un.sun_path, path, n);
    addr.un.sun_len = (uint8_t)(NB_SUN_HEADER + n);
    rump_attach();
    rc = rump_result(rump___sysimpl_socket30(NB_AF_LOCAL, SOCK_STREAM | RUMP_SOCKET_FLAGS, 0));
    if (rc >= 0)
        rc = socket_file((int)rc, AF_UNIX, SOCK_STREAM | (int)SOCK_NONBLOCK, 0, fp);
    if (rc < 0)
        return (int)rc;
    rc = rump_result(rump___sysimpl_connect(rump_file_of(*fp)->fd, &addr.sa, addr.un.sun_len));
    if (rc < 0)
        file_unref(*fp);
    return (int)rc;
}

long sys_shutdown(int fd, int how)
{
    struct rump_file *rf;
    struct file *f;
    long rc = socket_get(fd, &f, &rf);

    if (rc < 0)
        return rc;
    rc = rump_result(rump___sysimpl_shutdown(rf->fd, how)); /* the same numbers */
    if (rc == 0 && how != NB_SHUT_RD)
        rf->sends_no_more = true;
    file_unref(f);
    return rc;
}

static long get_name(int fd, uintptr_t uaddr, uintptr_t ulen,
                     int (*call)(int, struct nb_sockaddr *, uint32_t *))
{
    union rump_address addr;
    uint32_t rlen = sizeof(addr);
    struct rump_file *rf;
    struct file *f;
    long rc = socket_get(fd, &f, &rf);

    if (rc < 0)
        return rc;
    memset(&addr, 0, sizeof(addr));
    rc = rump_result(call(rf->fd, &addr.sa, &rlen));
    if (rc == 0)
        rc = name_to_user(uaddr, ulen, &addr, rlen);
    file_unref(f);
    return rc;
}

long sys_getsockname(int fd, uintptr_t addr, uintptr_t len)
{
    return get_name(fd, addr, len, rump___sysimpl_getsockname);
}

long sys_getpeername(int fd, uintptr_t addr, uintptr_t len)
{
    return get_name(fd, addr, len, rump___sysimpl_getpeername);
}

/* ---- options --------------------------------------------------------------------------------- */

#define SO_TYPE        3
#define SO_ERROR       4
#define SO_PASSCRED    16
#define SO_PEERCRED    17
#define SO_RCVTIMEO    20
#define SO_SNDTIMEO    21
#define SO_ACCEPTCONN  30
#define SO_SNDBUFFORCE 32
#define SO_RCVBUFFORCE 33
#define SO_PROTOCOL    38
#define SO_DOMAIN      39

/* Options that only change their numbers. Values are ints (SO_LINGER: two). */
static const struct {
    int level, name, nb_level, nb_name;
} options[] = {
    {SOL_SOCKET, 1, NB_SOL_SOCKET, NB_SO_DEBUG},
    {SOL_SOCKET, 2, NB_SOL_SOCKET, NB_SO_REUSEADDR},
    {SOL_SOCKET, SO_ERROR, NB_SOL_SOCKET, NB_SO_ERROR},
    {SOL_SOCKET, 5, NB_SOL_SOCKET, NB_SO_DONTROUTE},
    {SOL_SOCKET, 6, NB_SOL_SOCKET, NB_SO_BROADCAST},
    {SOL_SOCKET, 7, NB_SOL_SOCKET, NB_SO_SNDBUF},
    {SOL_SOCKET, 8, NB_SOL_SOCKET, NB_SO_RCVBUF},
    {SOL_SOCKET, 9, NB_SOL_SOCKET, NB_SO_KEEPALIVE},
    {SOL_SOCKET, 10, NB_SOL_SOCKET, NB_SO_OOBINLINE},
    {SOL_SOCKET, 13, NB_SOL_SOCKET, NB_SO_LINGER},
    {SOL_SOCKET, 15, NB_SOL_SOCKET, NB_SO_REUSEPORT},
    {SOL_SOCKET, 18, NB_SOL_SOCKET, NB_SO_RCVLOWAT},
    {SOL_SOCKET, 19, NB_SOL_SOCKET, NB_SO_SNDLOWAT},
    {SOL_SOCKET, SO_ACCEPTCONN, NB_SOL_SOCKET, NB_SO_ACCEPTCONN},
    {SOL_SOCKET, SO_SNDBUFFORCE, NB_SOL_SOCKET, NB_SO_SNDBUF},
    {SOL_SOCKET, SO_RCVBUFFORCE, NB_SOL_SOCKET, NB_SO_RCVBUF},
    {0, 1, 0, 3},     /* IP_TOS */
    {0, 2, 0, 4},     /* IP_TTL */
    {6, 1, 6, 1},     /* TCP_NODELAY */
    {6, 2, 6, 2},     /* TCP_MAXSEG */
    {6, 4, 6, 3},     /* TCP_KEEPIDLE */
    {6, 5, 6, 5},     /* TCP_KEEPINTVL */
    {6, 6, 6, 6},     /* TCP_KEEPCNT */
    {41, 26, 41, 27}, /* IPV6_V6ONLY */
};

static bool option_to_rump(int level, int name, int *nb_level, int *nb_name)
{
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (options[i].level == level && options[i].name == name) {
            *nb_level = options[i].nb_level;
            *nb_name = options[i].nb_name;
            return true;
        }
    }
    return false;
}

/* Time-outs are kept on this side, where the waiting is done. */
static long set_timeout(uint64_t *timeout, uintptr_t uval, unsigned len)
{
    struct linux_timeval tv;
    long rc;

    if (len < sizeof(tv))
        return -EINVAL;
    rc = copy_from_user(&tv, uval, sizeof(tv));
    if (rc < 0)
        return rc;
    if (tv.tv_usec < 0 || tv.tv_usec > 999999)
        return -EDOM;
    if (tv.tv_sec < 0 || tv.tv_sec > INT64_MAX / 4000000000)
        *timeout = 0; /* as good as for ever */
    else
        *timeout = (uint64_t)tv.tv_sec * 1000000000 + (uint64_t)tv.tv_usec * 1000;
    return 0;
}

static long set_option(struct rump_file *rf, int level, int name, uintptr_t uval, unsigned len)
{
    int nb_level, nb_name, value[2];
    long rc;

    if (level == SOL_SOCKET && (name == SO_RCVTIMEO || name == SO_SNDTIMEO))
        return set_timeout(name == SO_RCVTIMEO ? &rf->receive_timeout : &rf->send_timeout, uval,
                           len);
    if (level == SOL_SOCKET && name == SO_PASSCRED)
        return 0; /* there is one process; nobody needs telling who sent what */
    if (!option_to_rump(level, name, &nb_level, &nb_name))
        return -ENOPROTOOPT;
    if (len < sizeof(value[0]))
        return -EINVAL;
    if (len > sizeof(value))
        len = sizeof(value);
    rc = copy_from_user(value, uval, len);
    return rc < 0 ? rc
                  : rump_result(rump___sysimpl_setsockopt(rf->fd, nb_level, nb_name, value, len));
}

long sys_setsockopt(int fd, int level, int name, uintptr_t uval, unsigned len)
{
    struct rump_file *rf;
    struct file *f;
    long rc = socket_get(fd, &f, &rf);

    if (rc < 0)
        return rc;
    rc = set_option(rf, level, name, uval, len);
    file_unref(f);
    return rc;
}

/* The value into buf (16 bytes), its length into *len. */
static long get_option(struct rump_file *rf, int level, int name, void *buf, uint32_t *len)
{
    int *value = buf, nb_level, nb_name;
    long rc;

    *len = sizeof(*value);
    if (level == SOL_SOCKET) {
        switch (name) {
        case SO_TYPE:
            *value = rf->type;
            return 0;
        case SO_DOMAIN:
            *value = rf->domain;
            return 0;
        case SO_PROTOCOL:
            *value = rf->protocol;
            return 0;
        case SO_PASSCRED:
            *value = 0;
            return 0;
        case SO_PEERCRED:
            value[0] = LINUX_PID;
            value[1] = value[2] = 0;
            *len = 3 * sizeof(*value);
            return 0;
        case SO_RCVTIMEO:
        case SO_SNDTIMEO: {
            uint64_t ns = name == SO_RCVTIMEO ? rf->receive_timeout : rf->send_timeout;
            struct linux_timeval tv = {(int64_t)(ns / 1000000000),
                                       (int64_t)(ns % 1000000000 / 1000)};

            memcpy(buf, &tv, sizeof(tv));
            *len = sizeof(tv);
            return 0;
        }
        default:
            break;
        }
    }
    if (!option_to_rump(level, name, &nb_level, &nb_name))
        return -ENOPROTOOPT;
    *len = 16;
    rc = rump_result(rump___sysimpl_getsockopt(rf->fd, nb_level, nb_name, buf, len));
    if (rc < 0)
        return rc;
    if (nb_level == NB_SOL_SOCKET && nb_name == NB_SO_ERROR)
        *value = *value == 0 ? 0 : rump_errno_to_linux(*value);
    else if (nb_level == NB_SOL_SOCKET && nb_name < 0x1000 && nb_name != NB_SO_LINGER)
        *value = *value != 0; /* NetBSD answers with the option's bit */
    return 0;
}

long sys_getsockopt(int fd, int level, int name, uintptr_t uval, uintptr_t ulen)
{
    uint64_t buf[2] = {0, 0};
    struct rump_file *rf;
    uint32_t len, room;
    struct file *f;
    long rc = socket_get(fd, &f, &rf);

    if (rc < 0)
        return rc;
    rc = get_user_u32(ulen, &room);
    if (rc == 0 && (int32_t)room < 0)
        rc = -EINVAL;
    if (rc == 0)
        rc = get_option(rf, level, name, buf, &len);
    if (rc == 0) {
        if (len > room)
            len = room;
        rc = copy_to_user(uval, buf, len);
    }
    if (rc == 0)
        rc = put_user_u32(ulen, len);
    file_unref(f);
    return rc;
}
