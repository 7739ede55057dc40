/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * fs.h - the in-memory file system: nodes, directories, contents, and looking up names.
 *
 * fs_lock (fs_enter/fs_exit) guards the whole tree. It is never held across a wait of unknown
 * length: nothing in here blocks but memory allocation's hypercall, and devices are called without
 * it.
 */
#ifndef COMPONENTS_FS_H
#define COMPONENTS_FS_H

#include "components/kern.h"

struct usock;
struct fs_mount;

/* ---- devices as nodes ------------------------------------------------------------------------ */

struct dev_ops {
    /* *priv is handed to the others; for devices without state leave open and close NULL. */
    int (*open)(void *arg, unsigned flags, void **priv);
    void (*close)(void *priv);
    int (*read)(void *priv, struct uio *uio, int64_t *off);
    int (*write)(void *priv, struct uio *uio, int64_t *off, unsigned flags);
    int (*ioctl)(void *priv, unsigned long request, void *arg);
    int (*fsync)(void *priv);
    uint64_t (*size)(void *arg); /* bytes; NULL for character streams */
};

/* ---- contents of a regular file -------------------------------------------------------------- */

/* Pages in a two-level table, made on first write; what is not there reads as zeroes. */
struct memfile {
    uint8_t ***chunks;
    size_t nchunks;
    int64_t size;
};

struct dir_entry {
    struct list link;
    struct node *node;
    int64_t cookie; /* place for getdents: never changes, grows along the list */
    uint16_t namelen;
    char name[];
};

struct node {
    struct fs_mount *mount;
    uint64_t ino;
    uint32_t mode; /* type and permissions */
    uint32_t uid, gid, nlink;
    unsigned refs; /* users besides directory entries */
    struct nb_timespec atim, mtim, ctim, btim;
    union {
        struct {
            struct list entries;
            struct node *parent; /* NULL once removed */
            int64_t next_cookie;
            struct fs_mount *mounted; /* file system on top */
        } dir;
        struct memfile file;
        struct {
            char *target;
            size_t len;
        } link;
        struct {
            const struct dev_ops *ops;
            void *arg;
            uint64_t rdev;
        } dev;
        struct usock *sock; /* bound here, or NULL */
    };
};

struct fs_mount {
    struct list link;
    const char *type;
    struct node *root;
    struct node *covered; /* NULL for the root file system */
    uint64_t dev;
    uint64_t next_ino;
    uint64_t pages, max_pages; /* of file contents */
    uint64_t nodes, max_nodes;
};

static inline uint32_t node_type(const struct node *n)
{
    return n->mode & NB_S_IFMT;
}

static inline bool node_is_dir(const struct node *n)
{
    return node_type(n) == NB_S_IFDIR;
}

void fs_enter(void);
void fs_exit(void);
struct node *fs_root(void);

/* ---- nodes: fs_mem.c ------------------------------------------------------------------------- */

void node_ref(struct node *n);
/* Frees a node that no entry and no user holds. With fs_lock, as everything below. */
void node_unref(struct node *n);

/* A node with one reference and no name. ENOSPC. */
int node_create(struct fs_mount *mnt, uint32_t mode, struct node **np);

struct dir_entry *dir_find(struct node *dir, const char *name, size_t len);
/*
 * Enter n, which keeps its references besides. ENOSPC, ENAMETOOLONG. Directories get their parent.
 */
int dir_add(struct node *dir, const char *name, size_t len, struct node *n);
void dir_remove(struct node *dir, struct dir_entry *e);
bool dir_empty(const struct node *dir);

void node_touch(struct node *n);    /* modified now */
void node_accessed(struct node *n); /* read now */
void node_stat(const struct node *n, struct nb_stat *st);

/* A new empty file system on directory `on`. max_pages 0: half of what RUMP_MEMLIMIT leaves. */
int fs_mount_create(struct node *on, uint64_t max_pages, uint64_t max_nodes, uint32_t mode);
/* EINVAL when nothing is mounted there, EBUSY. */
int fs_mount_remove(struct node *root);
void fs_statvfs(const struct fs_mount *mnt, struct nb_statvfs *buf);

/* ---- contents: fs_data.c --------------------------------------------------------------------- */

void memfile_free(struct node *n);
/* off >= 0. Reads stop at the end of the file. */
void memfile_read(struct node *n, struct uio *uio, int64_t off);
/* Extends the file. ENOSPC, EFBIG; what was written before is kept and uio shows how much. */
int memfile_write(struct node *n, struct uio *uio, int64_t off);
int memfile_truncate(struct node *n, int64_t size);

/* ---- names: fs_lookup.c ---------------------------------------------------------------------- */

#define LOOKUP_FOLLOW 1u /* a symbolic link at the end is followed */
#define LOOKUP_CREATE 2u /* the last component may be missing: 0 with node == NULL */

struct lookup {
    struct node *parent; /* directory of the last component */
    struct node *node;
    struct dir_entry *entry; /* NULL for "/", "." and ".." */
    const char *name;        /* last component, inside buf */
    size_t namelen;
    bool want_dir; /* the name ended in a slash */
    char buf[NB_PATH_MAX];
};
/* Nothing is referenced: valid while fs_lock is held. start: for relative paths. */
int fs_lookup(struct node *start, const char *path, unsigned flags, struct lookup *lk);

/*
 * Create a node of mode's type at lk (from LOOKUP_CREATE with node == NULL); one reference for the
 * caller.
 */
int fs_create(struct lookup *lk, uint32_t mode, struct node **np);
/*
 * As mkdir -p for all but the last component of an absolute path, then lookup it. For boot-time
 * components.
 */
int fs_make_path(const char *path, struct lookup *lk);

/* ---- open nodes: fs_file.c ------------------------------------------------------------------- */

extern const struct kfile_ops node_file_ops;
/*
 * An open file of the node, taking a reference of its own; calls a device's open. Without fs_lock.
 */
int node_open(struct node *n, unsigned flags, struct kfile **fp);
/* The node of a file opened by name, or NULL. */
struct node *kfile_node(struct kfile *f);
int node_file_getdents(struct kfile *f, char *buf, size_t n, size_t *got);
int node_file_fsync(struct kfile *f);

/* A device node at an absolute path; directories on the way are made. EEXIST. */
int devfs_add(const char *path, uint32_t mode, uint64_t rdev, const struct dev_ops *ops, void *arg);

#endif
