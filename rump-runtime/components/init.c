/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* init.c - start of the bundled rump kernel, and its virtual CPU. */
#include "components/kern.h"

#define MEMORY_PAUSE_NS 10000000 /* between attempts to get some */

/* Whoever holds it runs in the kernel. SPIN: waiting for it must not try to give it up. */
static struct rumpuser_mtx *cpu;
static bool initialised;

void kern_enter(void)
{
    struct lwp *l = rumpuser_curlwp();

    rumpuser_mutex_enter_nowrap(cpu);
    if (l == NULL) {
        /* A thread that never asked for an lwp: one of process 1 for this call only. */
        while (lwproc_newlwp(1, &l) != 0)
            (void)rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, 0, MEMORY_PAUSE_NS);
        l->temporary = true;
        rumpuser_curlwpop(RUMPUSER_LWP_SET, l);
    }
}

void kern_leave(void)
{
    struct lwp *l = rumpuser_curlwp();

    if (l != NULL && l->temporary) {
        rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, l);
        lwproc_free(l);
    }
    rumpuser_mutex_exit(cpu);
}

intptr_t kern_return(int error, intptr_t value)
{
    kern_leave();
    if (error == 0)
        return value;
    rumpuser_seterrno(error);
    return -1;
}

/* ---- up-calls of the hypervisor -------------------------------------------------------------- */

static void hyp_backend_unschedule(int nlocks, int *countp, void *interlock)
{
    (void)nlocks;
    (void)interlock;
    *countp = 0; /* there is no kernel lock to count */
    rumpuser_mutex_exit(cpu);
}

static void hyp_backend_schedule(int nlocks, void *interlock)
{
    (void)nlocks;
    (void)interlock;
    rumpuser_mutex_enter_nowrap(cpu);
}

static void hyp_lwproc_switch(struct lwp *l)
{
    if (rumpuser_curlwp() != NULL)
        rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, rumpuser_curlwp());
    if (l != NULL)
        rumpuser_curlwpop(RUMPUSER_LWP_SET, l);
}

/* Called in the kernel: the new lwp takes the place of a temporary one. */
static void become(struct lwp *l)
{
    struct lwp *old = rumpuser_curlwp();

    rumpuser_curlwpop(RUMPUSER_LWP_SET, l);
    if (old != NULL && old->temporary)
        lwproc_free(old);
}

static int hyp_lwproc_newlwp(int pid)
{
    struct lwp *l;
    int error = lwproc_newlwp(pid, &l);

    if (error == 0)
        become(l);
    return error;
}

static int hyp_lwproc_rfork(void *vmspace, int flags, const char *comm)
{
    struct lwp *l;
    int error = lwproc_rfork(flags, &l);

    (void)vmspace;
    (void)comm;
    if (error == 0)
        become(l);
    return error;
}

static void hyp_lwproc_release(void)
{
    struct lwp *l = rumpuser_curlwp();

    if (l == NULL || l->temporary)
        return;
    rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, l);
    lwproc_free(l);
}

static int hyp_getpid(void)
{
    return curproc()->pid;
}

static int hyp_syscall(int number, void *args, long *retval)
{
    (void)number;
    (void)args;
    (void)retval;
    return NB_ENOSYS; /* for remote clients, which this kernel does not serve */
}

static void hyp_nothing(void)
{
}

static void hyp_execnotify(const char *comm)
{
    (void)comm;
}

int rump_init(void)
{
    static const struct rumpuser_hyperup hyp = {
        .hyp_schedule = kern_enter,
        .hyp_unschedule = kern_leave,
        .hyp_backend_unschedule = hyp_backend_unschedule,
        .hyp_backend_schedule = hyp_backend_schedule,
        .hyp_lwproc_switch = hyp_lwproc_switch,
        .hyp_lwproc_release = hyp_lwproc_release,
        .hyp_lwproc_rfork = hyp_lwproc_rfork,
        .hyp_lwproc_newlwp = hyp_lwproc_newlwp,
        .hyp_lwproc_curlwp = rumpuser_curlwp,
        .hyp_syscall = hyp_syscall,
        .hyp_lwpexit = hyp_nothing,
        .hyp_execnotify = hyp_execnotify,
        .hyp_getpid = hyp_getpid,
    };
    int error;

    if (initialised)
        return NB_EBUSY;
    error = rumpuser_init(RUMPUSER_VERSION, &hyp);
    if (error != 0)
        return error;
    initialised = true;
    rumpuser_mutex_init(&cpu, RUMPUSER_MTX_SPIN);
    poll_init();
    fs_init();
    lwproc_init();
    pipe_init();
    unix_init();
    etfs_init();
    kern_enter();
    error = devfs_init();
    kern_leave();
    return error;
}

/* ---- client side of processes ---------------------------------------------------------------- */

int rump_pub_lwproc_rfork(int flags)
{
    int error;

    kern_enter();
    error = hyp_lwproc_rfork(NULL, flags, NULL);
    kern_leave();
    return error;
}

int rump_pub_lwproc_newlwp(int pid)
{
    int error;

    kern_enter();
    error = hyp_lwproc_newlwp(pid);
    kern_leave();
    return error;
}

void rump_pub_lwproc_switch(struct lwp *l)
{
    hyp_lwproc_switch(l);
}

void rump_pub_lwproc_releaselwp(void)
{
    if (rumpuser_curlwp() == NULL)
        return;
    kern_enter();
    hyp_lwproc_release();
    /* Without an lwp there is nothing temporary for kern_leave() to take down. */
    kern_leave();
}

struct lwp *rump_pub_lwproc_curlwp(void)
{
    return rumpuser_curlwp();
}
