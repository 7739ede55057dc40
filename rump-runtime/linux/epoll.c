/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * epoll(7). Each watched file has its waiters in that file's wait queues all the time. A wake puts
 * the item on the ready list; only what is there is asked when somebody waits, so the cost follows
 * the number of active files. A level-triggered item goes back on the list as long as it is ready.
 */
#include "core/memory.h"
#include "core/string.h"
#include "linux/abi.h"
#include "linux/fdtable.h"
#include "linux/poll.h"
#include "linux/process.h"
#include "linux/signal.h"
#include "linux/syscall.h"
#include "linux/time.h"
#include "linux/uaccess.h"

#define ITEM_QUEUES  2u /* a file has one queue, a tap has two */
#define PRIVATE_BITS (EPOLLET | EPOLLONESHOT | EPOLLWAKEUP | EPOLLEXCLUSIVE)
#define MAX_EVENTS   (INT32_MAX / (int)sizeof(struct linux_epoll_event))
#define MAX_NESTING  5 /* sets in a chain, each of which watches the next: as on Linux */

struct epoll {
    struct file *file; /* itself, not referenced */
    struct list items;
    struct list ready; /* struct item, ready_link: may have events */
    struct waitq changed;
};

struct item {
    struct list link;       /* epoll->items */
    struct list ready_link; /* epoll->ready, or alone */
    struct epoll *ep;
    struct file *file; /* not referenced: the item goes with it */
    struct file_watcher watcher;
    int fd;
    unsigned refs;
    uint32_t events; /* asked for, with the private bits; only those left: disabled by ONESHOT */
    uint64_t data;
    struct poll_table queues;
    struct poll_entry entries[ITEM_QUEUES];
};

static const struct file_ops epoll_ops;

static void item_unref(struct item *it)
{
    if (--it->refs == 0)
        kfree(it);
}

static void item_remove(struct item *it)
{
    poll_table_release(&it->queues);
    list_remove(&it->link);
    list_remove(&it->ready_link);
    list_remove(&it->watcher.link);
    it->file = NULL;
    item_unref(it);
}

static void item_ready(struct item *it)
{
    if (list_empty(&it->ready_link))
        list_add_tail(&it->ep->ready, &it->ready_link);
    waitq_wake_all(&it->ep->changed);
}

static void item_woken(struct waiter *w)
{
    struct poll_entry *e = container_of(w, struct poll_entry, waiter);

    item_ready(container_of(e->table, struct item, queues));
}

/*
 * The events to report now; leaves the waiters armed. May sleep inside the file's poll operation.
 */
static uint32_t item_poll(struct item *it)
{
    uint32_t mask = it->events & ~PRIVATE_BITS;
    struct file *f = it->file;
    unsigned got;

    poll_table_rearm(&it->queues);
    if (!mask)
        return 0;
    file_ref(f);
    got = file_poll(f, NULL) & (mask | POLL_ALWAYS);
    file_unref(f);
    return got;
}

/* The last reference to a watched file went: the set forgets it, as epoll(7) says. */
static void file_gone(struct file_watcher *w)
{
    item_remove(container_of(w, struct item, watcher));
}

/* Moves the whole list `from` to the front of `to`. */
static void splice_front(struct list *to, struct list *from)
{
    while (!list_empty(from)) {
        struct list *last = from->prev;

        list_remove(last);
        list_add_head(to, last);
    }
}

/*
 * Files that may be ready before they say so are asked each time, but for those whose edges count:
 * these are reported with the wake.
 */
static void look_at_late(struct epoll *ep)
{
    list_for_each(at, &ep->items)
    {
        struct item *it = container_of(at, struct item, link);

        if (it->file->wakes_late && !(it->events & EPOLLET) && list_empty(&it->ready_link))
            list_add_tail(&ep->ready, &it->ready_link);
    }
}

/*
 * Reports up to `max` events into `out`; with out == NULL only finds out whether there is one (0 or
 * 1), leaving it on the list.
 */
static int collect(struct epoll *ep, struct linux_epoll_event *out, int max)
{
    struct list work = LIST_INIT(work);
    int count = 0;

    if (ep->file->wakes_late)
        look_at_late(ep);
    splice_front(&work, &ep->ready);
    while (!list_empty(&work) && count < max) {
        struct item *it = container_of(work.next, struct item, ready_link);
        uint32_t got;

        list_remove(&it->ready_link);
        it->refs++;
        got = item_poll(it);
        if (it->file != NULL && got && out != NULL) {
            out[count].events = got;
            out[count].data = it->data;
            if (it->events & EPOLLONESHOT)
                it->events &= PRIVATE_BITS;
        }
        if (it->file != NULL && got && list_empty(&it->ready_link) &&
            (out == NULL || !(it->events & EPOLLET)))
            list_add_tail(&ep->ready, &it->ready_link);
        count += it->file != NULL && got;
        item_unref(it);
    }
    splice_front(&ep->ready, &work);
    return count;
}

