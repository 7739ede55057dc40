/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Scheduling parameters: checked, remembered and reported. They have no influence: threads are
 * co-operative and take turns.
 */
#include "core/string.h"
#include "linux/process.h"
#include "linux/syscall.h"
#include "linux/time.h"
#include "linux/uaccess.h"

#define PRIO_PROCESS         0
#define PRIO_PGRP            1
#define PRIO_USER            2
#define RT_PRIO_MIN          1
#define RT_PRIO_MAX          99
#define NICE_MIN             (-20)
#define NICE_MAX             19
#define RR_INTERVAL          100000000ull
#define SCHED_ATTR_SIZE_VER0 48

/* pid 0: the caller; the process id names its first thread. */
static struct linux_thread *sched_target(int pid)
{
    return pid == 0 ? linux_self() : linux_thread_find(pid);
}

static int check(int policy, int priority)
{
    switch (policy) {
    case SCHED_OTHER:
    case SCHED_BATCH:
    case SCHED_IDLE:
        return priority == 0 ? 0 : -EINVAL;
    case SCHED_FIFO:
    case SCHED_RR:
        return priority >= RT_PRIO_MIN && priority <= RT_PRIO_MAX ? 0 : -EINVAL;
    default:
        return -EINVAL;
    }
}

static long set(int pid, int policy, uintptr_t uparam)
{
    struct linux_thread *lt;
    int32_t priority;
    int rc;

    if (pid < 0 || !uparam)
        return -EINVAL;
    rc = copy_from_user(&priority, uparam, sizeof(priority));
    if (rc < 0)
        return rc;
    lt = sched_target(pid);
    if (lt == NULL)
        return -ESRCH;
    if (policy < 0)
        policy = lt->policy;
    policy &= ~SCHED_RESET_ON_FORK;
    rc = check(policy, priority);
    if (rc < 0)
        return rc;
    lt->policy = policy;
    lt->priority = priority;
    return 0;
}

long sys_sched_yield(void)
{
    thread_yield();
    return 0;
}

long sys_sched_setparam(int pid, uintptr_t uparam)
{
    return set(pid, -1, uparam);
}

long sys_sched_setscheduler(int pid, int policy, uintptr_t uparam)
{
    return policy < 0 ? -EINVAL : set(pid, policy, uparam);
}

long sys_sched_getscheduler(int pid)
{
    const struct linux_thread *lt;

    if (pid < 0)
        return -EINVAL;
    lt = sched_target(pid);
    return lt != NULL ? lt->policy : -ESRCH;
}

long sys_sched_getparam(int pid, uintptr_t uparam)
{
    const struct linux_thread *lt;

    if (pid < 0 || !uparam)
        return -EINVAL;
    lt = sched_target(pid);
    return lt != NULL ? put_user_u32(uparam, (uint32_t)lt->priority) : -ESRCH;
}

static long priority_limit(int policy, int limit)
{
    if (policy == SCHED_FIFO || policy == SCHED_RR)
        return limit;
    return policy == SCHED_OTHER || policy == SCHED_BATCH || policy == SCHED_IDLE ? 0 : -EINVAL;
}

long sys_sched_get_priority_max(int policy)
{
    return priority_limit(policy, RT_PRIO_MAX);
}

long sys_sched_get_priority_min(int policy)
{
    return priority_limit(policy, RT_PRIO_MIN);
}

long sys_sched_rr_get_interval(int pid, uintptr_t uts)
{
    const struct linux_thread *lt;

    if (pid < 0)
        return -EINVAL;
    lt = sched_target(pid);
    if (lt == NULL)
        return -ESRCH;
    return timespec_to_user(uts, lt->policy == SCHED_FIFO ? 0 : RR_INTERVAL);
}

