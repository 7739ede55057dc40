/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Clocks from the shared page (<xen/xen.h>: struct vcpu_time_info), and waiting for events. */
#include "core/log.h"
#include "hypercall.h"
#include "pv.h"

#include <xen/vcpu.h>

#define NS_PER_S UINT64_C(1000000000)
/*
 * How late the timer may be. The same moment is asked for again and again, each time reckoned from
 * another reading of the clock: for less than this it is not set anew.
 */
#define SLACK_NS UINT64_C(10000)

/* When Xen's timer for this vCPU goes off; UINT64_MAX: it is not set. */
static uint64_t armed = UINT64_MAX;

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

static void timer_fired(plat_port_t port, void *arg)
{
    (void)port;
    (void)arg;
    armed = UINT64_MAX;
}

void pv_time_init(void)
{
    plat_port_t port;

    /* A new vCPU has a tick of 10 ms, which Xen would set up again each time the vCPU goes on. */
    if (xen_vcpu_op(VCPUOP_stop_periodic_timer, NULL) != 0 ||
        plat_evtchn_bind_virq(VIRQ_TIMER, &port) != 0)
        panic("Xen has no timer for us");
    plat_evtchn_handler(port, timer_fired, NULL);
}

/*
 * Makes sure the timer goes off at the deadline. One that goes off before it does no harm: whoever
 * waits looks at the clock and waits again.
 */
static void arm(uint64_t deadline)
{
    struct vcpu_set_singleshot_timer set = {.timeout_abs_ns = deadline};

    if (deadline > INT64_MAX || armed <= deadline || armed - deadline < SLACK_NS)
        return;
    armed = deadline;
    if (xen_vcpu_op(VCPUOP_set_singleshot_timer, &set) != 0)
        panic("Xen refused to set a timer to %llu", (unsigned long long)deadline);
}

void plat_block(uint64_t deadline)
{
    if (pv_event_pending())
        return;
    arm(deadline);
    pv_sleep();
}