static unsigned epoll_poll(struct file *f, struct poll_table *pt)
{
    struct epoll *ep = f->priv;

    poll_wait(pt, &ep->changed);
    return collect(ep, NULL, 1) ? POLLIN | POLLRDNORM : 0;
}

static void epoll_release(struct file *f)
{
    struct epoll *ep = f->priv;

    while (!list_empty(&ep->items))
        item_remove(container_of(ep->items.next, struct item, link));
    kfree(ep);
}

static const struct file_ops epoll_ops = {
    .name = "epoll",
    .poll = epoll_poll,
    .release = epoll_release,
};

long sys_epoll_create1(unsigned flags)
{
    struct epoll *ep;
    long fd;

    if (flags & ~O_CLOEXEC)
        return -EINVAL;
    ep = kmalloc(sizeof(*ep), MEM_LINUX);
    if (ep == NULL)
        return -ENOMEM;
    list_init(&ep->items);
    list_init(&ep->ready);
    waitq_init(&ep->changed);
    ep->file = file_create(&epoll_ops, ep, O_RDWR);
    if (ep->file == NULL) {
        kfree(ep);
        return -ENOMEM;
    }
    fd = fd_install(ep->file, 0, flags & O_CLOEXEC);
    if (fd < 0)
        file_unref(ep->file);
    return fd;
}

long sys_epoll_create(int size)
{
    return size <= 0 ? -EINVAL : sys_epoll_create1(0);
}

/* ---- epoll_ctl ------------------------------------------------------------------------------- */

static struct item *find(struct epoll *ep, const struct file *f, int fd)
{
    list_for_each(l, &ep->items)
    {
        struct item *it = container_of(l, struct item, link);

        if (it->file == f && it->fd == fd)
            return it;
    }
    return NULL;
}

/* Sets in the longest chain of them that begins with f; there is none longer than MAX_NESTING. */
static int sets_below(const struct file *f)
{
    const struct epoll *ep = f->priv;
    int most = 0;

    if (f->ops != &epoll_ops)
        return 0;
    list_for_each(l, &ep->items)
    {
        int n = sets_below(container_of(l, struct item, link)->file);

        most = n > most ? n : most;
    }
    return most + 1;
}

/* The same for chains that end with ep. */
static int sets_above(const struct epoll *ep)
{
    int most = 0;

    list_for_each(l, &ep->file->watchers)
    {
        int n = sets_above(container_of(l, struct item, watcher.link)->ep);

        most = n > most ? n : most;
    }
    return most + 1;
}

/* Does f watch ep, itself or through others? */
static bool reaches(const struct file *f, const struct epoll *ep)
{
    const struct epoll *inner = f->priv;

    if (f->ops != &epoll_ops)
        return false;
    if (inner == ep)
        return true;
    list_for_each(l, &inner->items)
    {
        if (reaches(container_of(l, struct item, link)->file, ep))
            return true;
    }
    return false;
}

/* Would watching f from ep close a circle, or nest too deep? */
static bool tangled(const struct epoll *ep, const struct file *f)
{
    return f->ops == &epoll_ops && (reaches(f, ep) || sets_above(ep) + sets_below(f) > MAX_NESTING);
}

/* Regular files and directories are always ready: Linux refuses to watch them. */
static bool watchable(struct file *f)
{
    struct linux_stat st;

    if (f->ops->poll == NULL)
        return false;
    if (f->ops->stat == NULL)
        return true;
    memset(&st, 0, sizeof(st));
    if (f->ops->stat(f, &st) < 0)
        return true;
    return (st.st_mode & S_IFMT) != S_IFREG && (st.st_mode & S_IFMT) != S_IFDIR;
}

static long add(struct epoll *ep, struct file *f, int fd, const struct linux_epoll_event *ev)
{
    struct item *it;

    if (find(ep, f, fd) != NULL)
        return -EEXIST;
    if (tangled(ep, f))
        return -ELOOP;
    it = kzalloc(sizeof(*it), MEM_LINUX);
    if (it == NULL)
        return -ENOMEM;
    it->ep = ep;
    it->file = f;
    it->fd = fd;
    it->refs = 1;
    it->events = ev->events;
    it->data = ev->data;
    list_init(&it->ready_link);
    list_add_tail(&ep->items, &it->link);
    it->watcher.gone = file_gone;
    list_add_tail(&f->watchers, &it->watcher.link);
    poll_table_init(&it->queues, item_woken, it->entries, ITEM_QUEUES);
    ep->file->wakes_late |= f->wakes_late;
    file_poll(f, &it->queues);
    if (it->queues.failed) {
        item_remove(it);
        return -ENOMEM;
    }
    item_ready(it); /* whoever waits finds out whether it is */
    return 0;
}

