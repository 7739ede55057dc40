/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Asynchronous I/O: contexts, requests, events, and the ring that programs read by themselves. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

/* As QEMU and libaio know the memory that the name of a context points to. */
struct ring {
    unsigned id, nr, head, tail, magic, compat_features, incompat_features, header_length;
    struct io_event events[];
};

static int file;
static char path[] = "/tmp/aio-XXXXXX";

static long io_setup(unsigned nr, aio_context_t *ctx)
{
    return syscall(SYS_io_setup, nr, ctx);
}

static long io_destroy(aio_context_t ctx)
{
    return syscall(SYS_io_destroy, ctx);
}

static long io_submit(aio_context_t ctx, long nr, struct iocb **iocbs)
{
    return syscall(SYS_io_submit, ctx, nr, iocbs);
}

static long io_getevents(aio_context_t ctx, long least, long most, struct io_event *events,
                         struct timespec *timeout)
{
    return syscall(SYS_io_getevents, ctx, least, most, events, timeout);
}

static struct iocb request(int opcode, int fd, const void *buf, size_t len, long long pos)
{
    struct iocb cb = {0};

    cb.aio_data = 0x1000u + (unsigned)opcode;
    cb.aio_lio_opcode = (unsigned short)opcode;
    cb.aio_fildes = (unsigned)fd;
    cb.aio_buf = (unsigned long)buf;
    cb.aio_nbytes = len;
    cb.aio_offset = pos;
    return cb;
}

/* Submits one request that is accepted; its result. */
static long result_of(aio_context_t ctx, struct iocb *cb)
{
    struct io_event e = {0};

    CHECK_EQ(io_submit(ctx, 1, &cb), 1);
    CHECK_EQ(io_getevents(ctx, 1, 1, &e, NULL), 1);
    CHECK(e.obj == (unsigned long)cb && e.data == cb->aio_data && e.res2 == 0);
    return (long)e.res;
}

/* Submits one request that is refused. */
static void refused(aio_context_t ctx, struct iocb cb, int error)
{
    struct iocb *p = &cb;

    CHECK_ERRNO(io_submit(ctx, 1, &p), error);
}

static void contexts(void)
{
    aio_context_t ctx = 0, other = 0;
    struct timespec now = {0, 0};
    struct io_event e;

    CHECK_ERRNO(io_setup(0, &ctx), EINVAL);
    CHECK_ERRNO(io_setup(0x7fffffff, &ctx), EINVAL);
    CHECK_ERRNO(io_setup(1000000, &ctx), EAGAIN); /* above every limit in use */
    CHECK_ERRNO(io_setup(1, NULL), EFAULT);
    CHECK_EQ(ctx, 0);
    CHECK_EQ(io_setup(4, &ctx), 0);
    CHECK(ctx != 0);
    other = ctx;
    CHECK_ERRNO(io_setup(4, &other), EINVAL); /* the name must be 0 before */
    other = 0;
    CHECK_EQ(io_setup(4, &other), 0);
    CHECK(other != ctx);
    CHECK_EQ(io_getevents(ctx, 0, 1, &e, NULL), 0);
    CHECK_EQ(io_getevents(ctx, 1, 1, &e, &now), 0);
    CHECK_ERRNO(io_getevents(ctx, 2, 1, &e, &now), EINVAL);
    CHECK_ERRNO(io_getevents(ctx, -1, 1, &e, &now), EINVAL);
    CHECK_ERRNO(io_getevents(ctx, 1, 1, &e, (struct timespec *)8), EFAULT);
    CHECK_EQ(io_destroy(other), 0);
    CHECK_ERRNO(io_destroy(other), EINVAL);
    CHECK_ERRNO(io_getevents(other, 0, 1, &e, &now), EINVAL);
    CHECK_ERRNO(io_submit(other, 0, NULL), EINVAL);
    CHECK_EQ(io_submit(ctx, 0, NULL), 0);
    CHECK_ERRNO(io_submit(ctx, -1, NULL), EINVAL);
    CHECK_EQ(io_destroy(ctx), 0);
}

