/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Names of error numbers, for messages: a reader looks for ENOSPC, not for 28.
 */
#include "core/errno.h"

#include <stddef.h>

#define NAME(e) [e] = #e

/* Every number this kernel answers with, and those Xen and its toolstack hand on. */
static const char *const names[] = {
    NAME(EPERM),        NAME(ENOENT),       NAME(ESRCH),        NAME(EINTR),
    NAME(EIO),          NAME(ENXIO),        NAME(E2BIG),        NAME(ENOEXEC),
    NAME(EBADF),        NAME(ECHILD),       NAME(EAGAIN),       NAME(ENOMEM),
    NAME(EACCES),       NAME(EFAULT),       NAME(EBUSY),        NAME(EEXIST),
    NAME(EXDEV),        NAME(ENODEV),       NAME(ENOTDIR),      NAME(EISDIR),
    NAME(EINVAL),       NAME(ENFILE),       NAME(EMFILE),       NAME(ENOTTY),
    NAME(EFBIG),        NAME(ENOSPC),       NAME(ESPIPE),       NAME(EROFS),
    NAME(EMLINK),       NAME(EPIPE),        NAME(EDOM),         NAME(ERANGE),
    NAME(EDEADLK),      NAME(ENAMETOOLONG), NAME(ENOSYS),       NAME(ENOTEMPTY),
    NAME(ELOOP),        NAME(ENODATA),      NAME(EPROTO),       NAME(EOVERFLOW),
    NAME(EBADFD),       NAME(EILSEQ),       NAME(ENOTSOCK),     NAME(EDESTADDRREQ),
    NAME(EMSGSIZE),     NAME(EPROTOTYPE),   NAME(ENOPROTOOPT),  NAME(EPROTONOSUPPORT),
    NAME(EOPNOTSUPP),   NAME(EAFNOSUPPORT), NAME(EADDRINUSE),   NAME(EADDRNOTAVAIL),
    NAME(ENETDOWN),     NAME(ENETUNREACH),  NAME(ECONNABORTED), NAME(ECONNRESET),
    NAME(ENOBUFS),      NAME(EISCONN),      NAME(ENOTCONN),     NAME(ETIMEDOUT),
    NAME(ECONNREFUSED), NAME(EHOSTUNREACH), NAME(EALREADY),     NAME(EINPROGRESS),
};

const char *errno_name(long rc)
{
    size_t number = rc < 0 ? -(size_t)rc : (size_t)rc;
    const char *name = NULL;

    if (number < sizeof(names) / sizeof(names[0]))
        name = names[number];
    return name != NULL ? name : "an unknown error";
}
