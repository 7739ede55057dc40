/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Local sockets: streams and datagrams, names, connecting, passing descriptors, shutdown, poll,
 * epoll.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "check.h"

static short ready(int fd, short events, int timeout)
{
    struct pollfd p = {fd, events, 0};

    CHECK(poll(&p, 1, timeout) >= 0);
    return p.revents;
}

static struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "/tmp/sockets-test"};

static void *client(void *arg)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    char buf[16];

    NEED(fd >= 0);
    CHECK_EQ(connect(fd, (struct sockaddr *)&name, sizeof(name)), 0);
    CHECK_EQ(send(fd, "question", 8, 0), 8);
    CHECK(recv(fd, buf, sizeof(buf), 0) == 6 && memcmp(buf, "answer", 6) == 0);
    CHECK_EQ(recv(fd, buf, sizeof(buf), 0), 0);
    CHECK_EQ(close(fd), 0);
    return arg;
}

static void streams(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), peer, value;
    struct sockaddr_un got;
    socklen_t len = sizeof(value);
    char buf[16];
    pthread_t t;

    NEED(fd >= 0);
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    unlink(name.sun_path);
    CHECK_ERRNO(connect(fd, (struct sockaddr *)&name, sizeof(name)), ENOENT);
    CHECK_ERRNO(listen(0, 1), ENOTSOCK);
    CHECK_EQ(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
    got = name;
    got.sun_path[5] = 'S';
    CHECK_ERRNO(bind(fd, (struct sockaddr *)&got, sizeof(got)), EINVAL);
    CHECK(getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &len) == 0 && value == 0);
    CHECK_EQ(listen(fd, 4), 0);
    CHECK(getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &len) == 0 && value == SOCK_STREAM);
    len = sizeof(got);
    CHECK_EQ(getsockname(fd, (struct sockaddr *)&got, &len), 0);
    CHECK(got.sun_family == AF_UNIX && strcmp(got.sun_path, name.sun_path) == 0);
    CHECK_EQ(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    CHECK_ERRNO(accept(fd, NULL, NULL), EAGAIN);
    CHECK_EQ(fcntl(fd, F_SETFL, 0), 0);
    NEED(pthread_create(&t, NULL, client, NULL) == 0);
    CHECK_EQ(ready(fd, POLLIN, 10000), POLLIN);
    peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK);
    NEED(peer >= 0);
    CHECK(fcntl(peer, F_GETFL) & O_NONBLOCK);
    CHECK_EQ(ready(peer, POLLIN, 10000), POLLIN);
    CHECK(recv(peer, buf, 3, MSG_PEEK) == 3 && memcmp(buf, "que", 3) == 0);
    CHECK(recv(peer, buf, sizeof(buf), 0) == 8 && memcmp(buf, "question", 8) == 0);
    CHECK_ERRNO(recv(peer, buf, 1, 0), EAGAIN);
    CHECK_EQ(send(peer, "answer", 6, MSG_NOSIGNAL), 6);
    CHECK_EQ(shutdown(peer, SHUT_WR), 0);
    CHECK_ERRNO(send(peer, "x", 1, MSG_NOSIGNAL), EPIPE);
    CHECK_EQ(pthread_join(t, NULL), 0);
    CHECK_EQ(recv(peer, buf, 1, 0), 0);
    CHECK_EQ(ready(peer, POLLIN, 0) & (POLLIN | POLLHUP), POLLIN | POLLHUP);
    CHECK_EQ(close(peer), 0);
    CHECK_EQ(close(fd), 0);
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK_ERRNO(connect(fd, (struct sockaddr *)&name, sizeof(name)), ECONNREFUSED);
    CHECK_ERRNO(bind(fd, (struct sockaddr *)&name, sizeof(name)), EADDRINUSE);
    CHECK_ERRNO(send(fd, "x", 1, MSG_NOSIGNAL), ENOTCONN);
    CHECK_EQ(close(fd), 0);
    CHECK_EQ(unlink(name.sun_path), 0);
}

