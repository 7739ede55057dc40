/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* The process, its threads, and how it ends. */
#include "linux/process.h"

#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "linux/fdtable.h"
#include "linux/linux.h"

#define TID_LIMIT 4194304 /* as Linux's pid_max; futex words have room for 30 bits */

struct linux_process process;

static void end_domain(int status, int sig)
{
    plat_end(status == 0 && sig == 0 ? PLAT_END_POWEROFF : PLAT_END_CRASH);
}

void (*linux_exit_hook)(int status, int sig) = end_domain;
void (*linux_leave_hook)(void);

static void count_switch(struct thread *to)
{
    (void)to;
    process.switches++;
}

void process_init(void)
{
    list_init(&process.threads);
    sigpending_init(&process.pending);
    process.start = plat_monotonic();
    for (unsigned i = 0; i < RLIMIT_COUNT; i++)
        process.limits[i] = (struct linux_rlimit){RLIM_INFINITY, RLIM_INFINITY};
    process.limits[RLIMIT_NOFILE] = (struct linux_rlimit){FD_LIMIT, FD_LIMIT};
    process.limits[RLIMIT_STACK].rlim_cur = (uint64_t)8 << 20;
    process.limits[RLIMIT_CORE].rlim_cur = 0;
    thread_switch_hook = count_switch;
}

struct linux_thread *linux_thread_find(int tid)
{
    list_for_each(it, &process.threads)
    {
        struct linux_thread *lt = container_of(it, struct linux_thread, link);

        if (lt->tid == tid)
            return lt;
    }
    return NULL;
}

static int new_tid(void)
{
    static int last = LINUX_PID - 1;

    do {
        last = last + 1 < TID_LIMIT ? last + 1 : LINUX_PID;
    } while (linux_thread_find(last) != NULL);
    return last;
}

struct linux_thread *linux_thread_attach(struct thread *t, const struct linux_thread *parent)
{
    struct linux_thread *lt = kzalloc(sizeof(*lt), MEM_LINUX);

    if (lt == NULL)
        return NULL;
    lt->thread = t;
    lt->tid = new_tid();
    sigpending_init(&lt->pending);
    if (parent != NULL) {
        lt->mask = parent->mask;
        lt->policy = parent->policy;
        lt->priority = parent->priority;
        lt->nice = parent->nice;
        memcpy(lt->comm, parent->comm, sizeof(lt->comm));
    }
    list_add_tail(&process.threads, &lt->link);
    process.nthreads++;
    t->owner[THREAD_OWNER_LINUX] = lt;
    return lt;
}

void linux_thread_detach(struct linux_thread *lt)
{
    list_remove(&lt->link);
    process.nthreads--;
    process.dead_cpu_time += linux_thread_cpu_time(lt);
    lt->thread->owner[THREAD_OWNER_LINUX] = NULL;
}

uint64_t linux_thread_cpu_time(const struct linux_thread *lt)
{
    uint64_t t = lt->thread->cpu_time;

    if (lt->thread == thread_current())
        t += thread_clock() - lt->thread->slice_start;
    return t;
}

uint64_t linux_process_cpu_time(void)
{
    uint64_t t = process.dead_cpu_time;

    list_for_each(it, &process.threads) t +=
        linux_thread_cpu_time(container_of(it, struct linux_thread, link));
    return t;
}

/* The program is over: whatever the exit hook waits for, none of its threads goes on meanwhile. */
static void stop_others(void)
{
    list_for_each(it, &process.threads)
    {
        struct linux_thread *lt = container_of(it, struct linux_thread, link);

        if (lt->thread != thread_current())
            thread_stop(lt->thread);
    }
}

void linux_process_exit(int status)
{
    if (linux_leave_hook != NULL)
        linux_leave_hook();
    stop_others();
    status &= 0xff;
    log_info("program exited with status %d", status);
    memory_report(LOG_DEBUG);
    linux_exit_hook(status, 0);
    panic("the exit hook returned");
}

void linux_process_killed(int sig)
{
    const struct linux_thread *lt = linux_self();

    stop_others();
    log_error("program killed by signal %d (thread %d, %s)", sig, lt != NULL ? lt->tid : 0,
              lt != NULL ? lt->comm : "kernel");
    linux_exit_hook(0, sig);
    panic("the exit hook returned");
}
