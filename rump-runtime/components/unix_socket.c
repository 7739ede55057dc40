/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* unix_socket.c - local sockets: names, connections, and the socket as an open file. */
#include "components/sock.h"

#define BACKLOG_MAX 128 /* SOMAXCONN */

static struct rumpuser_mtx *sock_lock;
/* One condition for all: see pipe.c. */
static struct rumpuser_cv *sock_change;
static uint64_t next_ino = 1;

void unix_init(void)
{
    rumpuser_mutex_init(&sock_lock, 0);
    rumpuser_cv_init(&sock_change);
}

void sock_enter(void)
{
    rumpuser_mutex_enter(sock_lock);
}

void sock_exit(void)
{
    rumpuser_mutex_exit(sock_lock);
    rights_reap();
}

int sock_wait(bool nonblock, struct nb_timespec *left)
{
    int64_t t0, t1;
    long n0, n1;

    if (nonblock)
        return NB_EAGAIN;
    if (left->tv_sec == 0 && left->tv_nsec == 0) {
        rumpuser_cv_wait(sock_change, sock_lock);
        return 0;
    }
    (void)rumpuser_clock_gettime(RUMPUSER_CLOCK_ABSMONO, &t0, &n0);
    if (rumpuser_cv_timedwait(sock_change, sock_lock, left->tv_sec, left->tv_nsec) != 0)
        return NB_EAGAIN;
    (void)rumpuser_clock_gettime(RUMPUSER_CLOCK_ABSMONO, &t1, &n1);
    left->tv_sec -= t1 - t0;
    left->tv_nsec -= n1 - n0;
    while (left->tv_nsec < 0) {
        left->tv_nsec += 1000000000;
        left->tv_sec--;
    }
    while (left->tv_nsec >= 1000000000) {
        left->tv_nsec -= 1000000000;
        left->tv_sec++;
    }
    if (left->tv_sec < 0 || (left->tv_sec == 0 && left->tv_nsec == 0))
        *left = (struct nb_timespec){0, 1}; /* used up, but zero would mean for ever */
    return 0;
}

void sock_changed(struct usock *s)
{
    if (s == NULL)
        return;
    rumpuser_cv_broadcast(sock_change);
    selnotify(&s->sel);
}

/* ---- life ------------------------------------------------------------------------------------ */

int usock_create(int type, struct usock **sp)
{
    struct usock *s = kern_alloc(sizeof(*s));

    if (s == NULL)
        return NB_ENOBUFS;
    s->type = type;
    s->space = SOCK_DEFAULT_SPACE;
    s->ino = next_ino++;
    s->peer_pid = -1;
    list_init(&s->clients);
    list_init(&s->client_link);
    list_init(&s->backlog);
    list_init(&s->backlog_link);
    list_init(&s->queue);
    selinit(&s->sel);
    *sp = s;
    return 0;
}

void usock_connect_pair(struct usock *a, struct usock *b)
{
    a->peer = b;
    b->peer = a;
    a->connected = b->connected = true;
    a->was_connected = b->was_connected = true;
    if (a->type == NB_SOCK_DGRAM) {
        list_add_tail(&b->clients, &a->client_link);
        list_add_tail(&a->clients, &b->client_link);
    }
}

/* The other end hears that this one is gone. */
static void disconnect(struct usock *s)
{
    struct usock *peer = s->peer;

    s->peer = NULL;
    s->connected = false;
    list_remove(&s->client_link);
    if (s->type == NB_SOCK_DGRAM) {
        while (!list_empty(&s->clients)) {
            struct usock *c = container_of(s->clients.next, struct usock, client_link);

            list_remove(&c->client_link);
            c->peer = NULL;
            c->connected = false;
            sock_changed(c);
        }
        return;
    }
    if (peer == NULL)
        return;
    peer->peer = NULL;
    peer->connected = false;
    peer->cant_receive = peer->cant_send = true;
    if (!list_empty(&s->queue))
        peer->error = NB_ECONNRESET; /* it will never know what was not read */
    sock_changed(peer);
}

static void usock_free(struct usock *s)
{
    if (s->listener != NULL) {
        list_remove(&s->backlog_link);
        s->listener->backlog_len--;
    }
    while (!list_empty(&s->backlog)) {
        struct usock *c = container_of(s->backlog.next, struct usock, backlog_link);

        if (c->peer != NULL)
            c->peer->error = NB_ECONNRESET;
        disconnect(c);
        usock_free(c);
    }
    disconnect(s);
    queue_flush(s);
    seldestroy(&s->sel);
    kern_free(s, sizeof(*s));
}

static void sock_close(struct kfile *f)
{
    struct usock *s = f->data;
    struct node *node = s->node;

    if (node != NULL) {
        fs_enter();
        node->sock = NULL;
        node_unref(node);
        fs_exit();
        s->node = NULL;
    }
    sock_enter();
    usock_free(s);
    rumpuser_cv_broadcast(sock_change);
    sock_exit();
}

