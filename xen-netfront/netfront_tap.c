/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * /dev/net/tun as far as a tap user needs it (Linux, Documentation/networking/tuntap.rst;
 * if_tun.h). The interface name says which device is meant: libxl names them "vif<guest>.<N>-emu",
 * and a plain "tap<N>" or "vif<N>" works too. One read or write is one frame.
 */
#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "linux/abi.h"
#include "linux/uaccess.h"
#include "netfront_device.h"

#define TUNSETIFF       0x400454cau
#define TUNSETPERSIST   0x400454cbu
#define TUNSETOFFLOAD   0x400454d0u
#define TUNGETFEATURES  0x800454cfu
#define TUNGETIFF       0x800454d2u
#define TUNGETSNDBUF    0x800454d3u
#define TUNSETSNDBUF    0x400454d4u
#define TUNGETVNETHDRSZ 0x800454d7u
#define TUNSETVNETHDRSZ 0x400454d8u

#define IFF_TAP       0x0002u
#define IFF_NO_PI     0x1000u
#define IFF_ONE_QUEUE 0x2000u
#define FLAGS         (IFF_TAP | IFF_NO_PI)

#define IFNAMSIZ     16u
#define VNET_HDR_MIN 10u /* size of struct virtio_net_hdr */

struct ifreq_flags { /* struct ifreq as these calls use it */
    char name[IFNAMSIZ];
    uint16_t flags;
    uint8_t rest[22];
};
_Static_assert(sizeof(struct ifreq_flags) == 40, "struct ifreq");

struct tap {
    struct netfront *nf; /* NULL until TUNSETIFF */
    bool opening;        /* a TUNSETIFF waits for the device */
    char name[IFNAMSIZ];
    uint32_t vnet_hdr_size; /* remembered only: no header is ever used */
    uint32_t sndbuf;
};

/* The device number: the last run of digits before an optional "-emu". */
static bool device_number(const char *name, unsigned *id)
{
    size_t end = strlen(name), start;
    char digits[6];
    uint64_t value;

    if (end > 4 && !strcmp(name + end - 4, "-emu"))
        end -= 4;
    for (start = end; start && name[start - 1] >= '0' && name[start - 1] <= '9'; start--)
        ;
    if (start == end || end - start >= sizeof(digits))
        return false;
    kstrlcpy(digits, name + start, end - start + 1);
    if (!kparse_u64(digits, 10, &value))
        return false;
    *id = (unsigned)value;
    return true;
}

static long set_interface(struct tap *t, uintptr_t arg)
{
    struct ifreq_flags req;
    unsigned id;
    int rc = copy_from_user(&req, arg, sizeof(req));

    if (rc)
        return rc;
    if (t->nf != NULL || t->opening)
        return -EBUSY;
    if ((req.flags & ~IFF_ONE_QUEUE) != FLAGS)
        return -EINVAL; /* no tun, no headers, no queues */
    req.name[IFNAMSIZ - 1] = '\0';
    if (!device_number(req.name, &id)) {
        log_error("tap: no device number in the interface name \"%s\"", req.name);
        return -EINVAL;
    }
    t->opening = true;
    rc = netfront_open(id, &t->nf);
    t->opening = false;
    if (rc) {
        log_error("tap %s: cannot open vif %u: %s", req.name, id, errno_name(rc));
        return rc;
    }
    kstrlcpy(t->name, req.name, sizeof(t->name));
    return copy_to_user(arg, &req, sizeof(req));
}

static long get_interface(struct tap *t, uintptr_t arg)
{
    struct ifreq_flags req = {.flags = FLAGS};

    if (t->nf == NULL)
        return -EBADFD;
    kstrlcpy(req.name, t->name, sizeof(req.name));
    return copy_to_user(arg, &req, sizeof(req));
}