/* One virtual CPU, number 0. */
long sys_sched_setaffinity(int pid, size_t size, uintptr_t umask)
{
    uint8_t first = 0;
    int rc;

    if (size) {
        rc = copy_from_user(&first, umask, 1);
        if (rc < 0)
            return rc;
    }
    if (sched_target(pid) == NULL)
        return -ESRCH;
    return first & 1 ? 0 : -EINVAL;
}

long sys_sched_getaffinity(int pid, size_t size, uintptr_t umask)
{
    uint64_t mask = 1;
    int rc;

    if (size < sizeof(mask) || size % sizeof(mask))
        return -EINVAL;
    if (sched_target(pid) == NULL)
        return -ESRCH;
    rc = copy_to_user(umask, &mask, sizeof(mask));
    return rc < 0 ? rc : (long)sizeof(mask);
}

long sys_getcpu(uintptr_t ucpu, uintptr_t unode)
{
    int rc = ucpu ? put_user_u32(ucpu, 0) : 0;

    if (rc == 0 && unode)
        rc = put_user_u32(unode, 0);
    return rc;
}

long sys_sched_setattr(int pid, uintptr_t uattr, unsigned flags)
{
    struct linux_sched_attr attr;
    struct linux_thread *lt;
    int rc;

    if (!uattr || pid < 0 || flags)
        return -EINVAL;
    rc = copy_from_user(&attr, uattr, SCHED_ATTR_SIZE_VER0);
    if (rc < 0)
        return rc;
    if (attr.size && attr.size < SCHED_ATTR_SIZE_VER0)
        return -E2BIG;
    lt = sched_target(pid);
    if (lt == NULL)
        return -ESRCH;
    rc = check((int)attr.sched_policy, (int)attr.sched_priority);
    if (rc < 0)
        return rc;
    lt->policy = (int)attr.sched_policy;
    lt->priority = (int)attr.sched_priority;
    lt->nice = attr.sched_nice;
    return 0;
}

long sys_sched_getattr(int pid, uintptr_t uattr, unsigned size, unsigned flags)
{
    struct linux_sched_attr attr;
    const struct linux_thread *lt;

    if (!uattr || pid < 0 || flags || size < SCHED_ATTR_SIZE_VER0 || size > PLAT_PAGE_SIZE)
        return -EINVAL;
    lt = sched_target(pid);
    if (lt == NULL)
        return -ESRCH;
    memset(&attr, 0, sizeof(attr));
    attr.size = SCHED_ATTR_SIZE_VER0;
    attr.sched_policy = (uint32_t)lt->policy;
    attr.sched_priority = (uint32_t)lt->priority;
    attr.sched_nice = lt->nice;
    return copy_to_user(uattr, &attr, SCHED_ATTR_SIZE_VER0);
}

/* The raw call answers 20 - nice, which is never negative. */
long sys_getpriority(int which, int who)
{
    const struct linux_thread *lt;

    if (which < PRIO_PROCESS || which > PRIO_USER)
        return -EINVAL;
    lt = which == PRIO_PROCESS ? sched_target(who) : linux_self();
    return lt != NULL ? 20 - lt->nice : -ESRCH;
}

long sys_setpriority(int which, int who, int nice)
{
    struct linux_thread *lt;

    if (which < PRIO_PROCESS || which > PRIO_USER)
        return -EINVAL;
    lt = which == PRIO_PROCESS ? sched_target(who) : linux_self();
    if (lt == NULL)
        return -ESRCH;
    lt->nice = nice < NICE_MIN ? NICE_MIN : nice > NICE_MAX ? NICE_MAX : nice;
    return 0;
}

/* On one CPU program order is all the order there is: every barrier is in place already. */
long sys_membarrier(int cmd, unsigned flags, int cpu)
{
    enum { QUERY = 0, ALL = 0x1 | 0x2 | 0x4 | 0x8 | 0x10 };

    (void)cpu;
    if (flags)
        return -EINVAL;
    if (cmd == QUERY)
        return ALL;
    return (cmd & ~ALL) || (cmd & (cmd - 1)) ? -EINVAL : 0;
}
