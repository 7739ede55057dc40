/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * devfs.c - the devices every program expects in /dev. Numbers as in NetBSD's device list for
 * amd64.
 */
#include "components/fs.h"

#define MAJOR_MEM    2
#define MINOR_NULL   2
#define MINOR_ZERO   12
#define MINOR_FULL   11
#define MAJOR_RANDOM 46

static int null_read(void *priv, struct uio *uio, int64_t *off)
{
    (void)priv;
    (void)uio;
    (void)off;
    return 0;
}

static int null_write(void *priv, struct uio *uio, int64_t *off, unsigned flags)
{
    (void)priv;
    (void)off;
    (void)flags;
    uio->resid = 0;
    return 0;
}

static int zero_read(void *priv, struct uio *uio, int64_t *off)
{
    (void)priv;
    (void)off;
    uio_out(uio, NULL, uio->resid);
    return 0;
}

static int full_write(void *priv, struct uio *uio, int64_t *off, unsigned flags)
{
    (void)priv;
    (void)off;
    (void)flags;
    return uio->resid == 0 ? 0 : NB_ENOSPC;
}

static int random_read(void *priv, struct uio *uio, int64_t *off)
{
    uint8_t buf[256];

    (void)priv;
    (void)off;
    while (uio->resid > 0) {
        size_t n = uio->resid < sizeof(buf) ? uio->resid : sizeof(buf), got;
        int error = rumpuser_getrandom(buf, n, 0, &got);

        if (error != 0)
            return error;
        uio_out(uio, buf, got);
    }
    return 0;
}

static const struct dev_ops null_ops = {.read = null_read, .write = null_write};
static const struct dev_ops zero_ops = {.read = zero_read, .write = null_write};
static const struct dev_ops full_ops = {.read = zero_read, .write = full_write};
static const struct dev_ops random_ops = {.read = random_read, .write = null_write};

int devfs_add(const char *path, uint32_t mode, uint64_t rdev, const struct dev_ops *ops, void *arg)
{
    struct lookup *lk = kern_alloc(sizeof(*lk));
    struct node *n;
    int error;

    if (lk == NULL)
        return NB_ENOMEM;
    fs_enter();
    error = fs_make_path(path, lk);
    if (error == 0 && lk->node != NULL)
        error = NB_EEXIST;
    if (error == 0)
        error = fs_create(lk, mode, &n);
    if (error == 0) {
        n->dev.ops = ops;
        n->dev.arg = arg;
        n->dev.rdev = rdev;
        node_unref(n);
    }
    fs_exit();
    kern_free(lk, sizeof(*lk));
    return error;
}

int devfs_init(void)
{
    static const struct {
        const char *path;
        unsigned major, minor;
        const struct dev_ops *ops;
    } nodes[] = {
        {"/dev/null", MAJOR_MEM, MINOR_NULL, &null_ops},
        {"/dev/zero", MAJOR_MEM, MINOR_ZERO, &zero_ops},
        {"/dev/full", MAJOR_MEM, MINOR_FULL, &full_ops},
        {"/dev/random", MAJOR_RANDOM, 0, &random_ops},
        {"/dev/urandom", MAJOR_RANDOM, 1, &random_ops},
    };

    for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
        int error = devfs_add(nodes[i].path, NB_S_IFCHR | 0666,
                              NB_MAKEDEV(nodes[i].major, nodes[i].minor), nodes[i].ops, NULL);

        if (error != 0 && error != NB_EEXIST)
            return error;
    }
    return 0;
}
