/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Clock, console, randomness and the end; and the absence of Xen. */
#include "core/errno.h"
#include "core/log.h"
#include "core/panic.h"
#include "core/thread.h"
#include "platform/platform.h"
#include "platform/process/host.h"

#define NS_PER_SEC      1000000000u
#define CLOCK_REALTIME  0L
#define CLOCK_MONOTONIC 1L
#define ARCH_SET_FS     0x1002L
#define RANDOM_CHUNK    256u /* getrandom never gives less than asked up to here */
#define STDOUT          1L

void host_exit(int status)
{
    for (;;)
        host_call(HOST_EXIT_GROUP, (long)status);
}

static uint64_t host_clock(long which)
{
    uint64_t ts[2] = {0, 0};

    host_call(HOST_CLOCK_GETTIME, which, ts);
    return ts[0] * NS_PER_SEC + ts[1];
}

uint64_t plat_monotonic(void)
{
    return host_clock(CLOCK_MONOTONIC);
}

uint64_t plat_wallclock(void)
{
    return host_clock(CLOCK_REALTIME);
}

void plat_block(uint64_t deadline)
{
    uint64_t now = plat_monotonic(), ts[2];

    if (deadline == UINT64_MAX) {
        panic_print("stuck: every thread waits for ever\n");
        host_exit(EXIT_STUCK);
    }
    if (deadline <= now)
        return;
    ts[0] = (deadline - now) / NS_PER_SEC;
    ts[1] = (deadline - now) % NS_PER_SEC;
    host_call(HOST_PPOLL, 0L, 0L, ts, 0L, 8L);
}

void plat_console_write(const char *buf, size_t n)
{
    while (n) {
        long rc = host_call(HOST_WRITE, STDOUT, buf, n);

        if (rc <= 0)
            return;
        buf += rc;
        n -= (size_t)rc;
    }
}

void plat_random(void *buf, size_t n)
{
    while (n) {
        long rc = host_call(HOST_GETRANDOM, buf, n < RANDOM_CHUNK ? n : RANDOM_CHUNK, 0L);

        if (rc < 0)
            panic("the host gives no random bytes: %s", errno_name(rc));
        buf = (char *)buf + rc;
        n -= (size_t)rc;
    }
}

void plat_end_takes(plat_domid_t domid)
{
    (void)domid; /* there are no other domains */
}

void plat_end(enum plat_end how)
{
    host_exit(how == PLAT_END_CRASH ? EXIT_PANIC : 0);
}

void panic_backtrace(uintptr_t fp)
{
    /* Frames lie on the kernel stack of the current thread; anything else ends the list. */
    uintptr_t top = (uintptr_t)thread_current()->stack_top;

    while (fp > top - THREAD_STACK_SIZE && fp < top - sizeof(uintptr_t) && !(fp & 7)) {
        const uintptr_t *frame = (const uintptr_t *)fp;

        panic_print("  %#lx\n", (unsigned long)frame[1]);
        fp = frame[0];
    }
}

/* ---- the thread pointer ---------------------------------------------------------------------- */

void plat_set_fsbase(uint64_t base)
{
    host_call(HOST_ARCH_PRCTL, ARCH_SET_FS, base);
}

/* ---- no Xen: what needs another domain is refused, as a toolstack without it would ----------- */

int plat_map_foreign(uintptr_t va, size_t n, plat_domid_t domid, const uint64_t *frames,
                     unsigned kind, unsigned prot, int *err)
{
    (void)va;
    (void)domid;
    (void)frames;
    (void)kind;
    (void)prot;
    for (size_t i = 0; i < n; i++)
        err[i] = -ENOENT;
    return 0;
}

int plat_grant(plat_domid_t domid, const void *page, bool readonly, plat_grant_t *ref)
{
    (void)domid;
    (void)page;
    (void)readonly;
    (void)ref;
    return -ENOSPC;
}

int plat_grant_end(plat_grant_t ref)
{
    (void)ref;
    return 0;
}

int plat_grant_map(plat_domid_t domid, plat_grant_t ref, uintptr_t va, bool readonly,
                   uint32_t *handle)
{
    (void)domid;
    (void)ref;
    (void)va;
    (void)readonly;
    (void)handle;
    return -ENOSYS;
}

int plat_grant_unmap(uint32_t handle, uintptr_t va)
{
    (void)handle;
    (void)va;
    return -ENOSYS;
}

int plat_evtchn_alloc(plat_domid_t remote, plat_port_t *port)
{
    (void)remote;
    (void)port;
    return -ENOSYS;
}

int plat_evtchn_bind(plat_domid_t remote, plat_port_t remote_port, plat_port_t *port)
{
    (void)remote;
    (void)remote_port;
    (void)port;
    return -ENOSYS;
}

int plat_evtchn_bind_virq(uint32_t virq, plat_port_t *port)
{
    (void)virq;
    (void)port;
    return -ENOSYS;
}

void plat_evtchn_close(plat_port_t port)
{
    (void)port;
}

void plat_evtchn_handler(plat_port_t port, plat_event_fn fn, void *arg)
{
    (void)port;
    (void)fn;
    (void)arg;
}

int plat_evtchn_notify(plat_port_t port)
{
    (void)port;
    return -ENOSYS;
}

void plat_evtchn_mask(plat_port_t port)
{
    (void)port;
}

void plat_evtchn_unmask(plat_port_t port)
{
    (void)port;
}

bool plat_events_dispatch(void)
{
    return false;
}

void *plat_xenstore_ring(plat_port_t *port)
{
    *port = 0;
    return NULL;
}

long plat_hypercall(unsigned op, unsigned long a1, unsigned long a2, unsigned long a3,
                    unsigned long a4, unsigned long a5)
{
    (void)op;
    (void)a1;
    (void)a2;
    (void)a3;
    (void)a4;
    (void)a5;
    return -ENOSYS;
}
