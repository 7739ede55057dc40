/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * /dev/xen/evtchn: event channels as a file. A port that fired is queued once, read as a 32-bit
 * number, and stays silent until the reader writes its number back.
 *
 * Every I/O request of the guest passes here once each way, so the silence is kept in our own
 * books: no mask bit, no hypercall, no search.
 */
#include "core/budget.h"
#include "core/errno.h"
#include "core/memory.h"
#include "dev-xen/xen_devices.h"
#include "linux/abi.h"
#include "linux/uaccess.h"

#define IOCTL_EVTCHN_BIND_VIRQ         XEN_IOCTL('E', 0, 4)
#define IOCTL_EVTCHN_BIND_INTERDOMAIN  XEN_IOCTL('E', 1, 8)
#define IOCTL_EVTCHN_BIND_UNBOUND_PORT XEN_IOCTL('E', 2, 4)
#define IOCTL_EVTCHN_UNBIND            XEN_IOCTL('E', 3, 4)
#define IOCTL_EVTCHN_NOTIFY            XEN_IOCTL('E', 4, 4)
#define IOCTL_EVTCHN_RESET             XEN_IOCTL('E', 5, 0)
#define IOCTL_EVTCHN_RESTRICT_DOMID    XEN_IOCTL('E', 6, 2)

struct evtchn_file {
    struct list ports; /* all bound ports */
    struct list fired; /* those to be read, in order */
    struct waitq wait;
    uint32_t restricted; /* domain + 1, or 0 */
};

struct bound_port {
    struct list link;        /* evtchn_file.ports */
    struct list fired;       /* evtchn_file.fired, or unlinked */
    struct bound_port *next; /* in its bucket */
    struct evtchn_file *owner;
    plat_port_t port;
    bool silent; /* queued or read, not yet written back */
    bool missed; /* fired again meanwhile */
};

/* All bound ports by number. QEMU has one per virtual CPU and one or two more. */
#define BUCKETS 64u
static struct bound_port *buckets[BUCKETS];

static struct bound_port **bucket_of(plat_port_t port)
{
    return &buckets[port % BUCKETS];
}

/* NULL when the port is not bound through this file. */
static struct bound_port *find_port(const struct evtchn_file *e, plat_port_t port)
{
    for (struct bound_port *p = *bucket_of(port); p != NULL; p = p->next) {
        if (p->port == port)
            return p->owner == e ? p : NULL;
    }
    return NULL;
}

static void on_event(plat_port_t port, void *arg)
{
    struct bound_port *p = arg;

    (void)port;
    if (p->silent) {
        p->missed = true;
        return;
    }
    p->silent = true;
    list_add_tail(&p->owner->fired, &p->fired);
    waitq_wake_all(&p->owner->wait);
}

/*
 * A record for a port that is to be bound next: made before, so that a bound port need not be
 * closed for want of memory, after which its other end could not be bound again. NULL: no memory.
 */
static struct bound_port *port_record(struct evtchn_file *e)
{
    struct bound_port *p = kzalloc(sizeof(*p), MEM_BRIDGE);

    if (p != NULL)
        p->owner = e;
    return p;
}

/* Takes over a port that was bound for it, or not (rc < 0). Returns its number, or rc. */
static long adopt_port(struct bound_port *p, int rc, plat_port_t port)
{
    if (rc < 0) {
        kfree(p);
        return rc;
    }
    p->port = port;
    list_init(&p->fired);
    list_add_tail(&p->owner->ports, &p->link);
    p->next = *bucket_of(port);
    *bucket_of(port) = p;
    plat_evtchn_handler(port, on_event, p);
    return (long)port;
}

static void drop_port(struct bound_port *p)
{
    struct bound_port **at = bucket_of(p->port);

    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    plat_evtchn_handler(p->port, NULL, NULL);
    plat_evtchn_close(p->port);
    list_remove(&p->fired);
    list_remove(&p->link);
    kfree(p);
}

