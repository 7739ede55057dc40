/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Clocks from the shared page (<xen/xen.h>: struct vcpu_time_info), and waiting for events. */
#include "hypercall.h"
#include "pv.h"

#define NS_PER_S       UINT64_C(1000000000)
#define POLL_PORTS_MAX 128u /* the most SCHEDOP_poll takes */
/* With more open ports than that the rest is looked at this often. */
#define POLL_REST_NS UINT64_C(1000000)

static uint64_t rdtsc(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

uint64_t plat_monotonic(void)
{
    const volatile struct vcpu_time_info *t = &pv_shared_info.vcpu_info[0].time;
    static uint64_t last;
    uint64_t ns, delta;
    uint32_t version;

    do { /* an odd version: Xen is writing */
        version = t->version & ~1u;
        barrier();
        delta = rdtsc() - t->tsc_timestamp;
        if ((int64_t)delta < 0) /* this processor's counter is behind the one that Xen read */
            delta = 0;
        delta = t->tsc_shift >= 0 ? delta << t->tsc_shift : delta >> -t->tsc_shift;
        ns = t->system_time + (uint64_t)(((unsigned __int128)delta * t->tsc_to_system_mul) >> 32);
        barrier();
    } while (version != t->version);
    /* Xen's calibrations may step back by nanoseconds. */
    if (ns > last)
        last = ns;
    return last;
}

uint64_t plat_wallclock(void)
{
    const volatile struct shared_info *s = &pv_shared_info;
    uint64_t start;
    uint32_t version;

    do {
        version = s->wc_version & ~1u;
        barrier();
        start = (((uint64_t)s->wc_sec_hi << 32 | s->wc_sec) * NS_PER_S) + s->wc_nsec;
        barrier();
    } while (version != s->wc_version);
    return start + plat_monotonic();
}

void plat_block(uint64_t deadline)
{
    plat_port_t ports[POLL_PORTS_MAX];
    struct sched_poll poll;

    if (pv_event_pending())
        return;
    poll.nr_ports = pv_unmasked_ports(ports, POLL_PORTS_MAX);
    if (poll.nr_ports == POLL_PORTS_MAX) {
        uint64_t soon = plat_monotonic() + POLL_REST_NS;

        if (deadline > soon)
            deadline = soon;
    }
    set_xen_guest_handle(poll.ports, ports);
    poll.timeout = deadline > INT64_MAX ? 0 : deadline; /* 0: no limit; Xen's times are signed */
    xen_sched_op(SCHEDOP_poll, &poll);
}
