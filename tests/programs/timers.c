/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Clocks, sleeping, interval timers, POSIX timers with signals and with threads. */
#define _GNU_SOURCE
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static long long ns(struct timespec t)
{
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static long long now(clockid_t c)
{
    struct timespec t;

    NEED(clock_gettime(c, &t) == 0);
    return ns(t);
}

static void clocks(void)
{
    static const clockid_t all[] = {
        CLOCK_REALTIME,          CLOCK_MONOTONIC,     CLOCK_PROCESS_CPUTIME_ID,
        CLOCK_THREAD_CPUTIME_ID, CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE,
        CLOCK_MONOTONIC_COARSE,  CLOCK_BOOTTIME,      CLOCK_TAI};
    struct timespec res;
    struct timeval tv;
    clockid_t c;

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        long long a = now(all[i]), b;

        for (int k = 0; k < 100; k++) {
            b = now(all[i]);
            CHECK(b >= a);
            a = b;
        }
        CHECK_EQ(clock_getres(all[i], &res), 0);
        CHECK(res.tv_sec == 0 && res.tv_nsec >= 1);
    }
    CHECK(now(CLOCK_REALTIME) > 1600000000ll * 1000000000); /* later than 2020 */
    NEED(gettimeofday(&tv, NULL) == 0);
    CHECK(llabs(tv.tv_sec - now(CLOCK_REALTIME) / 1000000000) <= 1);
    CHECK(llabs(time(NULL) - tv.tv_sec) <= 1);
    CHECK_ERRNO(clock_gettime(1234, &res), EINVAL);
    CHECK_EQ(clock_getcpuclockid(0, &c), 0);
    CHECK_EQ(clock_gettime(c, &res), 0);
    CHECK_EQ(pthread_getcpuclockid(pthread_self(), &c), 0);
    CHECK_EQ(clock_gettime(c, &res), 0);
    CHECK(times(NULL) != (clock_t)-1);

    long long cpu = now(CLOCK_THREAD_CPUTIME_ID);
    for (volatile long i = 0; i < 20000000; i++)
        ;
    CHECK(now(CLOCK_THREAD_CPUTIME_ID) > cpu);
    CHECK(now(CLOCK_PROCESS_CPUTIME_ID) >= now(CLOCK_THREAD_CPUTIME_ID) / 2);

    /* Sleeping is not computing. */
    cpu = now(CLOCK_PROCESS_CPUTIME_ID);
    usleep(500000);
    CHECK(now(CLOCK_PROCESS_CPUTIME_ID) - cpu < 250000000);
}

static void sleeps(void)
{
    struct timespec t = {0, 5000000};
    long long before = now(CLOCK_MONOTONIC);

    CHECK_EQ(nanosleep(&t, NULL), 0);
    CHECK(now(CLOCK_MONOTONIC) - before >= 5000000);
    before = now(CLOCK_MONOTONIC);
    t.tv_sec = (before + 7000000) / 1000000000;
    t.tv_nsec = (before + 7000000) % 1000000000;
    CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL), 0);
    CHECK(now(CLOCK_MONOTONIC) >= before + 7000000);
    CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL), 0); /* past: at once */
    before = now(CLOCK_REALTIME);
    t.tv_sec = (before + 3000000) / 1000000000;
    t.tv_nsec = (before + 3000000) % 1000000000;
    CHECK_EQ(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &t, NULL), 0);
    CHECK(now(CLOCK_REALTIME) >= before + 3000000);
    t.tv_nsec = 1000000000;
    CHECK_ERRNO(nanosleep(&t, NULL), EINVAL);
    t.tv_nsec = 0;
    t.tv_sec = -1;
    CHECK_ERRNO(nanosleep(&t, NULL), EINVAL);
    CHECK_EQ(clock_nanosleep(1234, 0, &t, NULL), EINVAL);
}

static volatile int alarms, last_value;

static void on_alarm(int sig, siginfo_t *si, void *ctx)
{
    (void)sig;
    (void)ctx;
    alarms++;
    last_value = si->si_value.sival_int;
}

static void await(volatile int *what, int count)
{
    for (int i = 0; i < 5000 && *what < count; i++)
        usleep(1000);
}