static void transfers(void)
{
    aio_context_t ctx = 0;
    char buf[64] = {0}, a[8], b[8];
    struct iovec out[3] = {{(void *)"vec", 3}, {NULL, 0}, {(void *)"tors", 4}};
    struct iovec in[2] = {{a, 3}, {b, 8}};
    struct iocb cb;

    NEED(io_setup(8, &ctx) == 0);
    cb = request(IOCB_CMD_PWRITE, file, "0123456789", 10, 100);
    CHECK_EQ(result_of(ctx, &cb), 10);
    cb = request(IOCB_CMD_PREAD, file, buf, 64, 98);
    CHECK_EQ(result_of(ctx, &cb), 12); /* what there is */
    CHECK(memcmp(buf, "\0\0000123456789", 12) == 0);
    cb = request(IOCB_CMD_PREAD, file, buf, 64, 5000);
    CHECK_EQ(result_of(ctx, &cb), 0);
    cb = request(IOCB_CMD_PWRITEV, file, out, 3, 0);
    CHECK_EQ(result_of(ctx, &cb), 7);
    cb = request(IOCB_CMD_PREADV, file, in, 2, 1);
    CHECK_EQ(result_of(ctx, &cb), 11);
    CHECK(memcmp(a, "ect", 3) == 0 && memcmp(b, "ors", 3) == 0);
    cb = request(IOCB_CMD_FSYNC, file, NULL, 0, 0);
    CHECK_EQ(result_of(ctx, &cb), 0);
    cb = request(IOCB_CMD_FDSYNC, file, NULL, 0, 0);
    CHECK_EQ(result_of(ctx, &cb), 0);
    cb = request(IOCB_CMD_PWRITE, file, "sync", 4, 0);
    cb.aio_rw_flags = RWF_DSYNC;
    CHECK_EQ(result_of(ctx, &cb), 4);
    CHECK_EQ(lseek(file, 0, SEEK_CUR), 0); /* the file's own position takes no part */
    CHECK_EQ(io_destroy(ctx), 0);
}

/* What is refused by io_submit() itself, as Linux does, and what is an event. */
static void errors(void)
{
    aio_context_t ctx = 0;
    char buf[16];
    struct iovec bad = {(void *)8, 16};
    struct iocb good = request(IOCB_CMD_PREAD, file, buf, 16, 0), cb, *list[3];
    int only_read = open(path, O_RDONLY), only_write = open(path, O_WRONLY);
    struct io_event e[3];

    NEED(only_read >= 0 && only_write >= 0 && io_setup(8, &ctx) == 0);
    refused(ctx, request(IOCB_CMD_PREAD, 999, buf, 16, 0), EBADF);
    refused(ctx, request(IOCB_CMD_PWRITE, only_read, buf, 16, 0), EBADF);
    refused(ctx, request(IOCB_CMD_PREAD, only_write, buf, 16, 0), EBADF);
    refused(ctx, request(77, file, buf, 16, 0), EINVAL);
    refused(ctx, request(IOCB_CMD_PREAD, file, buf, 16, -1), EINVAL);
    refused(ctx, request(IOCB_CMD_PREAD, file, buf, (size_t)-1, 0), EINVAL);
    refused(ctx, request(IOCB_CMD_PREADV, file, &bad, 5000, 0), EINVAL);
    refused(ctx, request(IOCB_CMD_PREADV, file, (void *)8, 1, 0), EFAULT);
    refused(ctx, request(IOCB_CMD_FSYNC, file, buf, 16, 0), EINVAL);
    cb = good;
    cb.aio_reserved2 = 1;
    refused(ctx, cb, EINVAL);
    cb = good;
    cb.aio_rw_flags = 0x40000000;
    refused(ctx, cb, EOPNOTSUPP);
    cb = good;
    cb.aio_flags = IOCB_FLAG_RESFD;
    cb.aio_resfd = 999;
    refused(ctx, cb, EBADF);
    cb.aio_resfd = (unsigned)file;
    refused(ctx, cb, EINVAL);
    list[0] = (struct iocb *)8;
    CHECK_ERRNO(io_submit(ctx, 1, list), EFAULT);
    CHECK_ERRNO(io_submit(ctx, 1, (struct iocb **)8), EFAULT);
    cb = request(IOCB_CMD_PREAD, file, (void *)8, 16, 0);
    list[0] = &cb;
    if (io_submit(ctx, 1, list) == 1) { /* Linux touches a buffer only when it reads */
        CHECK_EQ(io_getevents(ctx, 1, 1, e, NULL), 1);
        CHECK_EQ(e[0].res, -EFAULT);
    } else {
        CHECK_EQ(errno, EFAULT);
    }

    /* Those before the first bad one are done. */
    cb = good;
    cb.aio_fildes = 999;
    list[0] = &good;
    list[1] = &cb;
    list[2] = &good;
    CHECK_EQ(io_submit(ctx, 3, list), 1);
    CHECK_EQ(io_getevents(ctx, 1, 3, e, NULL), 1);
    CHECK_EQ(e[0].res, 16);
    CHECK_ERRNO(syscall(SYS_io_cancel, ctx, &good, e), EINVAL);
    CHECK_ERRNO(syscall(SYS_io_cancel, ctx, 8, e), EFAULT);
    CHECK_EQ(io_destroy(ctx), 0);
    CHECK_EQ(close(only_read), 0);
    CHECK_EQ(close(only_write), 0);
}

