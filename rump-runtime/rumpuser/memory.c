/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* memory.c - memory for the rump kernel, on the books as MEM_RUMP. */
#include "core/memory.h"

#include "core/string.h"
#include "rumpuser/internal.h"

static unsigned order_of(size_t size)
{
    unsigned order = 0;

    while ((PLAT_PAGE_SIZE << order) < size)
        order++;
    return order;
}

/*
 * What is aligned to pages, or to more as NetBSD's buffer cache wants it, comes from the page
 * allocator: behind the header of a heap object a page would take two. Nothing else begins at a
 * page, which tells rumpuser_free().
 */
int rumpuser_malloc(size_t len, int align, void **memp)
{
    size_t alignment = align == 0 ? sizeof(void *) : (size_t)align;
    void *mem;

    if (align < 0 || (alignment & (alignment - 1)) != 0 || alignment > PAGES_ALIGN_MAX)
        return RU_EINVAL;
    if (len > SIZE_MAX / 4)
        return RU_ENOMEM;
    if (alignment >= PLAT_PAGE_SIZE)
        mem = pages_alloc_aligned(order_of(len), order_of(alignment), MEM_RUMP);
    else
        mem = kmalloc_aligned(len, alignment, MEM_RUMP);
    if (mem == NULL)
        return RU_ENOMEM;
    *memp = mem;
    return 0;
}

void rumpuser_free(void *mem, size_t len)
{
    if (mem != NULL && ((uintptr_t)mem & PLAT_PAGE_MASK) == 0)
        pages_free(mem, order_of(len), MEM_RUMP);
    else
        kfree(mem);
}

int rumpuser_anonmmap(void *prefaddr, size_t size, int alignbit, int exec, void **memp)
{
    unsigned order;
    void *mem;

    (void)prefaddr; /* a wish only */
    if (exec != 0)
        return RU_ENOTSUP;
    if (size == 0 || size > SIZE_MAX / 4 || alignbit < 0 || alignbit > 31 ||
        (1u << alignbit) > PAGES_ALIGN_MAX)
        return RU_EINVAL;
    order = order_of(size);
    mem = pages_alloc_aligned(order, order_of((size_t)1 << alignbit), MEM_RUMP);
    if (mem == NULL)
        return RU_ENOMEM;
    memset(mem, 0, PLAT_PAGE_SIZE << order);
    *memp = mem;
    return 0;
}

void rumpuser_unmap(void *addr, size_t len)
{
    pages_free(addr, order_of(len), MEM_RUMP);
}
