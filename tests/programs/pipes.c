/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Pipes: order, blocking, end of file, SIGPIPE, non-blocking, poll. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "check.h"

#define TOTAL 500000

static int fd[2];
static volatile int broken;

static void on_pipe(int sig)
{
    broken = sig;
}

static void *producer(void *arg)
{
    static char buf[3000];
    int sent = 0;

    while (sent < TOTAL) {
        int n = TOTAL - sent < (int)sizeof(buf) ? TOTAL - sent : (int)sizeof(buf);

        for (int i = 0; i < n; i++)
            buf[i] = (char)((sent + i) * 7);
        n = (int)write(fd[1], buf, (size_t)n);
        NEED(n > 0);
        sent += n;
    }
    CHECK_EQ(close(fd[1]), 0);
    return arg;
}

static void *late_writer(void *arg)
{
    usleep(5000);
    CHECK_EQ(write(fd[1], "x", 1), 1);
    return arg;
}

static short ready(int which, short events, int timeout)
{
    struct pollfd p = {fd[which], events, 0};

    CHECK(poll(&p, 1, timeout) >= 0);
    return p.revents;
}

/* A buffer larger than a small domain: only what is read needs memory. */
static void large_buffer(void)
{
    const size_t size = 64 << 20;
    char *buffer = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct iovec iov[2] = {{buffer + 1, 1}, {buffer + 2, size - 2}};

    NEED(buffer != MAP_FAILED && pipe(fd) == 0);
    CHECK_EQ(write(fd[1], "pipe", 4), 4);
    CHECK_EQ(read(fd[0], buffer, size), 4);
    CHECK(memcmp(buffer, "pipe", 4) == 0);
    CHECK_EQ(write(fd[1], "pipe", 4), 4);
    CHECK_EQ(readv(fd[0], iov, 2), 4);
    CHECK(memcmp(buffer, "ppipe", 5) == 0);
    CHECK_EQ(close(fd[0]), 0);
    CHECK_EQ(close(fd[1]), 0);
    CHECK_EQ(munmap(buffer, size), 0);
}

int main(void)
{
    static char buf[4096];
    struct sigaction sa = {.sa_handler = on_pipe};
    struct stat st;
    int got = 0, waiting, filled = 0;
    pthread_t t;

    test_begin("pipes");
    large_buffer();
    NEED(pipe(fd) == 0);
    CHECK(fstat(fd[0], &st) == 0 && S_ISFIFO(st.st_mode));
    CHECK_EQ(fcntl(fd[0], F_GETFL) & O_ACCMODE, O_RDONLY);
    CHECK_EQ(fcntl(fd[1], F_GETFL) & O_ACCMODE, O_WRONLY);
    CHECK_ERRNO(write(fd[0], "x", 1), EBADF);
    CHECK_ERRNO(read(fd[1], buf, 1), EBADF);
    CHECK_ERRNO(lseek(fd[0], 0, SEEK_SET), ESPIPE);
    CHECK_ERRNO(pread(fd[0], buf, 1, 0), ESPIPE);
    CHECK_EQ(ready(0, POLLIN, 0), 0);
    CHECK_EQ(ready(1, POLLOUT, 0), POLLOUT);
    CHECK_EQ(write(fd[1], "hello", 5), 5);
    CHECK_EQ(ready(0, POLLIN, 0), POLLIN);
    CHECK(ioctl(fd[0], FIONREAD, &waiting) == 0 && waiting == 5);
    CHECK(read(fd[0], buf, 2) == 2 && memcmp(buf, "he", 2) == 0);
    CHECK(read(fd[0], buf, 100) == 3 && memcmp(buf, "llo", 3) == 0);

    NEED(pthread_create(&t, NULL, late_writer, NULL) == 0);
    CHECK_EQ(read(fd[0], buf, 100), 1); /* waits */
    CHECK_EQ(pthread_join(t, NULL), 0);
    NEED(pthread_create(&t, NULL, late_writer, NULL) == 0);
    CHECK_EQ(ready(0, POLLIN, 10000), POLLIN);
    CHECK_EQ(pthread_join(t, NULL), 0);
    CHECK_EQ(read(fd[0], buf, 100), 1);

    NEED(pthread_create(&t, NULL, producer, NULL) == 0);
    for (;;) {
        long n = read(fd[0], buf, sizeof(buf));

        NEED(n >= 0);
        if (n == 0)
            break;
        for (int i = 0; i < n; i++)
            NEED(buf[i] == (char)((got + i) * 7));
        got += (int)n;
    }
    CHECK_EQ(pthread_join(t, NULL), 0);
    CHECK_EQ(got, TOTAL);
    CHECK_EQ(read(fd[0], buf, 1), 0); /* end of file, again and again */
    CHECK_EQ(ready(0, POLLIN, 0) & POLLHUP, POLLHUP);
    CHECK_EQ(close(fd[0]), 0);

    NEED(pipe2(fd, O_NONBLOCK | O_CLOEXEC) == 0);
    CHECK_EQ(fcntl(fd[1], F_GETFD), FD_CLOEXEC);
    CHECK_ERRNO(read(fd[0], buf, 1), EAGAIN);
    for (;;) {
        long n = write(fd[1], buf, sizeof(buf));

        if (n < 0)
            break;
        filled += (int)n;
    }
    CHECK_EQ(errno, EAGAIN);
    CHECK(filled >= 4096);
    CHECK_EQ(ready(1, POLLOUT, 0), 0);
    while (filled > 0) {
        long n = read(fd[0], buf, sizeof(buf));

        NEED(n > 0);
        filled -= (int)n;
    }
    CHECK_EQ(ready(1, POLLOUT, 0), POLLOUT);

    NEED(sigaction(SIGPIPE, &sa, NULL) == 0);
    CHECK_EQ(close(fd[0]), 0);
    CHECK_ERRNO(write(fd[1], "x", 1), EPIPE);
    CHECK_EQ(broken, SIGPIPE);
    CHECK_EQ(ready(1, POLLOUT, 0) & POLLERR, POLLERR);
    CHECK_EQ(close(fd[1]), 0);
    CHECK_ERRNO(pipe2(fd, 0x123), EINVAL);
    return test_end();
}
