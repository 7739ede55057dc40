/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * futex(2). One address space: private and shared futexes are the same thing, keyed by virtual
 * address. Threads are co-operative, so "test the word, then queue" needs no lock. Priority
 * inheritance is not there (ENOSYS): without preemption it has no effect.
 */
#include "core/log.h"
#include "core/string.h"
#include "linux/process.h"
#include "linux/signal.h"
#include "linux/syscall.h"
#include "linux/time.h"
#include "linux/uaccess.h"

#define BUCKETS      64
#define ROBUST_LIMIT 2048 /* a robust list longer than this is a loop */
#define MATCH_ANY    0xffffffffu

struct futex_waiter {
    struct list link;
    uintptr_t addr;
    uint32_t bitset;
    bool woken;
    struct thread *thread;
};

static struct list buckets[BUCKETS];

static struct list *bucket(uintptr_t addr)
{
    uint64_t h = (addr >> 2) * 0x9e3779b97f4a7c15ull;
    struct list *b = &buckets[h >> 58];

    if (b->next == NULL)
        list_init(b);
    return b;
}
_Static_assert(BUCKETS == 1 << (64 - 58), "hash width");

static unsigned wake(uintptr_t addr, unsigned n, uint32_t bitset)
{
    unsigned count = 0;

    list_for_each_safe(it, bucket(addr))
    {
        struct futex_waiter *w = container_of(it, struct futex_waiter, link);

        if (count == n)
            break;
        if (w->addr != addr || !(w->bitset & bitset))
            continue;
        list_remove(&w->link);
        w->woken = true;
        thread_wake(w->thread);
        count++;
    }
    return count;
}

static long wait(uintptr_t addr, uint32_t value, uint32_t bitset, uint64_t deadline)
{
    struct futex_waiter w = {.addr = addr, .bitset = bitset, .thread = thread_current()};
    uint32_t now;
    int rc;

    if (bitset == 0)
        return -EINVAL;
    rc = get_user_u32(addr, &now);
    if (rc < 0)
        return rc;
    if (now != value)
        return -EAGAIN;
    list_add_tail(bucket(addr), &w.link);
    do {
        thread_sleep_prepare();
        rc = signal_sleep(deadline);
    } while (rc == 0 && !w.woken);
    list_remove(&w.link);
    if (w.woken)
        return 0;
    if (rc == -EINTR && deadline == NO_DEADLINE)
        return -ERESTARTSYS;
    return rc;
}

static long requeue(uintptr_t from, uintptr_t to, int nwake, int nmove, const uint32_t *expected)
{
    struct list *target = bucket(to);
    unsigned woken;
    int moved = 0;

    if (nwake < 0 || nmove < 0 || (to & 3))
        return -EINVAL;
    if (expected != NULL) {
        uint32_t now;
        int rc = get_user_u32(from, &now);

        if (rc < 0)
            return rc;
        if (now != *expected)
            return -EAGAIN;
    }
    woken = wake(from, (unsigned)nwake, MATCH_ANY);
    list_for_each_safe(it, bucket(from))
    {
        struct futex_waiter *w = container_of(it, struct futex_waiter, link);

        if (moved == nmove || from == to)
            break;
        if (w->addr != from)
            continue;
        list_remove(&w->link);
        w->addr = to;
        list_add_tail(target, &w->link);
        moved++;
    }
    return (long)woken + moved;
}

/*
 * FUTEX_WAKE_OP: change the second word, wake on the first, and on the second if its old value
 * compares.
 */
static long wake_op(uintptr_t addr, uintptr_t addr2, unsigned nwake, unsigned nwake2, uint32_t code)
{
    unsigned op = (code >> 28) & 7, cmp = (code >> 24) & 15;
    int32_t oparg = (int32_t)(code << 8) >> 20, cmparg = (int32_t)(code << 20) >> 20;
    uint32_t old, new, arg;
    int32_t signed_old;
    bool also;
    long n;
    int rc;

    if (addr2 & 3)
        return -EINVAL;
    arg = code & 0x80000000u ? 1u << (oparg & 31) : (uint32_t)oparg;
    rc = get_user_u32(addr2, &old);
    if (rc < 0)
        return rc;
    switch (op) {
    case 0:
        new = arg;
        break;
    case 1:
        new = old + arg;
        break;
    case 2:
        new = old | arg;
        break;
    case 3:
        new = old & ~arg;
        break;
    case 4:
        new = old ^ arg;
        break;
    default:
        return -ENOSYS;
    }
    signed_old = (int32_t)old;
    switch (cmp) {
    case 0:
        also = signed_old == cmparg;
        break;
    case 1:
        also = signed_old != cmparg;
        break;
    case 2:
        also = signed_old < cmparg;
        break;
    case 3:
        also = signed_old <= cmparg;
        break;
    case 4:
        also = signed_old > cmparg;
        break;
    case 5:
        also = signed_old >= cmparg;
        break;
    default:
        return -ENOSYS;
    }
    rc = put_user_u32(addr2, new);
    if (rc < 0)
        return rc;
    n = wake(addr, nwake, MATCH_ANY);
    if (also)
        n += wake(addr2, nwake2, MATCH_ANY);
    return n;
}

