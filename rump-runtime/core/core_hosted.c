/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Entries of the core for hosted tests (platform/hosted/hosted.h).
 */
#include "core/errno.h"
#include "platform/hosted/hosted.h"

HOSTED_API const char *hosted_errno_name(int64_t rc);

const char *hosted_errno_name(int64_t rc)
{
    return errno_name(rc);
}
