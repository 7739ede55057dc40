/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * The program's address space: which ranges exist (vm.h). Regions stand in a tree by address. What
 * is present is the platform's page tables' business alone; the frames of anonymous pages are found
 * through them.
 */
#include "core/vm.h"

#include "core/errno.h"
#include "core/list.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "core/vm_region.h"

#define BATCH 64 /* pages handed to the platform in one call */

static struct {
    struct region_tree regions;
    struct region *hit; /* what was found last, NULL or a region of the tree */
    uintptr_t low, high;
    size_t resident; /* anonymous pages present */
    size_t size;     /* bytes in regions */
} vm;

void vm_init(void)
{
    plat_program_range(&vm.low, &vm.high);
}

/* ---- the tree -------------------------------------------------------------------------------- */

static struct region *region_of(struct region_node *node)
{
    return node != NULL ? container_of(node, struct region, at) : NULL;
}

/* The first region that ends after va, NULL when there is none. */
static struct region *find_after(uintptr_t va)
{
    if (vm.hit == NULL || va < vm.hit->at.start || va >= vm.hit->at.end)
        vm.hit = region_of(region_after(&vm.regions, va));
    return vm.hit;
}

static struct region *find(uintptr_t va)
{
    struct region *r = find_after(va);

    return r != NULL && r->at.start <= va ? r : NULL;
}

/* A region for the caller to place, NULL when memory is short. */
static struct region *region_create(const struct region *like)
{
    struct region *r = kmalloc(sizeof(*r), MEM_CORE);

    if (r != NULL)
        *r = *like;
    return r;
}

/* Takes a region out of the tree; it stays the caller's. */
static void take_out(struct region *r)
{
    region_remove(&vm.regions, &r->at);
    vm.hit = NULL;
}

/* Make `va` a boundary between regions, if it lies inside one. */
static int split(uintptr_t va)
{
    struct region *r = find(va), *upper;

    if (r == NULL || r->at.start == va)
        return 0;
    upper = region_create(r);
    if (upper == NULL)
        return -ENOMEM;
    upper->at.start = va;
    if (upper->data != NULL)
        upper->data += va - r->at.start;
    r->at.end = va;
    region_changed(&r->at);
    region_insert(&vm.regions, &upper->at);
    return 0;
}

static bool mergeable(const struct region *a, const struct region *b)
{
    return a != NULL && b != NULL && a->at.end == b->at.start && a->kind == VM_ANON &&
           b->kind == VM_ANON && a->prot == b->prot;
}

/*
 * Join a region with its neighbours where nothing tells them apart: a growing heap stays one
 * region. NULL is fine.
 */
static void merge_around(struct region *r)
{
    struct region *next, *prev;

    if (r == NULL)
        return;
    next = region_of(region_next(&r->at));
    if (mergeable(r, next)) {
        take_out(next);
        r->at.end = next->at.end;
        region_changed(&r->at);
        kfree(next);
    }
    prev = region_of(region_prev(&r->at));
    if (mergeable(prev, r)) {
        take_out(r);
        prev->at.end = r->at.end;
        region_changed(&prev->at);
        kfree(r);
    }
}

static bool range_ok(uintptr_t va, size_t len)
{
    return !(va & PLAT_PAGE_MASK) && !(len & PLAT_PAGE_MASK) && len && va >= vm.low &&
           va < vm.high && len <= vm.high - va;
}

static bool range_free(uintptr_t va, size_t len)
{
    struct region *r = find_after(va);

    return r == NULL || r->at.start >= va + len;
}

/* ---- pages ----------------------------------------------------------------------------------- */

/* Give back what is present of [va, end) in a region, and unmap it. */
static void drop_pages(const struct region *r, uintptr_t va, uintptr_t end)
{
    void *pages[BATCH];

    vm_forget(va, end);
    if (r->kind == VM_FOREIGN) {
        if (r->ops != NULL && r->ops->unmap != NULL)
            r->ops->unmap(r->arg, va, (end - va) >> PLAT_PAGE_SHIFT);
        plat_unmap(va, (end - va) >> PLAT_PAGE_SHIFT);
        return;
    }
    /* A page may be freed only when nothing maps it any more. */
    while (va < end) {
        uintptr_t start = va;
        size_t n = 0;

        for (; va < end && n < BATCH; va += PLAT_PAGE_SIZE) {
            void *page = plat_page_at(va);

            if (page != NULL && !region_in_place(r, va, page))
                pages[n++] = page;
        }
        plat_unmap(start, (va - start) >> PLAT_PAGE_SHIFT);
        vm.resident -= n;
        while (n)
            pages_free(pages[--n], 0, MEM_PROGRAM);
    }
}

