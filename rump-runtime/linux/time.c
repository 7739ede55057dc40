/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Clocks and sleeping. Every clock has nanosecond resolution; the coarse ones are the exact ones.
 */
#include "linux/time.h"

#include "core/thread.h"
#include "linux/process.h"
#include "linux/signal.h"
#include "linux/syscall.h"
#include "linux/uaccess.h"

/* CPU-clock numbers: bits 31..3 are ~pid or ~tid, bit 2 says which, bits 1..0 the kind of time. */
#define CPU_CLOCK_ID(clock)        (~((clock) >> 3))
#define CPU_CLOCK_IS_THREAD(clock) (4 & (clock))
#define CPU_CLOCK_KIND(clock)      (3 & (clock))
#define CPU_CLOCK_FD               3

int timespec_to_ns(const struct linux_timespec *ts, uint64_t *ns)
{
    if (ts->tv_sec < 0 || ts->tv_nsec < 0 || ts->tv_nsec >= (int64_t)NS_PER_SEC)
        return -EINVAL;
    if (__builtin_mul_overflow((uint64_t)ts->tv_sec, NS_PER_SEC, ns) ||
        __builtin_add_overflow(*ns, (uint64_t)ts->tv_nsec, ns))
        *ns = NS_MAX;
    if (*ns > NS_MAX)
        *ns = NS_MAX;
    return 0;
}

int timespec_from_user(uintptr_t uts, uint64_t *ns)
{
    struct linux_timespec ts;
    int rc = copy_from_user_here(&ts, uts, sizeof(ts));

    return rc < 0 ? rc : timespec_to_ns(&ts, ns);
}

struct linux_timespec timespec_of_ns(uint64_t ns)
{
    struct linux_timespec ts = {(int64_t)(ns / NS_PER_SEC), (int64_t)(ns % NS_PER_SEC)};

    return ts;
}

int timespec_to_user(uintptr_t uts, uint64_t ns)
{
    struct linux_timespec ts = timespec_of_ns(ns);

    return copy_to_user_here(uts, &ts, sizeof(ts));
}

struct linux_timeval timeval_of_ns(uint64_t ns)
{
    struct linux_timeval tv = {(int64_t)(ns / NS_PER_SEC), (int64_t)(ns % NS_PER_SEC / 1000)};

    return tv;
}

int timeval_to_ns(const struct linux_timeval *tv, uint64_t *ns)
{
    struct linux_timespec ts;

    if (tv->tv_usec < 0 || tv->tv_usec >= 1000000)
        return -EINVAL;
    ts.tv_sec = tv->tv_sec;
    ts.tv_nsec = tv->tv_usec * 1000;
    return timespec_to_ns(&ts, ns);
}

static int cpu_clock_read(int clock, uint64_t *ns)
{
    int id = CPU_CLOCK_ID(clock);
    struct linux_thread *lt;

    if (CPU_CLOCK_KIND(clock) == CPU_CLOCK_FD)
        return -EINVAL;
    if (!CPU_CLOCK_IS_THREAD(clock)) {
        if (id != 0 && id != LINUX_PID)
            return -EINVAL;
        *ns = linux_process_cpu_time();
        return 0;
    }
    lt = id ? linux_thread_find(id) : linux_self();
    if (lt == NULL)
        return -EINVAL;
    *ns = linux_thread_cpu_time(lt);
    return 0;
}

int clock_read(int clock, uint64_t *ns)
{
    switch (clock) {
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
    case CLOCK_BOOTTIME_ALARM:
        *ns = thread_clock();
        return 0;
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_TAI:
        *ns = plat_wallclock();
        return 0;
    case CLOCK_PROCESS_CPUTIME_ID:
        *ns = linux_process_cpu_time();
        return 0;
    case CLOCK_THREAD_CPUTIME_ID:
        *ns = linux_thread_cpu_time(linux_self());
        return 0;
    default:
        return clock < 0 ? cpu_clock_read(clock, ns) : -EINVAL;
    }
}

uint64_t deadline_after(uint64_t ns)
{
    return thread_now() + ns;
}

int time_deadline_at(int clock, uint64_t ns, uint64_t *deadline)
{
    uint64_t now;

    switch (clock) {
    case CLOCK_MONOTONIC:
    case CLOCK_BOOTTIME:
    case CLOCK_BOOTTIME_ALARM:
        *deadline = ns;
        return 0;
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_TAI:
        now = plat_wallclock();
        *deadline =
            thread_clock() + (ns > now ? ns - now : 0); /* read after the other: not early */
        return 0;
    default:
        return -EINVAL;
    }
}