static void pairs(void)
{
    int s[2], d[2], value;
    socklen_t len = sizeof(value);
    char buf[16];

    NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
    NEED(socketpair(AF_UNIX, SOCK_DGRAM, 0, d) == 0);
    CHECK_EQ(write(s[0], "abc", 3), 3);
    CHECK_EQ(write(s[0], "def", 3), 3);
    CHECK_EQ(read(s[1], buf, sizeof(buf)), 6); /* a stream has no boundaries ... */
    CHECK_EQ(write(d[0], "abc", 3), 3);
    CHECK_EQ(write(d[0], "defg", 4), 4);
    CHECK_EQ(read(d[1], buf, sizeof(buf)), 3); /* ... datagrams do */
    CHECK_EQ(read(d[1], buf, 2), 2);
    CHECK_EQ(recv(d[1], buf, 1, MSG_DONTWAIT), -1);
    CHECK_EQ(errno, EAGAIN);
    CHECK_ERRNO(lseek(s[0], 0, SEEK_SET), ESPIPE);
    value = 1;
    CHECK_EQ(setsockopt(s[0], SOL_SOCKET, SO_REUSEADDR, &value, sizeof(value)), 0);
    CHECK(getsockopt(s[0], SOL_SOCKET, SO_ERROR, &value, &len) == 0 && value == 0);
    value = 1; /* however small the buffer, something goes through */
    CHECK_EQ(setsockopt(s[1], SOL_SOCKET, SO_RCVBUF, &value, sizeof(value)), 0);
    CHECK_EQ(ready(s[0], POLLOUT, 1000), POLLOUT);
    CHECK_EQ(send(s[0], "x", 1, MSG_DONTWAIT), 1);
    CHECK_EQ(read(s[1], buf, sizeof(buf)), 1);
    CHECK_EQ(getsockname(s[0], (struct sockaddr *)&name, &(socklen_t){0}), 0);
    CHECK_EQ(close(s[0]), 0);
    CHECK_EQ(read(s[1], buf, 1), 0);
    CHECK_EQ(close(s[1]), 0);
    CHECK_EQ(close(d[0]), 0);
    CHECK_EQ(close(d[1]), 0);
    CHECK_ERRNO(socket(AF_UNIX, 77, 0), EINVAL);
    CHECK_ERRNO(socket(12345, SOCK_STREAM, 0), EAFNOSUPPORT);
    CHECK_ERRNO(syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, 16), EFAULT);
}

union control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int))];
};

/* Sends the byte 'b' with a descriptor, as sendmsg(). */
static long send_descriptor(int to, int passed)
{
    union control control = {.bytes = {0}};
    char byte = 'b';
    struct iovec iov = {&byte, 1};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control.bytes,
                         .msg_controllen = sizeof(control.bytes)};
    struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &passed, sizeof(int));
    return sendmsg(to, &msg, 0);
}

/* An open file travels through a socket. */
static void descriptors(void)
{
    union control control = {.bytes = {0}};
    char byte = 0;
    struct iovec iov = {&byte, 1};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control.bytes,
                         .msg_controllen = sizeof(control.bytes)};
    struct cmsghdr *c;
    int s[2], event = eventfd(5, 0), passed = -1;
    uint64_t v = 0;

    NEED(event >= 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
    CHECK_EQ(send_descriptor(s[0], event), 1);
    CHECK_EQ(close(event), 0);
    CHECK_EQ(recvmsg(s[1], &msg, MSG_CMSG_CLOEXEC), 1);
    CHECK_EQ(byte, 'b');
    c = CMSG_FIRSTHDR(&msg);
    NEED(c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS);
    memcpy(&passed, CMSG_DATA(c), sizeof(int));
    CHECK_EQ(fcntl(passed, F_GETFD), FD_CLOEXEC);
    CHECK(read(passed, &v, 8) == 8 && v == 5);
    CHECK_EQ(close(passed), 0);
    CHECK_EQ(close(s[0]), 0);
    CHECK_EQ(close(s[1]), 0);
}

/* What cannot be handed over because its place is not there is let go of, not lost. */
static void lost_descriptor(void)
{
    char byte;
    struct iovec iov = {&byte, 1};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = (void *)16,
                         .msg_controllen = sizeof(union control)};
    int s[2], e[2];

    NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0 &&
         socketpair(AF_UNIX, SOCK_STREAM, 0, e) == 0);
    CHECK_EQ(send_descriptor(s[0], e[0]), 1);
    CHECK_EQ(close(e[0]), 0);
    CHECK_EQ(recvmsg(s[1], &msg, 0), 1);
    CHECK_EQ(byte, 'b');
    CHECK(msg.msg_flags & MSG_CTRUNC);
    CHECK_EQ(msg.msg_controllen, 0);
    CHECK_EQ(ready(e[1], POLLIN, 10000) & POLLHUP, POLLHUP);
    CHECK_EQ(close(e[1]), 0);
    CHECK_EQ(close(s[0]), 0);
    CHECK_EQ(close(s[1]), 0);
}

/*
 * Sockets in the queues of sockets, each the only one to know the next: closing the first ends them
 * all.
 */
