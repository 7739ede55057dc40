/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Regular files, directories, links and names, in /tmp. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include "check.h"

static char dir[] = "/tmp/files-XXXXXX";

static void contents(void)
{
    struct iovec iov[3] = {{"abc", 3}, {"", 0}, {"defgh", 5}};
    char buf[64];
    struct stat st;
    char *map;
    int fd, again;

    CHECK_ERRNO(open("data", O_RDWR), ENOENT);
    fd = open("data", O_RDWR | O_CREAT | O_EXCL, 0640);
    NEED(fd >= 0);
    CHECK_ERRNO(open("data", O_RDWR | O_CREAT | O_EXCL, 0640), EEXIST);
    CHECK_EQ(writev(fd, iov, 3), 8);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 8);
    CHECK(pread(fd, buf, sizeof(buf), 2) == 6 && memcmp(buf, "cdefgh", 6) == 0);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 8);
    CHECK_EQ(pwrite(fd, "XY", 2, 3), 2);
    CHECK_EQ(lseek(fd, -5, SEEK_END), 3);
    CHECK(read(fd, buf, 3) == 3 && memcmp(buf, "XYf", 3) == 0);
    CHECK_EQ(ftruncate(fd, 5), 0);
    CHECK(fstat(fd, &st) == 0 && st.st_size == 5 && S_ISREG(st.st_mode) && st.st_nlink == 1);
    CHECK_EQ(st.st_mode & 0777, 0640);
    CHECK_EQ(ftruncate(fd, 10000), 0);
    CHECK(pread(fd, buf, 8, 4) == 8 && buf[0] == 'Y' && buf[1] == 0 && buf[7] == 0);
    CHECK_EQ(pread(fd, buf, 8, 10000), 0);
    CHECK_EQ(fsync(fd), 0);

    again = open("data", O_WRONLY | O_APPEND);
    NEED(again >= 0);
    CHECK_EQ(write(again, "tail", 4), 4);
    CHECK_EQ(lseek(again, 0, SEEK_CUR), 10004);
    CHECK(pread(fd, buf, 64, 10000) == 4 && memcmp(buf, "tail", 4) == 0);
    CHECK_ERRNO(read(again, buf, 1), EBADF);
    CHECK_EQ(close(again), 0);
    again = open("data", O_RDONLY);
    CHECK_ERRNO(write(again, "x", 1), EBADF);
    CHECK_ERRNO(ftruncate(again, 0), EINVAL);
    map = mmap(NULL, 10004, PROT_READ, MAP_PRIVATE, again, 0);
    CHECK(map != MAP_FAILED && memcmp(map, "abcXY", 5) == 0 && memcmp(map + 10000, "tail", 4) == 0);
    CHECK_ERRNO(mmap(NULL, 10, PROT_READ | PROT_WRITE, MAP_SHARED, again, 0), EACCES);
    CHECK_EQ(close(again), 0);
    CHECK(map[1] == 'b');
    CHECK_EQ(munmap(map, 10004), 0);
    again = open("data", O_RDWR | O_TRUNC);
    CHECK(fstat(again, &st) == 0 && st.st_size == 0);
    CHECK_EQ(read(fd, buf, 1), 0);
    CHECK_EQ(close(again), 0);
    CHECK_EQ(lseek(fd, 100000, SEEK_SET), 100000);
    CHECK_EQ(write(fd, "far", 3), 3);
    CHECK(fstat(fd, &st) == 0 && st.st_size == 100003);
    CHECK(pread(fd, buf, 4, 50000) == 4 && memcmp(buf, "\0\0\0\0", 4) == 0);
    CHECK_ERRNO(open("data/x", O_RDONLY), ENOTDIR);
    CHECK_ERRNO(open("data", O_RDONLY | O_DIRECTORY), ENOTDIR);

    /* Lives on without a name. */
    CHECK_EQ(unlink("data"), 0);
    CHECK_ERRNO(stat("data", &st), ENOENT);
    CHECK(fstat(fd, &st) == 0 && st.st_nlink == 0);
    CHECK(pread(fd, buf, 3, 100000) == 3 && memcmp(buf, "far", 3) == 0);
    CHECK_EQ(close(fd), 0);
}

/* 2 MiB, block by block, into a buffer larger than a small domain: all in one call. */
static void large_buffer(int fd)
{
    const size_t size = 64 << 20, total = 32 * 65536;
    char *buffer = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct iovec iov[4] = {{buffer, 100},
                           {buffer, 0},
                           {buffer + 100, (1 << 20) + 5},
                           {buffer + 105 + (1 << 20), size - 105 - (1 << 20)}};

    NEED(buffer != MAP_FAILED);
    for (int round = 0; round < 3; round++) {
        CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
        CHECK_EQ(round == 0   ? read(fd, buffer, size)
                 : round == 1 ? readv(fd, iov, 4)
                              : preadv(fd, iov, 4, 0),
                 total);
        CHECK_EQ(lseek(fd, 0, SEEK_CUR), round < 2 ? total : 0);
        for (size_t i = 0; i < total; i++)
            NEED(buffer[i] == (char)(i / 65536));
        memset(buffer, 0xff, total);
    }
    CHECK_EQ(munmap(buffer, size), 0);
}

