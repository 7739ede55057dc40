/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* The PV consoles: their rings, their device files, and the save stream among them. */
#include "console/pv_console.h"

#include "console/tty.h"
#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "core/vm.h"
#include "dev-xen/xen_devices.h"
#include "linux/abi.h"
#include "xenstore/xenstore.h"

#include <xen/io/console.h>
#include <xen/io/xenbus.h>

#define HVC_MAJOR 229u /* of Linux's hvc driver */

#define BACKEND_DOMAIN 0

/* A save fails when the backend takes nothing for so long. */
#define SAVE_STALL_LIMIT (30ull * 1000 * 1000 * 1000)
/* Between the backend's taking of bytes and its write(2) there is only its own code. */
#define SETTLE_TIME (10ull * 1000 * 1000)

struct pv_console {
    unsigned number;
    volatile struct xencons_interface *ring;
    plat_grant_t grant;
    plat_port_t port;
    uint32_t in_cons, out_prod; /* our own indexes: the shared ones are only told, never asked */
    bool broken;                /* the other end's indexes are nonsense: nothing goes any more */
    bool saved;                 /* bytes of a saved state have gone out, perhaps not all of them */
    uint64_t last_output;       /* monotonic time at which a save's write() ended */
    struct waitq wait;
    struct linux_termios settings;
};

static struct pv_console *consoles[PV_CONSOLES_MAX];
static uint32_t existing; /* bit n: xenstore has console n */
static bool existing_known;
static struct waitq existing_wait;

/* ---- the ring -------------------------------------------------------------------------------- */

static void on_event(plat_port_t port, void *arg)
{
    struct pv_console *c = arg;

    (void)port;
    waitq_wake_all(&c->wait);
}

static void declare_broken(struct pv_console *c, const char *which)
{
    if (!c->broken)
        log_error("console %u: the backend's %s index is out of range", c->number, which);
    c->broken = true;
    waitq_wake_all(&c->wait);
}

/* Bytes the backend has not taken. */
static uint32_t out_used(struct pv_console *c)
{
    uint32_t used = c->out_prod - c->ring->out_cons;

    if (used > sizeof(c->ring->out)) {
        declare_broken(c, "output");
        return sizeof(c->ring->out);
    }
    return used;
}

/* Bytes to be read. */
static uint32_t in_ready(struct pv_console *c)
{
    uint32_t ready = c->ring->in_prod - c->in_cons;

    if (ready > sizeof(c->ring->in)) {
        declare_broken(c, "input");
        return 0;
    }
    return ready;
}

/* As much of the bytes as there is room for; returns how many. */
static size_t put(struct pv_console *c, const char *from, size_t n)
{
    char *out = (char *)(uintptr_t)c->ring->out;
    size_t room = sizeof(c->ring->out) - out_used(c), first;
    size_t at = MASK_XENCONS_IDX(c->out_prod, c->ring->out);

    if (c->broken || n == 0 || room == 0)
        return 0;
    if (n > room)
        n = room;
    first = sizeof(c->ring->out) - at;
    if (first > n)
        first = n;
    memcpy(out + at, from, first);
    memcpy(out, from + first, n - first);
    c->out_prod += (uint32_t)n;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    c->ring->out_prod = c->out_prod;
    (void)plat_evtchn_notify(c->port);
    return n;
}

static size_t get(struct pv_console *c, char *to, size_t n)
{
    const char *in = (const char *)(uintptr_t)c->ring->in;
    size_t ready = in_ready(c), first;
    size_t at = MASK_XENCONS_IDX(c->in_cons, c->ring->in);

    if (n > ready)
        n = ready;
    if (n == 0)
        return 0;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    first = sizeof(c->ring->in) - at;
    if (first > n)
        first = n;
    memcpy(to, in + at, first);
    memcpy(to + first, in, n - first);
    c->in_cons += (uint32_t)n;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    c->ring->in_cons = c->in_cons;
    (void)plat_evtchn_notify(c->port);
    return n;
}

/* ---- consoles 1 and up as files -------------------------------------------------------------- */

static long console_readv(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    struct pv_console *c = f->priv;
    long done = 0;

    (void)pos;
    if (kiovec_size(iov, n) == 0)
        return 0;
    while (in_ready(c) == 0) {
        int rc;

        if (c->broken)
            return -EIO;
        if (f->flags & O_NONBLOCK)
            return -EAGAIN;
        rc = waitq_wait(&c->wait, NO_DEADLINE);
        if (rc < 0)
            return rc;
    }
    for (int i = 0; i < n; i++)
        done += (long)get(c, iov[i].base, iov[i].len);
    return done;
}

/* Sleeps until at most `limit` bytes are in the ring. -EIO when the backend stalls or lies. */
static int wait_for_backend(struct pv_console *c, uint32_t limit)
{
    uint64_t deadline = plat_monotonic() + SAVE_STALL_LIMIT;
    uint32_t used = out_used(c);

    while (used > limit && !c->broken) {
        /* A signal must not tear a hole into the saved state: -EINTR does not end this loop. */
        int rc = waitq_wait(&c->wait, deadline);
        uint32_t now = out_used(c);

        if (now != used) {
            deadline = plat_monotonic() + SAVE_STALL_LIMIT;
        } else if (rc == -ETIMEDOUT) {
            log_error("console %u: the backend takes no data: the save fails", c->number);
            return -EIO;
        }
        used = now;
    }
    return c->broken ? -EIO : 0;
}