static long control(struct epoll *ep, int op, struct file *f, int fd,
                    const struct linux_epoll_event *ev)
{
    struct item *it;

    if (op == EPOLL_CTL_ADD)
        return add(ep, f, fd, ev);
    it = find(ep, f, fd);
    if (op != EPOLL_CTL_DEL && op != EPOLL_CTL_MOD)
        return -EINVAL;
    if (it == NULL)
        return -ENOENT;
    if (op == EPOLL_CTL_DEL) {
        item_remove(it);
        return 0;
    }
    if ((it->events | ev->events) & EPOLLEXCLUSIVE)
        return -EINVAL;
    it->events = ev->events;
    it->data = ev->data;
    item_ready(it);
    return 0;
}

long sys_epoll_ctl(int epfd, int op, int fd, uintptr_t uev)
{
    struct linux_epoll_event ev = {0, 0};
    struct file *epf, *f;
    long rc;

    if (op != EPOLL_CTL_DEL) {
        rc = copy_from_user(&ev, uev, sizeof(ev));
        if (rc < 0)
            return rc;
    }
    epf = fd_get(epfd);
    f = fd_get(fd);
    if (epf == NULL || f == NULL)
        rc = -EBADF;
    else if (!watchable(f))
        rc = -EPERM;
    else if (epf == f || epf->ops != &epoll_ops)
        rc = -EINVAL;
    else
        rc = control(epf->priv, op, f, fd, &ev);
    if (epf != NULL)
        file_unref(epf);
    if (f != NULL)
        file_unref(f);
    return rc;
}

/* ---- epoll_wait ------------------------------------------------------------------------------ */

static long wait_events(struct epoll *ep, uintptr_t uevents, int max, uint64_t deadline)
{
    struct linux_epoll_event *out = (struct linux_epoll_event *)uevents;
    long rc;

    for (;;) {
        struct waiter w;

        thread_sleep_prepare();
        rc = collect(ep, out, max);
        if (rc)
            return rc;
        if (deadline == 0)
            return signal_is_pending() ? -EINTR : 0;
        waitq_add(&ep->changed, &w);
        /* The file operations may have slept, and what they woke for may have been taken. */
        rc = list_empty(&ep->ready) ? signal_sleep(deadline) : 0;
        waiter_remove(&w);
        if (rc == -ETIMEDOUT)
            return collect(ep, out, max);
        if (rc < 0)
            return rc;
    }
}

static long do_wait(int epfd, uintptr_t uevents, int max, uint64_t deadline)
{
    struct file *epf;
    long rc;

    if (max <= 0 || max > MAX_EVENTS)
        return -EINVAL;
    rc = user_buffer(uevents, (size_t)max * sizeof(struct linux_epoll_event), true);
    if (rc < 0)
        return rc;
    epf = fd_get(epfd);
    if (epf == NULL)
        return -EBADF;
    rc = epf->ops == &epoll_ops ? wait_events(epf->priv, uevents, max, deadline) : -EINVAL;
    file_unref(epf);
    return rc;
}

static long do_pwait(int epfd, uintptr_t uevents, int max, uint64_t deadline, uintptr_t umask,
                     size_t setsize)
{
    struct linux_thread *lt = linux_self();
    linux_sigset_t mask;
    long rc;

    if (umask) {
        if (setsize != sizeof(mask))
            return -EINVAL;
        rc = copy_from_user(&mask, umask, sizeof(mask));
        if (rc < 0)
            return rc;
        signal_set_mask_for_call(lt, mask);
    }
    rc = do_wait(epfd, uevents, max, deadline);
    if (rc != -EINTR)
        signal_restore_mask(lt);
    return rc;
}

static uint64_t deadline_of_ms(int timeout)
{
    if (timeout < 0)
        return NO_DEADLINE;
    return timeout ? deadline_after((uint64_t)timeout * 1000000) : 0;
}

long sys_epoll_wait(int epfd, uintptr_t uevents, int max, int timeout)
{
    return do_wait(epfd, uevents, max, deadline_of_ms(timeout));
}

long sys_epoll_pwait(int epfd, uintptr_t uevents, int max, int timeout, uintptr_t umask,
                     size_t setsize)
{
    return do_pwait(epfd, uevents, max, deadline_of_ms(timeout), umask, setsize);
}

long sys_epoll_pwait2(int epfd, uintptr_t uevents, int max, uintptr_t utimeout, uintptr_t umask,
                      size_t setsize)
{
    uint64_t deadline = NO_DEADLINE, ns;

    if (utimeout) {
        int rc = timespec_from_user(utimeout, &ns);

        if (rc < 0)
            return rc;
        deadline = ns ? deadline_after(ns) : 0;
    }
    return do_pwait(epfd, uevents, max, deadline, umask, setsize);
}
