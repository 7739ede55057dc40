/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* What the program may ask about the system it runs on, its limits and its use of resources. */
#include "core/memory.h"
#include "core/string.h"
#include "core/vm.h"
#include "linux/fdtable.h"
#include "linux/process.h"
#include "linux/syscall.h"
#include "linux/time.h"
#include "linux/uaccess.h"

#define RUSAGE_SELF     0
#define RUSAGE_CHILDREN (-1)
#define RUSAGE_THREAD   1
#define RANDOM_MAX      0x1ffffffu /* one getrandom call gives at most this, as on Linux */

long sys_uname(uintptr_t ubuf)
{
    struct linux_utsname u;

    memset(&u, 0, sizeof(u));
    kstrlcpy(u.sysname, "Linux", sizeof(u.sysname));
    kstrlcpy(u.nodename, "stubdom", sizeof(u.nodename));
    /* The Linux release whose system-call interface this layer follows. */
    kstrlcpy(u.release, "6.1.0-rump-stubdom", sizeof(u.release));
    kstrlcpy(u.version, "rump kernel on Xen", sizeof(u.version));
    kstrlcpy(u.machine, "x86_64", sizeof(u.machine));
    kstrlcpy(u.domainname, "(none)", sizeof(u.domainname));
    return copy_to_user(ubuf, &u, sizeof(u));
}

long sys_sysinfo(uintptr_t ubuf)
{
    struct linux_sysinfo si;

    memset(&si, 0, sizeof(si));
    si.uptime = (int64_t)(plat_monotonic() / NS_PER_SEC);
    si.totalram = pages_total() << PLAT_PAGE_SHIFT;
    si.freeram = pages_free_count() << PLAT_PAGE_SHIFT;
    si.procs = (uint16_t)process.nthreads;
    si.mem_unit = 1;
    return copy_to_user(ubuf, &si, sizeof(si));
}

long sys_getrusage(int who, uintptr_t ubuf)
{
    struct linux_rusage ru;

    memset(&ru, 0, sizeof(ru));
    switch (who) {
    case RUSAGE_SELF:
        ru.ru_utime = timeval_of_ns(linux_process_cpu_time());
        ru.ru_nvcsw = (int64_t)process.switches;
        break;
    case RUSAGE_THREAD:
        ru.ru_utime = timeval_of_ns(linux_thread_cpu_time(linux_self()));
        break;
    case RUSAGE_CHILDREN:
        return copy_to_user(ubuf, &ru, sizeof(ru));
    default:
        return -EINVAL;
    }
    ru.ru_maxrss = (int64_t)(vm_resident() / 1024);
    return copy_to_user(ubuf, &ru, sizeof(ru));
}

long sys_getrandom(uintptr_t buf, size_t len, unsigned flags)
{
    int rc;

    if (flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE))
        return -EINVAL;
    if ((flags & GRND_RANDOM) && (flags & GRND_INSECURE))
        return -EINVAL;
    if (len > RANDOM_MAX)
        len = RANDOM_MAX;
    rc = user_buffer(buf, len, true);
    if (rc < 0)
        return rc;
    plat_random((void *)buf, len);
    return (long)len;
}

/* Only the limit on descriptors is enforced; the others are remembered. */
long sys_prlimit64(int pid, unsigned resource, uintptr_t unew, uintptr_t uold)
{
    struct linux_rlimit new, *limit;
    int rc = 0;

    if (resource >= RLIMIT_COUNT)
        return -EINVAL;
    if (unew) {
        rc = copy_from_user(&new, unew, sizeof(new));
        if (rc < 0)
            return rc;
    }
    if (pid != 0 && pid != LINUX_PID)
        return -ESRCH;
    limit = &process.limits[resource];
    if (unew && new.rlim_cur > new.rlim_max)
        return -EINVAL;
    if (unew && resource == RLIMIT_NOFILE && new.rlim_max > FD_LIMIT)
        return -EPERM;
    if (uold)
        rc = copy_to_user(uold, limit, sizeof(*limit));
    if (unew)
        *limit = new;
    return rc;
}

long sys_getrlimit(unsigned resource, uintptr_t ulimit)
{
    return sys_prlimit64(0, resource, 0, ulimit);
}

long sys_setrlimit(unsigned resource, uintptr_t ulimit)
{
    return sys_prlimit64(0, resource, ulimit, 0);
}
