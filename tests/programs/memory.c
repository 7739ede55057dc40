/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* mmap and its family on anonymous memory, brk, memfd; malloc. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check.h"

#define PAGE 4096ul

static char *anon(size_t len)
{
    char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    NEED(p != MAP_FAILED);
    return p;
}

static void basics(void)
{
    char *p = anon(16 * PAGE), *q;
    unsigned char vec[16];

    CHECK_EQ((uintptr_t)p % PAGE, 0);
    for (size_t i = 0; i < 16 * PAGE; i++)
        NEED(p[i] == 0);
    memset(p, 0xa5, 16 * PAGE);
    q = mmap(p + 4 * PAGE, 2 * PAGE, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    CHECK(q == p + 4 * PAGE && q[0] == 0 && q[2 * PAGE - 1] == 0);
    CHECK(p[4 * PAGE - 1] == (char)0xa5 && p[6 * PAGE] == (char)0xa5);
    CHECK_EQ(munmap(p + 8 * PAGE, PAGE), 0);
    CHECK_EQ(munmap(p + 8 * PAGE, PAGE), 0); /* nothing there any more: fine */
    CHECK_ERRNO(mincore(p, 16 * PAGE, vec), ENOMEM);
    CHECK_EQ(mincore(p, 8 * PAGE, vec), 0);
    CHECK(vec[0] & 1);
    CHECK_ERRNO(mprotect(p, 16 * PAGE, PROT_READ), ENOMEM);
    CHECK_EQ(mprotect(p, 8 * PAGE, PROT_READ), 0);
    CHECK(p[0] == (char)0xa5);
    CHECK_EQ(mprotect(p, 8 * PAGE, PROT_NONE), 0);
    CHECK_ERRNO(write(-1, p, 1), EBADF);
    CHECK_EQ(mprotect(p, 8 * PAGE, PROT_READ | PROT_WRITE), 0);
    CHECK(p[0] == (char)0xa5);
    CHECK_EQ(madvise(p, PAGE, MADV_DONTNEED), 0);
    CHECK(p[0] == 0 && p[PAGE] == (char)0xa5);
    CHECK_EQ(munmap(p, 16 * PAGE), 0);
    CHECK(mmap(p, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == p);
    CHECK_ERRNO(mmap(p, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0),
                EEXIST);
    CHECK_EQ(munmap(p, PAGE), 0);
}

static void arguments(void)
{
    char *p = anon(PAGE);
    int mode = PROT_READ | PROT_WRITE;

    CHECK_ERRNO(mmap(NULL, 0, mode, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), EINVAL);
    CHECK_ERRNO(mmap(NULL, PAGE, mode, MAP_ANONYMOUS, -1, 0), EINVAL);
    CHECK_ERRNO(mmap(NULL, PAGE, mode, MAP_PRIVATE, -1, 0), EBADF);
    CHECK_ERRNO(syscall(SYS_mmap, NULL, PAGE, mode, MAP_PRIVATE | MAP_ANONYMOUS, -1, 1), EINVAL);
    CHECK_ERRNO(syscall(SYS_mmap, 1, PAGE, mode, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
                EINVAL);
    CHECK_ERRNO(mmap(NULL, SIZE_MAX / 2, mode, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), ENOMEM);
    CHECK_ERRNO(syscall(SYS_munmap, p + 1, PAGE), EINVAL);
    CHECK_ERRNO(syscall(SYS_munmap, p, 0), EINVAL);
    CHECK_ERRNO(syscall(SYS_mprotect, p + 1, PAGE, mode), EINVAL);
    CHECK_EQ(mprotect(p, 0, PROT_NONE), 0);
    CHECK_ERRNO(madvise(p, PAGE, 12345), EINVAL);
    CHECK_ERRNO(madvise(p + 1, PAGE, MADV_DONTNEED), EINVAL);
    CHECK_ERRNO(msync(p, PAGE, 1234), EINVAL);
    CHECK_EQ(msync(p, PAGE, MS_SYNC), 0);
    CHECK_EQ(mlock(p, PAGE), 0);
    CHECK_EQ(munlock(p, PAGE), 0);
    CHECK_EQ(munmap(p, PAGE), 0);
    CHECK_ERRNO(msync(p, PAGE, MS_SYNC), ENOMEM);
    CHECK_ERRNO(mlock(p, PAGE), ENOMEM);
    CHECK_ERRNO(madvise(p, PAGE, MADV_DONTNEED), ENOMEM);
}

static void remap(void)
{
    char *p = anon(8 * PAGE), *q;

    memset(p, 1, 8 * PAGE);
    CHECK(mremap(p, 8 * PAGE, 4 * PAGE, 0) == p);
    CHECK_ERRNO(mremap(p + 4 * PAGE, PAGE, PAGE, 0), EFAULT);
    q = mmap(p + 4 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    NEED(q == p + 4 * PAGE);
    CHECK_ERRNO(mremap(p, 4 * PAGE, 8 * PAGE, 0), ENOMEM);
    q = mremap(p, 4 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
    NEED(q != MAP_FAILED);
    CHECK(q != p && q[0] == 1 && q[4 * PAGE - 1] == 1 && q[4 * PAGE] == 0 && q[64 * PAGE - 1] == 0);
    CHECK_ERRNO(mremap(p, 4 * PAGE, PAGE, 0), EFAULT); /* moved away */
    p = mremap(q, 64 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p);
    CHECK(p != MAP_FAILED && p[0] == 1 && p[2 * PAGE - 1] == 1);
    CHECK_ERRNO(mremap(p, 2 * PAGE, 0, 0), EINVAL);
    CHECK_ERRNO(mremap(p + 1, PAGE, PAGE, 0), EINVAL);
    CHECK_EQ(munmap(p, 2 * PAGE), 0);
}

static void breaks(void)
{
    char *start = (char *)syscall(SYS_brk, 0);

    CHECK_EQ(syscall(SYS_brk, start + 3 * PAGE + 5), (long)(start + 3 * PAGE + 5));
    memset(start, 3, 3 * PAGE + 5);
    CHECK_EQ(syscall(SYS_brk, start + PAGE), (long)(start + PAGE));
    CHECK_EQ(syscall(SYS_brk, start + 3 * PAGE), (long)(start + 3 * PAGE));
    CHECK(start[0] == 3 && start[2 * PAGE + 4000] == 0);
    CHECK_EQ(syscall(SYS_brk, start), (long)start);
    CHECK_EQ(syscall(SYS_brk, 1), (long)start);
}

static void memory_file(void)
{
    int fd = memfd_create("test", MFD_ALLOW_SEALING | MFD_CLOEXEC);
    struct stat st;
    char *a, *b, buf[16];

    NEED(fd >= 0);
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    CHECK_EQ(ftruncate(fd, 3 * PAGE), 0);
    CHECK(fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == (off_t)(3 * PAGE));
    a = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    b = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, PAGE);
    NEED(a != MAP_FAILED && b != MAP_FAILED);
    strcpy(a + PAGE, "seen");
    CHECK(strcmp(b, "seen") == 0);
    CHECK(pread(fd, buf, 5, PAGE) == 5 && strcmp(buf, "seen") == 0);
    CHECK_EQ(pwrite(fd, "new", 4, PAGE), 4);
    CHECK(strcmp(b, "new") == 0);
    CHECK_EQ(munmap(b, PAGE), 0);
    b = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, PAGE);
    NEED(b != MAP_FAILED);
    CHECK(strcmp(b, "new") == 0);
    b[0] = 'N';
    CHECK(a[PAGE] == 'n');
    CHECK_EQ(lseek(fd, 0, SEEK_END), (long)(3 * PAGE));
    CHECK_EQ(write(fd, "end", 3), 3);
    CHECK_EQ(lseek(fd, -3, SEEK_CUR), (long)(3 * PAGE));
    CHECK(read(fd, buf, 16) == 3 && memcmp(buf, "end", 3) == 0);
    CHECK_EQ(read(fd, buf, 16), 0);
    CHECK_EQ(fcntl(fd, F_GET_SEALS), 0);
    CHECK_EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
    CHECK_ERRNO(ftruncate(fd, 0), EPERM);
    CHECK_EQ(close(fd), 0);
    CHECK(strcmp(a + PAGE, "new") == 0); /* the mapping keeps the file */
    CHECK_EQ(munmap(a, 3 * PAGE), 0);
    CHECK_ERRNO(memfd_create("x", 0x4000), EINVAL);
}

/* Mapped out of reach at first, or moved while it is. */
static void unreachable(void)
{
    int fd = memfd_create("test", MFD_CLOEXEC);
    char *p, *q;

    NEED(fd >= 0);
    CHECK_EQ(write(fd, "inside", 7), 7);
    p = mmap(NULL, PAGE, PROT_NONE, MAP_SHARED, fd, 0);
    NEED(p != MAP_FAILED);
    CHECK_EQ(mprotect(p, PAGE, PROT_READ), 0);
    CHECK(strcmp(p, "inside") == 0);
    CHECK_EQ(lseek(fd, 0, SEEK_END), 7);
    CHECK_EQ(write(fd, p, 7), 7); /* readable for the kernel, too */
    CHECK(strcmp(p + 7, "inside") == 0);
    CHECK_EQ(mprotect(p, PAGE, PROT_NONE), 0);
    CHECK_EQ(mprotect(p, PAGE, PROT_READ | PROT_WRITE), 0);
    p[0] = 'I';
    CHECK_EQ(munmap(p, PAGE), 0);
    CHECK_EQ(close(fd), 0);

    p = anon(2 * PAGE);
    strcpy(p, "moved");
    q = anon(16 * PAGE);
    CHECK_EQ(mprotect(p, 2 * PAGE, PROT_NONE), 0);
    q = mremap(p, 2 * PAGE, 16 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, q);
    NEED(q != MAP_FAILED);
    CHECK_ERRNO(write(-1, q, 1), EBADF);
    CHECK_EQ(mprotect(q, 16 * PAGE, PROT_READ), 0);
    CHECK(strcmp(q, "moved") == 0 && q[PAGE] == 0);
    CHECK_EQ(munmap(q, 16 * PAGE), 0);
}

static void heap(void)
{
    enum { N = 500 };
    static unsigned char *block[N];
    size_t size[N], total = 0;

    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < N; i++) {
            size[i] = (size_t)(i * 37 + round * 1001) % 9000 + 1;
            if (i % 50 == 0)
                size[i] *= 30;
            block[i] = malloc(size[i]);
            NEED(block[i]);
            memset(block[i], i & 255, size[i]);
            total += size[i];
        }
        for (int i = 0; i < N; i += 2) {
            block[i] = realloc(block[i], size[i] + 5000);
            NEED(block[i]);
        }
        for (int i = 0; i < N; i++) {
            CHECK(block[i][0] == (i & 255) && block[i][size[i] - 1] == (i & 255));
            free(block[i]);
        }
    }
    CHECK(total > 0);
}

/* A buffer that was good is not good for ever. */
static void buffers(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *m = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *at = m + page - 4; /* over the border of two pages */
    int p[2];
    char got[8];

    NEED(m != MAP_FAILED && pipe2(p, O_NONBLOCK) == 0);
    for (int i = 0; i < 3; i++) {
        memcpy(at, "12345678", 8);
        CHECK_EQ(write(p[1], at, 8), 8);
        CHECK_EQ(read(p[0], at, 8), 8);
    }
    CHECK_EQ(mprotect(m + page, page, PROT_READ), 0);
    CHECK_EQ(write(p[1], at, 8), 8);
    CHECK_ERRNO(read(p[0], at + 4, 4), EFAULT);
    CHECK_EQ(read(p[0], got, 8), 8);
    CHECK_EQ(mprotect(m, page, PROT_NONE), 0);
    CHECK_ERRNO(write(p[1], m + page - 8, 8), EFAULT);
    CHECK_EQ(write(p[1], m + page, 8), 8);
    CHECK_EQ(read(p[0], got, 8), 8);
    CHECK_EQ(mprotect(m, 2 * page, PROT_READ | PROT_WRITE), 0);
    CHECK_EQ(write(p[1], at, 8), 8);
    CHECK_EQ(read(p[0], at, 8), 8);
    CHECK(memcmp(at, "12345678", 8) == 0);
    CHECK_EQ(madvise(m, 2 * page, MADV_DONTNEED), 0);
    CHECK_EQ(write(p[1], at, 8), 8);
    CHECK_EQ(read(p[0], got, 8), 8);
    CHECK(memcmp(got, "\0\0\0\0\0\0\0\0", 8) == 0);
    CHECK_EQ(munmap(m, 2 * page), 0);
    CHECK_ERRNO(write(p[1], at, 8), EFAULT);
    CHECK_EQ(mmap(m, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), m);
    CHECK_EQ(write(p[1], m, 8), 8);
    CHECK_ERRNO(read(p[0], m, 8), EFAULT);
    CHECK_EQ(munmap(m, page), 0);
    close(p[0]);
    close(p[1]);
}

static void drop(char *pages, size_t len)
{
    CHECK_EQ(munmap(pages, len), 0);
}

static void forbid(char *pages, size_t len)
{
    CHECK_EQ(mprotect(pages, len, PROT_NONE), 0);
}

/* The same with more pages than a kernel may keep in mind, some or most of which go away. */
static void many_buffers(void (*take)(char *, size_t), size_t first, size_t n)
{
    enum { PAGES = 300 };
    char *m = anon(PAGES * PAGE);
    int p[2];

    NEED(pipe2(p, O_NONBLOCK) == 0);
    for (size_t i = 0; i < PAGES; i++) {
        CHECK_EQ(write(p[1], m + i * PAGE, 8), 8);
        CHECK_EQ(read(p[0], m + i * PAGE, 8), 8);
    }
    take(m + first * PAGE, n * PAGE);
    for (size_t i = first; i < first + n; i += n / 3) {
        CHECK_ERRNO(write(p[1], m + i * PAGE, 8), EFAULT);
        CHECK_EQ(write(p[1], "12345678", 8), 8);
        CHECK_ERRNO(read(p[0], m + i * PAGE, 8), EFAULT);
        CHECK_EQ(read(p[0], m, 8), 8);
    }
    for (size_t i = 0; i < PAGES; i = i + 1 == first ? first + n : i + 1)
        CHECK_EQ(write(p[1], m + i * PAGE, 1), 1);
    CHECK_EQ(munmap(m, PAGES * PAGE), 0);
    close(p[0]);
    close(p[1]);
}

/* Where a buffer has moved away from is no buffer any more. */
static void moved_buffer(void)
{
    char *m = anon(4 * PAGE);
    int p[2];

    NEED(pipe2(p, O_NONBLOCK) == 0);
    memcpy(m, "12345678", 8);
    CHECK_EQ(write(p[1], m, 8), 8);
    CHECK_EQ(read(p[0], m, 8), 8);
    CHECK_EQ(mremap(m, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, m + 2 * PAGE), m + 2 * PAGE);
    CHECK_ERRNO(write(p[1], m, 8), EFAULT);
    CHECK_EQ(write(p[1], m + 2 * PAGE, 8), 8);
    CHECK_ERRNO(read(p[0], m, 8), EFAULT);
    CHECK_EQ(munmap(m + PAGE, 3 * PAGE), 0);
    close(p[0]);
    close(p[1]);
}

#define DEEP ((size_t)80 << 10) /* less than what a kernel keeps ready below a stack pointer */

static void *deep(void *arg)
{
    volatile char frame[DEEP];

    (void)arg;
    syscall(SYS_gettid); /* the stack is made ready here, at the latest */
    for (size_t i = 0; i < DEEP; i += 512)
        frame[i] = 1;
    return (void *)(uintptr_t)frame[0];
}

/* Memory that is a stack, goes away, and is a stack again. */
static void stack_again(size_t size)
{
    char *m = NULL;

    for (int i = 0; i < 3; i++) {
        int flags = MAP_PRIVATE | MAP_ANONYMOUS | (m != NULL ? MAP_FIXED : 0);
        pthread_attr_t attr;
        pthread_t thread;
        void *result;

        m = mmap(m, size, PROT_READ | PROT_WRITE, flags, -1, 0);
        NEED(m != MAP_FAILED && pthread_attr_init(&attr) == 0);
        CHECK_EQ(pthread_attr_setstack(&attr, m, size), 0);
        CHECK_EQ(pthread_create(&thread, &attr, deep, NULL), 0);
        CHECK_EQ(pthread_join(thread, &result), 0);
        CHECK(result == (void *)1);
        CHECK_EQ(munmap(m, size), 0);
    }
}

int main(void)
{
    test_begin("memory");
    basics();
    arguments();
    remap();
    breaks();
    memory_file();
    unreachable();
    heap();
    buffers();
    many_buffers(drop, 100, 12);
    many_buffers(drop, 50, 201);
    many_buffers(forbid, 100, 12);
    many_buffers(forbid, 50, 201);
    moved_buffer();
    stack_again((size_t)256 << 10);
    stack_again((size_t)2 << 20);
    return test_end();
}
