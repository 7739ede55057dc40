/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * epoll, poll and select over native objects and pipes: level, edge, one-shot, nesting, time-outs,
 * wake-ups.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static void bump(int fd)
{
    uint64_t one = 1;

    CHECK_EQ(write(fd, &one, 8), 8);
}

static void drain(int fd)
{
    uint64_t v;

    CHECK_EQ(read(fd, &v, 8), 8);
}

static int wake_fd;

static void *waker(void *arg)
{
    usleep(5000);
    bump(wake_fd);
    return arg;
}

static void levels(void)
{
    int ep = epoll_create1(EPOLL_CLOEXEC), a = eventfd(0, 0), b = eventfd(0, 0), outer;
    struct epoll_event ev = {.events = EPOLLIN, .data.u64 = 0x1122334455667788}, got[4];
    pthread_t t;

    NEED(ep >= 0 && a >= 0 && b >= 0);
    CHECK_EQ(epoll_wait(ep, got, 4, 0), 0);
    CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, a, &ev), 0);
    CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_ADD, a, &ev), EEXIST);
    CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_MOD, b, &ev), ENOENT);
    CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_DEL, b, &ev), ENOENT);
    CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_ADD, ep, &ev), EINVAL);
    CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_ADD, 999, &ev), EBADF);
    CHECK_ERRNO(epoll_ctl(a, EPOLL_CTL_ADD, b, &ev), EINVAL);
    CHECK_ERRNO(epoll_wait(ep, got, 0, 0), EINVAL);
    CHECK_ERRNO(epoll_wait(a, got, 1, 0), EINVAL);
    CHECK_EQ(epoll_wait(ep, got, 4, 5), 0);
    bump(a);
    CHECK_EQ(epoll_wait(ep, got, 4, -1), 1);
    CHECK(got[0].events == EPOLLIN && got[0].data.u64 == 0x1122334455667788);
    CHECK_EQ(epoll_wait(ep, got, 4, -1), 1); /* level: still there */
    drain(a);
    CHECK_EQ(epoll_wait(ep, got, 4, 0), 0);

    ev.events = EPOLLIN | EPOLLET;
    ev.data.fd = b;
    CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, b, &ev), 0);
    bump(b);
    CHECK_EQ(epoll_wait(ep, got, 4, 0), 1);
    CHECK_EQ(epoll_wait(ep, got, 4, 0), 0); /* edge: told once */
    bump(b);
    CHECK_EQ(epoll_wait(ep, got, 4, 0), 1); /* a new one */
    drain(b);

    ev.events = EPOLLIN | EPOLLONESHOT;
    CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_MOD, b, &ev), 0);
    bump(b);
    CHECK_EQ(epoll_wait(ep, got, 4, 0), 1);
    bump(b);
    CHECK_EQ(epoll_wait(ep, got, 4, 0), 0);
    CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_MOD, b, &ev), 0);
    CHECK_EQ(epoll_wait(ep, got, 4, 0), 1);

    /* maxevents: the rest comes next time. */
    ev.events = EPOLLIN;
    CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_MOD, b, &ev), 0);
    bump(a);
    CHECK_EQ(epoll_wait(ep, got, 1, 0), 1);
    CHECK_EQ(epoll_wait(ep, got, 4, 0), 2);

    outer = epoll_create1(0);
    NEED(outer >= 0);
    ev.data.fd = ep;
    CHECK_EQ(epoll_ctl(outer, EPOLL_CTL_ADD, ep, &ev), 0);
    CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_ADD, outer, &ev), ELOOP);
    CHECK_EQ(epoll_wait(outer, got, 4, 0), 1);
    drain(a);
    drain(b);
    CHECK_EQ(epoll_wait(outer, got, 4, 0), 0);

    wake_fd = a;
    NEED(pthread_create(&t, NULL, waker, NULL) == 0);
    CHECK_EQ(epoll_wait(outer, got, 4, 10000), 1);
    CHECK_EQ(pthread_join(t, NULL), 0);

    CHECK_EQ(close(a), 0); /* leaves the set by itself */
    CHECK_EQ(epoll_wait(ep, got, 4, 0), 0);
    CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_DEL, b, NULL), 0);
    bump(b);
    CHECK_EQ(epoll_wait(ep, got, 4, 0), 0);
    close(outer);
    close(ep);
    close(b);
}

/*
 * Who waits for edges takes and gives what can be at once, and then hears of the next change,
 * without asking what holds now.
 */
