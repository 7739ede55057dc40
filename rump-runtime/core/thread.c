/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Scheduler, wait queues and the idle loop (thread.h states the rules). */
#include "core/thread.h"

#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "core/timer.h"
#include "core/vm.h"

#define SLICE_NS              2000000u /* a thread that only computes and calls is switched out then */
#define CHECKPOINTS_PER_CLOCK 8
#define STACK_ORDER           2
#define STACK_CANARY          0x5354434b43414e41u /* at the lowest address of each kernel stack */
#define STACK_UNUSED          0xa5                /* bytes nothing was ever written to */
_Static_assert((PLAT_PAGE_SIZE << STACK_ORDER) == THREAD_STACK_SIZE, "stack order");

static struct list run_queue = LIST_INIT(run_queue);
static struct list all_threads = LIST_INIT(all_threads);
static struct thread main_thread;
static struct thread *to_bury; /* ended; its stack is freed by the next one to run */
static int next_tid = 1;
static size_t deepest_ended; /* bytes: the deepest stack of the threads that have ended */

struct thread *thread_running;
void (*thread_switch_hook)(struct thread *to);

/* ---- the clock ------------------------------------------------------------------------------- */

/* Reading it can be a trap into Xen: what one system call needs to know it reads once. */
static struct {
    uint64_t read;
    bool fresh; /* read since the present system call began, or since the thread went on in it */
} clock;

uint64_t thread_clock(void)
{
    clock.read = plat_monotonic();
    clock.fresh = true;
    return clock.read;
}

uint64_t thread_now(void)
{
    return clock.fresh ? clock.read : thread_clock();
}

static bool stack_create(struct thread *t)
{
    t->stack = pages_alloc(STACK_ORDER, MEM_CORE);
    if (t->stack == NULL)
        return false;
    memset(t->stack, STACK_UNUSED, THREAD_STACK_SIZE);
    *(uint64_t *)t->stack = STACK_CANARY;
    t->stack_top = (char *)t->stack + THREAD_STACK_SIZE;
    return true;
}

/* How far down anything was written, bytes. The stack's own poisoned places are read, too. */
__attribute__((no_sanitize("address"))) static size_t stack_used(const struct thread *t)
{
    const uint8_t *bytes = t->stack;
    size_t at = sizeof(uint64_t); /* behind the canary */

    while (at < THREAD_STACK_SIZE && bytes[at] == STACK_UNUSED)
        at++;
    return THREAD_STACK_SIZE - at;
}

/* ---- switching ------------------------------------------------------------------------------- */

static void bury(void)
{
    struct thread *t = to_bury;

    if (t == NULL)
        return;
    to_bury = NULL;
    if (stack_used(t) > deepest_ended)
        deepest_ended = stack_used(t);
    pages_free(t->stack, STACK_ORDER, MEM_CORE);
    kfree(t);
}

static void switch_to(struct thread *next, uint64_t now)
{
    struct thread *prev = thread_running;

    prev->cpu_time += now - prev->slice_start;
    next->slice_start = now;
    next->slice_end = now + SLICE_NS;
    if (next == prev)
        return;
    if (*(uint64_t *)prev->stack != STACK_CANARY)
        panic("kernel stack overflow in thread %d (%s)", prev->tid, prev->name);
    thread_running = next;
    plat_set_kstack(next->stack_top);
    if (next->fsbase)
        plat_set_fsbase(next->fsbase);
    if (thread_switch_hook != NULL)
        thread_switch_hook(next);
    plat_context_switch(&prev->ctx, &next->ctx);
    bury();
}

static struct thread *pick(void)
{
    struct list *first = run_queue.next;

    if (list_empty(&run_queue))
        return NULL;
    list_remove(first);
    return container_of(first, struct thread, run_link);
}

/* Idle on the stack of whoever went to sleep last, until somebody is runnable; then switch. */
static void schedule(void)
{
    uint64_t now = thread_now();
    struct thread *next;

    clock.fresh = false;
    for (;;) {
        uint64_t idle_start = now;

        plat_events_dispatch();
        timers_run(now);
        next = pick();
        if (next != NULL)
            break;
        plat_block(timers_next());
        now = thread_clock();
        thread_running->slice_start += now - idle_start; /* nobody's time */
    }
    switch_to(next, now);
}

/* ---- threads --------------------------------------------------------------------------------- */

static void make_runnable(struct thread *t)
{
    if (t->asleep && !t->stopped) {
        t->asleep = false;
        list_add_tail(&run_queue, &t->run_link);
    }
}

static void wake_by_timer(struct timer *timer)
{
    make_runnable(container_of(timer, struct thread, sleep_timer));
}

static void thread_setup(struct thread *t, const char *name)
{
    list_init(&t->run_link);
    kstrlcpy(t->name, name, sizeof(t->name));
    t->tid = next_tid++;
    timer_init(&t->sleep_timer, wake_by_timer);
    list_add_tail(&all_threads, &t->all_link);
}

void threads_init(void)
{
    thread_setup(&main_thread, "main");
    if (!stack_create(&main_thread))
        panic("no memory for the first thread");
    thread_running = &main_thread;
    plat_set_kstack(main_thread.stack_top);
}