/* The counter tells how many events there are; the ring is read without a system call. */
static void ring_and_counter(void)
{
    aio_context_t ctx = 0;
    char buf[4][8];
    struct iocb cb[4], *list[4];
    int counter = eventfd(0, EFD_NONBLOCK);
    struct pollfd ready = {.fd = counter, .events = POLLIN};
    struct io_event e[4];
    struct ring *ring;
    uint64_t n = 0;

    NEED(counter >= 0 && io_setup(4, &ctx) == 0);
    ring = (struct ring *)ctx; /* NOLINT: that is what the name is */
    CHECK_EQ(ring->magic, 0xa10a10a1u);
    CHECK_EQ(ring->header_length, sizeof(*ring));
    CHECK(ring->nr > 4 && ring->head == 0 && ring->tail == 0);
    CHECK_EQ(poll(&ready, 1, 0), 0);
    for (unsigned round = 0; round < ring->nr; round++) { /* goes around several times */
        for (unsigned i = 0; i < 4; i++) {
            cb[i] = request(IOCB_CMD_PREAD, file, buf[i], 8, i);
            cb[i].aio_data = round * 4 + i;
            cb[i].aio_flags = IOCB_FLAG_RESFD;
            cb[i].aio_resfd = (unsigned)counter;
            list[i] = &cb[i];
        }
        if (io_submit(ctx, 4, list) != 4 || poll(&ready, 1, 0) != 1 || read(counter, &n, 8) != 8) {
            CHECK(!"submitted");
            break;
        }
        CHECK_EQ(n, 4);
        for (unsigned i = 0; i < 4; i++) {
            struct io_event *event = &ring->events[ring->head];

            if (event->data != round * 4 + i || event->res != 8 ||
                event->obj != (unsigned long)&cb[i]) {
                CHECK(!"the event in the ring");
                break;
            }
            if (round % 2 == 0) {
                ring->head = (ring->head + 1) % ring->nr;
            } else {
                CHECK_EQ(io_getevents(ctx, 1, 1, e, NULL), 1);
                CHECK_EQ(e[0].data, round * 4 + i);
            }
        }
        CHECK_EQ(ring->head, ring->tail);
    }
    CHECK_EQ(io_destroy(ctx), 0);
    CHECK_EQ(close(counter), 0);
}

