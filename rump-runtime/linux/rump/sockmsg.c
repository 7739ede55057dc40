/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * sockmsg.c - sending and receiving messages over sockets, with the descriptors they carry (scm.c).
 */
#include "core/memory.h"
#include "core/string.h"
#include "linux/rump/socket.h"
#include "linux/signal.h"
#include "linux/syscall.h"
#include "linux/uaccess.h"

#define MAX_RIGHTS  64 /* descriptors in one message; Linux takes 253 */
#define MAX_CONTROL ((size_t)4096)

/* Everything a message needs while it is in the kernel's hands. */
struct message {
    struct linux_msghdr user;
    struct kiovec small[UIO_FAST], *iov;
    union rump_address addr;
    uint8_t control[NB_CMSG_SPACE(MAX_RIGHTS * sizeof(int))];
    int carriers[MAX_RIGHTS];
    unsigned ncarriers;
};

/* Linux flags in NetBSD's numbers; DONTWAIT always, since waiting is done on this side. */
static int flags_to_rump(unsigned flags)
{
    int nb = NB_MSG_DONTWAIT | NB_MSG_NOSIGNAL;

    if ((flags & MSG_OOB) != 0)
        nb |= NB_MSG_OOB;
    if ((flags & MSG_PEEK) != 0)
        nb |= NB_MSG_PEEK;
    if ((flags & MSG_DONTROUTE) != 0)
        nb |= NB_MSG_DONTROUTE;
    if ((flags & MSG_EOR) != 0)
        nb |= NB_MSG_EOR;
    return nb;
}

static unsigned flags_to_linux(int nb)
{
    unsigned flags = 0;

    if ((nb & NB_MSG_OOB) != 0)
        flags |= MSG_OOB;
    if ((nb & NB_MSG_TRUNC) != 0)
        flags |= MSG_TRUNC;
    if ((nb & NB_MSG_CTRUNC) != 0)
        flags |= MSG_CTRUNC;
    return flags;
}

/* ---- a message's frame ----------------------------------------------------------------------- */

static void message_free(struct message *m)
{
    for (unsigned i = 0; i < m->ncarriers; i++)
        (void)rump___sysimpl_close(m->carriers[i]);
    if (m->ncarriers > 0)
        scm_reap(); /* what was not sent stays with its sender */
    user_iov_free(m->small, m->iov);
    kfree(m);
}

/*
 * The header and vector from the program; what is sent is present then, room to receive is only
 * checked.
 */
static long message_get(uintptr_t umsg, bool receive, struct message **mp)
{
    struct message *m = kzalloc(sizeof(*m), MEM_LINUX);
    long rc;

    if (m == NULL)
        return -ENOMEM;
    m->iov = m->small;
    rc = copy_from_user(&m->user, umsg, sizeof(m->user));
    if (rc == 0 && m->user.msg_iovlen > UIO_MAXIOV)
        rc = -EMSGSIZE;
    if (rc == 0)
        rc = user_iov_get(m->user.msg_iov, (int)m->user.msg_iovlen, receive, m->small, &m->iov);
    if (rc >= 0 && !receive)
        rc = user_iov_fill(m->iov, (int)m->user.msg_iovlen, false);
    if (rc < 0) {
        message_free(m);
        return rc;
    }
    *mp = m;
    return 0;
}

/* The same for sendto and recvfrom. */
static long message_simple(uintptr_t ubuf, size_t n, bool receive, struct message **mp)
{
    long rc;
    struct message *m;

    if (n > 0x7ffff000)
        n = 0x7ffff000;
    rc = receive ? user_range(ubuf, n, true) : user_buffer(ubuf, n, false);
    if (rc < 0)
        return rc;
    m = kzalloc(sizeof(*m), MEM_LINUX);
    if (m == NULL)
        return -ENOMEM;
    m->iov = m->small;
    m->small[0] = (struct kiovec){(void *)ubuf, n};
    m->user.msg_iovlen = 1;
    *mp = m;
    return 0;
}

/* ---- control: sending ------------------------------------------------------------------------ */

static long pack_rights(struct message *m, const uint8_t *data, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int fd;
        struct file *f;
        int rc;

        memcpy(&fd, data + i * sizeof(fd), sizeof(fd));
        if (m->ncarriers == MAX_RIGHTS)
            return -EINVAL;
        f = fd_get(fd);
        if (f == NULL)
            return -EBADF;
        rc = scm_pack(f, &m->carriers[m->ncarriers]);
        file_unref(f);
        if (rc < 0)
            return rc;
        m->ncarriers++;
    }
    return 0;
}

