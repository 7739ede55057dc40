/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * process.h - the one process and its threads, as the Linux layer sees them. Owner of this state:
 * process.c.
 */
#ifndef LINUX_PROCESS_H
#define LINUX_PROCESS_H

#include "core/list.h"
#include "core/thread.h"
#include "linux/abi.h"
#include "platform/platform.h"

#define LINUX_PID  2 /* also the thread id of the first thread */
#define LINUX_PPID 1

/* Signals that wait for delivery. The order within one signal number is the order of arrival. */
struct sigpending {
    linux_sigset_t set;
    struct list queue; /* struct sigqueue */
};

static inline void sigpending_init(struct sigpending *p)
{
    p->set = 0;
    list_init(&p->queue);
}

struct linux_thread {
    struct list link; /* process.threads */
    struct thread *thread;
    struct plat_regs *regs;      /* of the system call being made */
    struct plat_regs start_regs; /* where a cloned thread begins */
    int tid;
    char comm[16];
    uintptr_t clear_child_tid; /* zeroed and woken at the end; 0: none */
    uintptr_t robust_list;     /* user address of the list head; 0: none */

    /* signal.c, sigframe.c */
    linux_sigset_t mask;
    linux_sigset_t saved_mask; /* what to go back to after sigsuspend and the p-calls ... */
    bool restore_mask;         /* ... while this is set */
    bool signal_work;          /* look for signals before the next return to the program */
    linux_sigset_t sigwait;    /* what rt_sigtimedwait waits for; 0: not in it */
    struct sigpending pending;
    struct linux_stack altstack;

    /* pollmemory.c */
    struct poll_memory *polled; /* or NULL */
    uint64_t poll_digest;       /* of what was asked for last */

    /* sched.c: remembered and reported, without influence */
    int policy, priority, nice;
};

struct linux_process {
    struct list threads;
    unsigned nthreads;
    uintptr_t brk_start, brk; /* brk(2) */
    struct sigpending pending;
    struct linux_sigaction actions[LINUX_NSIG + 1];
    uint64_t start;         /* monotonic */
    uint64_t dead_cpu_time; /* of threads that ended */
    uint64_t switches;
    struct linux_rlimit limits[RLIMIT_COUNT];
};
extern struct linux_process process;

/* Sets up `process`; once, before the first linux_thread_attach(). */
void process_init(void);

/* The calling thread's Linux side; NULL for a kernel thread. */
static inline struct linux_thread *linux_self(void)
{
    return (struct linux_thread *)thread_current()->owner[THREAD_OWNER_LINUX];
}

/*
 * Give a kernel thread a Linux side, with the signal mask of `parent` (NULL: the first thread).
 * Returns NULL when memory is short.
 */
struct linux_thread *linux_thread_attach(struct thread *t, const struct linux_thread *parent);
/*
 * The opposite, for the calling thread: it is no longer found, its CPU time stays on the books. The
 * caller lets go of what else lt holds, then frees it (kfree).
 */
void linux_thread_detach(struct linux_thread *lt);
/* NULL when there is none. */
struct linux_thread *linux_thread_find(int tid);

/* CPU time in ns of one thread / of all, those that ended included. */
uint64_t linux_thread_cpu_time(const struct linux_thread *lt);
uint64_t linux_process_cpu_time(void);

/* The program ended: message, then the hook (linux/linux.h). */
void linux_process_exit(int status) __attribute__((noreturn));
void linux_process_killed(int sig) __attribute__((noreturn));

/*
 * futex.c, at the end of a thread: marks and wakes the robust futexes it held; zeroes and wakes its
 * tid word.
 */
void futex_exit_robust_list(struct linux_thread *lt);
void futex_clear_tid(struct linux_thread *lt);

#endif