int vm_unmap(uintptr_t va, size_t len)
{
    struct region *r;
    int rc;

    if (!range_ok(va, len))
        return -EINVAL;
    rc = split(va);
    if (!rc)
        rc = split(va + len);
    if (rc)
        return rc;
    while ((r = find_after(va)) != NULL && r->at.start < va + len) {
        /* Out of the tree first: an unmap callback must not find it. */
        take_out(r);
        vm.size -= r->at.end - r->at.start;
        drop_pages(r, r->at.start, r->at.end);
        kfree(r);
    }
    return 0;
}

/* Where a new mapping goes, with anything in the way removed. 0 or a negative errno in *rc. */
static uintptr_t place(uintptr_t hint, size_t len, unsigned flags, int *rc)
{
    *rc = 0;
    if (!len || (len & PLAT_PAGE_MASK)) {
        *rc = -EINVAL;
        return 0;
    }
    if (flags & VM_FIXED) {
        if (!range_ok(hint, len))
            *rc = hint & PLAT_PAGE_MASK ? -EINVAL : -ENOMEM;
        else if ((flags & VM_NOREPLACE) && !range_free(hint, len))
            *rc = -EEXIST;
        else
            *rc = vm_unmap(hint, len);
        return hint;
    }
    if (hint && range_ok(hint, len) && range_free(hint, len))
        return hint;
    /* The highest free range: leaves the low end to the executable and its heap. */
    hint = len <= vm.high - vm.low ? region_hole(&vm.regions, vm.low, vm.high, len) : 0;
    if (!hint)
        *rc = -ENOMEM;
    return hint;
}

static intptr_t map_region(uintptr_t hint, size_t len, unsigned flags, const struct region *like)
{
    struct region *r = region_create(like);
    uintptr_t va;
    int rc;

    if (r == NULL)
        return -ENOMEM;
    va = place(hint, len, flags, &rc);
    if (rc) {
        kfree(r);
        return rc;
    }
    r->at.start = va;
    r->at.end = va + len;
    region_insert(&vm.regions, &r->at);
    vm.size += len;
    if (r->kind != VM_FOREIGN && ((flags & VM_POPULATE) || !plat_demand_faults()))
        rc = vm_populate(va, len, (r->prot & PLAT_PROT_WRITE) != 0);
    if (rc) {
        vm_unmap(va, len);
        return rc;
    }
    merge_around(find(va));
    return (intptr_t)va;
}

intptr_t vm_map_anon(uintptr_t hint, size_t len, unsigned prot, unsigned flags)
{
    struct region r = {.kind = VM_ANON, .prot = prot};

    return map_region(hint, len, flags, &r);
}

intptr_t vm_map_ramdisk(uintptr_t hint, size_t len, const void *data, unsigned prot, unsigned flags)
{
    struct region r = {.kind = VM_RAMDISK, .prot = prot, .data = data};

    return map_region(hint, len, flags, &r);
}

intptr_t vm_map_foreign(uintptr_t hint, size_t len, unsigned prot, unsigned flags,
                        const struct vm_foreign_ops *ops, void *arg)
{
    struct region r = {.kind = VM_FOREIGN, .prot = prot, .ops = ops, .arg = arg};

    return map_region(hint, len, flags, &r);
}

/*
 * Pages of [va, end) that are ramdisk pages in place never become writable: the first store copies.
 */
static unsigned page_prot(const struct region *r, uintptr_t va)
{
    void *page;

    if (r->kind != VM_RAMDISK || !(r->prot & PLAT_PROT_WRITE))
        return r->prot;
    page = plat_page_at(va);
    return page != NULL && region_in_place(r, va, page) ? r->prot & ~PLAT_PROT_WRITE : r->prot;
}

static bool may_become(const struct region *r, unsigned prot)
{
    if (r->kind != VM_FOREIGN)
        return true;
    return r->ops != NULL && r->ops->own_pages && !(r->ops->read_only && (prot & PLAT_PROT_WRITE));
}

int vm_protect(uintptr_t va, size_t len, unsigned prot)
{
    uintptr_t at = va;
    int rc;

    if (!range_ok(va, len))
        return -EINVAL;
    while (at < va + len) { /* one piece that cannot be changed: nothing is */
        struct region *r = find(at);

        if (r == NULL)
            return -ENOMEM;
        if (!may_become(r, prot))
            return -EACCES;
        at = r->at.end;
    }
    rc = split(va);
    if (!rc)
        rc = split(va + len);
    if (rc)
        return rc;
    vm_forget(va, va + len);
    for (struct region *r = find(va); r != NULL && r->at.start < va + len;
         r = region_of(region_next(&r->at))) {
        r->prot = prot;
        if (r->kind == VM_RAMDISK && (prot & PLAT_PROT_WRITE)) {
            for (at = r->at.start; at < r->at.end && !rc; at += PLAT_PAGE_SIZE)
                rc = plat_protect(at, 1, page_prot(r, at));
        } else {
            rc = plat_protect(r->at.start, (r->at.end - r->at.start) >> PLAT_PAGE_SHIFT, prot);
        }
        if (rc)
            return rc;
    }
    merge_around(find(va + len - 1));
    merge_around(find(va));
    return 0;
}