static long parse_control(struct message *m, const uint8_t *control, size_t len)
{
    size_t pos = 0;

    while (len - pos >= sizeof(struct linux_cmsghdr)) {
        struct linux_cmsghdr h;
        long rc = 0;
        size_t step;

        memcpy(&h, control + pos, sizeof(h));
        if (h.cmsg_len < sizeof(h) || h.cmsg_len > len - pos)
            return -EINVAL;
        if (h.cmsg_level == SOL_SOCKET && h.cmsg_type == SCM_RIGHTS)
            rc = pack_rights(m, control + pos + sizeof(h), (h.cmsg_len - sizeof(h)) / sizeof(int));
        else if (h.cmsg_level != SOL_SOCKET || h.cmsg_type != SCM_CREDENTIALS)
            rc = -EINVAL;
        if (rc < 0)
            return rc;
        step = CMSG_ALIGNED(h.cmsg_len);
        if (step > len - pos)
            break;
        pos += step;
    }
    return 0;
}

/* Turns the program's control data into carriers and NetBSD's form. */
static long control_from_user(struct message *m, const struct rump_file *rf)
{
    size_t len = m->user.msg_controllen;
    struct nb_cmsghdr h;
    long rc;
    uint8_t *control;

    if (m->user.msg_control == 0 || len == 0)
        return 0;
    if (len > MAX_CONTROL)
        return -ENOBUFS;
    control = kmalloc(len, MEM_LINUX);
    if (control == NULL)
        return -ENOMEM;
    rc = copy_from_user(control, m->user.msg_control, len);
    if (rc == 0 && rf->domain != AF_UNIX)
        rc = -EINVAL;
    if (rc == 0)
        rc = parse_control(m, control, len);
    kfree(control);
    if (rc < 0 || m->ncarriers == 0)
        return rc;
    h = (struct nb_cmsghdr){.cmsg_len = (uint32_t)NB_CMSG_LEN(m->ncarriers * sizeof(int)),
                            .cmsg_level = NB_SOL_SOCKET,
                            .cmsg_type = NB_SCM_RIGHTS};
    memcpy(m->control, &h, sizeof(h));
    memcpy(m->control + NB_CMSG_LEN(0), m->carriers, m->ncarriers * sizeof(int));
    return 0;
}

/* ---- sending --------------------------------------------------------------------------------- */

static long send_rest(struct rump_file *rf, const struct message *m, size_t done, bool nonblock)
{
    struct iov_cursor rest = iov_begin(m->iov, (int)m->user.msg_iovlen);
    long rc;

    iov_skip(&rest, done);
    rc = rump_stream_write(rf, rest, nonblock);
    return rc < 0 ? (long)done : (long)done + rc; /* what went out before counts */
}

static long send_message(struct file *f, struct rump_file *rf, struct message *m, uint32_t rlen,
                         unsigned flags)
{
    bool nonblock = (f->flags & O_NONBLOCK) != 0 || (flags & MSG_DONTWAIT) != 0;
    uint64_t deadline = rump_deadline(rf->send_timeout);
    struct nb_msghdr msg = {
        .msg_name = rlen == 0 ? NULL : &m->addr,
        .msg_namelen = rlen,
        .msg_iov = (struct nb_iovec *)m->iov,
        .msg_iovlen = (int)m->user.msg_iovlen,
        .msg_control = m->ncarriers == 0 ? NULL : m->control,
        .msg_controllen =
            m->ncarriers == 0 ? 0 : (uint32_t)NB_CMSG_SPACE(m->ncarriers * sizeof(int)),
    };
    size_t total = kiovec_size(m->iov, (int)m->user.msg_iovlen);
    long rc;

    for (;;) {
        rc = rump_result(rump___sysimpl_sendmsg(rf->fd, &msg, flags_to_rump(flags)));
        if (rc != -EAGAIN && rc != -ENOBUFS)
            break;
        if (rc == -ENOBUFS && rf->type != SOCK_DGRAM)
            break;
        if (nonblock) {
            rump_poll_again(rf, NB_POLLOUT);
            return -EAGAIN; /* a full receiver is ENOBUFS to NetBSD's datagrams */
        }
        rc = rump_wait_writable(rf, rlen != 0, deadline);
        if (rc < 0)
            return rc;
    }
    if (rc >= 0 && (size_t)rc < total && rf->type == SOCK_STREAM) {
        if (nonblock)
            rump_poll_again(rf, NB_POLLOUT);
        else
            rc = send_rest(rf, m, (size_t)rc, nonblock);
    }
    return rc;
}

