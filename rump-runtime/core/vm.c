/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * The program's address space: which ranges exist (vm.h). Regions stand in an array sorted by
 * address: the program has some hundreds, look-ups are far more frequent than changes. What is
 * present is the platform's page tables' business alone; the frames of anonymous pages are found
 * through them.
 */
#include "core/vm.h"

#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "core/vm_region.h"

#define BATCH 64 /* pages handed to the platform in one call */

static struct {
    struct region *region; /* sorted, disjoint */
    size_t count, room;
    size_t last; /* index of the last hit */
    uintptr_t low, high;
    size_t resident;      /* anonymous pages present */
    size_t size;          /* bytes in regions */
    uintptr_t stack_page; /* last stack page found to have its headroom */
} vm;

void vm_init(void)
{
    plat_program_range(&vm.low, &vm.high);
    vm.room = 64;
    vm.region = kmalloc(vm.room * sizeof(*vm.region), MEM_CORE);
    if (vm.region == NULL)
        panic("no memory for the table of regions");
}

/* ---- the table ------------------------------------------------------------------------------- */

/* Index of the first region that ends after va (count when there is none). */
static size_t find_index(uintptr_t va)
{
    size_t lo = 0, hi = vm.count;

    if (vm.last < vm.count && va >= vm.region[vm.last].start && va < vm.region[vm.last].end)
        return vm.last;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;

        if (vm.region[mid].end <= va)
            lo = mid + 1;
        else
            hi = mid;
    }
    vm.last = lo;
    return lo;
}

static struct region *find(uintptr_t va)
{
    size_t i = find_index(va);

    return i < vm.count && vm.region[i].start <= va ? &vm.region[i] : NULL;
}

static int make_room(void)
{
    struct region *bigger;

    if (vm.count < vm.room)
        return 0;
    bigger = kmalloc(2 * vm.room * sizeof(*bigger), MEM_CORE);
    if (bigger == NULL)
        return -ENOMEM;
    memcpy(bigger, vm.region, vm.count * sizeof(*bigger));
    kfree(vm.region);
    vm.region = bigger;
    vm.room *= 2;
    return 0;
}

/* Room for one more must have been made. */
static void insert_at(size_t i, const struct region *r)
{
    memmove(&vm.region[i + 1], &vm.region[i], (vm.count - i) * sizeof(*r));
    vm.region[i] = *r;
    vm.count++;
}

static void remove_at(size_t i)
{
    vm.count--;
    memmove(&vm.region[i], &vm.region[i + 1], (vm.count - i) * sizeof(vm.region[0]));
}

static void region_advance(struct region *r, uintptr_t start)
{
    if (r->data != NULL)
        r->data += start - r->start;
    r->start = start;
}

/* Make `va` a boundary between regions, if it lies inside one. */
static int split(uintptr_t va)
{
    struct region *r = find(va);
    struct region upper;
    int rc;

    if (r == NULL || r->start == va)
        return 0;
    rc = make_room();
    if (rc)
        return rc;
    r = find(va);
    upper = *r;
    region_advance(&upper, va);
    r->end = va;
    insert_at((size_t)(r - vm.region) + 1, &upper);
    return 0;
}

static bool mergeable(const struct region *a, const struct region *b)
{
    return a->end == b->start && a->kind == VM_ANON && b->kind == VM_ANON && a->prot == b->prot;
}

/* Join neighbours of index i where nothing tells them apart: a growing heap stays one region. */
static void merge_around(size_t i)
{
    if (i + 1 < vm.count && mergeable(&vm.region[i], &vm.region[i + 1])) {
        vm.region[i].end = vm.region[i + 1].end;
        remove_at(i + 1);
    }
    if (i > 0 && i < vm.count && mergeable(&vm.region[i - 1], &vm.region[i])) {
        vm.region[i - 1].end = vm.region[i].end;
        remove_at(i);
    }
}

static bool range_ok(uintptr_t va, size_t len)
{
    return !(va & PLAT_PAGE_MASK) && !(len & PLAT_PAGE_MASK) && len && va >= vm.low &&
           va < vm.high && len <= vm.high - va;
}

