/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * process_files.c - files of the host for a program on the process platform, as words of the
 * command line name them:
 *
 *   rump.disk=FILE   a disk's image: the disk "image" of rump.mount=; rump.disk-ro= to be read only
 *   rump.in=FILE     what the program reads from /dev/host/in
 *   rump.out=FILE    where what it writes to /dev/host/out goes; made, or made empty first
 */
#include "boot/boot.h"
#include "components/netbsd.h"
#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "linux/abi.h"
#include "linux/file.h"
#include "platform/process/host.h"
#include "rumpuser/block.h"
#include "rumpuser/rumpuser.h"

#define PATH_SIZE   256
#define CREATE_MODE 0644L
#define HOST_MAJOR  10u

static struct {
    int fd;
    bool readonly;
} image;

/* The host's descriptor of the file that the word names; -ENOENT: there is no such word. */
static int open_word(const char *name, unsigned flags)
{
    char path[PATH_SIZE];
    int rc = rumpuser_getparam(name, path, sizeof(path));
    long fd;

    if (rc == NB_ENOENT)
        return -ENOENT;
    if (rc != 0)
        panic("rump.%s= is too long", name);
    fd = host_call(HOST_OPEN, path, (long)flags, CREATE_MODE);
    if (fd < 0)
        panic("%s: %s", path, errno_name((int)fd));
    return (int)fd;
}

/* ---- the disk -------------------------------------------------------------------------------- */

static int disk_open(void *dev)
{
    (void)dev;
    return 0;
}

static void disk_close(void *dev)
{
    (void)dev;
}

static uint64_t disk_size(void *dev)
{
    (void)dev;
    return (uint64_t)host_call(HOST_LSEEK, (long)image.fd, 0L, (long)SEEK_END);
}

static bool disk_readonly(void *dev)
{
    (void)dev;
    return image.readonly;
}

/* All of it, however the host cuts it. */
static int transfer(long call, char *buf, size_t len, uint64_t off)
{
    while (len > 0) {
        long n = host_call(call, (long)image.fd, buf, len, (long)off);

        if (n <= 0)
            return n < 0 ? (int)n : -EIO;
        buf += n;
        len -= (size_t)n;
        off += (uint64_t)n;
    }
    return 0;
}

static int disk_read(void *dev, void *buf, size_t len, uint64_t off, rumpuser_block_done done,
                     void *arg)
{
    (void)dev;
    done(arg, transfer(HOST_PREAD64, buf, len, off));
    return 0;
}

static int disk_write(void *dev, const void *buf, size_t len, uint64_t off,
                      rumpuser_block_done done, void *arg)
{
    (void)dev;
    done(arg, transfer(HOST_PWRITE64, (char *)(uintptr_t)buf, len, off));
    return 0;
}

static int disk_flush(void *dev, rumpuser_block_done done, void *arg)
{
    (void)dev;
    done(arg, (int)host_call(HOST_FSYNC, (long)image.fd));
    return 0;
}

static const struct rumpuser_block_ops disk_ops = {
    .open = disk_open,
    .close = disk_close,
    .size = disk_size,
    .readonly = disk_readonly,
    .read = disk_read,
    .write = disk_write,
    .flush = disk_flush,
};

static void offer_disk(void)
{
    image.fd = open_word("disk", O_RDWR);
    if (image.fd == -ENOENT) {
        image.fd = open_word("disk-ro", O_RDONLY);
        image.readonly = true;
    }
    if (image.fd >= 0)
        boot_must("the disk", rumpuser_block_register("image", &disk_ops, &image));
}

/* ---- nodes ----------------------------------------------------------------------------------- */

struct host_node {
    struct device device;
    int fd;
};

static long node_move(long call, const struct file *f, const struct kiovec *iov, int n)
{
    const struct host_node *node = f->priv;
    long done = 0;

    for (int i = 0; i < n; i++) {
        long rc = iov[i].len == 0 ? 0 : host_call(call, (long)node->fd, iov[i].base, iov[i].len);

        if (rc < 0)
            return done > 0 ? done : rc;
        done += rc;
        if ((size_t)rc < iov[i].len)
            break;
    }
    return done;
}

static long node_readv(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    (void)pos;
    return node_move(HOST_READ, f, iov, n);
}

static long node_writev(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    (void)pos;
    return node_move(HOST_WRITE, f, iov, n);
}

static const struct file_ops node_ops = {
    .name = "host file",
    .readv = node_readv,
    .writev = node_writev,
};

static int node_open(struct device *d, const char *rest, unsigned flags, struct file **fp)
{
    (void)rest;
    *fp = file_create(&node_ops, container_of(d, struct host_node, device), flags);
    return *fp != NULL ? 0 : -ENOMEM;
}

static int node_stat(struct device *d, const char *rest, struct linux_stat *st)
{
    (void)d, (void)rest;
    return char_device_stat(st, HOST_MAJOR, 0);
}

static void offer_node(struct host_node *node, const char *word, const char *path, unsigned flags)
{
    node->fd = open_word(word, flags);
    if (node->fd < 0)
        return;
    node->device = (struct device){.path = path, .open = node_open, .stat = node_stat};
    device_register(&node->device);
}

void boot_offer_host_files(void)
{
    static struct host_node in, out;

    offer_disk();
    offer_node(&in, "in", "/dev/host/in", O_RDONLY);
    offer_node(&out, "out", "/dev/host/out", O_WRONLY | O_CREAT | O_TRUNC);
}