int vm_discard(uintptr_t va, size_t len)
{
    if (!range_ok(va, len))
        return -EINVAL;
    for (uintptr_t at = va; at < va + len;) {
        struct region *r = find(at);
        uintptr_t end;

        if (r == NULL)
            return -ENOMEM;
        end = r->at.end < va + len ? r->at.end : va + len;
        if (r->kind == VM_FOREIGN)
            return -EINVAL;
        drop_pages(r, at, end);
        if (!plat_demand_faults()) {
            int rc = vm_populate(at, end - at, false);

            if (rc)
                return rc;
        }
        at = end;
    }
    return 0;
}

/* Moves what is at va, if anything is, to new_va, where a region is ready. */
static int move_page(uintptr_t va, uintptr_t new_va, unsigned prot)
{
    void *page = plat_page_at(va);
    int rc;

    if (page == NULL)
        return 0;
    if (!plat_demand_faults()) { /* the new range is populated: copy */
        memcpy(plat_page_at(new_va), page, PLAT_PAGE_SIZE);
        return 0;
    }
    plat_unmap(va, 1);
    rc = plat_map(new_va, &page, 1, prot);
    if (rc) /* where it came from a page table is left: the way back cannot fail */
        (void)plat_map(va, &page, 1, prot);
    return rc;
}

/* Moves the present pages of an anonymous range to new_va, where a region is ready; or none. */
static int move_pages(uintptr_t va, uintptr_t new_va, size_t len, unsigned prot)
{
    size_t off = 0;
    int rc = 0;

    vm_forget(va, va + len);
    for (; off < len && rc == 0; off += PLAT_PAGE_SIZE)
        rc = move_page(va + off, new_va + off, prot);
    while (rc != 0 && off > 0) {
        off -= PLAT_PAGE_SIZE;
        (void)move_page(new_va + off, va + off, prot);
    }
    return rc;
}

intptr_t vm_remap(uintptr_t va, size_t old_len, size_t new_len, bool may_move, bool fixed,
                  uintptr_t new_va)
{
    struct region *r = find(va);
    unsigned prot;
    intptr_t to;
    int rc;

    if (!range_ok(va, old_len) || !new_len || (new_len & PLAT_PAGE_MASK))
        return -EINVAL;
    if (r == NULL || r->at.end - va < old_len)
        return -EFAULT;
    if (r->kind != VM_ANON)
        return -EINVAL;
    prot = r->prot;
    if (!fixed) {
        if (new_len <= old_len) {
            rc = new_len < old_len ? vm_unmap(va + new_len, old_len - new_len) : 0;
            return rc ? rc : (intptr_t)va;
        }
        if (va + new_len > va && va + new_len <= vm.high &&
            range_free(va + old_len, new_len - old_len)) {
            to = vm_map_anon(va + old_len, new_len - old_len, prot, VM_FIXED);
            return to < 0 ? to : (intptr_t)va;
        }
    }
    if (!may_move)
        return fixed ? -EINVAL : -ENOMEM;
    if (fixed && new_va < va + old_len && va < new_va + new_len)
        return -EINVAL; /* overlap */
    to = vm_map_anon(fixed ? new_va : 0, new_len, prot, fixed ? VM_FIXED : 0);
    if (to < 0)
        return to;
    /* Before the pages move, so that nothing can fail after it. */
    rc = split(va);
    if (!rc)
        rc = split(va + old_len);
    if (!rc)
        rc = move_pages(va, (uintptr_t)to, old_len < new_len ? old_len : new_len, prot);
    if (rc) {
        while (vm_unmap((uintptr_t)to, new_len) == -ENOMEM)
            memory_pause();
        return rc;
    }
    rc = vm_unmap(va, old_len);
    return rc ? rc : to;
}

/* ---- questions ------------------------------------------------------------------------------- */

bool vm_access_ok(uintptr_t va, size_t len, unsigned prot)
{
    uintptr_t end = va + len;

    if (end < va)
        return false;
    while (va < end) {
        struct region *r = find(va);

        if (r == NULL || (r->prot & prot) != prot)
            return false;
        va = r->at.end;
    }
    return true;
}

bool vm_query(uintptr_t va, struct vm_info *info)
{
    struct region *r = find(va);

    if (r == NULL)
        return false;
    *info =
        (struct vm_info){.start = r->at.start, .end = r->at.end, .prot = r->prot, .kind = r->kind};
    return true;
}

size_t vm_resident(void)
{
    return vm.resident << PLAT_PAGE_SHIFT;
}

size_t vm_size(void)
{
    return vm.size;
}

struct region *vm_find_region(uintptr_t va)
{
    return find(va);
}

void vm_count_resident(size_t pages)
{
    vm.resident += pages;
}
