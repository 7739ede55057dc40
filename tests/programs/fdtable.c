/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Descriptors: lowest number first, dup and its kin, flags, limits, the device nodes, copying
 * between files.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "check.h"

static void numbers(void)
{
    int a = eventfd(0, 0), b, c;
    struct rlimit limit;

    NEED(a >= 0);
    b = dup(a);
    CHECK_EQ(b, a + 1);
    c = fcntl(a, F_DUPFD, 20);
    CHECK(c >= 20);
    CHECK_EQ(fcntl(c, F_GETFD), 0);
    CHECK_EQ(close(b), 0);
    CHECK_ERRNO(close(b), EBADF);
    CHECK_EQ(fcntl(a, F_DUPFD_CLOEXEC, 0), b);
    CHECK_EQ(fcntl(b, F_GETFD), FD_CLOEXEC);
    CHECK_EQ(dup2(a, b), b);
    CHECK_EQ(fcntl(b, F_GETFD), 0);
    CHECK_EQ(dup2(a, a), a);
    CHECK_ERRNO(dup3(a, a, 0), EINVAL);
    CHECK_EQ(dup3(a, b, O_CLOEXEC), b);
    CHECK_ERRNO(dup2(999, b), EBADF);
    CHECK_ERRNO(dup2(a, -1), EBADF);
    CHECK_ERRNO(dup(-1), EBADF);
    CHECK_ERRNO(fcntl(a, F_DUPFD, -1), EINVAL);
    CHECK_ERRNO(fcntl(a, 9999), EINVAL);
    CHECK_ERRNO(fcntl(999, F_GETFL), EBADF);

    /* Status flags belong to the open file, not to the descriptor. */
    CHECK_EQ(fcntl(a, F_SETFL, O_NONBLOCK), 0);
    CHECK(fcntl(b, F_GETFL) & O_NONBLOCK);
    CHECK_EQ(fcntl(b, F_GETFL) & O_ACCMODE, O_RDWR);
    CHECK_EQ(ioctl(b, FIONBIO, &(int){0}), 0);
    CHECK(!(fcntl(a, F_GETFL) & O_NONBLOCK));
    CHECK_ERRNO(ioctl(a, 0x1234, 0), ENOTTY);
    CHECK_EQ(ioctl(a, FIOCLEX), 0);
    CHECK_EQ(fcntl(a, F_GETFD), FD_CLOEXEC);

    NEED(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHECK(limit.rlim_cur >= 256);
    limit.rlim_cur = 64;
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
    for (int n = 0; n < 100; n++) {
        errno = 0;
        if (dup(a) < 0)
            break;
    }
    CHECK_EQ(errno, EMFILE);
    CHECK_ERRNO(fcntl(a, F_DUPFD, 64), EINVAL);
    CHECK_ERRNO(dup2(a, 64), EBADF);
    for (int fd = 3; fd < 64; fd++)
        close(fd);
}

static void nodes(void)
{
    int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDWR);
    int full = open("/dev/full", O_RDWR), random = open("/dev/urandom", O_RDONLY);
    char buf[64] = "x", *map;
    struct stat st;
    struct iovec iov[2] = {{buf, 16}, {buf + 32, 16}};

    NEED(null >= 0 && zero >= 0 && full >= 0 && random >= 0);
    CHECK_EQ(read(null, buf, sizeof(buf)), 0);
    CHECK_EQ(write(null, buf, sizeof(buf)), sizeof(buf));
    memset(buf, 1, sizeof(buf));
    CHECK_EQ(readv(zero, iov, 2), 32);
    CHECK(buf[0] == 0 && buf[15] == 0 && buf[16] == 1 && buf[32] == 0 && buf[48] == 1);
    CHECK_ERRNO(write(full, buf, 1), ENOSPC);
    CHECK_EQ(read(random, buf, sizeof(buf)), sizeof(buf));
    CHECK(stat("/dev/null", &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == 0x103);
    CHECK(fstat(zero, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == 0x105);
    map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero, 0);
    CHECK(map != MAP_FAILED && map[8191] == 0);
    CHECK_ERRNO(write(random, buf, 1), EBADF);
    CHECK_EQ(access("/dev/null", R_OK | W_OK), 0);
    close(null);
    close(zero);
    close(full);
    close(random);
}

/* Buffers the program may not touch. */
static void faults(void)
{
    int zero = open("/dev/zero", O_RDWR);
    char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct iovec iov = {p, 1};

    NEED(zero >= 0 && p != MAP_FAILED);
    NEED(munmap(p + 4096, 4096) == 0);
    CHECK_ERRNO(read(zero, (void *)16, 1), EFAULT);
    CHECK_EQ(read(zero, p, 4096), 4096);
    CHECK_ERRNO(readv(zero, (void *)16, 1), EFAULT);
    CHECK_ERRNO(readv(zero, &iov, -1), EINVAL);
    CHECK_ERRNO(readv(zero, &iov, 5000), EINVAL);
    iov.iov_len = (size_t)-1;
    CHECK_ERRNO(readv(zero, &iov, 1), EINVAL);
    CHECK_ERRNO(open((char *)16, O_RDONLY), EFAULT);
    CHECK_ERRNO(syscall(SYS_fstat, zero, 16), EFAULT);
    NEED(mprotect(p, 4096, PROT_READ) == 0);
    CHECK_ERRNO(read(zero, p, 1), EFAULT);
    close(zero);
}

static void copies(void)
{
    int a = memfd_create("a", 0), b = memfd_create("b", 0);
    char buf[8] = "";
    off_t off = 2;
    loff_t in = 0, out = 4;

    NEED(a >= 0 && b >= 0);
    CHECK_EQ(write(a, "abcdef", 6), 6);
    CHECK_EQ(sendfile(b, a, &off, 100), 4);
    CHECK_EQ(off, 6);
    CHECK(pread(b, buf, 8, 0) == 4 && memcmp(buf, "cdef", 4) == 0);
    CHECK_EQ(copy_file_range(a, &in, b, &out, 3, 0), 3);
    CHECK(in == 3 && out == 7);
    CHECK(pread(b, buf, 8, 0) == 7 && memcmp(buf, "cdefabc", 7) == 0);
    CHECK_ERRNO(sendfile(b, 999, NULL, 1), EBADF);
    CHECK_EQ(posix_fadvise(a, 0, 0, POSIX_FADV_SEQUENTIAL), 0);
    CHECK_EQ(posix_fallocate(a, 0, 10000), 0);
    CHECK_EQ(lseek(a, 0, SEEK_END), 10000);
    CHECK_ERRNO(fallocate(a, 0, -1, 10), EINVAL);
    CHECK_ERRNO(ftruncate(a, -1), EINVAL);
    CHECK_ERRNO(pread(a, buf, 1, -1), EINVAL);
    CHECK_ERRNO(lseek(a, -1, SEEK_SET), EINVAL);
    CHECK_ERRNO(lseek(a, 0, 99), EINVAL);
    CHECK_EQ(fsync(a), 0);
    CHECK_EQ(fdatasync(a), 0);
    CHECK_ERRNO(fsync(999), EBADF);
    close(a);
    close(b);
}

int main(void)
{
    test_begin("fdtable");
    nodes();
    faults();
    copies();
    numbers();
    return test_end();
}
