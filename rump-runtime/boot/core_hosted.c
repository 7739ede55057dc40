/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Entries of the core for hosted tests (platform/hosted/hosted.h).
 */
#include "core/errno.h"
#include "platform/hosted/hosted.h"

HOSTED_API int64_t hosted_errno_name(int64_t rc);

/* The address of the name, a string constant. */
int64_t hosted_errno_name(int64_t rc)
{
    return (int64_t)(uintptr_t)errno_name(rc);
}