/* m->user has been read in; sends and raises SIGPIPE where due. */
static long send_common(int fd, struct message *m, unsigned flags)
{
    struct rump_file *rf;
    uint32_t rlen = 0;
    struct file *f;
    long rc = socket_get(fd, &f, &rf);

    if (rc < 0)
        return rc;
    if (m->user.msg_name != 0 && m->user.msg_namelen != 0)
        rc = address_from_user(m->user.msg_name, m->user.msg_namelen, &m->addr, &rlen);
    if (rc == 0)
        rc = control_from_user(m, rf);
    if (rc == 0) {
        struct user_hold hold;

        user_hold_begin(&hold, thread_current(), m->iov, (int)m->user.msg_iovlen);
        rc = user_hold_end(&hold, send_message(f, rf, m, rlen, flags));
    }
    if (rc == -EPIPE && (flags & MSG_NOSIGNAL) == 0)
        signal_send_pipe();
    file_unref(f);
    return rc;
}

long sys_sendmsg(int fd, uintptr_t umsg, unsigned flags)
{
    struct message *m;
    long rc = message_get(umsg, false, &m);

    if (rc < 0)
        return rc;
    rc = send_common(fd, m, flags);
    message_free(m);
    return rc;
}

long sys_sendto(int fd, uintptr_t ubuf, size_t n, unsigned flags, uintptr_t addr, unsigned alen)
{
    struct message *m;
    long rc = message_simple(ubuf, n, false, &m);

    if (rc < 0)
        return rc;
    m->user.msg_name = addr;
    m->user.msg_namelen = addr == 0 ? 0 : alen;
    rc = send_common(fd, m, flags);
    message_free(m);
    return rc;
}

/* ---- receiving ------------------------------------------------------------------------------- */

/* Installs f, which is used up, and stores its number at `at`. False when either cannot be done. */
static bool install_at(struct file *f, uintptr_t at, bool cloexec)
{
    int fd = user_buffer(at, sizeof(fd), true) == 0 ? fd_install(f, 0, cloexec) : -EFAULT;

    if (fd < 0) {
        file_unref(f);
        return false;
    }
    return copy_to_user(at, &fd, sizeof(fd)) == 0;
}

/*
 * Install what came and describe it to the program: bytes of control data written. What cannot be
 * handed over is let go of, and MSG_CTRUNC says so; a bad address is no other reason than too
 * little room, as on Linux.
 */
static size_t rights_to_user(struct message *m, const struct nb_msghdr *msg, unsigned flags,
                             unsigned *out_flags)
{
    struct nb_cmsghdr nb;
    struct linux_cmsghdr h = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    size_t n, room = 0, done = 0;
    size_t used;

    if (msg->msg_controllen < sizeof(nb))
        return 0;
    memcpy(&nb, m->control, sizeof(nb));
    if (nb.cmsg_level != NB_SOL_SOCKET || nb.cmsg_type != NB_SCM_RIGHTS ||
        nb.cmsg_len < NB_CMSG_LEN(0) || nb.cmsg_len > msg->msg_controllen)
        return 0;
    n = (nb.cmsg_len - NB_CMSG_LEN(0)) / sizeof(int);
    if (m->user.msg_control != 0 && m->user.msg_controllen >= sizeof(h))
        room = (m->user.msg_controllen - sizeof(h)) / sizeof(int);
    for (size_t i = 0; i < n; i++) {
        struct file *f;
        int carrier;
        bool arrived;

        memcpy(&carrier, m->control + NB_CMSG_LEN(i * sizeof(int)), sizeof(carrier));
        arrived = scm_unpack(carrier, &f) == 0;
        if (arrived && i >= room) {
            file_unref(f);
            arrived = false;
        }
        if (arrived && install_at(f, m->user.msg_control + sizeof(h) + done * sizeof(int),
                                  (flags & MSG_CMSG_CLOEXEC) != 0))
            done++;
        else
            *out_flags |= MSG_CTRUNC;
    }
    if (done == 0)
        return 0;
    h.cmsg_len = sizeof(h) + done * sizeof(int);
    if (copy_to_user(m->user.msg_control, &h, sizeof(h)) < 0)
        return 0;
    used = CMSG_ALIGNED(h.cmsg_len);
    return used < m->user.msg_controllen ? used : m->user.msg_controllen;
}