int time_deadline_in(uintptr_t uts, uint64_t *deadline)
{
    uint64_t ns;
    int rc = timespec_from_user(uts, &ns);

    if (rc < 0)
        return rc;
    *deadline = deadline_after(ns);
    return 0;
}

uint64_t time_left(uint64_t deadline)
{
    uint64_t now = thread_now();

    return deadline > now ? deadline - now : 0;
}

/* ---- system calls ---------------------------------------------------------------------------- */

long sys_clock_gettime(int clock, uintptr_t uts)
{
    uint64_t ns;
    int rc = clock_read(clock, &ns);

    return rc < 0 ? rc : timespec_to_user(uts, ns);
}

long sys_clock_getres(int clock, uintptr_t uts)
{
    uint64_t ns;
    int rc = clock_read(clock, &ns);

    if (rc < 0 || !uts)
        return rc;
    return timespec_to_user(uts, 1);
}

long sys_clock_settime(int clock, uintptr_t uts)
{
    uint64_t ns;
    int rc;

    if (clock != CLOCK_REALTIME)
        return -EINVAL;
    rc = timespec_from_user(uts, &ns);
    return rc < 0 ? rc : -EPERM; /* time comes from Xen */
}

long sys_settimeofday(uintptr_t utv, uintptr_t utz)
{
    struct linux_timeval tv;
    uint64_t ns;
    int rc;

    (void)utz;
    if (!utv)
        return -EPERM;
    rc = copy_from_user(&tv, utv, sizeof(tv));
    if (rc == 0)
        rc = timeval_to_ns(&tv, &ns);
    return rc < 0 ? rc : -EPERM;
}

long sys_gettimeofday(uintptr_t utv, uintptr_t utz)
{
    struct linux_timeval tv = timeval_of_ns(plat_wallclock());
    int rc = 0;

    if (utv)
        rc = copy_to_user(utv, &tv, sizeof(tv));
    if (rc == 0 && utz)
        rc = clear_user(utz, 2 * sizeof(int32_t));
    return rc;
}

long sys_time(uintptr_t ut)
{
    uint64_t now = plat_wallclock() / NS_PER_SEC;
    int rc = ut ? put_user_u64(ut, now) : 0;

    return rc < 0 ? rc : (long)now;
}

long sys_times(uintptr_t buf)
{
    const uint64_t tick = NS_PER_SEC / LINUX_CLK_TCK;
    struct linux_tms tms = {.tms_utime = (int64_t)(linux_process_cpu_time() / tick)};
    int rc = buf ? copy_to_user(buf, &tms, sizeof(tms)) : 0;

    return rc < 0 ? rc : (long)(plat_monotonic() / tick);
}

/* Sleeps until the deadline; writes what is left when a signal ends it and urem is given. */
static long sleep_until(uint64_t deadline, uintptr_t urem)
{
    for (;;) {
        int rc;

        thread_sleep_prepare();
        rc = signal_sleep(deadline);
        if (rc == -ETIMEDOUT)
            return 0;
        if (rc == -EINTR) {
            rc = urem ? timespec_to_user(urem, time_left(deadline)) : 0;

            return rc < 0 ? rc : -EINTR;
        }
    }
}

long sys_nanosleep(uintptr_t ureq, uintptr_t urem)
{
    uint64_t deadline;
    int rc = time_deadline_in(ureq, &deadline);

    return rc < 0 ? rc : sleep_until(deadline, urem);
}

long sys_clock_nanosleep(int clock, int flags, uintptr_t ureq, uintptr_t urem)
{
    uint64_t ns, deadline;
    int rc = time_deadline_at(clock, 0, &deadline);

    if (rc < 0)
        return clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_MONOTONIC_RAW ? -EOPNOTSUPP : rc;
    rc = timespec_from_user(ureq, &ns);
    if (rc < 0)
        return rc;
    if (!(flags & TIMER_ABSTIME))
        return sleep_until(deadline_after(ns), urem);
    rc = time_deadline_at(clock, ns, &deadline);
    return rc < 0 ? rc : sleep_until(deadline, 0);
}