static void big(void)
{
    static char block[65536];
    int fd = open("big", O_RDWR | O_CREAT, 0600);
    unsigned sum = 0;

    NEED(fd >= 0);
    for (int i = 0; i < 32; i++) {
        memset(block, i, sizeof(block));
        CHECK_EQ(write(fd, block, sizeof(block)), sizeof(block));
    }
    CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
    for (int i = 0; i < 32; i++) {
        CHECK_EQ(read(fd, block, sizeof(block)), sizeof(block));
        sum += (unsigned char)block[0] + (unsigned char)block[sizeof(block) - 1];
    }
    CHECK_EQ(sum, 31 * 32);
    large_buffer(fd);
    CHECK_EQ(close(fd), 0);
    CHECK_EQ(truncate("big", 1), 0);
    CHECK_EQ(unlink("big"), 0);
}

/* Shared mappings, the file and its descriptors show the same bytes. */
static void shared(void)
{
    int fd = open("shared", O_RDWR | O_CREAT, 0600), ro;
    char buf[16] = "", *a, *b;

    NEED(fd >= 0);
    CHECK_EQ(ftruncate(fd, 6000), 0);
    CHECK_EQ(pwrite(fd, "first", 5, 4096), 5);
    a = mmap(NULL, 6000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ro = open("shared", O_RDONLY);
    NEED(a != MAP_FAILED && ro >= 0);
    CHECK_ERRNO(mmap(NULL, 6000, PROT_READ | PROT_WRITE, MAP_SHARED, ro, 0), EACCES);
    b = mmap(NULL, 4096, PROT_READ, MAP_SHARED, ro, 4096);
    NEED(b != MAP_FAILED);
    CHECK_EQ(close(fd), 0);
    CHECK(memcmp(b, "first", 5) == 0 && memcmp(a + 4096, "first", 5) == 0);
    memcpy(a + 4096, "other", 5);
    CHECK(memcmp(b, "other", 5) == 0);
    CHECK(pread(ro, buf, 5, 4096) == 5 && memcmp(buf, "other", 5) == 0);
    fd = open("shared", O_RDWR);
    CHECK_EQ(pwrite(fd, "third", 5, 4096), 5);
    CHECK(memcmp(b, "third", 5) == 0);
    a[10] = 'x';
    CHECK_EQ(msync(a, 6000, MS_SYNC), 0);
    a[11] = 'y';
    CHECK_EQ(munmap(a, 6000), 0);
    CHECK(pread(fd, buf, 2, 10) == 2 && buf[0] == 'x' && buf[1] == 'y');
    CHECK_EQ(lseek(fd, 0, SEEK_END), 6000); /* what lies behind the end was not written */
    /* The right to write comes from the descriptor, which was open for reading. */
    CHECK_ERRNO(mprotect(b, 4096, PROT_READ | PROT_WRITE), EACCES);
    CHECK_EQ(mprotect(b, 4096, PROT_NONE), 0);
    CHECK_EQ(mprotect(b, 4096, PROT_READ), 0);
    CHECK_EQ(munmap(b, 4096), 0);
    a = mmap(NULL, 4096, PROT_NONE, MAP_SHARED, fd, 4096);
    NEED(a != MAP_FAILED);
    CHECK_EQ(mprotect(a, 4096, PROT_READ | PROT_WRITE), 0);
    CHECK(memcmp(a, "third", 5) == 0);
    memcpy(a, "fifth", 5);
    CHECK_EQ(munmap(a, 4096), 0);
    CHECK(pread(ro, buf, 5, 4096) == 5 && memcmp(buf, "fifth", 5) == 0);
    CHECK_EQ(close(fd), 0);
    CHECK_EQ(close(ro), 0);
    CHECK_EQ(unlink("shared"), 0);
}

static void names(void)
{
    struct stat st, st2;
    char buf[PATH_MAX];
    struct dirent *e;
    int seen = 0, fd;
    DIR *d;

    CHECK_EQ(mkdir("sub", 0755), 0);
    CHECK_ERRNO(mkdir("sub", 0755), EEXIST);
    CHECK(stat("sub", &st) == 0 && S_ISDIR(st.st_mode));
    fd = open("sub/one", O_WRONLY | O_CREAT, 0600);
    NEED(fd >= 0);
    CHECK_EQ(write(fd, "1", 1), 1);
    CHECK_EQ(close(fd), 0);
    CHECK_EQ(link("sub/one", "two"), 0);
    CHECK(stat("sub/one", &st) == 0 && stat("two", &st2) == 0);
    CHECK(st.st_ino == st2.st_ino && st.st_nlink == 2);
    CHECK_EQ(symlink("sub/one", "soft"), 0);
    CHECK_EQ(readlink("soft", buf, sizeof(buf)), 7);
    CHECK(memcmp(buf, "sub/one", 7) == 0);
    CHECK_EQ(readlink("soft", buf, 3), 3);
    CHECK_ERRNO(readlink("two", buf, sizeof(buf)), EINVAL);
    CHECK(lstat("soft", &st) == 0 && S_ISLNK(st.st_mode));
    CHECK(stat("soft", &st) == 0 && S_ISREG(st.st_mode));
    CHECK_ERRNO(open("soft", O_RDONLY | O_NOFOLLOW), ELOOP);
    CHECK_EQ(symlink("loop", "loop"), 0);
    CHECK_ERRNO(open("loop", O_RDONLY), ELOOP);
    CHECK_EQ(rename("two", "sub/three"), 0);
    CHECK_ERRNO(stat("two", &st), ENOENT);
    CHECK_EQ(rename("sub/three", "sub/one"), 0); /* the same file: nothing happens */
    CHECK_ERRNO(rmdir("sub"), ENOTEMPTY);
    CHECK_ERRNO(unlink("sub"), EISDIR);
    CHECK_ERRNO(rmdir("sub/one"), ENOTDIR);
    CHECK_ERRNO(open("sub", O_WRONLY), EISDIR);
    CHECK_ERRNO(rename("sub", "sub/inside"), EINVAL);

    for (int i = 0; i < 100; i++) {
        snprintf(buf, sizeof(buf), "sub/file-number-%d", i);
        fd = open(buf, O_WRONLY | O_CREAT, 0600);
        NEED(fd >= 0);
        close(fd);
    }
    d = opendir("sub");
    NEED(d);
    while ((e = readdir(d)))
        seen++;
    CHECK_EQ(seen,
             104); /* with one, three (renaming onto a link of itself does nothing), . and .. */
    rewinddir(d);
    e = readdir(d);
    CHECK(e != NULL);
    CHECK_EQ(closedir(d), 0);
    for (int i = 0; i < 100; i++) {
        snprintf(buf, sizeof(buf), "sub/file-number-%d", i);
        CHECK_EQ(unlink(buf), 0);
    }
    CHECK_EQ(chmod("sub/one", 0400), 0);
    CHECK(stat("sub/one", &st) == 0 && (st.st_mode & 0777) == 0400);
    CHECK_EQ(access("sub/one", F_OK), 0);
    CHECK_ERRNO(access("sub/none", F_OK), ENOENT);
    CHECK_EQ(utimensat(AT_FDCWD, "sub/one", (struct timespec[2]){{1000, 5}, {2000, 7}}, 0), 0);
    CHECK(stat("sub/one", &st) == 0 && st.st_atim.tv_sec == 1000 && st.st_mtim.tv_sec == 2000);

    CHECK_EQ(chdir("sub"), 0);
    CHECK(getcwd(buf, sizeof(buf)) && strcmp(strrchr(buf, '/'), "/sub") == 0);
    CHECK_ERRNO(syscall(79 /* getcwd */, buf, 2), ERANGE);
    CHECK_EQ(access("one", F_OK), 0);
    CHECK_EQ(chdir(".."), 0);
    fd = open("sub", O_RDONLY | O_DIRECTORY);
    NEED(fd >= 0);
    CHECK_EQ(fstatat(fd, "one", &st, 0), 0);
    CHECK_EQ(unlinkat(fd, "one", 0), 0);
    CHECK_EQ(unlinkat(fd, "three", 0), 0);
    CHECK_EQ(mkdirat(fd, "deeper", 0700), 0);
    CHECK_EQ(unlinkat(fd, "deeper", AT_REMOVEDIR), 0);
    CHECK_EQ(close(fd), 0);
    CHECK_EQ(unlink("soft"), 0);
    CHECK_EQ(unlink("loop"), 0);
    CHECK_EQ(rmdir("sub"), 0);
    memset(buf, 'n', 300);
    buf[300] = 0;
    CHECK_ERRNO(open(buf, O_RDONLY), ENAMETOOLONG);
    CHECK_ERRNO(open("", O_RDONLY), ENOENT);
}

int main(void)
{
    struct statvfs vfs;

    test_begin("files");
    umask(022);
    NEED(mkdtemp(dir));
    NEED(chdir(dir) == 0);
    contents();
    big();
    shared();
    names();
    CHECK_EQ(statvfs(".", &vfs), 0);
    CHECK(vfs.f_bsize > 0 && vfs.f_namemax >= 255);
    CHECK_EQ(chdir("/"), 0);
    CHECK_EQ(rmdir(dir), 0);
    return test_end();
}