/* ---- names ----------------------------------------------------------------------------------- */

/* The path of an address as a string of its own. */
static int address_path(const struct nb_sockaddr *addr, uint32_t len, char path[256])
{
    const struct nb_sockaddr_un *un = (const struct nb_sockaddr_un *)addr;
    size_t n;

    if (len < NB_SUN_HEADER + 1 || len > NB_SOCK_MAXADDRLEN)
        return NB_EINVAL;
    if (un->sun_family != NB_AF_LOCAL)
        return NB_EAFNOSUPPORT;
    n = strnlen(un->sun_path, len - NB_SUN_HEADER);
    if (n == 0)
        return NB_EINVAL;
    memcpy(path, un->sun_path, n);
    path[n] = '\0';
    return 0;
}

int unix_find(const struct nb_sockaddr *addr, uint32_t len, struct usock **sp)
{
    char path[256];
    int error = address_path(addr, len, path);
    struct lookup *lk;

    if (error != 0)
        return error;
    lk = kern_alloc(sizeof(*lk));
    if (lk == NULL)
        return NB_ENOMEM;
    fs_enter();
    error = fs_lookup(curproc()->cwd, path, LOOKUP_FOLLOW, lk);
    if (error == 0 && node_type(lk->node) != NB_S_IFSOCK)
        error = NB_ENOTSOCK;
    if (error == 0 && lk->node->sock == NULL)
        error = NB_ECONNREFUSED;
    if (error == 0)
        *sp = lk->node->sock;
    fs_exit();
    kern_free(lk, sizeof(*lk));
    return error;
}

int unix_bind(struct usock *s, const struct nb_sockaddr *addr, uint32_t len)
{
    char path[256];
    int error = address_path(addr, len, path);
    struct lookup *lk;
    size_t n;

    if (error != 0)
        return error;
    if (s->node != NULL)
        return NB_EINVAL;
    lk = kern_alloc(sizeof(*lk));
    if (lk == NULL)
        return NB_ENOMEM;
    fs_enter();
    error = fs_lookup(curproc()->cwd, path, LOOKUP_CREATE, lk);
    if (error == 0 && lk->node != NULL)
        error = NB_EADDRINUSE;
    if (error == 0)
        error = fs_create(lk, NB_S_IFSOCK | (0777 & ~curproc()->umask), &s->node);
    if (error == 0)
        s->node->sock = s;
    fs_exit();
    kern_free(lk, sizeof(*lk));
    if (error != 0)
        return error;
    /* What getsockname answers: as much of the path as the structure has room for. */
    n = strlen(path);
    if (n > sizeof(s->name.sun_path) - 1)
        n = sizeof(s->name.sun_path) - 1;
    s->name.sun_family = NB_AF_LOCAL;
    memcpy(s->name.sun_path, path, n);
    s->name.sun_len = (uint8_t)(NB_SUN_HEADER + n + 1);
    return 0;
}

/* ---- connections ----------------------------------------------------------------------------- */

int unix_listen(struct usock *s, int backlog)
{
    if (s->type == NB_SOCK_DGRAM)
        return NB_EOPNOTSUPP;
    if (s->connected || s->node == NULL)
        return NB_EINVAL;
    s->backlog_max = backlog < 1 ? 1 : backlog > BACKLOG_MAX ? BACKLOG_MAX : backlog;
    s->listening = true;
    s->peer_pid = curproc()->pid;
    sock_changed(s);
    return 0;
}

int unix_accept(struct usock *s, bool nonblock, struct usock **newp)
{
    struct nb_timespec left = s->rcvtimeo;
    struct usock *c;

    if (s->type == NB_SOCK_DGRAM)
        return NB_EOPNOTSUPP;
    if (!s->listening)
        return NB_EINVAL;
    while (list_empty(&s->backlog)) {
        int error;

        if (s->cant_receive)
            return NB_ECONNABORTED;
        error = sock_wait(nonblock, &left);
        if (error != 0)
            return error;
    }
    c = container_of(s->backlog.next, struct usock, backlog_link);
    list_remove(&c->backlog_link);
    c->listener = NULL;
    s->backlog_len--;
    *newp = c;
    return 0;
}

static int connect_datagram(struct usock *s, const struct nb_sockaddr *addr, uint32_t len)
{
    struct usock *to;
    int error;

    if (addr->sa_family == NB_AF_UNSPEC) {
        list_remove(&s->client_link);
        s->peer = NULL;
        s->connected = s->was_connected = false;
        return 0;
    }
    error = unix_find(addr, len, &to);
    if (error != 0)
        return error;
    if (to->type != s->type)
        return NB_EPROTOTYPE;
    list_remove(&s->client_link);
    list_add_tail(&to->clients, &s->client_link);
    s->peer = to;
    s->connected = s->was_connected = true;
    sock_changed(s);
    return 0;
}

