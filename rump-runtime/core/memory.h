/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * memory.h - pages, small objects, and who has them.
 *
 * Every allocation names its owner, so that "out of memory" can say where the memory went and
 * `stubdom inspect`/reports can show a budget.
 */
#ifndef CORE_MEMORY_H
#define CORE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "core/log.h"

enum mem_owner {
    MEM_CORE,      /* threads, stacks, timers */
    MEM_PAGETABLE, /* page-table pages */
    MEM_PROGRAM,   /* the program's anonymous memory */
    MEM_LINUX,     /* descriptors, futexes, signals */
    MEM_RUMP,      /* rump kernel: file system, sockets, pipes */
    MEM_BLOCK,     /* blkfront */
    MEM_NET,       /* netfront */
    MEM_BRIDGE,    /* device-model bridge */
    MEM_XENSTORE,
    MEM_OWNERS
};

void pages_init(void);

/* 2^order contiguous pages, contents undefined. NULL when there are none. */
void *pages_alloc(unsigned order, enum mem_owner owner);
/* The same at a multiple of 2^align pages, of PAGES_ALIGN_MAX at most. Freed by pages_free(). */
#define PAGES_ALIGN_MAX 65536
void *pages_alloc_aligned(unsigned order, unsigned align, enum mem_owner owner);
void pages_free(void *page, unsigned order, enum mem_owner owner);

/* One zeroed page. */
void *page_alloc_zeroed(enum mem_owner owner);

size_t pages_free_count(void);
size_t pages_total(void);

/*
 * Contents undefined / zeroed; at least 16-aligned; NULL when memory is short. size 0 gives a
 * unique pointer.
 */
void *kmalloc(size_t size, enum mem_owner owner);
void *kzalloc(size_t size, enum mem_owner owner);
/*
 * As kmalloc(), but never NULL: sleeps until there is memory. For what must not be lost; whoever
 * calls it may sleep, and holds nothing that would keep others from giving memory back.
 */
void *kmalloc_wait(size_t size, enum mem_owner owner);
/* Sleeps for a moment, in which memory may come back: between attempts. */
void memory_pause(void);
/* align: a power of two, at most PLAT_PAGE_SIZE. */
void *kmalloc_aligned(size_t size, size_t align, enum mem_owner owner);
/* NULL is ignored. Freeing twice or a pointer that is not ours panics. */
void kfree(void *p);

/* A copy of the string, NULL when memory is short. */
char *kstrdup(const char *s, enum mem_owner owner);

/* Move an account of `bytes` from one owner to another; for allocators built on this one. */
void memory_account(enum mem_owner from, enum mem_owner to, size_t bytes);
/* Bytes an owner holds now. */
size_t memory_used(enum mem_owner owner);
/* Prints what there is and was, one line per owner. */
void memory_report(enum log_level level);

#endif
