/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * uaccess.h - the only way to the program's memory.
 *
 * Each function checks that the whole range lies in regions that allow the access and makes its
 * pages present. Small structures are copied once and checked in the copy, so that another thread
 * cannot change them between check and use. All return 0 or -EFAULT (-ENOMEM when a page cannot be
 * filled) unless noted.
 */
#ifndef LINUX_UACCESS_H
#define LINUX_UACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/list.h"
#include "core/string.h"
#include "core/vm.h"
#include "linux/file.h"

/*
 * After this the kernel may read (write: store into) the range directly. Whoever sleeps before it
 * does holds the range meanwhile (struct user_hold).
 */
int user_buffer(uintptr_t p, size_t len, bool write);
/* The check alone; nothing is made present. */
int user_range(uintptr_t p, size_t len, bool write);

int copy_from_user(void *dst, uintptr_t src, size_t len);
int copy_to_user(uintptr_t dst, const void *src, size_t len);
int clear_user(uintptr_t dst, size_t len);

int get_user_u32(uintptr_t src, uint32_t *value);
int put_user_u32(uintptr_t dst, uint32_t value);
int put_user_u64(uintptr_t dst, uint64_t value);

/*
 * The two copies once more, in the caller: for a size of its own they are a few moves when the page
 * is a known one. For what the program passes at each access of the guest to a device.
 */
static inline int copy_from_user_here(void *dst, uintptr_t src, size_t len)
{
    int rc = vm_known(src, len, false) ? 0 : user_buffer(src, len, false);

    if (rc < 0)
        return rc;
    memcpy(dst, (const void *)src, len);
    return 0;
}

static inline int copy_to_user_here(uintptr_t dst, const void *src, size_t len)
{
    int rc = vm_known(dst, len, true) ? 0 : user_buffer(dst, len, true);

    if (rc < 0)
        return rc;
    memcpy((void *)dst, src, len);
    return 0;
}

/*
 * A NUL-terminated string into dst. Its length, -EFAULT, or `size` when there is no NUL in size
 * bytes.
 */
long strncpy_from_user(char *dst, uintptr_t src, size_t size);

/*
 * A vector of buffers: n entries are copied and each one checked as by user_range(). Returns the
 * total length; -EINVAL when n is negative or above UIO_MAXIOV or the sum exceeds SSIZE_MAX. *iov
 * points to the caller's `small` array when n fits, else to kmalloc memory. Free with
 * user_iov_free(), also after an error.
 */
#define UIO_MAXIOV 1024
#define UIO_FAST   8
long user_iov_get(uintptr_t uiov, int n, bool write, struct kiovec small[UIO_FAST],
                  struct kiovec **iov);
/* user_buffer() for each buffer of such a vector. */
int user_iov_fill(const struct kiovec *iov, int n, bool write);
/*
 * A reader's buffer is made present this much at a time: it may be far larger than what there is to
 * read. No pipe or socket holds more, so what has no end but only waits needs one step.
 */
#define READ_STEP ((size_t)1 << 20)
/*
 * How many entries of the vector the next step takes; *excess bytes of it are cut off the last of
 * them.
 */
int user_iov_step(struct kiovec *iov, int n, size_t *excess);
void user_iov_free(struct kiovec small[UIO_FAST], struct kiovec *iov);

/*
 * Buffers of a call that may sleep. Another thread of the program that takes such memory away, or
 * the right to use it so, makes the call end first: with what it has done by then, or -EFAULT.
 */
struct user_hold {
    struct list link;
    struct thread *thread;
    const struct kiovec *iov;
    int n;
    bool lost;
};
/*
 * thread: whose call it is, NULL for a request that goes on by itself and cannot be interrupted.
 * The vector stays until user_hold_end(), which gives the call's result; rc: what it would be.
 */
void user_hold_begin(struct user_hold *hold, struct thread *thread, const struct kiovec *iov,
                     int n);
long user_hold_end(struct user_hold *hold, long rc);
/* Must the calling thread end its call, because what it holds is to be taken away? */
bool user_hold_lost(void);
/*
 * Sleeps until nobody else holds any of [va, va + len). What waits for a disk is not interrupted,
 * but waited for.
 */
void user_leave(uintptr_t va, size_t len);

#endif
