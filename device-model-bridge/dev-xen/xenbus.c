/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * /dev/xen/xenbus: xenstore's wire protocol (<xen/io/xs_wire.h>) as a byte stream. Requests may be
 * written in pieces; answers and watch events are read as they come, in any pieces. One request is
 * changed on its way: this domain keeps what it owns.
 */
#include "core/byte_queue.h"
#include "core/errno.h"
#include "core/memory.h"
#include "core/string.h"
#include "dev-xen/xen_devices.h"
#include "linux/abi.h"
#include "xenstore/xenstore.h"

#include <xen/io/xs_wire.h>

struct xenbus_file {
    struct xs_raw_client client;
    struct byte_queue answers;
    struct waitq wait;
    size_t have; /* bytes of the request under way */
    union {
        struct xsd_sockmsg header;
        char bytes[sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX];
    } request;
};

static int on_message(struct xs_raw_client *c, const void *msg, size_t size)
{
    struct xenbus_file *x = container_of(c, struct xenbus_file, client);
    int rc = byte_queue_put(&x->answers, msg, size);

    if (rc == 0)
        waitq_wake_all(&x->wait);
    return rc;
}

static long xenbus_readv(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    struct xenbus_file *x = f->priv;
    long done = 0;

    (void)pos;
    if (kiovec_size(iov, n) == 0)
        return 0;
    while (x->answers.size == 0) {
        int rc;

        if (f->flags & O_NONBLOCK)
            return -EAGAIN;
        rc = waitq_wait(&x->wait, NO_DEADLINE);
        if (rc < 0)
            return rc;
    }
    for (int i = 0; i < n; i++)
        done += (long)byte_queue_get(&x->answers, iov[i].base, iov[i].len);
    return done;
}

/* Adds bytes to the request; returns how many it took: never beyond the request's end. */
static size_t add_bytes(struct xenbus_file *x, const char *from, size_t n)
{
    size_t want = sizeof(struct xsd_sockmsg);

    if (x->have >= want)
        want += x->request.header.len;
    if (n > want - x->have)
        n = want - x->have;
    memcpy(x->request.bytes + x->have, from, n);
    x->have += n;
    return n;
}

static bool header_complete(const struct xenbus_file *x)
{
    return x->have >= sizeof(struct xsd_sockmsg);
}

static bool request_complete(const struct xenbus_file *x)
{
    return header_complete(x) && x->have == sizeof(struct xsd_sockmsg) + x->request.header.len;
}

/*
 * XS_SET_PERMS: a path, then permissions such as "n7", each terminated, the node's owner first.
 * QEMU gives nodes it made to domain 0, where it usually runs. The daemon lets no other domain give
 * a node away, QEMU would complain, and the guest would not get its own permission, which comes
 * next in the list. So the owner in the request becomes this domain; domain 0 may do everything
 * anyway.
 */
static void keep_owner(struct xenbus_file *x)
{
    char *body = x->request.bytes + sizeof(struct xsd_sockmsg), owner[16];
    size_t len = x->request.header.len, path_len = strnlen(body, len) + 1, old, new;
    uint64_t self;

    if (path_len >= len || body[len - 1] != 0)
        return;
    if (xs_read_u64(XS_NO_TX, "domid", &self) < 0)
        return;
    old = strlen(body + path_len) + 1;
    new = (size_t)ksnprintf(owner, sizeof(owner), "%c%u", body[path_len], (unsigned)self) + 1;
    if (len - old + new > XENSTORE_PAYLOAD_MAX)
        return;
    memmove(body + path_len + new, body + path_len + old, len - path_len - old);
    memcpy(body + path_len, owner, new);
    x->request.header.len = (uint32_t)(len - old + new);
    x->have = sizeof(struct xsd_sockmsg) + x->request.header.len;
}

static long xenbus_writev(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    struct xenbus_file *x = f->priv;
    long done = 0;

    (void)pos;
    for (int i = 0; i < n; i++) {
        const char *from = iov[i].base;
        size_t left = iov[i].len;

        while (left > 0) {
            size_t took = add_bytes(x, from, left);

            from += took;
            left -= took;
            done += (long)took;
            if (header_complete(x) && x->request.header.len > XENSTORE_PAYLOAD_MAX) {
                x->have = 0;
                return -EINVAL;
            }
            if (request_complete(x)) {
                int rc;

                if (x->request.header.type == XS_SET_PERMS)
                    keep_owner(x);
                rc = xs_raw_send(&x->client, x->request.bytes, x->have);
                x->have = 0;
                if (rc < 0)
                    return rc;
            }
        }
    }
    return done;
}

static unsigned xenbus_poll(struct file *f, struct poll_table *pt)
{
    struct xenbus_file *x = f->priv;

    poll_wait(pt, &x->wait);
    return POLLOUT | POLLWRNORM | (x->answers.size > 0 ? POLLIN | POLLRDNORM : 0);
}

static long xenbus_stat(struct file *f, struct linux_stat *st)
{
    (void)f;
    return char_device_stat(st, XEN_MISC_MAJOR, MINOR_XENBUS);
}

static void xenbus_release(struct file *f)
{
    struct xenbus_file *x = f->priv;

    xs_raw_close(&x->client);
    byte_queue_clear(&x->answers);
    kfree(x);
}

static const struct file_ops xenbus_ops = {
    .name = "/dev/xen/xenbus",
    .readv = xenbus_readv,
    .writev = xenbus_writev,
    .poll = xenbus_poll,
    .stat = xenbus_stat,
    .release = xenbus_release,
};

static int xenbus_open(struct device *d, const char *rest, unsigned flags, struct file **file)
{
    struct xenbus_file *x = kzalloc(sizeof(*x), MEM_BRIDGE);

    (void)d;
    (void)rest;
    if (x == NULL)
        return -ENOMEM;
    byte_queue_init(&x->answers);
    waitq_init(&x->wait);
    x->client.deliver = on_message;
    *file = file_create(&xenbus_ops, x, flags);
    if (*file == NULL) {
        kfree(x);
        return -ENOMEM;
    }
    xs_raw_open(&x->client);
    return 0;
}

static struct device xenbus_device = {
    .path = "/dev/xen/xenbus",
    .arg = (void *)MINOR_XENBUS,
    .open = xenbus_open,
    .stat = xen_device_stat,
};

void xen_xenbus_register(void)
{
    device_register(&xenbus_device);
}
