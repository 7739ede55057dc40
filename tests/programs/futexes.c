/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* futex(2) itself: counts, bit sets, requeueing, wake-op, time-outs, errors. */
#define _GNU_SOURCE
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

#define THREADS 4

static uint32_t word, other;
static int asleep, awake;

static long futex(uint32_t *a, int op, uint32_t v, const void *t, uint32_t *a2, uint32_t v3)
{
    return syscall(SYS_futex, a, op, v, t, a2, v3);
}

static void *waiter(void *arg)
{
    uint32_t bits = (uint32_t)(long)arg;

    __atomic_fetch_add(&asleep, 1, __ATOMIC_SEQ_CST);
    CHECK_EQ(futex(&word, FUTEX_WAIT_BITSET_PRIVATE, 0, NULL, NULL, bits), 0);
    __atomic_fetch_add(&awake, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

/* Starts the waiters and gives them time to be asleep in the kernel. */
static void start(pthread_t t[THREADS])
{
    asleep = awake = 0;
    for (long i = 0; i < THREADS; i++)
        NEED(pthread_create(&t[i], NULL, waiter, (void *)(1l << i)) == 0);
    while (__atomic_load_n(&asleep, __ATOMIC_SEQ_CST) < THREADS)
        usleep(1000);
    usleep(50000);
}

static void join(pthread_t t[THREADS])
{
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_join(t[i], NULL), 0);
    CHECK_EQ(awake, THREADS);
}

int main(void)
{
    struct timespec ms = {0, 3000000}, abs;
    pthread_t t[THREADS];

    test_begin("futexes");
    CHECK_ERRNO(futex(&word, FUTEX_WAIT, 1, NULL, NULL, 0), EAGAIN);
    CHECK_ERRNO(futex(&word, FUTEX_WAIT, 0, &ms, NULL, 0), ETIMEDOUT);
    CHECK_ERRNO(futex((uint32_t *)((char *)&word + 1), FUTEX_WAIT, 0, &ms, NULL, 0), EINVAL);
    CHECK_ERRNO(futex((uint32_t *)64, FUTEX_WAIT, 0, &ms, NULL, 0), EFAULT);
    CHECK_ERRNO(futex(&word, FUTEX_WAIT_BITSET, 0, NULL, NULL, 0), EINVAL);
    CHECK_ERRNO(futex(&word, 99, 0, NULL, NULL, 0), ENOSYS);
    ms.tv_nsec = 1000000000;
    CHECK_ERRNO(futex(&word, FUTEX_WAIT, 0, &ms, NULL, 0), EINVAL);
    NEED(clock_gettime(CLOCK_MONOTONIC, &abs) == 0);
    CHECK_ERRNO(futex(&word, FUTEX_WAIT_BITSET, 0, &abs, NULL, FUTEX_BITSET_MATCH_ANY), ETIMEDOUT);
    NEED(clock_gettime(CLOCK_REALTIME, &abs) == 0);
    CHECK_ERRNO(futex(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &abs, NULL,
                      FUTEX_BITSET_MATCH_ANY),
                ETIMEDOUT);
    CHECK_EQ(futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0), 0);

    start(t);
    CHECK_EQ(futex(&word, FUTEX_WAKE_BITSET_PRIVATE, INT_MAX, NULL, NULL, 0x10), 0);
    CHECK_EQ(futex(&word, FUTEX_WAKE_BITSET_PRIVATE, INT_MAX, NULL, NULL, 0x5), 2);
    CHECK_EQ(futex(&word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0), 1);
    CHECK_EQ(futex(&word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0), 1);
    join(t);

    start(t);
    CHECK_ERRNO(futex(&word, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)1l, &other, 9), EAGAIN);
    CHECK_EQ(futex(&word, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)2l, &other, 0), 3);
    CHECK_EQ(futex(&other, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0), 2);
    CHECK_EQ(futex(&word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0), 1);
    join(t);

    /* other = 5 (set), and wake on `other` too when its old value was 0. */
    start(t);
    CHECK_EQ(futex(&word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1l, &other,
                   FUTEX_OP(FUTEX_OP_SET, 5, FUTEX_OP_CMP_EQ, 0)),
             1);
    CHECK_EQ(other, 5);
    CHECK_EQ(futex(&word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1l, &other,
                   FUTEX_OP(FUTEX_OP_ADD, 2, FUTEX_OP_CMP_GT, 9)),
             1);
    CHECK_EQ(other, 7);
    CHECK_EQ(futex(&word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0), 2);
    join(t);
    return test_end();
}
