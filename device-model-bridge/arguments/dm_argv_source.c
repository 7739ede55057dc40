/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Where libxl's arguments come from: /vm/<uuid>/image/dm-argv/NNN of the guest. */
#include "arguments/dm_argv.h"
#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "xenstore/xenstore.h"

#define PATH_ROOM 256
#define NAME_ROOM 8 /* longer names are no argument numbers */

struct node {
    uint64_t number; /* the node's name */
    char *value;     /* kmalloc'ed by xs_read_many, or NULL */
    size_t len;
};

/* libxl numbers from 001 with leading zeros; the daemon lists in any order. */
static void sort_nodes(struct node *nodes, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct node moving = nodes[i];
        size_t at = i;

        for (; at > 0 && nodes[at - 1].number > moving.number; at--)
            nodes[at] = nodes[at - 1];
        nodes[at] = moving;
    }
}

/* The numbers, and the nodes' paths after each other in one kmalloc block behind *paths. */
static int name_nodes(const char *dir, char *const names[], struct node *nodes, size_t n,
                      char ***paths)
{
    size_t room = strlen(dir) + 1 + NAME_ROOM + 1;
    char *text;

    *paths = kmalloc(n * (sizeof(char *) + room), MEM_BRIDGE);
    if (*paths == NULL)
        return -ENOMEM;
    text = (char *)&(*paths)[n];
    for (size_t i = 0; i < n; i++) {
        if (strlen(names[i]) > NAME_ROOM || !kparse_u64(names[i], 10, &nodes[i].number)) {
            log_error("dm-argv: \"%.32s\" is not the number of an argument", names[i]);
            return -EINVAL;
        }
        (*paths)[i] = text + i * room;
        ksnprintf((*paths)[i], room, "%s/%s", dir, names[i]);
    }
    return 0;
}

static int read_nodes(const char *dir, char *const names[], struct node *nodes, size_t n)
{
    char **values = kzalloc(n * sizeof(*values), MEM_BRIDGE), **paths = NULL;
    size_t *lens = kzalloc(n * sizeof(*lens), MEM_BRIDGE);
    int rc = values != NULL && lens != NULL ? 0 : -ENOMEM;

    if (rc == 0)
        rc = name_nodes(dir, names, nodes, n, &paths);
    if (rc == 0) {
        rc = xs_read_many(XS_NO_TX, (const char *const *)paths, n, values, lens);
        if (rc < 0)
            log_error("dm-argv: cannot read the arguments (%s)", errno_name(rc));
        for (size_t i = 0; i < n; i++) {
            nodes[i].value = values[i];
            nodes[i].len = lens[i];
        }
    }
    for (size_t i = 0; rc == 0 && i < n; i++) {
        if (strlen(nodes[i].value) != nodes[i].len) {
            log_error("dm-argv: argument %s contains a zero byte", names[i]);
            rc = -EINVAL;
        }
    }
    kfree(paths);
    kfree(lens);
    kfree(values);
    return rc;
}

/* One block: the pointers, then the strings. */
static char **pack(const struct node *nodes, size_t n)
{
    size_t bytes = (n + 1) * sizeof(char *);
    char **block;
    char *text;

    for (size_t i = 0; i < n; i++)
        bytes += nodes[i].len + 1;
    block = kmalloc(bytes, MEM_BRIDGE);
    if (block == NULL)
        return NULL;
    text = (char *)&block[n + 1];
    for (size_t i = 0; i < n; i++) {
        block[i] = text;
        memcpy(text, nodes[i].value, nodes[i].len + 1);
        text += nodes[i].len + 1;
    }
    block[n] = NULL;
    return block;
}

int dm_argv_read(unsigned target, char ***args, size_t *count)
{
    char dir[PATH_ROOM], *vm, **names;
    struct node *nodes;
    size_t n, len;
    int rc;

    ksnprintf(dir, sizeof(dir), "/local/domain/%u/vm", target);
    rc = xs_read(XS_NO_TX, dir, &vm, &len);
    if (rc < 0)
        return rc;
    n = (size_t)ksnprintf(dir, sizeof(dir), "%s/image/dm-argv", vm);
    kfree(vm);
    if (n >= sizeof(dir))
        return -EINVAL;
    rc = xs_directory(XS_NO_TX, dir, &names, &n);
    if (rc < 0)
        return rc;
    rc = n == 0 ? -ENOENT : n > DM_ARGV_MAX_ARGS ? -EINVAL : 0;
    nodes = rc == 0 ? kzalloc(n * sizeof(*nodes), MEM_BRIDGE) : NULL;
    if (rc == 0 && nodes == NULL)
        rc = -ENOMEM;
    if (rc == 0)
        rc = read_nodes(dir, names, nodes, n);
    if (rc == 0) {
        sort_nodes(nodes, n);
        *count = n;
        *args = pack(nodes, n);
        if (*args == NULL)
            rc = -ENOMEM;
    }
    for (size_t i = 0; nodes != NULL && i < n; i++)
        kfree(nodes[i].value);
    kfree(nodes);
    kfree(names);
    return rc;
}
