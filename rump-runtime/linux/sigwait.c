/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* System calls that wait for signals. */
#include "linux/signal.h"
#include "linux/syscall.h"
#include "linux/time.h"
#include "linux/uaccess.h"

long sys_rt_sigpending(uintptr_t set, size_t setsize)
{
    struct linux_thread *lt = linux_self();
    linux_sigset_t pending = signal_pending_set(lt) & lt->mask;

    if (setsize > sizeof(pending))
        return -EINVAL;
    return copy_to_user(set, &pending, setsize);
}

/*
 * Takes a signal of `set` without running a handler; deadline as thread_sleep(). Signal, -EAGAIN or
 * -EINTR.
 */
static long sigwait(struct linux_thread *lt, linux_sigset_t set, uint64_t deadline,
                    struct linux_siginfo *info)
{
    for (;;) {
        int rc;

        if (signal_dequeue(lt, set, info))
            return info->si_signo;
        thread_sleep_prepare();
        lt->sigwait = set;
        rc = signal_sleep(deadline);
        lt->sigwait = 0;
        if (rc == 0)
            continue;
        if (signal_dequeue(lt, set, info))
            return info->si_signo;
        return rc == -ETIMEDOUT ? -EAGAIN : -EINTR;
    }
}

long sys_rt_sigtimedwait(uintptr_t uset, uintptr_t uinfo, uintptr_t utimeout, size_t setsize)
{
    struct linux_thread *lt = linux_self();
    struct linux_siginfo info;
    linux_sigset_t set;
    uint64_t deadline = NO_DEADLINE;
    long sig;
    int rc;

    if (setsize != sizeof(set))
        return -EINVAL;
    rc = copy_from_user(&set, uset, sizeof(set));
    if (rc < 0)
        return rc;
    if (utimeout) {
        rc = time_deadline_in(utimeout, &deadline);
        if (rc < 0)
            return rc;
    }
    sig = sigwait(lt, set & ~SIG_UNBLOCKABLE, deadline, &info);
    if (sig > 0 && uinfo) {
        rc = copy_to_user(uinfo, &info, sizeof(info));
        if (rc < 0)
            return rc;
    }
    return sig;
}

/* Until a signal with a handler came. */
static long wait_for_handler(void)
{
    for (;;) {
        thread_sleep_prepare();
        if (signal_sleep(NO_DEADLINE) == -EINTR)
            return -EINTR;
    }
}

long sys_pause(void)
{
    return wait_for_handler();
}

long sys_rt_sigsuspend(uintptr_t uset, size_t setsize)
{
    linux_sigset_t set;
    int rc;

    if (setsize != sizeof(set))
        return -EINVAL;
    rc = copy_from_user(&set, uset, sizeof(set));
    if (rc < 0)
        return rc;
    signal_set_mask_for_call(linux_self(), set);
    return wait_for_handler();
}