static void stream_edges(void)
{
    static char buffer[4096];
    struct epoll_event in = {.events = EPOLLIN | EPOLLET, .data.u32 = 1},
                       out = {.events = EPOLLOUT | EPOLLET, .data.u32 = 2}, got[2];
    int ep = epoll_create1(0), pair[2];

    NEED(ep >= 0 && socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
    CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, pair[0], &in), 0);
    CHECK_EQ(epoll_wait(ep, got, 2, 0), 0);
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(write(pair[1], buffer, 10), 10);
        CHECK_EQ(epoll_wait(ep, got, 2, 10000), 1);
        CHECK(got[0].data.u32 == 1 && got[0].events == EPOLLIN);
        CHECK_EQ(read(pair[0], buffer, sizeof(buffer)), 10); /* fewer than asked for */
    }
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(write(pair[1], buffer, 10), 10);
        CHECK_EQ(epoll_wait(ep, got, 2, 10000), 1);
        CHECK_EQ(recv(pair[0], buffer, 10, 0), 10);
        CHECK_ERRNO(recv(pair[0], buffer, 10, 0), EAGAIN);
    }

    CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, pair[1], &out), 0);
    CHECK_EQ(epoll_wait(ep, got, 2, 10000), 1);
    CHECK(got[0].data.u32 == 2 && got[0].events == EPOLLOUT);
    for (int i = 0; i < 4; i++) {
        bool message = i % 2 != 0;
        ssize_t n;

        do
            n = message ? send(pair[1], buffer, sizeof(buffer), 0)
                        : write(pair[1], buffer, sizeof(buffer));
        while (n == sizeof(buffer));
        while (epoll_wait(ep, got, 2, 0) >
               0) /* of the other end, and what was before it was full */
            ;
        while (read(pair[0], buffer, sizeof(buffer)) > 0)
            ;
        do
            CHECK_EQ(epoll_wait(ep, got, 1, 10000), 1);
        while (got[0].data.u32 == 1);
        CHECK(got[0].events == EPOLLOUT);
    }
    close(ep);
    close(pair[0]);
    close(pair[1]);
}

/*
 * Sets that watch sets, each time the new one the last or the last one the new. Linux answers
 * EINVAL instead of ELOOP in some versions, when the innermost set gets its first other file.
 */
static void nesting(bool outwards)
{
    int ep[50], event = eventfd(1, 0), n = 1;
    struct epoll_event ev = {.events = EPOLLIN}, got;

    NEED(event >= 0);
    for (int i = 0; i < 50; i++) {
        ep[i] = epoll_create1(0);
        NEED(ep[i] >= 0);
    }
    if (outwards)
        CHECK_EQ(epoll_ctl(ep[0], EPOLL_CTL_ADD, event, &ev), 0);
    while (n < 50 &&
           epoll_ctl(ep[outwards ? n : n - 1], EPOLL_CTL_ADD, ep[outwards ? n - 1 : n], &ev) == 0)
        n++;
    CHECK(n >= 4); /* deep enough for anybody */
    if (n < 50) {
        CHECK(errno == ELOOP || errno == EINVAL);
        if (!outwards)
            CHECK_EQ(epoll_ctl(ep[n - 1], EPOLL_CTL_ADD, event, &ev), 0);
        CHECK_EQ(epoll_wait(ep[outwards ? n - 1 : 0], &got, 1, 0), 1);
    } else {
        CHECK_ERRNO(epoll_ctl(ep[n - 1], EPOLL_CTL_ADD, event, &ev), EINVAL);
    }
    for (int i = 0; i < 50; i++)
        CHECK_EQ(close(ep[i]), 0);
    CHECK_EQ(close(event), 0);
}

