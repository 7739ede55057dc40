/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* signalfd(2): pending signals of the reader, read as records. */
#include "core/memory.h"
#include "core/string.h"
#include "linux/abi.h"
#include "linux/fdtable.h"
#include "linux/signal.h"
#include "linux/syscall.h"
#include "linux/uaccess.h"

struct signalfd {
    linux_sigset_t set;
};

static void record_of(const struct linux_siginfo *info, struct linux_signalfd_siginfo *rec)
{
    memset(rec, 0, sizeof(*rec));
    rec->ssi_signo = (uint32_t)info->si_signo;
    rec->ssi_errno = info->si_errno;
    rec->ssi_code = info->si_code;
    if (info->si_code == SI_TIMER) {
        rec->ssi_tid = (uint32_t)info->timer.si_tid;
        rec->ssi_overrun = (uint32_t)info->timer.si_overrun;
    } else {
        rec->ssi_pid = (uint32_t)info->rt.si_pid;
        rec->ssi_uid = info->rt.si_uid;
    }
    rec->ssi_ptr = info->rt.si_value;
    rec->ssi_int = (int32_t)info->rt.si_value;
}

static long signalfd_read(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    struct signalfd *s = f->priv;
    struct iov_cursor to = iov_begin(iov, n);
    struct linux_thread *lt = linux_self();
    struct linux_signalfd_siginfo rec;
    struct linux_siginfo info;
    size_t done = 0;

    (void)pos;
    if (kiovec_size(iov, n) < sizeof(rec))
        return -EINVAL;
    while (kiovec_size(iov, n) - done >= sizeof(rec)) {
        if (signal_dequeue(lt, s->set, &info)) {
            record_of(&info, &rec);
            done += iov_write(&to, &rec, sizeof(rec));
            continue;
        }
        if (done)
            break;
        if (f->flags & O_NONBLOCK)
            return -EAGAIN;
        if (signal_waitq_wait(&signal_arrival, NO_DEADLINE) == -EINTR)
            return -EINTR;
    }
    return (long)done;
}

static unsigned signalfd_poll(struct file *f, struct poll_table *pt)
{
    struct signalfd *s = f->priv;
    struct linux_thread *lt = linux_self();

    poll_wait(pt, &signal_arrival);
    return lt != NULL && (signal_pending_set(lt) & s->set) ? POLLIN | POLLRDNORM : 0;
}

static void signalfd_release(struct file *f)
{
    kfree(f->priv);
}

static const struct file_ops signalfd_ops = {
    .name = "signalfd",
    .readv = signalfd_read,
    .poll = signalfd_poll,
    .release = signalfd_release,
};

static long change(int fd, linux_sigset_t set)
{
    struct file *f = fd_get(fd);
    long rc = fd;

    if (f == NULL)
        return -EBADF;
    if (f->ops != &signalfd_ops) {
        rc = -EINVAL;
    } else {
        ((struct signalfd *)f->priv)->set = set;
        waitq_wake_all(&signal_arrival); /* what is pending may count now */
    }
    file_unref(f);
    return rc;
}

long sys_signalfd4(int fd, uintptr_t uset, size_t setsize, unsigned flags)
{
    struct signalfd *s;
    linux_sigset_t set;
    int rc;

    if (setsize != sizeof(set))
        return -EINVAL;
    rc = copy_from_user(&set, uset, sizeof(set));
    if (rc < 0)
        return rc;
    if (flags & ~(O_NONBLOCK | O_CLOEXEC))
        return -EINVAL;
    set &= ~SIG_UNBLOCKABLE;
    if (fd != -1)
        return change(fd, set);
    s = kmalloc(sizeof(*s), MEM_LINUX);
    if (s == NULL)
        return -ENOMEM;
    s->set = set;
    rc = fd_create(&signalfd_ops, s, O_RDWR | (flags & O_NONBLOCK), flags & O_CLOEXEC);
    if (rc < 0)
        kfree(s);
    return rc;
}

long sys_signalfd(int fd, uintptr_t uset, size_t setsize)
{
    return sys_signalfd4(fd, uset, setsize, 0);
}
