/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * What dom0 may ask for by `xl sysrq DOMAIN LETTER`, with Linux's letters: m, a report on memory;
 * c, a crash. The toolstack writes the letter to a node of ours that only it may write.
 */
#include "boot/boot.h"

#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "core/thread.h"
#include "xenstore/xenstore.h"

#define NODE "control/sysrq"

static void report(void)
{
    memory_report(LOG_ERROR);
    log_error("memory: of its kernel stack of %zu bytes no thread has used more than %zu",
              THREAD_STACK_SIZE, threads_deepest_stack());
}

static void asked(struct xs_watch *w, const char *path)
{
    char *letter;

    (void)w, (void)path;
    if (xs_read(XS_NO_TX, NODE, &letter, NULL) != 0)
        return; /* nobody has asked yet */
    if (strcmp(letter, "m") == 0)
        report();
    else if (strcmp(letter, "c") == 0)
        panic("asked for by dom0 (xl sysrq)");
    kfree(letter);
}

int boot_report_init(void)
{
    static struct xs_watch watch = {.path = NODE, .fn = asked};

    list_init(&watch.link);
    return xs_watch_add(&watch);
}