static long tap_ioctl(struct file *f, unsigned long request, unsigned long arg)
{
    struct tap *t = f->priv;
    uint32_t value;
    int rc;

    switch (request) {
    case TUNSETIFF:
        return set_interface(t, arg);
    case TUNGETIFF:
        return get_interface(t, arg);
    case TUNGETFEATURES:
        return put_user_u32(arg, FLAGS | IFF_ONE_QUEUE);
    case TUNSETOFFLOAD: /* none is offered: only "none" can be set */
        return arg ? -EINVAL : 0;
    case TUNGETVNETHDRSZ:
        return put_user_u32(arg, t->vnet_hdr_size);
    case TUNSETVNETHDRSZ:
        rc = get_user_u32(arg, &value);
        if (!rc && value < VNET_HDR_MIN)
            rc = -EINVAL;
        if (!rc)
            t->vnet_hdr_size = value;
        return rc;
    case TUNGETSNDBUF:
        return put_user_u32(arg, t->sndbuf);
    case TUNSETSNDBUF:
        return get_user_u32(arg, &t->sndbuf);
    case TUNSETPERSIST:
        return 0;
    default:
        return -ENOTTY;
    }
}

static long tap_readv(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    struct tap *t = f->priv;

    (void)pos;
    if (t->nf == NULL)
        return -EBADFD;
    for (;;) {
        long len = netfront_receive(t->nf, iov, n);
        int rc;

        if (len != -EAGAIN || (f->flags & O_NONBLOCK))
            return len;
        rc = waitq_wait(netfront_rx_wait(t->nf), NO_DEADLINE);
        if (rc)
            return rc;
    }
}

static long tap_writev(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    struct tap *t = f->priv;

    (void)pos;
    if (t->nf == NULL)
        return -EBADFD;
    for (;;) {
        long len = netfront_send(t->nf, iov, n);
        int rc;

        if (len != -EAGAIN || (f->flags & O_NONBLOCK))
            return len;
        rc = waitq_wait(netfront_tx_wait(t->nf), NO_DEADLINE);
        if (rc)
            return rc;
    }
}

static unsigned tap_poll(struct file *f, struct poll_table *pt)
{
    struct tap *t = f->priv;
    unsigned ready = 0;

    if (t->nf == NULL)
        return POLLERR;
    poll_wait(pt, netfront_rx_wait(t->nf));
    poll_wait(pt, netfront_tx_wait(t->nf));
    if (netfront_can_receive(t->nf))
        ready |= POLLIN | POLLRDNORM;
    if (netfront_can_send(t->nf))
        ready |= POLLOUT | POLLWRNORM;
    return ready;
}

static void tap_release(struct file *f)
{
    struct tap *t = f->priv;

    if (t->nf != NULL)
        netfront_close(t->nf);
    kfree(t);
}

static long tap_stat_file(struct file *f, struct linux_stat *st);

static const struct file_ops tap_ops = {
    .name = "tap",
    .readv = tap_readv,
    .writev = tap_writev,
    .ioctl = tap_ioctl,
    .poll = tap_poll,
    .stat = tap_stat_file,
    .release = tap_release,
};

static int tap_stat(struct device *d, const char *rest, struct linux_stat *st)
{
    (void)d;
    (void)rest;
    *st = (struct linux_stat){
        .st_mode = S_IFCHR | 0600,
        .st_nlink = 1,
        .st_rdev = 10u << 8 | 200u, /* misc device "tun" */
        .st_blksize = PLAT_PAGE_SIZE,
    };
    return 0;
}

static long tap_stat_file(struct file *f, struct linux_stat *st)
{
    (void)f;
    return tap_stat(NULL, "", st);
}

static int tap_open(struct device *d, const char *rest, unsigned flags, struct file **file)
{
    struct tap *t = kzalloc(sizeof(*t), MEM_NET);

    (void)d;
    (void)rest;
    if (t == NULL)
        return -ENOMEM;
    t->vnet_hdr_size = VNET_HDR_MIN;
    t->sndbuf = INT32_MAX;
    *file = file_create(&tap_ops, t, flags);
    if (*file == NULL) {
        kfree(t);
        return -ENOMEM;
    }
    return 0;
}

void net_tap_register(void)
{
    static struct device tun = {.path = "/dev/net/tun", .open = tap_open, .stat = tap_stat};

    device_register(&tun);
}
