/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * pthread_cancel: blocked in a system call, computing, disabled, clean-up handlers; pthread_kill.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static sem_t ready;
static int cleaned;
static int event;

static void clean(void *arg)
{
    cleaned += *(int *)arg;
}

static void *in_sleep(void *arg)
{
    struct timespec long_time = {1000, 0};
    int one = 1;

    pthread_cleanup_push(clean, &one);
    sem_post(&ready);
    nanosleep(&long_time, NULL);
    pthread_cleanup_pop(0);
    return arg;
}

static void *in_read(void *arg)
{
    uint64_t value;
    int one = 1;

    pthread_cleanup_push(clean, &one);
    sem_post(&ready);
    (void)!read(event, &value, sizeof(value));
    pthread_cleanup_pop(0);
    return arg;
}

static void *in_poll(void *arg)
{
    struct pollfd p = {.fd = event, .events = POLLIN};
    int one = 1;

    pthread_cleanup_push(clean, &one);
    sem_post(&ready);
    poll(&p, 1, -1);
    pthread_cleanup_pop(0);
    return arg;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;

static void unlock(void *arg)
{
    int one = 1;

    /* The mutex is held again when the clean-up handlers run. */
    CHECK_EQ(pthread_mutex_trylock(arg), EBUSY);
    pthread_mutex_unlock(arg);
    clean(&one);
}

static void *in_cond(void *arg)
{
    pthread_mutex_lock(&lock);
    pthread_cleanup_push(unlock, &lock);
    sem_post(&ready);
    for (;;)
        pthread_cond_wait(&never, &lock);
    pthread_cleanup_pop(0);
    return arg;
}

static void *disabled(void *arg)
{
    struct timespec ms = {0, 1000000};
    int old;

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
    sem_post(&ready);
    for (int i = 0; i < 20; i++)
        nanosleep(&ms, NULL); /* the cancellation signal may cut it short, but no more */
    return arg;
}

static void *testing(void *arg)
{
    sem_post(&ready);
    for (;;) {
        pthread_testcancel();
        sched_yield();
    }
    return arg;
}

static void cancelled(void *(*fn)(void *), int expect_cleaned)
{
    pthread_t t;
    void *result;

    cleaned = 0;
    NEED(pthread_create(&t, NULL, fn, NULL) == 0);
    sem_wait(&ready);
    for (int i = 0; i < 50; i++)
        sched_yield();
    CHECK_EQ(pthread_cancel(t), 0);
    CHECK_EQ(pthread_join(t, &result), 0);
    CHECK(result == PTHREAD_CANCELED);
    CHECK_EQ(cleaned, expect_cleaned);
}

static volatile sig_atomic_t got, woken;
static pthread_t handled_in;

static void on_signal(int sig)
{
    handled_in = pthread_self();
    got = sig;
}

static void *interrupted(void *arg)
{
    struct timespec long_time = {1000, 0}, left;

    sem_post(&ready);
    CHECK_ERRNO(nanosleep(&long_time, &left), EINTR);
    CHECK(left.tv_sec > 900);
    woken = 1;
    return arg;
}

int main(void)
{
    struct sigaction sa = {.sa_handler = on_signal};
    pthread_t t;
    void *result;

    test_begin("cancel");
    NEED(sem_init(&ready, 0, 0) == 0);
    event = eventfd(0, 0);
    NEED(event >= 0);
    cancelled(in_sleep, 1);
    cancelled(in_read, 1);
    cancelled(in_poll, 1);
    cancelled(in_cond, 1);
    cancelled(testing, 0);

    NEED(pthread_create(&t, NULL, disabled, &ready) == 0);
    sem_wait(&ready);
    CHECK_EQ(pthread_cancel(t), 0);
    CHECK_EQ(pthread_join(t, &result), 0);
    CHECK(result == &ready);

    NEED(sigaction(SIGUSR1, &sa, NULL) == 0);
    NEED(pthread_create(&t, NULL, interrupted, NULL) == 0);
    sem_wait(&ready);
    while (!woken) { /* a signal may come before the sleep */
        CHECK_EQ(pthread_kill(t, SIGUSR1), 0);
        sched_yield();
        usleep(1000);
    }
    CHECK_EQ(got, SIGUSR1);
    CHECK(pthread_equal(handled_in, t));
    CHECK_EQ(pthread_join(t, NULL), 0);
    return test_end();
}
