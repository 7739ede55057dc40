/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * The native nodes every program expects: /dev/null, zero, full, random, urandom, tty and console.
 */
#include "linux/dev.h"

#include "core/errno.h"
#include "core/log.h"
#include "core/string.h"
#include "core/vm.h"
#include "linux/abi.h"
#include "linux/fdtable.h"
#include "linux/linux.h"
#include "linux/process.h"
#include "linux/uaccess.h"

#define MEM_MAJOR 1
#define TTY_MAJOR 5

struct node {
    const char *path;
    const struct file_ops *ops;
    unsigned major, minor;
    struct device device;
};

/* ---- contents -------------------------------------------------------------------------------- */

static long read_nothing(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    (void)f;
    (void)iov;
    (void)n;
    (void)pos;
    return 0;
}

static long read_zeroes(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    (void)f;
    (void)pos;
    for (int i = 0; i < n; i++)
        memset(iov[i].base, 0, iov[i].len);
    return (long)kiovec_size(iov, n);
}

static long read_random(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    (void)f;
    (void)pos;
    for (int i = 0; i < n; i++)
        plat_random(iov[i].base, iov[i].len);
    return (long)kiovec_size(iov, n);
}

static long write_nothing(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    (void)f;
    (void)pos;
    return (long)kiovec_size(iov, n);
}

static long write_full(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    (void)f;
    (void)pos;
    return kiovec_size(iov, n) ? -ENOSPC : 0;
}

/* What the program wrote to console 0 last, a ring. */
static struct {
    char bytes[1024];
    size_t written; /* in all */
} words;

static void remember(const char *bytes, size_t n)
{
    for (size_t i = n > sizeof(words.bytes) ? n - sizeof(words.bytes) : 0; i < n; i++) {
        char c = bytes[i];

        if (c == '\n' || (c >= ' ' && c != 0x7f))
            words.bytes[words.written++ % sizeof(words.bytes)] = c;
    }
}

size_t linux_last_words(char *to, size_t size)
{
    size_t have = words.written < sizeof(words.bytes) ? words.written : sizeof(words.bytes);
    size_t end = words.written, n;

    for (; have > 0 && words.bytes[(end - 1) % sizeof(words.bytes)] == '\n'; have--)
        end--;
    n = have < size - 1 ? have : size - 1;
    for (size_t i = 0; i < n; i++)
        to[i] = words.bytes[(end - n + i) % sizeof(words.bytes)];
    to[n] = '\0';
    return n;
}

static long write_console(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    (void)f;
    (void)pos;
    for (int i = 0; i < n; i++) {
        log_program_text(iov[i].base, iov[i].len);
        remember(iov[i].base, iov[i].len);
    }
    return (long)kiovec_size(iov, n);
}

/* A terminal, so that programs send line by line; its settings are fixed. */
static long console_ioctl(struct file *f, unsigned long request, unsigned long arg)
{
    static const struct linux_winsize size = {.ws_row = 25, .ws_col = 80};
    struct linux_termios t;

    (void)f;
    switch (request) {
    case TIOCGWINSZ:
        return copy_to_user(arg, &size, sizeof(size));
    case TCGETS:
        memset(&t, 0, sizeof(t));
        t.c_iflag = 0x500;  /* ICRNL IXON */
        t.c_oflag = 0x5;    /* OPOST ONLCR */
        t.c_cflag = 0x4bf;  /* B38400 CS8 CREAD HUPCL */
        t.c_lflag = 0x8a3b; /* ISIG ICANON ECHO* IEXTEN */
        return copy_to_user(arg, &t, sizeof(t));
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
        return copy_from_user(&t, arg, sizeof(t));
    case TIOCGPGRP:
        return put_user_u32(arg, LINUX_PID);
    case FIONREAD:
        return put_user_u32(arg, 0);
    default:
        return -ENOTTY;
    }
}

static int64_t seek_anywhere(struct file *f, int64_t off, int whence)
{
    (void)f;
    (void)off;
    (void)whence;
    return 0;
}

static long node_stat(struct file *f, struct linux_stat *st);

