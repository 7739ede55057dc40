/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Waiting for memory (memory.h). */
#include "core/errno.h"
#include "core/memory.h"
#include "core/thread.h"

/* Nobody says when memory comes back, so it is tried again. */
#define PAUSE_NS UINT64_C(10000000)

/* An interruption is not for this sleep: it is handed on to the next one. */
void memory_pause(void)
{
    uint64_t end = plat_monotonic() + PAUSE_NS;
    bool interrupted = false;

    while (plat_monotonic() < end) {
        thread_sleep_prepare();
        if (thread_sleep(end) == -EINTR)
            interrupted = true;
    }
    if (interrupted)
        thread_interrupt(thread_current());
}

void *kmalloc_wait(size_t size, enum mem_owner owner)
{
    void *p = kmalloc(size, owner);

    if (p == NULL)
        log_warning("no memory for %zu bytes now: waiting for some", size);
    while (p == NULL) {
        memory_pause();
        p = kmalloc(size, owner);
    }
    return p;
}
