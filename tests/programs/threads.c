/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Creating, joining and detaching threads; thread-local storage; exit of one thread and of the
 * first one.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check.h"

#define THREADS 8

static __thread int local = 7;
static pthread_key_t key;
static int destroyed;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void destroy(void *value)
{
    pthread_mutex_lock(&lock);
    destroyed += *(int *)value;
    pthread_mutex_unlock(&lock);
}

static void *work(void *arg)
{
    static int one = 1;
    int n = *(int *)arg;

    CHECK_EQ(local, 7);
    local = n;
    pthread_setspecific(key, &one);
    for (int i = 0; i < 10; i++) {
        sched_yield();
        CHECK_EQ(local, n);
    }
    CHECK(gettid() != getpid());
    return arg;
}

static sem_t detached_ran;

static void *detached(void *arg)
{
    sem_post(&detached_ran);
    return arg;
}

/* The processor takes canonical addresses only. */
static void bad_thread_pointer(void)
{
    static char stack[4096];

    CHECK_ERRNO(
        syscall(SYS_clone,
                CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SETTLS,
                stack + sizeof(stack), NULL, NULL, 0xdead000000000000),
        EPERM);
}

static pthread_t main_thread;

/* The first thread has ended by pthread_exit(); the process goes on until the last one leaves. */
static void *after_main(void *arg)
{
    void *result;

    CHECK_EQ(pthread_join(main_thread, &result), 0);
    CHECK_EQ((long)result, 99);
    test_end();
    return arg;
}

int main(void)
{
    pthread_t t[THREADS];
    pthread_attr_t attr;
    int number[THREADS];
    void *result;
    size_t size;

    test_begin("threads");
    CHECK_EQ(gettid(), getpid());
    NEED(pthread_key_create(&key, destroy) == 0);
    for (int i = 0; i < THREADS; i++) {
        number[i] = i + 100;
        NEED(pthread_create(&t[i], NULL, work, &number[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        CHECK_EQ(pthread_join(t[i], &result), 0);
        CHECK(result == &number[i]);
    }
    CHECK_EQ(destroyed, THREADS);
    CHECK_EQ(local, 7);

    NEED(sem_init(&detached_ran, 0, 0) == 0);
    NEED(pthread_attr_init(&attr) == 0);
    CHECK_EQ(pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED), 0);
    for (int i = 0; i < THREADS; i++) {
        NEED(pthread_create(&t[i], &attr, detached, NULL) == 0);
        sem_wait(&detached_ran);
    }
    CHECK_EQ(pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_JOINABLE), 0);
    CHECK_EQ(pthread_attr_setstacksize(&attr, 1 << 20), 0);
    CHECK_EQ(pthread_attr_getstacksize(&attr, &size), 0);
    CHECK(size >= 1 << 20);
    NEED(pthread_create(&t[0], &attr, work, &number[0]) == 0);
    CHECK_EQ(pthread_join(t[0], NULL), 0);

    bad_thread_pointer();
    main_thread = pthread_self();
    NEED(pthread_create(&t[0], NULL, after_main, NULL) == 0);
    pthread_exit((void *)99);
}
