/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Threads of the domain that execute calls for the test (hosted.h). */
#include "platform/hosted/internal.h"

#include "core/errno.h"
#include "core/log.h"
#include "core/thread.h"

#define WORKERS 64

enum worker_state { WORKER_FREE, WORKER_ASKED, WORKER_DONE };

static struct worker {
    enum worker_state state;
    struct waitq wait;
    hosted_entry fn; /* NULL: a system call */
    uint64_t nr, a[6];
    int64_t result;
} workers[WORKERS];
static int worker_count;

static int64_t system_call(const struct worker *w)
{
    struct plat_regs regs = {
        .rax = w->nr,
        .rdi = w->a[0],
        .rsi = w->a[1],
        .rdx = w->a[2],
        .r10 = w->a[3],
        .r8 = w->a[4],
        .r9 = w->a[5],
    };

    syscall_dispatch(&regs);
    return (int64_t)regs.rax;
}

static void worker_main(void *arg)
{
    struct worker *w = arg;

    for (;;) {
        while (w->state != WORKER_ASKED)
            (void)waitq_wait(&w->wait, NO_DEADLINE);
        w->result = w->fn != NULL ? w->fn(w->a[0], w->a[1], w->a[2], w->a[3], w->a[4], w->a[5])
                                  : system_call(w);
        w->state = WORKER_DONE;
    }
}

int hosted_worker_create(void)
{
    struct worker *w;
    char name[24];

    if (worker_count == WORKERS)
        return -ENOMEM;
    w = &workers[worker_count];
    ksnprintf(name, sizeof(name), "worker-%d", worker_count);
    waitq_init(&w->wait);
    if (thread_create(name, worker_main, w) == NULL)
        return -ENOMEM;
    return worker_count++;
}

static struct worker *worker_of(int number)
{
    return number >= 0 && number < worker_count ? &workers[number] : NULL;
}

static int hand_over(int number, hosted_entry fn, uint64_t nr, const uint64_t a[6])
{
    struct worker *w = worker_of(number);

    if (w == NULL)
        return -EINVAL;
    if (w->state != WORKER_FREE)
        return -EBUSY;
    w->fn = fn;
    w->nr = nr;
    for (int i = 0; i < 6; i++)
        w->a[i] = a[i];
    w->state = WORKER_ASKED;
    waitq_wake_all(&w->wait);
    return 0;
}

int hosted_worker_call(int worker, hosted_entry fn, uint64_t a1, uint64_t a2, uint64_t a3,
                       uint64_t a4, uint64_t a5, uint64_t a6)
{
    const uint64_t a[6] = {a1, a2, a3, a4, a5, a6};

    return fn == NULL ? -EINVAL : hand_over(worker, fn, 0, a);
}

int hosted_worker_syscall(int worker, uint64_t nr, uint64_t a1, uint64_t a2, uint64_t a3,
                          uint64_t a4, uint64_t a5, uint64_t a6)
{
    const uint64_t a[6] = {a1, a2, a3, a4, a5, a6};

    return hand_over(worker, NULL, nr, a);
}

int hosted_worker_result(int worker, int64_t *result)
{
    struct worker *w = worker_of(worker);

    if (w == NULL || w->state == WORKER_FREE)
        return -EINVAL;
    if (w->state != WORKER_DONE)
        return 0;
    *result = w->result;
    w->state = WORKER_FREE;
    return 1;
}
