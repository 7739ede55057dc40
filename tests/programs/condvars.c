/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Condition variables: signal, broadcast (futex requeue), time-outs on both clocks; barriers;
 * rwlocks; once.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#include "check.h"

#define THREADS 10
#define ROUNDS  200

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int turn, released, waiting;

static void *ping(void *arg)
{
    int me = *(int *)arg;

    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&lock);
        while (turn != me)
            pthread_cond_wait(&changed, &lock);
        turn = !me;
        pthread_cond_signal(&changed);
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

static void *herd(void *arg)
{
    pthread_mutex_lock(&lock);
    waiting++;
    while (!released)
        pthread_cond_wait(&changed, &lock);
    waiting--;
    pthread_mutex_unlock(&lock);
    return arg;
}

static void timeouts(clockid_t clock)
{
    pthread_condattr_t attr;
    struct timespec limit, now;
    pthread_cond_t cond;

    NEED(pthread_condattr_init(&attr) == 0);
    CHECK_EQ(pthread_condattr_setclock(&attr, clock), 0);
    NEED(pthread_cond_init(&cond, &attr) == 0);
    pthread_mutex_lock(&lock);
    NEED(clock_gettime(clock, &limit) == 0);
    CHECK_EQ(pthread_cond_timedwait(&cond, &lock, &limit), ETIMEDOUT);
    limit.tv_nsec += 30000000;
    if (limit.tv_nsec >= 1000000000) {
        limit.tv_nsec -= 1000000000;
        limit.tv_sec++;
    }
    CHECK_EQ(pthread_cond_timedwait(&cond, &lock, &limit), ETIMEDOUT);
    NEED(clock_gettime(clock, &now) == 0);
    CHECK(now.tv_sec > limit.tv_sec ||
          (now.tv_sec == limit.tv_sec && now.tv_nsec >= limit.tv_nsec));
    limit.tv_nsec = 1000000000;
    CHECK_EQ(pthread_cond_timedwait(&cond, &lock, &limit), EINVAL);
    pthread_mutex_unlock(&lock);
    CHECK_EQ(pthread_cond_destroy(&cond), 0);
}

static pthread_barrier_t barrier;
static int serial;

static void *meet(void *arg)
{
    for (int i = 0; i < 10; i++) {
        if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
            __atomic_fetch_add(&serial, 1, __ATOMIC_SEQ_CST);
    }
    return arg;
}

static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static int shared_value;

static void *writer(void *arg)
{
    for (int i = 0; i < 50; i++) {
        pthread_rwlock_wrlock(&rw);
        int v = shared_value;
        sched_yield();
        shared_value = v + 1;
        pthread_rwlock_unlock(&rw);
        pthread_rwlock_rdlock(&rw);
        sched_yield();
        pthread_rwlock_unlock(&rw);
    }
    return arg;
}

int main(void)
{
    pthread_t t[THREADS];
    int me[2] = {0, 1};

    test_begin("condvars");
    for (int i = 0; i < 2; i++)
        NEED(pthread_create(&t[i], NULL, ping, &me[i]) == 0);
    for (int i = 0; i < 2; i++)
        CHECK_EQ(pthread_join(t[i], NULL), 0);
    CHECK_EQ(turn, 0);

    for (int i = 0; i < THREADS; i++)
        NEED(pthread_create(&t[i], NULL, herd, NULL) == 0);
    for (int all = 0; !all;) {
        pthread_mutex_lock(&lock);
        all = waiting == THREADS;
        pthread_mutex_unlock(&lock);
        sched_yield();
    }
    pthread_mutex_lock(&lock);
    released = 1;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_join(t[i], NULL), 0);
    CHECK_EQ(waiting, 0);

    timeouts(CLOCK_REALTIME);
    timeouts(CLOCK_MONOTONIC);

    NEED(pthread_barrier_init(&barrier, NULL, THREADS) == 0);
    for (int i = 0; i < THREADS; i++)
        NEED(pthread_create(&t[i], NULL, meet, NULL) == 0);
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_join(t[i], NULL), 0);
    CHECK_EQ(serial, 10);

    for (int i = 0; i < THREADS; i++)
        NEED(pthread_create(&t[i], NULL, writer, NULL) == 0);
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_join(t[i], NULL), 0);
    CHECK_EQ(shared_value, THREADS * 50);
    return test_end();
}