/* The length of the next datagram, for MSG_TRUNC; what was received when it cannot be told. */
static long whole_length(struct rump_file *rf, long received)
{
    int n;

    return rump___sysimpl_ioctl(rf->fd, NB_FIONREAD, &n) == 0 && n > received ? n : received;
}

/* One recvmsg that waits as the flags say. */
static long receive_once(struct file *f, struct rump_file *rf, struct nb_msghdr *msg,
                         unsigned flags, uint64_t deadline)
{
    bool nonblock = (f->flags & O_NONBLOCK) != 0 || (flags & MSG_DONTWAIT) != 0;
    uint32_t namelen = msg->msg_namelen, controllen = msg->msg_controllen;

    for (;;) {
        long rc = rump_result(rump___sysimpl_recvmsg(rf->fd, msg, flags_to_rump(flags)));

        if (rc != -EAGAIN || nonblock) {
            if (rc == -EAGAIN || rc > 0)
                rump_poll_again(rf, NB_POLLIN | NB_POLLRDNORM);
            return rump_receive_result(rf, rc);
        }
        msg->msg_namelen = namelen;
        msg->msg_controllen = controllen;
        rc = rump_wait_ready(rf, NB_POLLIN | NB_POLLRDNORM, deadline);
        if (rc < 0)
            return rc;
    }
}

/* The first receive: as much as a socket can hold. */
static long receive_first(struct file *f, struct rump_file *rf, struct message *m,
                          struct nb_msghdr *msg, unsigned flags, uint64_t deadline)
{
    size_t excess;
    int n = user_iov_step(m->iov, (int)m->user.msg_iovlen, &excess);
    long rc = user_iov_fill(m->iov, n, true);

    msg->msg_iov = (struct nb_iovec *)m->iov;
    msg->msg_iovlen = n;
    if (rc == 0)
        rc = receive_once(f, rf, msg, flags, deadline);
    if (excess > 0)
        m->iov[n - 1].len += excess;
    return rc;
}

/* MSG_WAITALL: fill the rest of a stream's vector, unless something came in the way. */
static long receive_rest(struct file *f, struct rump_file *rf, const struct message *m, size_t done,
                         unsigned flags, uint64_t deadline)
{
    struct iov_cursor to = iov_begin(m->iov, (int)m->user.msg_iovlen);

    iov_skip(&to, done);
    for (;;) {
        struct kiovec piece = iov_piece(&to, READ_STEP);
        struct nb_iovec iov = {piece.base, piece.len};
        struct nb_msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
        long rc = 0;

        if (piece.len > 0)
            rc = user_buffer((uintptr_t)piece.base, piece.len, true);
        if (rc == 0 && piece.len > 0)
            rc = receive_once(f, rf, &msg, flags, deadline);
        if (rc <= 0)
            return (long)done;
        done += (size_t)rc;
        iov_skip(&to, (size_t)rc);
    }
}

static long receive_common(int fd, struct message *m, unsigned flags, uint32_t *namelen,
                           size_t *controllen, unsigned *out_flags)
{
    struct rump_file *rf;
    struct file *f;
    long whole = 0, rc = socket_get(fd, &f, &rf);
    uint64_t deadline;
    bool message_kind;
    struct nb_msghdr msg;
    struct user_hold hold;

    if (rc < 0)
        return rc;
    user_hold_begin(&hold, thread_current(), m->iov, (int)m->user.msg_iovlen);
    message_kind = rf->type != SOCK_STREAM;
    if ((flags & MSG_TRUNC) != 0 && message_kind)
        whole = whole_length(rf, 0);
    deadline = rump_deadline(rf->receive_timeout);
    msg = (struct nb_msghdr){
        .msg_name = &m->addr,
        .msg_namelen = sizeof(m->addr),
        .msg_control = m->control,
        .msg_controllen = sizeof(m->control),
    };
    rc = receive_first(f, rf, m, &msg, flags, deadline);
    if (rc >= 0) {
        long named;

        *out_flags = flags_to_linux(msg.msg_flags);
        named = 0;
        *controllen = rights_to_user(m, &msg, flags, out_flags);
        if (m->user.msg_name != 0)
            named = address_to_user(m->user.msg_name, m->user.msg_namelen, &m->addr,
                                    msg.msg_namelen, true);
        *namelen = named < 0 ? 0 : (uint32_t)named;
        if (named < 0)
            rc = named;
        else if (rc > 0 && (flags & (MSG_WAITALL | MSG_PEEK)) == MSG_WAITALL && !message_kind &&
                 *controllen == 0)
            rc = receive_rest(f, rf, m, (size_t)rc, flags, deadline);
        else if (whole > rc && (*out_flags & MSG_TRUNC) != 0)
            rc = whole;
    }
    rc = user_hold_end(&hold, rc);
    file_unref(f);
    return rc;
}