static void nested(void)
{
    int s[2], e[2], last, n = 0;
    char c;

    NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, e) == 0);
    last = e[0];
    while (n < 300) {
        long r;

        NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
        r = send_descriptor(s[0], last);
        if (r < 0) {
            CHECK_EQ(errno, ETOOMANYREFS); /* some Linux versions have a limit */
            CHECK_EQ(close(s[0]), 0);
            CHECK_EQ(close(s[1]), 0);
            break;
        }
        CHECK_EQ(r, 1);
        CHECK_EQ(close(s[0]), 0);
        CHECK_EQ(close(last), 0);
        last = s[1];
        n++;
    }
    CHECK(n >= 3);
    CHECK_ERRNO(recv(e[1], &c, 1, MSG_DONTWAIT), EAGAIN);
    CHECK_EQ(close(last), 0);
    CHECK_EQ(ready(e[1], POLLIN, 10000) & POLLHUP, POLLHUP);
    CHECK_EQ(recv(e[1], &c, 1, 0), 0);
    CHECK_EQ(close(e[1]), 0);
}

#define MUCH (3 << 20)

static void *sender(void *arg)
{
    static char piece[10000];
    int fd = *(int *)arg;

    for (int sent = 0; sent < MUCH;) {
        int n = MUCH - sent < (int)sizeof(piece) ? MUCH - sent : (int)sizeof(piece);

        for (int i = 0; i < n; i++)
            piece[i] = (char)((sent + i) % 251);
        NEED(send(fd, piece, n, 0) == n);
        sent += n;
    }
    return NULL;
}

/* Buffers larger than a small domain: only what is received needs memory. */
static void large_buffer(void)
{
    const size_t size = 64 << 20;
    char *buffer = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct iovec iov[2] = {{buffer, 3}, {buffer + 3, MUCH - 3}};
    struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};
    int s[2];
    pthread_t t;

    NEED(buffer != MAP_FAILED && socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
    CHECK_EQ(send(s[0], "abc", 3, 0), 3);
    CHECK_EQ(recv(s[1], buffer, size, 0), 3);
    CHECK(memcmp(buffer, "abc", 3) == 0);
    for (int round = 0; round < 2; round++) {
        memset(buffer, 0xff, MUCH);
        NEED(pthread_create(&t, NULL, sender, &s[0]) == 0);
        CHECK_EQ(round ? recvmsg(s[1], &msg, MSG_WAITALL) : recv(s[1], buffer, MUCH, MSG_WAITALL),
                 MUCH);
        CHECK_EQ(pthread_join(t, NULL), 0);
        for (int i = 0; i < MUCH; i++)
            NEED(buffer[i] == (char)(i % 251));
    }
    CHECK_EQ(close(s[0]), 0);
    CHECK_EQ(close(s[1]), 0);
    CHECK_EQ(munmap(buffer, size), 0);
}

static int wake[2];

static void *waker(void *arg)
{
    usleep(5000);
    CHECK_EQ(write(wake[1], "!", 1), 1);
    return arg;
}

/* Sockets and native objects in one set. */
static void mixed(void)
{
    int ep = epoll_create1(0), event = eventfd(0, 0);
    struct epoll_event ev = {.events = EPOLLIN, .data.u32 = 1}, got[2];
    struct pollfd p[2];
    char c;
    pthread_t t;

    NEED(ep >= 0 && event >= 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, wake) == 0);
    CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, event, &ev), 0);
    ev.data.u32 = 2;
    CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, wake[0], &ev), 0);
    for (int i = 0; i < 3; i++) {
        NEED(pthread_create(&t, NULL, waker, NULL) == 0);
        CHECK_EQ(epoll_wait(ep, got, 2, 10000), 1);
        CHECK(got[0].data.u32 == 2 && got[0].events == EPOLLIN);
        CHECK_EQ(pthread_join(t, NULL), 0);
        CHECK_EQ(read(wake[0], &c, 1), 1);
        CHECK_EQ(epoll_wait(ep, got, 2, 0), 0);
    }
    p[0] = (struct pollfd){event, POLLIN, 0};
    p[1] = (struct pollfd){wake[0], POLLIN, 0};
    NEED(pthread_create(&t, NULL, waker, NULL) == 0);
    CHECK_EQ(poll(p, 2, 10000), 1);
    CHECK(p[0].revents == 0 && p[1].revents == POLLIN);
    CHECK_EQ(pthread_join(t, NULL), 0);
    close(ep);
    close(event);
    close(wake[0]);
    close(wake[1]);
}

int main(void)
{
    test_begin("sockets");
    streams();
    pairs();
    descriptors();
    lost_descriptor();
    nested();
    large_buffer();
    mixed();
    return test_end();
}