int unix_connect(struct usock *s, const struct nb_sockaddr *addr, uint32_t len)
{
    struct usock *listener, *c;
    int error;

    if (len < sizeof(addr->sa_len) + sizeof(addr->sa_family))
        return NB_EINVAL;
    if (s->type == NB_SOCK_DGRAM)
        return connect_datagram(s, addr, len);
    if (s->connected)
        return NB_EISCONN;
    if (s->listening)
        return NB_EOPNOTSUPP;
    error = unix_find(addr, len, &listener);
    if (error != 0)
        return error;
    if (listener->type != s->type)
        return NB_EPROTOTYPE;
    if (!listener->listening || listener->cant_receive ||
        listener->backlog_len >= listener->backlog_max)
        return NB_ECONNREFUSED;
    error = usock_create(s->type, &c);
    if (error != 0)
        return error;
    c->name = listener->name;
    c->space = listener->space;
    c->listener = listener;
    c->peer_pid = curproc()->pid;
    s->peer_pid = listener->peer_pid;
    s->cant_receive = s->cant_send = false;
    usock_connect_pair(s, c);
    list_add_tail(&listener->backlog, &c->backlog_link);
    listener->backlog_len++;
    sock_changed(listener);
    sock_changed(s);
    return 0;
}

int unix_shutdown(struct usock *s, int how)
{
    bool pair;

    if (how < NB_SHUT_RD || how > NB_SHUT_RDWR)
        return NB_EINVAL;
    if (!s->connected && !s->listening)
        return NB_ENOTCONN;
    pair = s->type != NB_SOCK_DGRAM && s->peer != NULL;
    if (how != NB_SHUT_WR) {
        s->cant_receive = true;
        queue_flush(s);
        if (pair)
            s->peer->cant_send = true;
    }
    if (how != NB_SHUT_RD) {
        s->cant_send = true;
        if (pair)
            s->peer->cant_receive = true;
    }
    sock_changed(s);
    if (pair)
        sock_changed(s->peer);
    return 0;
}

/* ---- as an open file ------------------------------------------------------------------------- */

static int sock_read(struct kfile *f, struct uio *uio, int64_t *off, bool nonblock)
{
    struct nb_sockaddr_un from;
    struct rights *rights;
    int flags = 0;
    int error;

    (void)off;
    sock_enter();
    error = unix_receive(f->data, uio, &flags, &from, &rights, nonblock);
    rights_drop(rights); /* read(2) has no place for them */
    sock_exit();
    return error;
}

static int sock_write(struct kfile *f, struct uio *uio, int64_t *off, bool nonblock)
{
    struct rights *none = NULL;
    int error;

    (void)off;
    sock_enter();
    error = unix_send(f->data, uio, NULL, 0, &none, nonblock);
    sock_exit();
    return error;
}

static bool can_write(const struct usock *s)
{
    if (s->cant_send)
        return true; /* it fails at once */
    if (s->type == NB_SOCK_DGRAM)
        return s->peer == NULL || sock_room(s->peer) > 0;
    return s->peer != NULL && sock_room(s->peer) >= SOCK_LOWAT;
}

static unsigned sock_poll(struct kfile *f, unsigned events, struct poller *p)
{
    struct usock *s = f->data;
    unsigned ready = 0;

    if (!list_empty(&s->queue) || !list_empty(&s->backlog) || s->cant_receive || s->error != 0)
        ready |= NB_POLLIN | NB_POLLRDNORM;
    if (!s->listening && can_write(s))
        ready |= NB_POLLOUT;
    if (s->cant_receive && s->cant_send)
        ready |= NB_POLLHUP;
    selrecord(&s->sel, p);
    return ready & events;
}

static int sock_ioctl(struct kfile *f, unsigned long request, void *arg)
{
    struct usock *s = f->data;
    size_t n = s->queued;

    if (request != NB_FIONREAD)
        return NB_ENOTTY;
    if (s->type != NB_SOCK_STREAM)
        n = list_empty(&s->queue) ? 0 : container_of(s->queue.next, struct chunk, link)->len;
    *(int *)arg = (int)n;
    return 0;
}

static int sock_stat(struct kfile *f, struct nb_stat *st)
{
    struct usock *s = f->data;

    memset(st, 0, sizeof(*st));
    st->st_mode = NB_S_IFSOCK | 0777;
    st->st_ino = s->ino;
    st->st_nlink = 1;
    st->st_blksize = (int32_t)s->space;
    return 0;
}

static struct selinfo *sock_selinfo(struct kfile *f)
{
    return &((struct usock *)f->data)->sel;
}

static const struct kfile_ops sock_ops = {
    .read = sock_read,
    .write = sock_write,
    .ioctl = sock_ioctl,
    .stat = sock_stat,
    .poll = sock_poll,
    .selinfo = sock_selinfo,
    .close = sock_close,
};

struct usock *kfile_sock(struct kfile *f)
{
    return f->ops == &sock_ops ? f->data : NULL;
}

int usock_file(struct usock *s, unsigned flags, struct kfile **fp)
{
    return kfile_create(&sock_ops, s, NB_O_RDWR | flags, fp);
}