long sys_recvmsg(int fd, uintptr_t umsg, unsigned flags)
{
    unsigned out_flags = 0;
    uint32_t namelen;
    size_t controllen;
    struct message *m;
    long rc = message_get(umsg, true, &m);

    if (rc < 0)
        return rc;
    rc = receive_common(fd, m, flags, &namelen, &controllen, &out_flags);
    if (rc >= 0) {
        long copied;

        m->user.msg_namelen = namelen;
        m->user.msg_controllen = controllen;
        m->user.msg_flags = (int32_t)(out_flags | (flags & MSG_CMSG_CLOEXEC));
        copied = copy_to_user(umsg, &m->user, sizeof(m->user));
        if (copied < 0)
            rc = copied;
    }
    message_free(m);
    return rc;
}

long sys_recvfrom(int fd, uintptr_t ubuf, size_t n, unsigned flags, uintptr_t uaddr, uintptr_t ulen)
{
    uint32_t room = 0, namelen;
    unsigned out_flags = 0;
    size_t controllen;
    struct message *m = NULL;
    long rc = uaddr == 0 ? 0 : get_user_u32(ulen, &room);

    if (rc < 0)
        return rc;
    if ((int32_t)room < 0)
        return -EINVAL;
    rc = message_simple(ubuf, n, true, &m);
    if (rc < 0)
        return rc;
    m->user.msg_name = uaddr;
    m->user.msg_namelen = room;
    rc = receive_common(fd, m, flags, &namelen, &controllen, &out_flags);
    if (rc >= 0 && uaddr != 0) {
        long copied = put_user_u32(ulen, namelen);

        if (copied < 0)
            rc = copied;
    }
    message_free(m);
    return rc;
}

/* ---- several at once ------------------------------------------------------------------------- */

/* Apply one call to each element; how many went through, or the first one's error. */
long sys_sendmmsg(int fd, uintptr_t vec, unsigned n, unsigned flags)
{
    unsigned done = 0;
    long rc = 0;

    if (n > UIO_MAXIOV)
        n = UIO_MAXIOV;
    while (done < n && rc >= 0) {
        uintptr_t at = vec + done * sizeof(struct linux_mmsghdr);

        rc = sys_sendmsg(fd, at, flags);
        if (rc >= 0)
            rc = put_user_u32(at + offsetof(struct linux_mmsghdr, msg_len), (uint32_t)rc);
        if (rc >= 0)
            done++;
    }
    return done > 0 ? (long)done : rc;
}

long sys_recvmmsg(int fd, uintptr_t vec, unsigned n, unsigned flags, uintptr_t timeout)
{
    struct linux_timespec ts;
    uint64_t deadline = NO_DEADLINE;
    unsigned done = 0;
    long rc = 0;

    if (timeout != 0) {
        rc = copy_from_user(&ts, timeout, sizeof(ts));
        if (rc < 0)
            return rc;
        if (ts.tv_sec < 0 || ts.tv_nsec < 0 || ts.tv_nsec > 999999999)
            return -EINVAL;
        if (ts.tv_sec < INT64_MAX / 4000000000)
            deadline = plat_monotonic() + (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
    }
    if (n > UIO_MAXIOV)
        n = UIO_MAXIOV;
    while (done < n && rc >= 0) {
        uintptr_t at = vec + done * sizeof(struct linux_mmsghdr);
        bool one = (flags & MSG_WAITFORONE) != 0 && done > 0;

        rc = sys_recvmsg(fd, at, (flags & ~MSG_WAITFORONE) | (one ? MSG_DONTWAIT : 0));
        if (rc >= 0)
            rc = put_user_u32(at + offsetof(struct linux_mmsghdr, msg_len), (uint32_t)rc);
        if (rc >= 0)
            done++;
        if (plat_monotonic() >= deadline) /* looked at after each message only, as on Linux */
            break;
    }
    return done > 0 ? (long)done : rc;
}