static void polls(void)
{
    int a = eventfd(0, 0), b = eventfd(1, 0);
    struct pollfd p[4] = {
        {a, POLLIN, 0}, {b, POLLIN | POLLOUT, 0}, {-1, POLLIN, 7}, {777, POLLIN, 0}};
    struct timespec ms = {0, 3000000}, before, after;
    struct timeval tv = {0, 3000};
    fd_set in, out;
    pthread_t t;

    NEED(a >= 0 && b >= 0);
    CHECK_EQ(poll(p, 4, -1), 2);
    CHECK_EQ(p[0].revents, 0);
    CHECK_EQ(p[1].revents, POLLIN | POLLOUT);
    CHECK_EQ(p[2].revents, 0);
    CHECK_EQ(p[3].revents, POLLNVAL);
    clock_gettime(CLOCK_MONOTONIC, &before);
    CHECK_EQ(ppoll(p, 1, &ms, NULL), 0);
    clock_gettime(CLOCK_MONOTONIC, &after);
    CHECK((after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec >= 3000000);
    CHECK_EQ(poll(NULL, 0, 2), 0);
    wake_fd = a;
    NEED(pthread_create(&t, NULL, waker, NULL) == 0);
    CHECK_EQ(poll(p, 1, 10000), 1);
    CHECK_EQ(p[0].revents, POLLIN);
    CHECK_EQ(pthread_join(t, NULL), 0);
    drain(a);
    ms.tv_nsec = -1;
    CHECK_ERRNO(ppoll(p, 1, &ms, NULL), EINVAL);

    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(a, &in);
    FD_SET(b, &in);
    FD_SET(b, &out);
    CHECK_EQ(select(b + 1, &in, &out, NULL, NULL), 2);
    CHECK(!FD_ISSET(a, &in) && FD_ISSET(b, &in) && FD_ISSET(b, &out));
    FD_ZERO(&in);
    FD_SET(a, &in);
    CHECK_EQ(select(a + 1, &in, NULL, NULL, &tv), 0);
    CHECK(!FD_ISSET(a, &in));
    close(a);
    FD_SET(a, &in);
    CHECK_ERRNO(select(a + 1, &in, NULL, NULL, &tv), EBADF);
    CHECK_ERRNO(select(-1, NULL, NULL, NULL, &tv), EINVAL);
    close(b);
}

/* 100 descriptors: more than fits on anybody's stack. */
static void many(void)
{
    struct pollfd p[100];
    pthread_t t;

    for (int i = 0; i < 100; i++) {
        p[i].fd = eventfd(0, 0);
        p[i].events = POLLIN;
        NEED(p[i].fd >= 0);
    }
    CHECK_EQ(poll(p, 100, 0), 0);
    wake_fd = p[73].fd;
    NEED(pthread_create(&t, NULL, waker, NULL) == 0);
    CHECK_EQ(poll(p, 100, 10000), 1);
    CHECK_EQ(p[73].revents, POLLIN);
    CHECK_EQ(pthread_join(t, NULL), 0);
    for (int i = 0; i < 100; i++)
        close(p[i].fd);
}

static volatile int handled;

static void on_signal(int sig)
{
    handled = sig;
}

static void *kicker(void *arg)
{
    usleep(5000);
    pthread_kill(*(pthread_t *)arg, SIGUSR1);
    return NULL;
}

/* A signal that is blocked except while waiting. */
static void masks(void)
{
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    struct timespec long_time = {100, 0};
    int a = eventfd(0, 0), ep = epoll_create1(0);
    struct pollfd p = {a, POLLIN, 0};
    struct epoll_event got;
    pthread_t self = pthread_self(), t;
    sigset_t block, open, now;

    NEED(a >= 0 && ep >= 0 && sigaction(SIGUSR1, &sa, NULL) == 0);
    sigemptyset(&open);
    sigemptyset(&block);
    sigaddset(&block, SIGUSR1);
    NEED(sigprocmask(SIG_BLOCK, &block, NULL) == 0);
    for (int i = 0; i < 3; i++) {
        handled = 0;
        NEED(pthread_create(&t, NULL, kicker, &self) == 0);
        if (i == 0)
            CHECK_ERRNO(ppoll(&p, 1, &long_time, &open), EINTR);
        else if (i == 1)
            CHECK_ERRNO(pselect(0, NULL, NULL, NULL, &long_time, &open), EINTR);
        else
            CHECK_ERRNO(epoll_pwait(ep, &got, 1, 100000, &open), EINTR);
        CHECK_EQ(handled, SIGUSR1);
        CHECK_EQ(pthread_join(t, NULL), 0);
        sigprocmask(SIG_BLOCK, NULL, &now);
        CHECK(sigismember(&now, SIGUSR1));
    }
    CHECK_EQ(raise(SIGUSR1), 0);
    handled = 0;
    CHECK_EQ(poll(&p, 1, 1), 0);
    CHECK_EQ(handled, 0);
    bump(a);
    CHECK_EQ(ppoll(&p, 1, &long_time, &open),
             1); /* ready wins; the signal comes on the way out or stays */
    close(a);
    close(ep);
}

int main(void)
{
    test_begin("epolls");
    levels();
    stream_edges();
    nesting(true);
    nesting(false);
    polls();
    many();
    masks();
    return test_end();
}
