/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Mutex kinds, robust mutexes (set_robust_list), timed locks, semaphores. */
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#include "check.h"

static pthread_mutex_t make(int type, int robust)
{
    pthread_mutexattr_t attr;
    pthread_mutex_t m;

    NEED(pthread_mutexattr_init(&attr) == 0);
    NEED(pthread_mutexattr_settype(&attr, type) == 0);
    if (robust)
        NEED(pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST) == 0);
    NEED(pthread_mutex_init(&m, &attr) == 0);
    return m;
}

static pthread_mutex_t robust;

static void *die_holding(void *arg)
{
    CHECK_EQ(pthread_mutex_lock(&robust), 0);
    return arg;
}

static void *wait_for_dead(void *arg)
{
    CHECK_EQ(pthread_mutex_lock(&robust), EOWNERDEAD);
    CHECK_EQ(pthread_mutex_consistent(&robust), 0);
    CHECK_EQ(pthread_mutex_unlock(&robust), 0);
    return arg;
}

static sem_t holding, may_die;

static void *die_later(void *arg)
{
    CHECK_EQ(pthread_mutex_lock(&robust), 0);
    sem_post(&holding);
    sem_wait(&may_die);
    return arg;
}

static struct timespec soon(long ms)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_nsec += ms * 1000000;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}

static pthread_mutex_t contended = PTHREAD_MUTEX_INITIALIZER;
static int counter;

static void *count(void *arg)
{
    for (int i = 0; i < 1000; i++) {
        pthread_mutex_lock(&contended);
        int c = counter;
        if (i % 100 == 0)
            sched_yield();
        counter = c + 1;
        pthread_mutex_unlock(&contended);
    }
    return arg;
}

int main(void)
{
    pthread_mutex_t m;
    struct timespec limit;
    pthread_t t[4];
    sem_t sem;
    int value;

    test_begin("mutexes");
    m = make(PTHREAD_MUTEX_RECURSIVE, 0);
    CHECK_EQ(pthread_mutex_lock(&m), 0);
    CHECK_EQ(pthread_mutex_lock(&m), 0);
    CHECK_EQ(pthread_mutex_unlock(&m), 0);
    CHECK_EQ(pthread_mutex_unlock(&m), 0);
    CHECK_EQ(pthread_mutex_unlock(&m), EPERM);
    m = make(PTHREAD_MUTEX_ERRORCHECK, 0);
    CHECK_EQ(pthread_mutex_lock(&m), 0);
    CHECK_EQ(pthread_mutex_lock(&m), EDEADLK);
    CHECK_EQ(pthread_mutex_trylock(&m), EBUSY);
    limit = soon(20);
    m = make(PTHREAD_MUTEX_NORMAL, 0);
    CHECK_EQ(pthread_mutex_lock(&m), 0);
    CHECK_EQ(pthread_mutex_timedlock(&m, &limit), ETIMEDOUT);

    robust = make(PTHREAD_MUTEX_NORMAL, 1);
    NEED(pthread_create(&t[0], NULL, die_holding, NULL) == 0);
    CHECK_EQ(pthread_join(t[0], NULL), 0);
    CHECK_EQ(pthread_mutex_lock(&robust), EOWNERDEAD);
    CHECK_EQ(pthread_mutex_consistent(&robust), 0);
    CHECK_EQ(pthread_mutex_unlock(&robust), 0);

    /* The same with somebody waiting. */
    NEED(sem_init(&holding, 0, 0) == 0 && sem_init(&may_die, 0, 0) == 0);
    NEED(pthread_create(&t[0], NULL, die_later, NULL) == 0);
    sem_wait(&holding);
    NEED(pthread_create(&t[1], NULL, wait_for_dead, NULL) == 0);
    for (int i = 0; i < 20; i++)
        sched_yield();
    sem_post(&may_die);
    CHECK_EQ(pthread_join(t[0], NULL), 0);
    CHECK_EQ(pthread_join(t[1], NULL), 0);

    /* Left inconsistent: nobody gets it any more. */
    NEED(pthread_create(&t[0], NULL, die_holding, NULL) == 0);
    CHECK_EQ(pthread_join(t[0], NULL), 0);
    CHECK_EQ(pthread_mutex_lock(&robust), EOWNERDEAD);
    CHECK_EQ(pthread_mutex_unlock(&robust), 0);
    CHECK_EQ(pthread_mutex_lock(&robust), ENOTRECOVERABLE);

    for (int i = 0; i < 4; i++)
        NEED(pthread_create(&t[i], NULL, count, NULL) == 0);
    for (int i = 0; i < 4; i++)
        CHECK_EQ(pthread_join(t[i], NULL), 0);
    CHECK_EQ(counter, 4000);

    NEED(sem_init(&sem, 0, 2) == 0);
    CHECK_EQ(sem_wait(&sem), 0);
    CHECK_EQ(sem_trywait(&sem), 0);
    CHECK_ERRNO(sem_trywait(&sem), EAGAIN);
    limit = soon(20);
    CHECK_ERRNO(sem_timedwait(&sem, &limit), ETIMEDOUT);
    CHECK_EQ(sem_post(&sem), 0);
    CHECK(sem_getvalue(&sem, &value) == 0 && value == 1);
    return test_end();
}
