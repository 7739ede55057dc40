/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Who the program is: one process, its own session and group, running as root unless the kernel
 * makes it an ordinary user before it starts. Identities can be changed by the rules (root may
 * become anyone, nobody may come back); no file permission follows from it.
 */
#include "linux/linux.h"
#include "linux/process.h"
#include "linux/syscall.h"
#include "linux/uaccess.h"

#define KEEP       0xffffffffu /* "leave this one alone" in the setre* and setres* calls */
#define MAX_GROUPS 32
#define WNOHANG    1
#define P_PIDFD    3
#define NOBODY     65534u

struct ids {
    unsigned real, effective, saved;
};
static struct ids user, group;
static uint32_t groups[MAX_GROUPS];
static int ngroups;

static bool privileged(void)
{
    return user.effective == 0;
}

void linux_run_as_user(uint64_t address_space)
{
    user = group = (struct ids){NOBODY, NOBODY, NOBODY};
    process.limits[RLIMIT_AS] = (struct linux_rlimit){address_space, address_space};
}

static bool has(const struct ids *ids, unsigned id)
{
    return id == ids->real || id == ids->effective || id == ids->saved;
}

/* ---- users and groups ------------------------------------------------------------------------ */

static long set_all_or_effective(struct ids *ids, unsigned id)
{
    if (id == KEEP)
        return -EINVAL;
    if (privileged())
        ids->real = ids->saved = id;
    else if (id != ids->real && id != ids->saved)
        return -EPERM;
    ids->effective = id;
    return 0;
}

static long set_three(struct ids *ids, unsigned real, unsigned effective, unsigned saved)
{
    if (!privileged() &&
        ((real != KEEP && !has(ids, real)) || (effective != KEEP && !has(ids, effective)) ||
         (saved != KEEP && !has(ids, saved))))
        return -EPERM;
    if (real != KEEP)
        ids->real = real;
    if (effective != KEEP)
        ids->effective = effective;
    if (saved != KEEP)
        ids->saved = saved;
    return 0;
}

static long set_two(struct ids *ids, unsigned real, unsigned effective)
{
    unsigned old_real = ids->real;

    if (!privileged() && ((real != KEEP && real != ids->real && real != ids->effective) ||
                          (effective != KEEP && !has(ids, effective))))
        return -EPERM;
    if (real != KEEP)
        ids->real = real;
    if (effective != KEEP)
        ids->effective = effective;
    if (real != KEEP || (effective != KEEP && effective != old_real))
        ids->saved = ids->effective;
    return 0;
}

static long get_three(const struct ids *ids, uintptr_t real, uintptr_t effective, uintptr_t saved)
{
    int rc = put_user_u32(real, ids->real);

    if (rc == 0)
        rc = put_user_u32(effective, ids->effective);
    return rc < 0 ? rc : put_user_u32(saved, ids->saved);
}

long sys_getuid(void)
{
    return user.real;
}

long sys_geteuid(void)
{
    return user.effective;
}

long sys_getgid(void)
{
    return group.real;
}

long sys_getegid(void)
{
    return group.effective;
}

long sys_setuid(unsigned id)
{
    return set_all_or_effective(&user, id);
}

long sys_setgid(unsigned id)
{
    return set_all_or_effective(&group, id);
}

long sys_setreuid(unsigned real, unsigned effective)
{
    return set_two(&user, real, effective);
}

long sys_setregid(unsigned real, unsigned effective)
{
    return set_two(&group, real, effective);
}

long sys_setresuid(unsigned real, unsigned effective, unsigned saved)
{
    return set_three(&user, real, effective, saved);
}

long sys_setresgid(unsigned real, unsigned effective, unsigned saved)
{
    return set_three(&group, real, effective, saved);
}

long sys_getresuid(uintptr_t real, uintptr_t effective, uintptr_t saved)
{
    return get_three(&user, real, effective, saved);
}

long sys_getresgid(uintptr_t real, uintptr_t effective, uintptr_t saved)
{
    return get_three(&group, real, effective, saved);
}

long sys_getgroups(int size, uintptr_t list)
{
    int rc;

    if (size < 0 || (size && size < ngroups))
        return -EINVAL;
    rc = size ? copy_to_user(list, groups, (size_t)ngroups * sizeof(groups[0])) : 0;
    return rc < 0 ? rc : ngroups;
}

long sys_setgroups(int size, uintptr_t list)
{
    uint32_t new[MAX_GROUPS];
    int rc;

    if (!privileged())
        return -EPERM;
    if (size < 0 || size > MAX_GROUPS)
        return -EINVAL;
    rc = copy_from_user(new, list, (size_t)size * sizeof(new[0]));
    if (rc < 0)
        return rc;
    for (ngroups = 0; ngroups < size; ngroups++)
        groups[ngroups] = new[ngroups];
    return 0;
}

/* ---- processes, groups of them, sessions ----------------------------------------------------- */

long sys_getpid(void)
{
    return LINUX_PID;
}

long sys_getppid(void)
{
    return LINUX_PPID;
}

long sys_getpgrp(void)
{
    return LINUX_PID;
}

long sys_getpgid(int pid)
{
    return pid == 0 || pid == LINUX_PID ? LINUX_PID : -ESRCH;
}

long sys_getsid(int pid)
{
    return pid == 0 || pid == LINUX_PID ? LINUX_PID : -ESRCH;
}

/* The process leads its session from the start: both calls are refused to a leader. */
long sys_setsid(void)
{
    return -EPERM;
}

long sys_setpgid(int pid, int pgid)
{
    if (pgid < 0)
        return -EINVAL;
    return pid == 0 || pid == LINUX_PID ? -EPERM : -ESRCH;
}

/* There are no other programs to become, and no children to wait for. */
long sys_execve(uintptr_t path, uintptr_t argv, uintptr_t envp)
{
    (void)path;
    (void)argv;
    (void)envp;
    return -ENOSYS;
}

long sys_wait4(int pid, uintptr_t status, int options, uintptr_t rusage)
{
    (void)pid;
    (void)status;
    (void)rusage;
    return options & ~0xe000000b ? -EINVAL : -ECHILD;
}

long sys_waitid(int which, int pid, uintptr_t info, int options, uintptr_t rusage)
{
    (void)pid;
    (void)info;
    (void)rusage;
    return which < 0 || which > P_PIDFD || !(options & ~WNOHANG) ? -EINVAL : -ECHILD;
}
