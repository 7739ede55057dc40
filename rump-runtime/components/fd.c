/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* fd.c - open files and descriptor tables. */
#include "components/kern.h"

#define FD_FIRST_SIZE 32
#define FD_MAX        8192 /* descriptors of one process */

struct fdentry {
    struct kfile *file;
    bool cloexec;
};

struct fdtable {
    unsigned refs;
    int size;
    int lowest_free; /* none below it is free */
    struct fdentry *entries;
};

/* ---- open files ------------------------------------------------------------------------------ */

/*
 * Files on their way out; closing one may drop others (descriptors in flight), which queue up here.
 */
static struct list dying = LIST_INIT(dying);
static bool closing;

int kfile_create(const struct kfile_ops *ops, void *data, unsigned flags, struct kfile **fp)
{
    struct kfile *f = kern_alloc(sizeof(*f));

    if (f == NULL)
        return NB_ENOMEM;
    f->ops = ops;
    f->data = data;
    f->flags = flags;
    f->refs = 1;
    list_init(&f->dying_link);
    *fp = f;
    return 0;
}

void kfile_ref(struct kfile *f)
{
    f->refs++;
}

void kfile_put(struct kfile *f)
{
    kern_assert(f->refs > 0);
    if (--f->refs > 0)
        return;
    list_add_tail(&dying, &f->dying_link);
    if (closing)
        return; /* an outer call works the list off */
    closing = true;
    while (!list_empty(&dying)) {
        struct kfile *next = container_of(dying.next, struct kfile, dying_link);

        list_remove(&next->dying_link);
        next->ops->close(next);
        kern_free(next, sizeof(*next));
    }
    closing = false;
}

/* ---- tables ---------------------------------------------------------------------------------- */

int fdtable_create(struct fdtable **tp)
{
    struct fdtable *t = kern_alloc(sizeof(*t));

    if (t == NULL)
        return NB_ENOMEM;
    t->entries = kern_alloc(FD_FIRST_SIZE * sizeof(*t->entries));
    if (t->entries == NULL) {
        kern_free(t, sizeof(*t));
        return NB_ENOMEM;
    }
    t->size = FD_FIRST_SIZE;
    t->refs = 1;
    *tp = t;
    return 0;
}

void fdtable_ref(struct fdtable *t)
{
    t->refs++;
}

void fdtable_put(struct fdtable *t)
{
    if (--t->refs > 0)
        return;
    for (int fd = 0; fd < t->size; fd++) {
        if (t->entries[fd].file != NULL)
            kfile_put(t->entries[fd].file);
    }
    kern_free(t->entries, (size_t)t->size * sizeof(*t->entries));
    kern_free(t, sizeof(*t));
}

/* Room for descriptor fd. */
static int fdtable_grow(struct fdtable *t, int fd)
{
    int size = t->size;
    struct fdentry *entries;

    if (fd >= FD_MAX)
        return NB_EMFILE;
    while (size <= fd)
        size *= 2;
    if (size == t->size)
        return 0;
    entries = kern_alloc((size_t)size * sizeof(*entries));
    if (entries == NULL)
        return NB_ENOMEM;
    memcpy(entries, t->entries, (size_t)t->size * sizeof(*entries));
    kern_free(t->entries, (size_t)t->size * sizeof(*entries));
    t->entries = entries;
    t->size = size;
    return 0;
}

int fdtable_copy(struct fdtable *from, struct fdtable **tp)
{
    struct fdtable *t;
    int error = fdtable_create(&t);

    if (error == 0) {
        error = fdtable_grow(t, from->size - 1);
        if (error != 0)
            fdtable_put(t);
    }
    if (error != 0)
        return error;
    for (int fd = 0; fd < from->size; fd++) {
        t->entries[fd] = from->entries[fd];
        if (t->entries[fd].file != NULL)
            kfile_ref(t->entries[fd].file);
    }
    t->lowest_free = from->lowest_free;
    *tp = t;
    return 0;
}

static struct fdentry *entry_of(int fd)
{
    struct fdtable *t = curproc()->fdt;

    if (fd < 0 || fd >= t->size || t->entries[fd].file == NULL)
        return NULL;
    return &t->entries[fd];
}

int kfd_get(int fd, struct kfile **fp)
{
    struct fdentry *e = entry_of(fd);

    if (e == NULL)
        return NB_EBADF;
    kfile_ref(e->file);
    *fp = e->file;
    return 0;
}

int kfd_install(struct kfile *f, int min, bool cloexec, int *fdp)
{
    struct fdtable *t = curproc()->fdt;
    int fd = min > t->lowest_free ? min : t->lowest_free;
    int error;

    while (fd < t->size && t->entries[fd].file != NULL)
        fd++;
    error = fdtable_grow(t, fd);
    if (error != 0) {
        kfile_put(f);
        return error;
    }
    t->entries[fd] = (struct fdentry){f, cloexec};
    if (min <= t->lowest_free)
        t->lowest_free = fd + 1;
    *fdp = fd;
    return 0;
}

int kfd_install_at(struct kfile *f, int fd, bool cloexec)
{
    struct fdtable *t = curproc()->fdt;
    int error = fd < 0 ? NB_EBADF : fdtable_grow(t, fd);
    struct kfile *old;

    if (error != 0) {
        kfile_put(f);
        return error == NB_EMFILE ? NB_EBADF : error;
    }
    old = t->entries[fd].file;
    t->entries[fd] = (struct fdentry){f, cloexec};
    if (old != NULL)
        kfile_put(old);
    return 0;
}

int kfd_close(int fd)
{
    struct fdentry *e = entry_of(fd);
    struct fdtable *t = curproc()->fdt;
    struct kfile *f;

    if (e == NULL)
        return NB_EBADF;
    f = e->file;
    e->file = NULL;
    if (fd < t->lowest_free)
        t->lowest_free = fd;
    kfile_put(f);
    return 0;
}

int kfd_cloexec(int fd, bool *value)
{
    struct fdentry *e = entry_of(fd);

    if (e == NULL)
        return NB_EBADF;
    *value = e->cloexec;
    return 0;
}

int kfd_set_cloexec(int fd, bool value)
{
    struct fdentry *e = entry_of(fd);

    if (e == NULL)
        return NB_EBADF;
    e->cloexec = value;
    return 0;
}

void kfd_close_from(int low)
{
    for (int fd = low; fd < curproc()->fdt->size; fd++)
        (void)kfd_close(fd); /* EBADF: was free */
}

int kfd_highest(void)
{
    struct fdtable *t = curproc()->fdt;
    int fd = t->size - 1;

    while (fd >= 0 && t->entries[fd].file == NULL)
        fd--;
    return fd;
}