/*
 * libxl reads the save file as soon as QEMU says that it has written it. So a write ends only when
 * the backend has taken everything, even on a non-blocking descriptor.
 */
static long save_writev(struct pv_console *c, const struct kiovec *iov, int n)
{
    int rc;

    for (int i = 0; i < n; i++) {
        const char *from = iov[i].base;
        size_t left = iov[i].len;

        while (left > 0) {
            size_t part = put(c, from, left);

            c->saved |= part > 0;
            from += part;
            left -= part;
            if (left > 0) {
                rc = wait_for_backend(c, sizeof(c->ring->out) - 1);
                if (rc < 0)
                    return rc;
            }
        }
    }
    rc = wait_for_backend(c, 0);
    if (rc < 0)
        return rc;
    c->last_output = plat_monotonic();
    return (long)kiovec_size(iov, n);
}

static long console_writev(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    struct pv_console *c = f->priv;
    long done = 0;

    (void)pos;
    if (c->number == PV_CONSOLE_SAVE)
        return save_writev(c, iov, n);
    for (int i = 0; i < n; i++) {
        const char *from = iov[i].base;
        size_t left = iov[i].len;

        while (left > 0) {
            size_t part = put(c, from, left);
            int rc;

            from += part;
            left -= part;
            done += (long)part;
            if (left == 0)
                break;
            if (c->broken)
                return done > 0 ? done : -EIO;
            if (part > 0)
                continue;
            if (f->flags & O_NONBLOCK)
                return done > 0 ? done : -EAGAIN;
            rc = waitq_wait(&c->wait, NO_DEADLINE);
            if (rc < 0)
                return done > 0 ? done : rc;
        }
    }
    return done;
}

static unsigned console_poll(struct file *f, struct poll_table *pt)
{
    struct pv_console *c = f->priv;
    unsigned events = 0;

    poll_wait(pt, &c->wait);
    if (in_ready(c) > 0)
        events |= POLLIN | POLLRDNORM;
    if (c->number == PV_CONSOLE_SAVE || out_used(c) < sizeof(c->ring->out))
        events |= POLLOUT | POLLWRNORM;
    return c->broken ? events | POLLERR : events;
}

static long console_ioctl(struct file *f, unsigned long request, unsigned long arg)
{
    struct pv_console *c = f->priv;

    return tty_ioctl(&c->settings, request, arg);
}

static long console_stat(struct file *f, struct linux_stat *st)
{
    const struct pv_console *c = f->priv;

    return char_device_stat(st, HVC_MAJOR, c->number);
}

/*
 * QEMU truncates what it is about to save to, also when it got the descriptor ready-made. The
 * backend cannot: it appends a second device state to the first, and a restore would load the
 * first. So there is one save in a stub domain's life, one that failed in the middle included.
 */
static long console_truncate(struct file *f, int64_t size)
{
    const struct pv_console *c = f->priv;

    if (size != 0)
        return -EINVAL;
    if (c->number == PV_CONSOLE_SAVE && c->saved) {
        log_error(
            "a second save of this guest is refused: it would be appended to the first one's file; "
            "reboot or restore the guest first");
        return -EIO;
    }
    return 0;
}

static const struct file_ops console_ops = {
    .name = "/dev/hvc",
    .readv = console_readv,
    .writev = console_writev,
    .ioctl = console_ioctl,
    .poll = console_poll,
    .stat = console_stat,
    .truncate = console_truncate,
};

/* ---- console 0 ------------------------------------------------------------------------------- */

static struct linux_termios log_settings;

static long log_readv(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    (void)f;
    (void)iov;
    (void)n;
    (void)pos;
    return 0; /* the log has no input: end of file */
}

static long log_writev(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    (void)f;
    (void)pos;
    for (int i = 0; i < n; i++)
        log_program_text(iov[i].base, iov[i].len);
    return (long)kiovec_size(iov, n);
}

static unsigned log_poll(struct file *f, struct poll_table *pt)
{
    (void)f;
    (void)pt;
    return POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM;
}

static long log_ioctl(struct file *f, unsigned long request, unsigned long arg)
{
    (void)f;
    return tty_ioctl(&log_settings, request, arg);
}

static long log_stat(struct file *f, struct linux_stat *st)
{
    (void)f;
    return char_device_stat(st, HVC_MAJOR, PV_CONSOLE_LOG);
}

static const struct file_ops log_ops = {
    .name = "/dev/hvc0",
    .readv = log_readv,
    .writev = log_writev,
    .ioctl = log_ioctl,
    .poll = log_poll,
    .stat = log_stat,
};

/* ---- connecting ------------------------------------------------------------------------------ */

/*
 * The backend looks at both nodes whenever one changes and starts when both are there; it does not
 * care about our state, which is set for those who read xenstore.
 */