static long futex_wait_call(uintptr_t addr, int op, uint32_t value, uintptr_t timeout,
                            uint32_t bitset)
{
    bool absolute = (op & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME)) == FUTEX_WAIT_BITSET;
    uint64_t deadline = NO_DEADLINE;
    int rc = 0;

    if (timeout && absolute) {
        uint64_t ns;

        rc = timespec_from_user(timeout, &ns);
        if (rc == 0)
            rc = time_deadline_at(op & FUTEX_CLOCK_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC, ns,
                                  &deadline);
    } else if (timeout) {
        rc = time_deadline_in(timeout, &deadline);
    }
    if (rc < 0)
        return rc;
    if (addr & 3)
        return -EINVAL;
    return wait(addr, value, absolute ? bitset : MATCH_ANY, deadline);
}

/* The fourth argument is a timeout for the waiting operations and a count for the others. */
long sys_futex(uintptr_t addr, int op, uint32_t value, uintptr_t timeout, uintptr_t addr2,
               uint32_t value3)
{
    int cmd = op & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);

    if ((op & FUTEX_CLOCK_REALTIME) && cmd != FUTEX_WAIT_BITSET)
        return -ENOSYS;
    switch (cmd) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
        return futex_wait_call(addr, op, value, timeout, value3);
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET:
        if ((addr & 3) || (cmd == FUTEX_WAKE_BITSET && value3 == 0))
            return -EINVAL;
        /* Linux wakes at least one waiter, whatever the count. */
        return wake(addr, (int32_t)value > 0 ? value : 1, cmd == FUTEX_WAKE ? MATCH_ANY : value3);
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE:
        if (addr & 3)
            return -EINVAL;
        return requeue(addr, addr2, (int)value, (int)timeout,
                       cmd == FUTEX_CMP_REQUEUE ? &value3 : NULL);
    case FUTEX_WAKE_OP:
        if (addr & 3)
            return -EINVAL;
        return wake_op(addr, addr2, value, (unsigned)timeout, value3);
    default:
        return -ENOSYS;
    }
}

/* ---- the end of a thread --------------------------------------------------------------------- */

void futex_clear_tid(struct linux_thread *lt)
{
    uintptr_t addr = lt->clear_child_tid;

    if (!addr)
        return;
    lt->clear_child_tid = 0;
    if (put_user_u32(addr, 0) == 0)
        wake(addr, 1, MATCH_ANY);
}

static void owner_died(uintptr_t addr, int tid)
{
    uint32_t value;

    if ((addr & 3) || get_user_u32(addr, &value) < 0)
        return;
    if ((value & FUTEX_TID_MASK) != (uint32_t)tid)
        return;
    if (put_user_u32(addr, (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED) == 0 &&
        (value & FUTEX_WAITERS))
        wake(addr, 1, MATCH_ANY);
}

/* get_robust_list(2): the list is the program's own, so every step is checked. */
void futex_exit_robust_list(struct linux_thread *lt)
{
    struct linux_robust_list_head head;
    uint64_t entry;

    if (!lt->robust_list || copy_from_user(&head, lt->robust_list, sizeof(head)) < 0)
        return;
    entry = head.list;
    for (int i = 0; i < ROBUST_LIMIT && (entry & ~1ull) != lt->robust_list; i++) {
        uint64_t node = entry & ~1ull; /* bit 0 marks a priority-inheritance futex */

        if (copy_from_user(&entry, node, sizeof(entry)) < 0)
            break;
        if (node != (head.list_op_pending & ~1ull))
            owner_died(node + (uint64_t)head.futex_offset, lt->tid);
    }
    if (head.list_op_pending)
        owner_died((head.list_op_pending & ~1ull) + (uint64_t)head.futex_offset, lt->tid);
    lt->robust_list = 0;
}
