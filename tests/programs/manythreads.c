/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* 200 threads alive at once, each asleep, then all awake; three times over. */
#include <pthread.h>

#include "check.h"

#define THREADS 200

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int alive, go, sum;

static void *work(void *arg)
{
    pthread_mutex_lock(&lock);
    alive++;
    pthread_cond_broadcast(&changed);
    while (!go)
        pthread_cond_wait(&changed, &lock);
    sum += (int)(long)arg;
    alive--;
    pthread_mutex_unlock(&lock);
    return arg;
}

int main(void)
{
    static pthread_t t[THREADS];

    test_begin("manythreads");
    for (int round = 1; round <= 3; round++) {
        go = 0;
        for (long i = 0; i < THREADS; i++)
            NEED(pthread_create(&t[i], NULL, work, (void *)i) == 0);
        pthread_mutex_lock(&lock);
        while (alive < THREADS)
            pthread_cond_wait(&changed, &lock);
        go = 1;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&lock);
        for (long i = 0; i < THREADS; i++) {
            void *result;

            CHECK_EQ(pthread_join(t[i], &result), 0);
            CHECK_EQ((long)result, i);
        }
        CHECK_EQ(alive, 0);
        CHECK_EQ(sum, round * (THREADS * (THREADS - 1) / 2));
    }
    return test_end();
}