static void announce(void *arg)
{
    const struct pv_console *c = arg;
    char path[64];
    int rc;

    ksnprintf(path, sizeof(path), "device/console/%u/port", c->number);
    rc = xs_printf(XS_NO_TX, path, "%u", c->port);
    if (rc == 0) {
        ksnprintf(path, sizeof(path), "device/console/%u/ring-ref", c->number);
        rc = xs_printf(XS_NO_TX, path, "%u", c->grant);
    }
    if (rc == 0) {
        ksnprintf(path, sizeof(path), "device/console/%u/state", c->number);
        rc = xs_printf(XS_NO_TX, path, "%d", XenbusStateConnected);
    }
    if (rc < 0)
        log_error("console %u: cannot write to xenstore (%s)", c->number, errno_name(rc));
}

/* Page, grant, port, and a passing thread that tells xenstore. Stays for the life of the domain. */
static int connect(unsigned n)
{
    struct pv_console *c = kzalloc(sizeof(*c), MEM_BRIDGE);
    void *page;
    int rc = -ENOMEM;

    if (c == NULL)
        return -ENOMEM;
    c->number = n;
    waitq_init(&c->wait);
    tty_init(&c->settings);
    page = page_alloc_zeroed(MEM_BRIDGE);
    if (page == NULL)
        goto free_console;
    c->ring = page;
    rc = plat_grant(BACKEND_DOMAIN, page, false, &c->grant);
    if (rc < 0)
        goto free_page;
    rc = plat_evtchn_alloc(BACKEND_DOMAIN, &c->port);
    if (rc < 0)
        goto end_grant;
    plat_evtchn_handler(c->port, on_event, c);
    if (thread_create("console", announce, c) == NULL) {
        rc = -ENOMEM;
        goto close_port;
    }
    consoles[n] = c;
    return 0;
close_port:
    plat_evtchn_handler(c->port, NULL, NULL);
    plat_evtchn_close(c->port);
end_grant:
    (void)plat_grant_end(c->grant);
free_page:
    pages_free(page, 0, MEM_BRIDGE);
free_console:
    kfree(c);
    return rc;
}

static bool console_exists(unsigned n)
{
    while (!existing_known)
        (void)waitq_wait(&existing_wait, NO_DEADLINE);
    return n < PV_CONSOLES_MAX && (existing & (1u << n)) != 0;
}

int pv_console_open(unsigned n, unsigned flags, struct file **file)
{
    if (n == PV_CONSOLE_LOG) {
        *file = file_create(&log_ops, NULL, flags);
        return *file != NULL ? 0 : -ENOMEM;
    }
    if (!console_exists(n))
        return -ENXIO;
    if (consoles[n] == NULL) {
        int rc = connect(n);

        if (rc < 0)
            return rc;
    }
    *file = file_create(&console_ops, consoles[n], flags);
    return *file != NULL ? 0 : -ENOMEM;
}

void pv_console_settle(void)
{
    const struct pv_console *c = consoles[PV_CONSOLE_SAVE];
    struct waitq nobody = WAITQ_INIT(nobody);

    if (c == NULL || c->last_output == 0)
        return;
    while (plat_monotonic() < c->last_output + SETTLE_TIME)
        (void)waitq_wait(&nobody, c->last_output + SETTLE_TIME);
}

/* ---- the device node ------------------------------------------------------------------------- */

/* The number in "/dev/hvc<number>". */
static bool parse_number(const char *rest, unsigned *n)
{
    uint64_t value;

    if (!kparse_u64(rest, 10, &value) || value >= PV_CONSOLES_MAX)
        return false;
    *n = (unsigned)value;
    return true;
}

static int hvc_open(struct device *d, const char *rest, unsigned flags, struct file **file)
{
    unsigned n;

    (void)d;
    return parse_number(rest, &n) ? pv_console_open(n, flags, file) : -ENOENT;
}

static int hvc_stat(struct device *d, const char *rest, struct linux_stat *st)
{
    unsigned n;

    (void)d;
    if (!parse_number(rest, &n) || (n != PV_CONSOLE_LOG && !console_exists(n)))
        return -ENOENT;
    return char_device_stat(st, HVC_MAJOR, n);
}

static struct device hvc_device = {
    .path = "/dev/hvc",
    .prefix = true,
    .open = hvc_open,
    .stat = hvc_stat,
};

static void list_existing(void *arg)
{
    char **names;
    size_t count = 0;
    int rc = xs_directory(XS_NO_TX, "device/console", &names, &count);

    (void)arg;
    if (rc < 0 && rc != -ENOENT)
        log_error("consoles: cannot list device/console (%s)", errno_name(rc));
    for (size_t i = 0; rc == 0 && i < count; i++) {
        unsigned n;

        if (parse_number(names[i], &n))
            existing |= 1u << n;
    }
    if (rc == 0)
        kfree(names);
    existing_known = true;
    waitq_wake_all(&existing_wait);
}

int pv_console_init(void)
{
    waitq_init(&existing_wait);
    tty_init(&log_settings);
    if (thread_create("consoles", list_existing, NULL) == NULL)
        return -ENOMEM;
    device_register(&hvc_device);
    return 0;
}