static void thread_start(void *arg)
{
    struct thread *t = arg;

    bury();
    t->fn(t->arg);
    thread_exit();
}

struct thread *thread_create(const char *name, void (*fn)(void *), void *arg)
{
    struct thread *t = kzalloc(sizeof(*t), MEM_CORE);

    if (t == NULL)
        return NULL;
    if (!stack_create(t)) {
        kfree(t);
        return NULL;
    }
    t->fn = fn;
    t->arg = arg;
    thread_setup(t, name);
    plat_context_make(&t->ctx, t->stack, THREAD_STACK_SIZE, thread_start, t);
    list_add_tail(&run_queue, &t->run_link);
    return t;
}

void thread_exit(void)
{
    struct thread *t = thread_running;

    kassert(t != &main_thread && !to_bury);
    list_remove(&t->all_link);
    timer_cancel(&t->sleep_timer);
    to_bury = t;
    schedule();
    panic("a dead thread was scheduled");
}

void thread_yield(void)
{
    list_add_tail(&run_queue, &thread_running->run_link);
    schedule();
}

static bool yield_soon;

void thread_yield_soon(void)
{
    yield_soon = true;
}

/*
 * When the slice is looked at next. A program that has just read the clock gives the time; for one
 * that has not, reading it at every system call would cost more than it tells.
 */
static bool checkpoint_time(uint64_t *now)
{
    static unsigned count;

    if (clock.fresh) {
        clock.fresh = false;
        count = 0;
        *now = clock.read;
        return true;
    }
    if (++count % CHECKPOINTS_PER_CLOCK)
        return false;
    *now = thread_clock();
    return true;
}

void thread_checkpoint(void)
{
    uint64_t now;

    plat_events_dispatch();
    if (yield_soon) {
        yield_soon = false;
        if (!list_empty(&run_queue))
            thread_yield();
    }
    if (!checkpoint_time(&now))
        return;
    if (now >= timers_next())
        timers_run(now);
    if (now >= thread_running->slice_end && !list_empty(&run_queue))
        thread_yield();
}

size_t threads_deepest_stack(void)
{
    size_t deepest = deepest_ended;

    list_for_each(it, &all_threads)
    {
        size_t used = stack_used(container_of(it, struct thread, all_link));

        deepest = used > deepest ? used : deepest;
    }
    return deepest;
}

void threads_for_each(bool (*fn)(struct thread *, void *), void *arg)
{
    list_for_each_safe(it, &all_threads)
    {
        if (!fn(container_of(it, struct thread, all_link), arg))
            return;
    }
}

void threads_run_until_idle(void)
{
    for (;;) {
        plat_events_dispatch();
        timers_run(plat_monotonic());
        if (list_empty(&run_queue))
            return;
        thread_yield();
    }
}

/* ---- sleeping -------------------------------------------------------------------------------- */

void thread_sleep_prepare(void)
{
    thread_running->woken = false;
}

int thread_sleep(uint64_t deadline)
{
    struct thread *t = thread_running;

    if (!t->woken && !t->interrupted) {
        if (deadline != NO_DEADLINE)
            timer_set(&t->sleep_timer, deadline);
        t->asleep = true;
        schedule();
        timer_cancel(&t->sleep_timer);
    }
    if (t->woken) {
        t->woken = false;
        return 0;
    }
    if (t->interrupted) {
        t->interrupted = false;
        return -EINTR;
    }
    return -ETIMEDOUT;
}

void thread_wake(struct thread *t)
{
    t->woken = true;
    make_runnable(t);
}

void thread_stop(struct thread *t)
{
    t->stopped = true;
    if (!t->asleep) {
        list_remove(&t->run_link);
        t->asleep = true;
    }
}

void thread_interrupt(struct thread *t)
{
    t->interrupted = true;
    make_runnable(t);
}

/* ---- wait queues ----------------------------------------------------------------------------- */

void waitq_init(struct waitq *q)
{
    list_init(&q->waiters);
}

void waitq_add(struct waitq *q, struct waiter *w)
{
    w->thread = thread_running;
    w->fired = false;
    w->fn = NULL;
    list_add_tail(&q->waiters, &w->link);
}

void waiter_remove(struct waiter *w)
{
    list_remove(&w->link);
}

int waitq_wait(struct waitq *q, uint64_t deadline)
{
    struct waiter w;
    int rc;

    thread_sleep_prepare();
    waitq_add(q, &w);
    rc = thread_sleep(deadline);
    waiter_remove(&w);
    /* A wake that came together with the deadline or a signal was meant for us: do not lose it. */
    return w.fired ? 0 : rc;
}

unsigned waitq_wake_one(struct waitq *q)
{
    while (!list_empty(&q->waiters)) {
        struct waiter *w = container_of(q->waiters.next, struct waiter, link);

        list_remove(&w->link);
        w->fired = true;
        if (w->fn == NULL) {
            thread_wake(w->thread);
            return 1;
        }
        w->fn(w);
    }
    return 0;
}

unsigned waitq_wake_all(struct waitq *q)
{
    unsigned n = 0;

    while (waitq_wake_one(q))
        n++;
    return n;
}
