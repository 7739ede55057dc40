/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Event channels, the two-level interface (<xen/xen.h>: struct shared_info). The pending bits are
 * looked at when the scheduler or a system call asks; upcalls are masked, except while the vCPU
 * sleeps, and do nothing.
 */
#include "core/errno.h"
#include "core/log.h"
#include "hypercall.h"
#include "pv.h"

#define WORD_BITS 64u
#define PORTS     (WORD_BITS * WORD_BITS)

static struct {
    plat_event_fn fn;
    void *arg;
} handler[PORTS];

static struct vcpu_info *vcpu(void)
{
    return &pv_shared_info.vcpu_info[0];
}

static uint64_t bit(plat_port_t port)
{
    return UINT64_C(1) << (port % WORD_BITS);
}

static void atomic_or(unsigned long *word, uint64_t bits)
{
    __atomic_fetch_or(word, bits, __ATOMIC_SEQ_CST);
}

static void atomic_clear(unsigned long *word, uint64_t bits)
{
    __atomic_fetch_and(word, ~bits, __ATOMIC_SEQ_CST);
}

void pv_events_init(void)
{
    for (unsigned i = 0; i < WORD_BITS; i++)
        pv_shared_info.evtchn_mask[i] = ~0ul;
    __atomic_store_n(&vcpu()->evtchn_upcall_mask, 1, __ATOMIC_SEQ_CST);
}

/* A port that Xen has just given us. */
static void adopt(plat_port_t port)
{
    handler[port].fn = NULL;
    plat_evtchn_unmask(port);
}

int plat_evtchn_alloc(plat_domid_t remote, plat_port_t *port)
{
    struct evtchn_alloc_unbound op = {.dom = DOMID_SELF, .remote_dom = remote};
    long rc = xen_event_channel_op(EVTCHNOP_alloc_unbound, &op);

    if (rc)
        return (int)rc;
    *port = op.port;
    adopt(op.port);
    return 0;
}

int plat_evtchn_bind(plat_domid_t remote, plat_port_t remote_port, plat_port_t *port)
{
    struct evtchn_bind_interdomain op = {.remote_dom = remote, .remote_port = remote_port};
    long rc = xen_event_channel_op(EVTCHNOP_bind_interdomain, &op);

    if (rc)
        return (int)rc;
    *port = op.local_port;
    adopt(op.local_port);
    return 0;
}

int plat_evtchn_bind_virq(uint32_t virq, plat_port_t *port)
{
    struct evtchn_bind_virq op = {.virq = virq, .vcpu = 0};
    long rc = xen_event_channel_op(EVTCHNOP_bind_virq, &op);

    if (rc)
        return (int)rc;
    *port = op.port;
    adopt(op.port);
    return 0;
}

void plat_evtchn_close(plat_port_t port)
{
    struct evtchn_close op = {.port = port};

    plat_evtchn_mask(port);
    handler[port].fn = NULL;
    atomic_clear(&pv_shared_info.evtchn_pending[port / WORD_BITS], bit(port));
    xen_event_channel_op(EVTCHNOP_close, &op);
}

/* Make the next dispatch look at this port's word. */
static void raise_selector(plat_port_t port)
{
    atomic_or(&vcpu()->evtchn_pending_sel, UINT64_C(1) << (port / WORD_BITS));
    __atomic_store_n(&vcpu()->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST);
}

static bool is_pending(plat_port_t port)
{
    return __atomic_load_n(&pv_shared_info.evtchn_pending[port / WORD_BITS], __ATOMIC_SEQ_CST) &
           bit(port);
}

void plat_evtchn_handler(plat_port_t port, plat_event_fn fn, void *arg)
{
    kassert(port < PORTS);
    handler[port].fn = fn;
    handler[port].arg = arg;
    if (fn != NULL)
        plat_evtchn_unmask(port);
}

int plat_evtchn_notify(plat_port_t port)
{
    struct evtchn_send op = {.port = port};

    return (int)xen_event_channel_op(EVTCHNOP_send, &op);
}

void plat_evtchn_mask(plat_port_t port)
{
    atomic_or(&pv_shared_info.evtchn_mask[port / WORD_BITS], bit(port));
}

void plat_evtchn_unmask(plat_port_t port)
{
    atomic_clear(&pv_shared_info.evtchn_mask[port / WORD_BITS], bit(port));
    /*
     * What came while it was masked did not raise the selector. One vCPU: no call into Xen needed.
     */
    if (is_pending(port))
        raise_selector(port);
}

bool pv_event_pending(void)
{
    return __atomic_load_n(&vcpu()->evtchn_upcall_pending, __ATOMIC_SEQ_CST);
}

/* Handle the unmasked pending ports of one word. */
static void dispatch_word(unsigned word)
{
    uint64_t ready = __atomic_load_n(&pv_shared_info.evtchn_pending[word], __ATOMIC_SEQ_CST) &
                     ~__atomic_load_n(&pv_shared_info.evtchn_mask[word], __ATOMIC_SEQ_CST);

    while (ready) {
        plat_port_t port = word * WORD_BITS + (unsigned)__builtin_ctzll(ready);

        ready &= ready - 1;
        if (handler[port].fn == NULL) {
            /* Stays pending; setting a handler unmasks it and finds it again. */
            plat_evtchn_mask(port);
            continue;
        }
        atomic_clear(&pv_shared_info.evtchn_pending[word], bit(port));
        handler[port].fn(port, handler[port].arg);
    }
}

bool plat_events_dispatch(void)
{
    uint64_t selected;

    if (!pv_event_pending())
        return false;
    __atomic_store_n(&vcpu()->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST);
    selected = __atomic_exchange_n(&vcpu()->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
    while (selected) {
        unsigned word = (unsigned)__builtin_ctzll(selected);

        selected &= selected - 1;
        dispatch_word(word);
    }
    return true;
}

void pv_sleep(void)
{
    /*
     * Xen unmasks upcalls, and sleeps unless an event is pending then: none can get lost, whatever
     * the number of ports. Its upcall comes before the call returns, and returns at once (entry.S).
     */
    xen_sched_op(SCHEDOP_block, NULL);
    __atomic_store_n(&vcpu()->evtchn_upcall_mask, 1, __ATOMIC_SEQ_CST);
}