/*
 * Is there something to read? Not while the guest must not start more requests (core/budget.h):
 * whoever of its processors waits for an answer waits a little longer.
 */
static bool readable(const struct evtchn_file *e)
{
    return !list_empty(&e->fired) && budget_allows_requests();
}

static long evtchn_readv(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    struct evtchn_file *e = f->priv;
    long done = 0;

    (void)pos;
    if (kiovec_size(iov, n) == 0)
        return 0;
    while (!readable(e)) {
        int rc;

        if (f->flags & O_NONBLOCK)
            return -EAGAIN;
        rc = waitq_wait(list_empty(&e->fired) ? &e->wait : budget_requests_wait(), NO_DEADLINE);
        if (rc < 0)
            return rc;
    }
    for (int i = 0; i < n; i++) {
        char *to = iov[i].base;

        for (size_t room = iov[i].len / 4; room > 0 && !list_empty(&e->fired); room--) {
            struct bound_port *p = container_of(e->fired.next, struct bound_port, fired);

            list_remove(&p->fired);
            __builtin_memcpy(to, &p->port, 4);
            to += 4;
            done += 4;
        }
    }
    return done > 0 ? done : -EINVAL;
}

static long evtchn_writev(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    struct evtchn_file *e = f->priv;
    long done = 0;

    (void)pos;
    for (int i = 0; i < n; i++) {
        const char *from = iov[i].base;

        for (size_t left = iov[i].len / 4; left > 0; left--, from += 4, done += 4) {
            struct bound_port *p;
            uint32_t port;

            __builtin_memcpy(&port, from, 4);
            p = find_port(e, port);
            /* A port that is still to be read cannot have been handled yet. */
            if (p == NULL || !list_empty(&p->fired))
                continue;
            p->silent = false;
            if (p->missed) {
                p->missed = false;
                on_event(port, p);
            }
        }
    }
    return done > 0 || kiovec_size(iov, n) == 0 ? done : -EINVAL;
}

static unsigned evtchn_poll(struct file *f, struct poll_table *pt)
{
    struct evtchn_file *e = f->priv;

    poll_wait(pt, &e->wait);
    poll_wait(pt, budget_requests_wait());
    return POLLOUT | POLLWRNORM | (readable(e) ? POLLIN | POLLRDNORM : 0);
}

static long bind_interdomain(struct evtchn_file *e, unsigned long arg)
{
    uint32_t remote[2]; /* domain, port */
    struct bound_port *p;
    plat_port_t port;
    int rc = copy_from_user(remote, arg, sizeof(remote));

    if (rc < 0)
        return rc;
    if (remote[0] > UINT16_MAX)
        return -EINVAL;
    if (e->restricted != 0 && e->restricted != remote[0] + 1)
        return -EACCES;
    p = port_record(e);
    if (p == NULL)
        return -ENOMEM;
    rc = plat_evtchn_bind((plat_domid_t)remote[0], remote[1], &port);
    return adopt_port(p, rc, port);
}

static long bind_unbound(struct evtchn_file *e, unsigned long arg)
{
    struct bound_port *p;
    plat_port_t port;
    uint32_t domain;
    int rc = get_user_u32(arg, &domain);

    if (rc < 0)
        return rc;
    if (domain > UINT16_MAX)
        return -EINVAL;
    if (e->restricted != 0 && e->restricted != domain + 1)
        return -EACCES;
    p = port_record(e);
    if (p == NULL)
        return -ENOMEM;
    rc = plat_evtchn_alloc((plat_domid_t)domain, &port);
    return adopt_port(p, rc, port);
}

static long bind_virq(struct evtchn_file *e, unsigned long arg)
{
    struct bound_port *p;
    plat_port_t port;
    uint32_t virq;
    int rc = get_user_u32(arg, &virq);

    if (rc < 0)
        return rc;
    if (e->restricted != 0)
        return -EACCES;
    p = port_record(e);
    if (p == NULL)
        return -ENOMEM;
    rc = plat_evtchn_bind_virq(virq, &port);
    return adopt_port(p, rc, port);
}