/* More events than there is place for are not accepted, and none is lost. */
static void full_ring(void)
{
    aio_context_t ctx = 0;
    char buf[8];
    struct iocb cb = request(IOCB_CMD_PREAD, file, buf, 4, 0), *p = &cb;
    struct io_event e;
    long accepted = 0, taken = 0;

    NEED(io_setup(1, &ctx) == 0);
    while (accepted < 100000 && io_submit(ctx, 1, &p) == 1)
        accepted++;
    CHECK_EQ(errno, EAGAIN);
    CHECK(accepted >= 1 && accepted < 100000);
    CHECK_EQ(io_getevents(ctx, 1, 1, &e, NULL), 1);
    while (io_submit(ctx, 1, &p) != 1 && taken < 1000) /* Linux counts in batches */
        taken += io_getevents(ctx, 1, 1, &e, NULL);
    CHECK(taken < 1000);
    while (io_getevents(ctx, 0, 1, &e, &(struct timespec){0, 0}) == 1)
        taken++;
    CHECK_EQ(taken, accepted);
    CHECK_EQ(io_destroy(ctx), 0);
}

static aio_context_t waited_for;
static struct io_event waited[2];

static void *waiter(void *arg)
{
    (void)arg;
    return (void *)io_getevents(waited_for, 2, 2, waited, NULL); /* NOLINT: a number */
}

static void on_signal(int sig)
{
    (void)sig;
}

static void waiting(void)
{
    char buf[8];
    struct iocb cb = request(IOCB_CMD_PREAD, file, buf, 4, 0), *p = &cb;
    struct timespec ms = {0, 10000000};
    struct sigaction action = {.sa_handler = on_signal};
    struct io_event e;
    pthread_t t;
    void *got;

    NEED(io_setup(4, &waited_for) == 0);
    CHECK_EQ(io_getevents(waited_for, 1, 1, &e, &ms), 0);
    CHECK_EQ(io_submit(waited_for, 1, &p), 1);
    CHECK_EQ(io_getevents(waited_for, 2, 2, waited, &ms), 1); /* fewer, when time is up */

    NEED(pthread_create(&t, NULL, waiter, NULL) == 0);
    usleep(10000);
    CHECK_EQ(io_submit(waited_for, 1, &p), 1);
    usleep(10000);
    CHECK_EQ(io_submit(waited_for, 1, &p), 1);
    CHECK_EQ(pthread_join(t, &got), 0);
    CHECK_EQ((long)got, 2);

    NEED(sigaction(SIGALRM, &action, NULL) == 0);
    alarm(1);
    CHECK_ERRNO(io_getevents(waited_for, 1, 1, &e, NULL), EINTR);
    CHECK_EQ(io_destroy(waited_for), 0);
}

/* A pipe is read where it is. */
static void pipes(void)
{
    aio_context_t ctx = 0;
    int fds[2];
    char buf[8];
    struct iocb cb;

    NEED(pipe(fds) == 0 && io_setup(2, &ctx) == 0);
    cb = request(IOCB_CMD_PWRITE, fds[1], "pipe", 4, 0);
    CHECK_EQ(result_of(ctx, &cb), 4);
    cb = request(IOCB_CMD_PREAD, fds[0], buf, 8, 0);
    CHECK_EQ(result_of(ctx, &cb), 4);
    CHECK(memcmp(buf, "pipe", 4) == 0);
    refused(ctx, request(IOCB_CMD_FSYNC, fds[1], NULL, 0, 0), EINVAL);
    CHECK_EQ(io_destroy(ctx), 0);
    close(fds[0]);
    close(fds[1]);
}

/* Contexts come and go; their memory comes back. */
static void many(void)
{
    for (int i = 0; i < 100; i++) {
        aio_context_t ctx = 0;

        NEED(io_setup(2000, &ctx) == 0);
        CHECK_EQ(io_destroy(ctx), 0);
    }
}

int main(void)
{
    test_begin("aio");
    file = mkstemp(path);
    NEED(file >= 0);
    contexts();
    transfers();
    errors();
    ring_and_counter();
    full_ring();
    waiting();
    pipes();
    many();
    CHECK_EQ(close(file), 0);
    CHECK_EQ(unlink(path), 0);
    return test_end();
}
