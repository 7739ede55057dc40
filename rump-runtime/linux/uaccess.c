/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * The program's memory: whether an address may be used, and copies in and out. Every page is made
 * present before it is touched, so that no fault happens inside the kernel.
 */
#include "linux/uaccess.h"

#include "core/errno.h"
#include "core/memory.h"
#include "core/string.h"
#include "core/thread.h"
#include "core/vm.h"

int user_range(uintptr_t p, size_t len, bool write)
{
    uintptr_t start = p & ~(uintptr_t)PLAT_PAGE_MASK;
    uintptr_t end;

    if (len == 0 || vm_known(p, len, write))
        return 0;
    if (__builtin_add_overflow(p, len, &end) || end > UINTPTR_MAX - PLAT_PAGE_MASK)
        return -EFAULT;
    end = (end + PLAT_PAGE_MASK) & ~(uintptr_t)PLAT_PAGE_MASK;
    return vm_access_ok(start, end - start, write ? PLAT_PROT_WRITE : PLAT_PROT_READ) ? 0 : -EFAULT;
}

int user_buffer(uintptr_t p, size_t len, bool write)
{
    int rc;

    if (len == 0 || vm_known(p, len, write))
        return 0;
    rc = user_range(p, len, write);
    if (rc == 0)
        rc = vm_populate(p, len, write);
    if (rc == 0)
        vm_remember(p, len, write);
    return rc;
}

int copy_from_user(void *dst, uintptr_t src, size_t len)
{
    return copy_from_user_here(dst, src, len);
}

int copy_to_user(uintptr_t dst, const void *src, size_t len)
{
    return copy_to_user_here(dst, src, len);
}

int clear_user(uintptr_t dst, size_t len)
{
    int rc = user_buffer(dst, len, true);

    if (rc == 0)
        memset((void *)(uintptr_t)dst, 0, len);
    return rc;
}

int get_user_u32(uintptr_t src, uint32_t *value)
{
    return copy_from_user_here(value, src, sizeof(*value));
}

int put_user_u32(uintptr_t dst, uint32_t value)
{
    return copy_to_user_here(dst, &value, sizeof(value));
}

int put_user_u64(uintptr_t dst, uint64_t value)
{
    return copy_to_user_here(dst, &value, sizeof(value));
}

long strncpy_from_user(char *dst, uintptr_t src, size_t size)
{
    size_t done = 0;

    /* Page by page: the string may end right before an unmapped page. */
    while (done < size) {
        uintptr_t from = src + done;
        size_t chunk = PLAT_PAGE_SIZE - (from & PLAT_PAGE_MASK);
        const char *end;
        int rc;

        if (chunk > size - done)
            chunk = size - done;
        rc = user_buffer(from, chunk, false);
        if (rc < 0)
            return rc;
        memcpy(dst + done, (const void *)from, chunk);
        end = memchr(dst + done, 0, chunk);
        if (end != NULL)
            return end - dst;
        done += chunk;
    }
    return (long)size;
}

static long iovec_from_user(struct kiovec *iov, uintptr_t uiov, int n, bool write)
{
    size_t total = 0;
    int rc;

    if (n < 0 || n > UIO_MAXIOV)
        return -EINVAL;
    rc = copy_from_user(iov, uiov, (size_t)n * sizeof(*iov));
    if (rc < 0)
        return rc;
    for (int i = 0; i < n; i++) {
        if (__builtin_add_overflow(total, iov[i].len, &total) || total > INT64_MAX)
            return -EINVAL;
    }
    for (int i = 0; i < n; i++) {
        rc = user_range((uintptr_t)iov[i].base, iov[i].len, write);
        if (rc < 0)
            return rc;
    }
    return (long)total;
}

int user_iov_fill(const struct kiovec *iov, int n, bool write)
{
    int rc = 0;

    for (int i = 0; i < n && rc == 0; i++)
        rc = user_buffer((uintptr_t)iov[i].base, iov[i].len, write);
    return rc;
}

int user_iov_step(struct kiovec *iov, int n, size_t *excess)
{
    size_t size = 0;
    int k = 0;

    while (k < n && size < READ_STEP)
        size += iov[k++].len;
    *excess = size > READ_STEP ? size - READ_STEP : 0;
    if (*excess)
        iov[k - 1].len -= *excess;
    return k;
}

long user_iov_get(uintptr_t uiov, int n, bool write, struct kiovec small[UIO_FAST],
                  struct kiovec **iov)
{
    *iov = small;
    if (n > UIO_FAST && n <= UIO_MAXIOV) {
        *iov = kmalloc((size_t)n * sizeof(**iov), MEM_LINUX);
        if (*iov == NULL)
            return -ENOMEM;
    }
    return iovec_from_user(*iov, uiov, n, write);
}

void user_iov_free(struct kiovec small[UIO_FAST], struct kiovec *iov)
{
    if (iov != small)
        kfree(iov);
}

/* ---- buffers of calls that sleep ------------------------------------------------------------- */

static struct list holds = LIST_INIT(holds);
static struct waitq hold_ended = WAITQ_INIT(hold_ended);
static unsigned lost_count; /* holds that are lost and have not ended */

void user_hold_begin(struct user_hold *hold, struct thread *thread, const struct kiovec *iov, int n)
{
    *hold = (struct user_hold){.thread = thread, .iov = iov, .n = n};
    list_add_tail(&holds, &hold->link);
}

long user_hold_end(struct user_hold *hold, long rc)
{
    list_remove(&hold->link);
    if (!hold->lost)
        return rc;
    lost_count--;
    /* Perhaps it did not sleep any more: a signal is looked at when the call ends anyway. */
    if (hold->thread != NULL)
        hold->thread->interrupted = false;
    waitq_wake_all(&hold_ended);
    return rc == -EINTR ? -EFAULT : rc;
}

bool user_hold_lost(void)
{
    if (lost_count == 0)
        return false;
    list_for_each(it, &holds)
    {
        const struct user_hold *hold = container_of(it, struct user_hold, link);

        if (hold->lost && hold->thread == thread_current())
            return true;
    }
    return false;
}

static bool holds_any(const struct user_hold *hold, uintptr_t va, size_t len)
{
    for (int i = 0; i < hold->n; i++) {
        uintptr_t start = (uintptr_t)hold->iov[i].base;

        if (hold->iov[i].len > 0 && start < va + len && va < start + hold->iov[i].len)
            return true;
    }
    return false;
}

/* Another thread that holds some of the range, and has not ended its call; NULL when none does. */
static struct user_hold *holder(uintptr_t va, size_t len)
{
    list_for_each(it, &holds)
    {
        struct user_hold *hold = container_of(it, struct user_hold, link);

        if (hold->thread != thread_current() && holds_any(hold, va, len))
            return hold;
    }
    return NULL;
}

void user_leave(uintptr_t va, size_t len)
{
    struct user_hold *hold;

    while ((hold = holder(va, len)) != NULL) {
        if (!hold->lost) {
            hold->lost = true;
            lost_count++;
            if (hold->thread != NULL)
                thread_interrupt(hold->thread);
        }
        (void)waitq_wait(&hold_ended, NO_DEADLINE);
    }
}
