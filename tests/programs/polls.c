/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * The same poll(2) again and again, as event loops make it, while what is behind the descriptors
 * changes: each call tells of the present.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "check.h"

enum { COUNTER, PIPE, PEER, TIMER, SIGNALS, NOBODY, NULL_DEVICE, FDS };

static struct pollfd fds[FDS];
static int pipe_out, peer;

/* Nothing is ready but what always is; asked often enough to be remembered. */
static void quiet(void)
{
    for (int i = 0; i < 4; i++) {
        CHECK_EQ(poll(fds, FDS, i % 2), 1);
        for (int k = 0; k < FDS; k++)
            CHECK_EQ(fds[k].revents, k == NULL_DEVICE ? POLLOUT : 0);
    }
}

static int only_ready(int which, int timeout)
{
    return poll(fds, FDS, timeout) == 2 && fds[which].revents == POLLIN &&
           fds[NULL_DEVICE].revents == POLLOUT;
}

static void setup(void)
{
    int p[2], s[2];
    sigset_t set;

    NEED(pipe(p) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
    pipe_out = p[1];
    peer = s[1];
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    NEED(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
    fds[COUNTER].fd = eventfd(0, 0);
    fds[PIPE].fd = p[0];
    fds[PEER].fd = s[0];
    fds[TIMER].fd = timerfd_create(CLOCK_MONOTONIC, 0);
    fds[SIGNALS].fd = signalfd(-1, &set, 0);
    fds[NOBODY].fd = -1;
    fds[NULL_DEVICE].fd = open("/dev/null", O_WRONLY);
    for (int i = 0; i < FDS; i++) {
        NEED(fds[i].fd >= 0 || i == NOBODY);
        fds[i].events = i == NULL_DEVICE ? POLLOUT : POLLIN;
        fds[i].revents = 0x55; /* what was there is overwritten */
    }
}

/* Each becomes ready and is read empty, some of it while nobody polls. */
static void changes(void)
{
    struct itimerspec soon = {.it_value.tv_nsec = 1000000};
    struct signalfd_siginfo info;
    uint64_t one = 1;
    char c;

    for (int i = 0; i < 3; i++) {
        quiet();
        CHECK_EQ(write(fds[COUNTER].fd, &one, 8), 8);
        CHECK(only_ready(COUNTER, 0));
        CHECK(only_ready(COUNTER, 1000)); /* still */
        CHECK_EQ(read(fds[COUNTER].fd, &one, 8), 8);
        quiet();
        CHECK_EQ(write(pipe_out, "ab", 2), 2);
        CHECK_EQ(read(fds[PIPE].fd, &c, 1), 1);
        CHECK(only_ready(PIPE, 1000));
        CHECK_EQ(read(fds[PIPE].fd, &c, 1), 1);
        quiet();
        CHECK_EQ(write(fds[COUNTER].fd, &one, 8), 8);
        CHECK_EQ(read(fds[COUNTER].fd, &one, 8), 8); /* gone before anybody looked */
        quiet();
        CHECK_EQ(send(peer, "x", 1, 0), 1);
        CHECK(only_ready(PEER, 1000));
        CHECK_EQ(recv(fds[PEER].fd, &c, 1, 0), 1);
        quiet();
        CHECK_EQ(timerfd_settime(fds[TIMER].fd, 0, &soon, NULL), 0);
        CHECK_EQ(poll(&fds[TIMER], 1, 5000), 1);
        CHECK(only_ready(TIMER, 0));
        CHECK_EQ(read(fds[TIMER].fd, &one, 8), 8);
        one = 1;
        CHECK_EQ(kill(getpid(), SIGUSR1), 0);
        CHECK(only_ready(SIGNALS, 1000));
        CHECK_EQ(read(fds[SIGNALS].fd, &info, sizeof(info)), (long)sizeof(info));
    }
    quiet();
}

/* The same number means another file, or none. */
static void descriptors(void)
{
    int old = fds[COUNTER].fd, copy = dup(old), other = eventfd(5, 0);
    uint64_t v;

    NEED(copy >= 0 && other >= 0);
    quiet();
    CHECK_EQ(close(old), 0);
    CHECK_EQ(poll(fds, FDS, 0), 2);
    CHECK_EQ(fds[COUNTER].revents, POLLNVAL);
    CHECK_EQ(poll(fds, FDS, 1000), 2);
    CHECK_EQ(dup2(copy, old), old);
    quiet();
    CHECK_EQ(close(copy), 0);
    quiet();
    CHECK_EQ(dup2(other, old), old);
    CHECK(only_ready(COUNTER, 1000));
    CHECK_EQ(read(other, &v, 8), 8);
    quiet();
    CHECK_EQ(close(other), 0);
    v = 1;
    CHECK_EQ(write(old, &v, 8), 8);
    CHECK(only_ready(COUNTER, 0));
    CHECK_EQ(read(old, &v, 8), 8);

    /* Other events of the same file, and fewer entries. */
    fds[COUNTER].events = POLLOUT;
    CHECK_EQ(poll(fds, FDS, 0), 2);
    CHECK_EQ(fds[COUNTER].revents, POLLOUT);
    CHECK_EQ(poll(fds, FDS, 0), 2);
    fds[COUNTER].events = POLLIN;
    quiet();
    CHECK_EQ(poll(fds, 3, 0), 0);
    CHECK_EQ(poll(fds, 3, 0), 0);
    CHECK_EQ(poll(fds, 3, 1), 0);

    /* What is not asked for and told all the same. */
    CHECK_EQ(close(pipe_out), 0);
    CHECK_EQ(poll(fds, FDS, 1000), 2);
    CHECK(fds[PIPE].revents & POLLHUP);
    CHECK_EQ(poll(fds, FDS, 1000), 2);
    CHECK(fds[PIPE].revents & POLLHUP);
}

static int stop;

/* Polls until it is told to stop, always the same. */
static void *poller(void *arg)
{
    struct pollfd mine[2] = {{.fd = *(int *)arg, .events = POLLIN}, {.fd = stop, .events = POLLIN}};
    long rounds = 0;
    uint64_t v;

    for (;;) {
        if (poll(mine, 2, -1) <= 0)
            return (void *)-1; /* NOLINT: a number */
        if (mine[0].revents && read(mine[0].fd, &v, 8) == 8)
            rounds += (long)v;
        if (mine[1].revents)
            return (void *)rounds; /* NOLINT: a number */
    }
}

/* Threads that poll the same descriptors all wake; one that ends leaves the others alone. */
static void threads(void)
{
    int counter = eventfd(0, EFD_NONBLOCK);
    pthread_t t[3];
    long sum = 0;
    uint64_t one = 1;
    void *rounds;

    stop = eventfd(0, 0);
    NEED(counter >= 0 && stop >= 0);
    for (int i = 0; i < 3; i++)
        NEED(pthread_create(&t[i], NULL, poller, &counter) == 0);
    for (int i = 0; i < 200; i++) {
        CHECK_EQ(write(counter, &one, 8), 8);
        if (i % 20 == 0)
            usleep(1000);
    }
    usleep(10000);
    CHECK_EQ(write(stop, &one, 8), 8);
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(pthread_join(t[i], &rounds), 0);
        CHECK((long)rounds >= 0);
        sum += (long)rounds;
    }
    CHECK_EQ(sum, 200);
    CHECK_EQ(write(counter, &one, 8), 8); /* nobody is there any more */
    CHECK_EQ(close(counter), 0);
    CHECK_EQ(close(stop), 0);
}

/* Hundreds of threads that polled and ended: nothing of them is left to be woken. */
static void ended_threads(void)
{
    uint64_t one = 1;

    for (int i = 0; i < 100; i++) {
        int counter = eventfd(0, EFD_NONBLOCK);
        pthread_t t;

        stop = eventfd(1, 0);
        NEED(counter >= 0 && stop >= 0);
        NEED(pthread_create(&t, NULL, poller, &counter) == 0);
        CHECK_EQ(pthread_join(t, NULL), 0);
        CHECK_EQ(write(counter, &one, 8), 8);
        CHECK_EQ(close(counter), 0);
        CHECK_EQ(close(stop), 0);
    }
}

int main(void)
{
    test_begin("polls");
    setup();
    changes();
    descriptors();
    threads();
    ended_threads();
    return test_end();
}