static void intervals(void)
{
    struct itimerval itv = {{0, 3000}, {0, 3000}}, old;
    struct sigaction sa = {.sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO};

    NEED(sigaction(SIGALRM, &sa, NULL) == 0);
    alarms = 0;
    CHECK_EQ(setitimer(ITIMER_REAL, &itv, NULL), 0);
    await(&alarms, 5);
    CHECK(alarms >= 5);
    CHECK_EQ(getitimer(ITIMER_REAL, &old), 0);
    CHECK(old.it_interval.tv_usec == 3000 && old.it_value.tv_usec <= 3000);
    memset(&itv, 0, sizeof(itv));
    CHECK_EQ(setitimer(ITIMER_REAL, &itv, &old), 0);
    CHECK(old.it_interval.tv_usec == 3000);
    alarms = 0;
    usleep(10000);
    CHECK_EQ(alarms, 0);
    CHECK_EQ(alarm(100), 0);
    CHECK_EQ(alarm(0), 100);
    CHECK_EQ(alarm(0), 0);
    itv.it_value.tv_usec = 1000000;
    CHECK_ERRNO(setitimer(ITIMER_REAL, &itv, NULL), EINVAL);
    CHECK_ERRNO(getitimer(77, &old), EINVAL);
}

/* Times as long as their type: the first expiry comes when it should, the next one never. */
static void far_away(void)
{
    struct itimerval itv = {{LONG_MAX / 2, 0}, {0, 1000}};
    struct itimerspec its = {{LONG_MAX, 0}, {0, 1000000}};
    struct timespec long_time = {LONG_MAX, 999999999};
    struct sigaction sa = {.sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO};
    int fd = timerfd_create(CLOCK_MONOTONIC, 0);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    uint64_t times = 0;

    NEED(fd >= 0 && sigaction(SIGALRM, &sa, NULL) == 0);
    alarms = 0;
    CHECK_EQ(setitimer(ITIMER_REAL, &itv, NULL), 0);
    await(&alarms, 1);
    usleep(10000);
    CHECK_EQ(alarms, 1);
    memset(&itv, 0, sizeof(itv));
    CHECK_EQ(setitimer(ITIMER_REAL, &itv, NULL), 0);

    CHECK_EQ(timerfd_settime(fd, 0, &its, NULL), 0);
    CHECK_EQ(ppoll(&p, 1, &long_time, NULL), 1);
    CHECK_EQ(read(fd, &times, sizeof(times)), 8);
    CHECK_EQ(times, 1);
    CHECK_EQ(poll(&p, 1, 10), 0);
    CHECK_EQ(close(fd), 0);
}

static sem_t fired;

static void in_thread(union sigval v)
{
    CHECK_EQ(v.sival_int, 31);
    sem_post(&fired);
}

static void posix_timers(void)
{
    struct sigevent ev = {
        .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM, .sigev_value.sival_int = 17};
    struct itimerspec its = {{0, 0}, {0, 5000000}}, old;
    timer_t id, second;
    sigset_t set;
    siginfo_t si;

    NEED(timer_create(CLOCK_MONOTONIC, &ev, &id) == 0);
    alarms = 0;
    CHECK_EQ(timer_settime(id, 0, &its, &old), 0);
    CHECK(old.it_value.tv_sec == 0 && old.it_value.tv_nsec == 0);
    await(&alarms, 1);
    CHECK_EQ(alarms, 1);
    CHECK_EQ(last_value, 17);
    CHECK_EQ(timer_gettime(id, &old), 0);
    CHECK(old.it_value.tv_sec == 0 && old.it_value.tv_nsec == 0);

    /* Expiries while the signal is pending are counted, not queued. */
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    NEED(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
    its.it_interval.tv_nsec = its.it_value.tv_nsec = 2000000;
    CHECK_EQ(timer_settime(id, 0, &its, NULL), 0);
    usleep(30000);
    CHECK_EQ(sigwaitinfo(&set, &si), SIGALRM);
    CHECK_EQ(si.si_code, SI_TIMER);
    CHECK_EQ(si.si_value.sival_int, 17);
    CHECK(si.si_overrun >= 5);
    CHECK(timer_getoverrun(id) >= 5);
    CHECK_EQ(timer_delete(id), 0);
    NEED(sigprocmask(SIG_UNBLOCK, &set, NULL) == 0);

    NEED(sem_init(&fired, 0, 0) == 0);
    ev.sigev_notify = SIGEV_THREAD;
    ev.sigev_notify_function = in_thread;
    ev.sigev_notify_attributes = NULL;
    ev.sigev_value.sival_int = 31;
    NEED(timer_create(CLOCK_REALTIME, &ev, &second) == 0);
    CHECK_EQ(timer_settime(second, 0, &its, NULL), 0);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(sem_wait(&fired), 0);
    CHECK_EQ(timer_delete(second), 0);

    its.it_value.tv_nsec = -1;
    NEED(timer_create(CLOCK_MONOTONIC, NULL, &id) == 0);
    CHECK_ERRNO(timer_settime(id, 0, &its, NULL), EINVAL);
    CHECK_EQ(timer_delete(id), 0);
    CHECK_ERRNO(timer_create(1234, NULL, &id), EINVAL);
}

int main(void)
{
    test_begin("timers");
    clocks();
    sleeps();
    intervals();
    far_away();
    posix_timers();
    return test_end();
}