/* Highest free range: leaves the low end to the executable and its heap. */
static uintptr_t find_free(size_t len)
{
    uintptr_t top = vm.high;

    for (size_t i = vm.count; i-- > 0;) {
        if (top - vm.region[i].end >= len)
            return top - len;
        top = vm.region[i].start;
    }
    return top - vm.low >= len ? top - len : 0;
}

static bool range_free(uintptr_t va, size_t len)
{
    size_t i = find_index(va);

    return i == vm.count || vm.region[i].start >= va + len;
}

/* ---- pages ----------------------------------------------------------------------------------- */

/* Give back what is present of [va, end) in a region, and unmap it. */
static void drop_pages(const struct region *r, uintptr_t va, uintptr_t end)
{
    void *pages[BATCH];

    vm.stack_page = 0;
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
    size_t i;
    int rc;

    if (!range_ok(va, len))
        return -EINVAL;
    rc = split(va);
    if (!rc)
        rc = split(va + len);
    if (rc)
        return rc;
    for (i = find_index(va); i < vm.count && vm.region[i].start < va + len;) {
        struct region r = vm.region[i];

        /* Out of the table first: an unmap callback must not find it. */
        remove_at(i);
        vm.size -= r.end - r.start;
        drop_pages(&r, r.start, r.end);
        i = find_index(va);
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
    hint = len <= vm.high - vm.low ? find_free(len) : 0;
    if (!hint)
        *rc = -ENOMEM;
    return hint;
}

static intptr_t map_region(uintptr_t hint, size_t len, unsigned flags, struct region *r)
{
    uintptr_t va;
    size_t i;
    int rc;

    va = place(hint, len, flags, &rc);
    if (!rc)
        rc = make_room();
    if (rc)
        return rc;
    r->start = va;
    r->end = va + len;
    i = find_index(va);
    insert_at(i, r);
    vm.size += len;
    if (r->kind != VM_FOREIGN && ((flags & VM_POPULATE) || !plat_demand_faults()))
        rc = vm_populate(va, len, (r->prot & PLAT_PROT_WRITE) != 0);
    if (rc) {
        vm_unmap(va, len);
        return rc;
    }
    merge_around(i);
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
        at = r->end;
    }
    rc = split(va);
    if (!rc)
        rc = split(va + len);
    if (rc)
        return rc;
    vm.stack_page = 0;
    for (size_t i = find_index(va); i < vm.count && vm.region[i].start < va + len; i++) {
        struct region *r = &vm.region[i];

        r->prot = prot;
        if (r->kind == VM_RAMDISK && (prot & PLAT_PROT_WRITE)) {
            for (at = r->start; at < r->end && !rc; at += PLAT_PAGE_SIZE)
                rc = plat_protect(at, 1, page_prot(r, at));
        } else {
            rc = plat_protect(r->start, (r->end - r->start) >> PLAT_PAGE_SHIFT, prot);
        }
        if (rc)
            return rc;
    }
    merge_around(find_index(va + len - 1));
    merge_around(find_index(va));
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
        end = r->end < va + len ? r->end : va + len;
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

/* Move the present pages of an anonymous range to new_va, where a region is ready. */
static int move_pages(uintptr_t va, uintptr_t new_va, size_t len, unsigned prot)
{
    for (size_t off = 0; off < len; off += PLAT_PAGE_SIZE) {
        void *page = plat_page_at(va + off);
        int rc;

        if (page == NULL)
            continue;
        if (!plat_demand_faults()) { /* the new range is populated: copy */
            memcpy(plat_page_at(new_va + off), page, PLAT_PAGE_SIZE);
            continue;
        }
        plat_unmap(va + off, 1);
        rc = plat_map(new_va + off, &page, 1, prot);
        if (rc)
            return rc;
    }
    return 0;
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
    if (r == NULL || r->end - va < old_len)
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
    rc = move_pages(va, (uintptr_t)to, old_len < new_len ? old_len : new_len, prot);
    if (rc)
        return rc;
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
        va = r->end;
    }
    return true;
}

bool vm_query(uintptr_t va, struct vm_info *info)
{
    struct region *r = find(va);

    if (r == NULL)
        return false;
    *info = (struct vm_info){.start = r->start, .end = r->end, .prot = r->prot, .kind = r->kind};
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

uintptr_t *vm_stack_cache(void)
{
    return &vm.stack_page;
}