/* Zero-filled private memory is what /dev/zero is mapped for. */
static intptr_t map_zeroes(struct file *f, uintptr_t va, size_t len, unsigned prot,
                           unsigned vm_flags, int64_t off)
{
    (void)f;
    (void)off;
    return vm_map_anon(va, len, prot, vm_flags);
}

static const struct file_ops null_ops = {
    .name = "null",
    .readv = read_nothing,
    .writev = write_nothing,
    .seek = seek_anywhere,
    .stat = node_stat,
};
static const struct file_ops zero_ops = {
    .name = "zero",
    .readv = read_zeroes,
    .writev = write_nothing,
    .seek = seek_anywhere,
    .stat = node_stat,
    .mmap = map_zeroes,
};
static const struct file_ops full_ops = {
    .name = "full",
    .readv = read_zeroes,
    .writev = write_full,
    .seek = seek_anywhere,
    .stat = node_stat,
};
static const struct file_ops random_ops = {
    .name = "random",
    .readv = read_random,
    .writev = write_nothing,
    .seek = seek_anywhere,
    .stat = node_stat,
};
static const struct file_ops console_ops = {
    .name = "console",
    .readv = read_nothing, /* no input: end of file */
    .writev = write_console,
    .ioctl = console_ioctl,
    .stat = node_stat,
};

/* ---- nodes ----------------------------------------------------------------------------------- */

static struct node nodes[] = {
    {.path = "/dev/null", .ops = &null_ops, .major = MEM_MAJOR, .minor = 3},
    {.path = "/dev/zero", .ops = &zero_ops, .major = MEM_MAJOR, .minor = 5},
    {.path = "/dev/full", .ops = &full_ops, .major = MEM_MAJOR, .minor = 7},
    {.path = "/dev/random", .ops = &random_ops, .major = MEM_MAJOR, .minor = 8},
    {.path = "/dev/urandom", .ops = &random_ops, .major = MEM_MAJOR, .minor = 9},
    {.path = "/dev/tty", .ops = &console_ops, .major = TTY_MAJOR, .minor = 0},
    {.path = "/dev/console", .ops = &console_ops, .major = TTY_MAJOR, .minor = 1},
};
#define NODES (sizeof(nodes) / sizeof(nodes[0]))

static void fill_stat(const struct node *node, struct linux_stat *st)
{
    st->st_mode = S_IFCHR | 0666;
    st->st_nlink = 1;
    st->st_ino = (uint64_t)(node - nodes) + 1;
    st->st_rdev = LINUX_MKDEV(node->major, node->minor);
    st->st_blksize = (int64_t)PLAT_PAGE_SIZE;
}

static long node_stat(struct file *f, struct linux_stat *st)
{
    fill_stat(f->priv, st);
    return 0;
}

static int node_open(struct device *d, const char *rest, unsigned flags, struct file **file)
{
    struct node *node = d->arg;

    (void)rest;
    if (flags & O_DIRECTORY)
        return -ENOTDIR;
    *file = file_create(node->ops, node, flags & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC));
    return *file != NULL ? 0 : -ENOMEM;
}

static int node_device_stat(struct device *d, const char *rest, struct linux_stat *st)
{
    (void)rest;
    fill_stat(d->arg, st);
    return 0;
}

int char_device_stat(struct linux_stat *st, unsigned major, unsigned minor)
{
    memset(st, 0, sizeof(*st));
    st->st_mode = S_IFCHR | 0600;
    st->st_nlink = 1;
    st->st_rdev = LINUX_MKDEV(major, minor);
    st->st_ino = st->st_rdev;
    st->st_blksize = PLAT_PAGE_SIZE;
    return 0;
}

void dev_register(void)
{
    for (unsigned i = 0; i < NODES; i++) {
        struct device *d = &nodes[i].device;

        d->path = nodes[i].path;
        d->arg = &nodes[i];
        d->open = node_open;
        d->stat = node_device_stat;
        device_register(d);
    }
}

struct file *dev_console(void)
{
    return file_create(&console_ops, &nodes[NODES - 1], O_RDWR);
}
