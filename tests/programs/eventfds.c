/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* eventfd, timerfd and signalfd: their counts, records, readiness and errors. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static short ready(int fd, int timeout)
{
    struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT};

    CHECK(poll(&p, 1, timeout) >= 0);
    return p.revents;
}

static int shared;

static void *writer(void *arg)
{
    uint64_t v = 5;

    usleep(5000);
    CHECK_EQ(write(shared, &v, 8), 8);
    return arg;
}

static void events(void)
{
    int fd = eventfd(3, EFD_NONBLOCK | EFD_CLOEXEC);
    uint64_t v = 0;
    uint32_t half[2];
    struct iovec iov[2] = {{&half[0], 4}, {&half[1], 4}};
    pthread_t t;

    NEED(fd >= 0);
    CHECK_EQ(ready(fd, 0), POLLIN | POLLOUT);
    CHECK(read(fd, &v, 8) == 8 && v == 3);
    CHECK_EQ(ready(fd, 0), POLLOUT);
    CHECK_ERRNO(read(fd, &v, 8), EAGAIN);
    CHECK_ERRNO(read(fd, &v, 4), EINVAL);
    v = UINT64_MAX;
    CHECK_ERRNO(write(fd, &v, 8), EINVAL);
    v = UINT64_MAX - 1;
    CHECK_EQ(write(fd, &v, 8), 8);
    CHECK_EQ(ready(fd, 0), POLLIN);
    v = 1;
    CHECK_ERRNO(write(fd, &v, 8), EAGAIN);
    CHECK_EQ(readv(fd, iov, 2), 8);
    CHECK(half[0] == 0xfffffffe && half[1] == 0xffffffff);
    CHECK_ERRNO(pread(fd, &v, 8, 0), ESPIPE);
    CHECK_EQ(close(fd), 0);

    fd = eventfd(2, EFD_SEMAPHORE);
    CHECK(read(fd, &v, 8) == 8 && v == 1);
    CHECK(read(fd, &v, 8) == 8 && v == 1);
    shared = fd;
    NEED(pthread_create(&t, NULL, writer, NULL) == 0);
    CHECK(read(fd, &v, 8) == 8 && v == 1); /* waits */
    CHECK_EQ(pthread_join(t, NULL), 0);
    CHECK_EQ(close(fd), 0);
    CHECK_ERRNO(eventfd(0, 0x123), EINVAL);
}

static void timers(void)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct itimerspec its = {{0, 0}, {0, 10000000}}, now;
    struct timespec ts;
    uint64_t n = 0;

    NEED(fd >= 0);
    CHECK_ERRNO(read(fd, &n, 8), EAGAIN);
    CHECK_EQ(ready(fd, 0), 0);
    CHECK_EQ(timerfd_settime(fd, 0, &its, &now), 0);
    CHECK(now.it_value.tv_sec == 0 && now.it_value.tv_nsec == 0);
    CHECK_EQ(timerfd_gettime(fd, &now), 0);
    CHECK(now.it_value.tv_nsec > 0 && now.it_value.tv_nsec <= 10000000);
    CHECK_EQ(ready(fd, 5000), POLLIN);
    CHECK(read(fd, &n, 8) == 8 && n == 1);
    CHECK_EQ(timerfd_gettime(fd, &now), 0);
    CHECK(now.it_value.tv_sec == 0 && now.it_value.tv_nsec == 0);
    its.it_interval.tv_nsec = 2000000;
    its.it_value.tv_nsec = 2000000;
    CHECK_EQ(timerfd_settime(fd, 0, &its, NULL), 0);
    usleep(30000);
    CHECK(read(fd, &n, 8) == 8 && n >= 10);
    NEED(clock_gettime(CLOCK_MONOTONIC, &ts) == 0);
    its.it_interval.tv_nsec = 0;
    its.it_value = ts; /* in the past: fires at once */
    CHECK_EQ(timerfd_settime(fd, TFD_TIMER_ABSTIME, &its, NULL), 0);
    CHECK_EQ(ready(fd, 5000), POLLIN);
    its.it_value.tv_sec = its.it_value.tv_nsec = 0;
    CHECK_EQ(timerfd_settime(fd, 0, &its, NULL), 0); /* disarmed: no longer ready */
    CHECK_EQ(ready(fd, 0), 0);
    its.it_value.tv_nsec = 1000000000;
    CHECK_ERRNO(timerfd_settime(fd, 0, &its, NULL), EINVAL);
    CHECK_ERRNO(write(fd, &n, 8), EINVAL);
    CHECK_EQ(close(fd), 0);
    CHECK_ERRNO(timerfd_create(12345, 0), EINVAL);
    CHECK_ERRNO(timerfd_gettime(0, &now), EINVAL);
}

static void signals(void)
{
    struct signalfd_siginfo si[3];
    sigset_t set;
    union sigval v = {.sival_int = 77};
    int fd;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN);
    NEED(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
    fd = signalfd(-1, &set, SFD_NONBLOCK);
    NEED(fd >= 0);
    CHECK_ERRNO(read(fd, si, sizeof(si)), EAGAIN);
    CHECK_ERRNO(read(fd, si, 4), EINVAL);
    CHECK_EQ(ready(fd, 0), 0);
    CHECK_EQ(kill(getpid(), SIGUSR1), 0);
    CHECK_EQ(sigqueue(getpid(), SIGRTMIN, v), 0);
    CHECK_EQ(ready(fd, 0), POLLIN);
    CHECK_EQ(read(fd, si, sizeof(si)), (long)(2 * sizeof(si[0])));
    CHECK(si[0].ssi_signo == SIGUSR1 && si[0].ssi_code == SI_USER);
    CHECK_EQ(si[0].ssi_pid, getpid());
    CHECK(si[1].ssi_signo == (uint32_t)SIGRTMIN && si[1].ssi_int == 77);
    sigdelset(&set, SIGUSR1);
    CHECK_EQ(signalfd(fd, &set, 0), fd);
    CHECK_EQ(kill(getpid(), SIGUSR1), 0);
    CHECK_EQ(ready(fd, 0), 0);
    CHECK_EQ(sigaddset(&set, SIGUSR1), 0);
    CHECK_EQ(signalfd(fd, &set, 0), fd);
    CHECK_EQ(ready(fd, 0), POLLIN);
    CHECK_EQ(read(fd, si, sizeof(si[0])), (long)sizeof(si[0]));
    CHECK_EQ(close(fd), 0);
    CHECK_ERRNO(signalfd(0, &set, 0), EINVAL);
}

int main(void)
{
    test_begin("eventfds");
    events();
    timers();
    signals();
    return test_end();
}
