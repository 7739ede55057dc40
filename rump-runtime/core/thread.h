/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * thread.h - co-operative threads, wait queues and the idle loop.
 *
 * A thread runs until it sleeps, yields or ends. Event channels and timers are looked at when a
 * thread switches and at system-call boundaries (thread_checkpoint), never in between: code without
 * a call to one of the sleeping functions needs no lock.
 *
 * A thread is on exactly one of: the run queue (runnable), no list (running), or asleep, with
 * waiters on any number of wait queues and at most one deadline.
 */
#ifndef CORE_THREAD_H
#define CORE_THREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/list.h"
#include "platform/platform.h"

/*
 * Kernel stack. A page without access below it would not help: in a PV domain the fault of a stack
 * that runs into one has nowhere to be pushed. The compiler refuses large frames instead
 * (meson.build), a canary is looked at with each switch, and the report on memory says how deep
 * the deepest stack was.
 */
#define THREAD_STACK_SIZE ((size_t)16 << 10)
#define NO_DEADLINE       UINT64_MAX

struct waitq {
    struct list waiters;
};
/* clang-format off */
#define WAITQ_INIT(name) {LIST_INIT((name).waiters)}
/* clang-format on */

/* ---- timers: run by the scheduler, on the stack of whichever thread looks; must not sleep ---- */

struct timer {
    struct list link;
    uint64_t deadline;
    void (*fn)(struct timer *);
};
void timer_init(struct timer *t, void (*fn)(struct timer *));
void timer_set(struct timer *t, uint64_t deadline); /* (re)arm; monotonic ns */
void timer_cancel(struct timer *t);                 /* safe when not armed */

/* ---- threads --------------------------------------------------------------------------------- */

/* Slots of thread->owner: each layer hangs its own structure on a thread. */
enum { THREAD_OWNER_LINUX, THREAD_OWNER_RUMP, THREAD_OWNER_RUMPUSER, THREAD_OWNERS };

struct thread {
    struct list run_link; /* on the run queue while runnable */
    struct list all_link; /* on the list of all threads */
    struct plat_context ctx;
    void *stack; /* kernel stack: THREAD_STACK_SIZE bytes, owned */
    void *stack_top;
    uint64_t fsbase;         /* thread pointer of the program, 0 for pure kernel threads */
    uintptr_t program_stack; /* where its stack in the program began, 0 for pure kernel threads */
    uint64_t slice_start;    /* monotonic time of the last switch to it */
    uint64_t slice_end;      /* thread_checkpoint() yields after it */
    uint64_t cpu_time;       /* ns spent running, up to the last switch */
    struct timer sleep_timer;
    bool asleep; /* in thread_sleep(), not on the run queue */
    bool woken, interrupted;
    bool stopped; /* never runs again */
    int tid;
    char name[24];
    void (*fn)(void *);
    void *arg;
    void *owner[THREAD_OWNERS];
};

/* Sets up the scheduler; the caller becomes the first thread ("main"). */
void threads_init(void);

/* Only thread.c writes it; a variable, because every system call asks. */
extern struct thread *thread_running;

static inline struct thread *thread_current(void)
{
    return thread_running;
}

/*
 * Start a thread that calls fn(arg). It ends when fn returns or calls thread_exit(). Returns NULL
 * when memory is short. The structure is freed by the scheduler after the end: keep no pointer to a
 * thread without a protocol that says when it ends.
 */
struct thread *thread_create(const char *name, void (*fn)(void *), void *arg);
void thread_exit(void) __attribute__((noreturn));

/*
 * Another thread, asleep or runnable, never runs again. Nothing of it is freed, and what it holds
 * stays held: for the end of a program, whose memory goes with the domain.
 */
void thread_stop(struct thread *t);

/*
 * Monotonic ns. thread_clock() reads the clock; thread_now() only where nobody has in this system
 * call, or since the thread slept in it: the time of the call, good for deadlines and for what is
 * left of one. For code that a system call runs; what runs by itself reads plat_monotonic().
 */
uint64_t thread_clock(void);
uint64_t thread_now(void);

/* Let every other runnable thread run first; looks at events and timers. */
void thread_yield(void);

/* At system-call boundaries: dispatch pending events; yield when the time slice is used up. */
void thread_checkpoint(void);

/* The next checkpoint yields, whatever is left of the slice. From any context. */
void thread_yield_soon(void);

/*
 * Sleep until thread_wake() or the deadline. Returns 0 when woken, -ETIMEDOUT, or -EINTR after
 * thread_interrupt(). A wake that came after thread_sleep_prepare() ends the sleep at once, so that
 * "prepare, test condition, sleep" loses nothing even when the test itself may block.
 */
void thread_sleep_prepare(void);
int thread_sleep(uint64_t deadline);
void thread_wake(struct thread *t);
/* Wake it with -EINTR; remembered until its next sleep if it does not sleep now. */
void thread_interrupt(struct thread *t);

/* One entry on one queue; lives on the sleeper's stack. fired: this queue was woken. */
struct waiter {
    struct list link;
    struct thread *thread;
    bool fired;
    /*
     * NULL: a wake is thread_wake(thread). Else this is called instead, on the waker's stack; it
     * must not sleep and not put the waiter back. Such a waiter never uses up a waitq_wake_one().
     * Set it after waitq_add().
     */
    void (*fn)(struct waiter *w);
};

void waitq_init(struct waitq *q);
void waitq_add(struct waitq *q, struct waiter *w); /* for the current thread */
void waiter_remove(struct waiter *w);              /* safe when already removed */

/* Wait on one queue. As thread_sleep(). The caller re-tests its condition in a loop. */
int waitq_wait(struct waitq *q, uint64_t deadline);

/* Wakes the longest waiting thread / all. A woken waiter leaves the queue. Returns how many. */
unsigned waitq_wake_one(struct waitq *q);
unsigned waitq_wake_all(struct waitq *q);

/* The most bytes of its kernel stack that any thread has used so far. */
size_t threads_deepest_stack(void);

/* Iterate over all threads (reports, panics). fn returns false to stop. */
void threads_for_each(bool (*fn)(struct thread *, void *), void *arg);

/*
 * Hosted platform only: run until no thread but the caller is runnable and no event is pending.
 * Timers that are due run too. Lets a test that plays Xen drive the world step by step.
 */
void threads_run_until_idle(void);

/* Called by the scheduler when the current thread changes. One listener: the Linux layer. */
extern void (*thread_switch_hook)(struct thread *to);

#endif