static long unbind(struct evtchn_file *e, unsigned long arg)
{
    struct bound_port *p;
    uint32_t port;
    int rc = get_user_u32(arg, &port);

    if (rc < 0)
        return rc;
    p = find_port(e, port);
    if (p == NULL)
        return -ENOTCONN;
    drop_port(p);
    return 0;
}

static long notify(struct evtchn_file *e, unsigned long arg)
{
    uint32_t port;
    int rc = get_user_u32(arg, &port);

    if (rc < 0)
        return rc;
    if (find_port(e, port) == NULL)
        return -ENOTCONN;
    /* The other end may have gone: Linux does not report that either. */
    (void)plat_evtchn_notify(port);
    return 0;
}

static long restrict_domain(struct evtchn_file *e, unsigned long arg)
{
    uint16_t domain;
    int rc = copy_from_user(&domain, arg, sizeof(domain));

    if (rc < 0)
        return rc;
    if (e->restricted != 0)
        return -EACCES;
    e->restricted = domain + 1u;
    return 0;
}

static void forget_fired(struct evtchn_file *e)
{
    list_for_each_safe(it, &e->fired) list_remove(it);
}

static long evtchn_ioctl(struct file *f, unsigned long request, unsigned long arg)
{
    struct evtchn_file *e = f->priv;

    switch ((uint32_t)request) {
    case IOCTL_EVTCHN_NOTIFY:
        return notify(e, arg);
    case IOCTL_EVTCHN_BIND_INTERDOMAIN:
        return bind_interdomain(e, arg);
    case IOCTL_EVTCHN_BIND_UNBOUND_PORT:
        return bind_unbound(e, arg);
    case IOCTL_EVTCHN_BIND_VIRQ:
        return bind_virq(e, arg);
    case IOCTL_EVTCHN_UNBIND:
        return unbind(e, arg);
    case IOCTL_EVTCHN_RESET:
        forget_fired(e);
        return 0;
    case IOCTL_EVTCHN_RESTRICT_DOMID:
        return restrict_domain(e, arg);
    default:
        return -ENOTTY;
    }
}

static long evtchn_stat(struct file *f, struct linux_stat *st)
{
    (void)f;
    return char_device_stat(st, XEN_MISC_MAJOR, MINOR_EVTCHN);
}

static void evtchn_release(struct file *f)
{
    struct evtchn_file *e = f->priv;

    list_for_each_safe(it, &e->ports) drop_port(container_of(it, struct bound_port, link));
    kfree(e);
}

static const struct file_ops evtchn_ops = {
    .name = "/dev/xen/evtchn",
    .readv = evtchn_readv,
    .writev = evtchn_writev,
    .ioctl = evtchn_ioctl,
    .poll = evtchn_poll,
    .stat = evtchn_stat,
    .release = evtchn_release,
};

static int evtchn_open(struct device *d, const char *rest, unsigned flags, struct file **file)
{
    struct evtchn_file *e = kzalloc(sizeof(*e), MEM_BRIDGE);

    (void)d;
    (void)rest;
    if (e == NULL)
        return -ENOMEM;
    list_init(&e->ports);
    list_init(&e->fired);
    waitq_init(&e->wait);
    *file = file_create(&evtchn_ops, e, flags);
    if (*file == NULL) {
        kfree(e);
        return -ENOMEM;
    }
    return 0;
}

static struct device evtchn_device = {
    .path = "/dev/xen/evtchn",
    .arg = (void *)MINOR_EVTCHN,
    .open = evtchn_open,
    .stat = xen_device_stat,
};

void xen_evtchn_register(void)
{
    device_register(&evtchn_device);
}
