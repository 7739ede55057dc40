/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Filling the program's regions: on faults, ahead of the stack pointer, and when asked to. */
#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "core/thread.h"
#include "core/vm_region.h"

/* Pages filled around a fault: a fault costs as much as mapping some dozen pages. */
#define AROUND_ANON    4u
#define AROUND_RAMDISK 32u  /* in place: costs no memory */
#define LOW_WATER      512u /* free pages below which nothing is filled ahead of need */

static bool in_place(const struct region *r, bool write)
{
    return r->kind == VM_RAMDISK && !write;
}

/* The page to map at va: the ramdisk's own, a copy, or a zeroed one. NULL when memory is short. */
static void *make_page(const struct region *r, uintptr_t va, bool write)
{
    const char *data = r->data + (va - r->at.start);
    void *page;

    if (in_place(r, write))
        return (void *)(uintptr_t)data;
    if (r->kind == VM_ANON)
        return page_alloc_zeroed(MEM_PROGRAM);
    page = pages_alloc(0, MEM_PROGRAM);
    if (page != NULL)
        memcpy(page, data, PLAT_PAGE_SIZE);
    return page;
}

/*
 * Fill the absent pages of [va, end) inside one region. Returns 0 or -ENOMEM; pages filled before
 * the failure stay.
 */
static int fill(const struct region *r, uintptr_t va, uintptr_t end, bool write)
{
    unsigned prot = in_place(r, write) ? r->prot & ~PLAT_PROT_WRITE : r->prot;
    void *pages[AROUND_RAMDISK];

    while (va < end) {
        uintptr_t first = va;
        size_t n = 0;
        int rc;

        while (va < end && n < AROUND_RAMDISK && !plat_present(va)) {
            pages[n] = make_page(r, va, write);
            if (pages[n] == NULL)
                break;
            n++;
            va += PLAT_PAGE_SIZE;
        }
        if (!n) {
            if (!plat_present(va))
                return -ENOMEM;
            va += PLAT_PAGE_SIZE;
            continue;
        }
        rc = plat_map(first, pages, n, prot);
        if (rc) {
            while (n-- > 0 && !in_place(r, write))
                pages_free(pages[n], 0, MEM_PROGRAM);
            return rc;
        }
        if (!in_place(r, write))
            vm_count_resident(n);
    }
    return 0;
}

/* The first store to a ramdisk page that is mapped in place: put a private copy there. */
static int copy_on_write(const struct region *r, uintptr_t va)
{
    void *page = make_page(r, va, true);
    int rc;

    if (page == NULL)
        return -ENOMEM;
    rc = plat_map(va, &page, 1, r->prot);
    if (rc)
        pages_free(page, 0, MEM_PROGRAM);
    else
        vm_count_resident(1);
    return rc;
}

static void out_of_memory(uintptr_t va)
{
    memory_report(LOG_INFO);
    panic("out of memory: the program touched %#lx and no page is free; give the stub domain more "
          "(stubdomain_memory)",
          (unsigned long)va);
}

bool vm_fault(uintptr_t addr, bool write)
{
    uintptr_t va = addr & ~(uintptr_t)PLAT_PAGE_MASK;
    struct region *r = vm_find_region(va);
    uintptr_t around, end;
    size_t pages;

    if (r == NULL || r->kind == VM_FOREIGN || !r->prot || (write && !(r->prot & PLAT_PROT_WRITE)))
        return false;
    if (plat_present(va)) {
        void *page = plat_page_at(va);

        if (!write || !region_in_place(r, va, page))
            return false; /* a protection fault that filling does not cure */
        if (copy_on_write(r, va))
            out_of_memory(va);
        return true;
    }
    pages = in_place(r, write) ? AROUND_RAMDISK : pages_free_count() > LOW_WATER ? AROUND_ANON : 1;
    around = va & ~(uintptr_t)(pages * PLAT_PAGE_SIZE - 1);
    end = around + pages * PLAT_PAGE_SIZE;
    if (around < r->at.start)
        around = r->at.start;
    if (end > r->at.end)
        end = r->at.end;
    if (fill(r, around, end, write) && !plat_present(va))
        out_of_memory(va);
    return true;
}

int vm_populate(uintptr_t addr, size_t len, bool write)
{
    uintptr_t va = addr & ~(uintptr_t)PLAT_PAGE_MASK;
    uintptr_t end = (addr + len + PLAT_PAGE_MASK) & ~(uintptr_t)PLAT_PAGE_MASK;

    if (addr + len < addr)
        return -EFAULT;
    while (va < end) {
        struct region *r = vm_find_region(va);
        uintptr_t stop;
        int rc;

        if (r == NULL || (write && !(r->prot & PLAT_PROT_WRITE)))
            return -EFAULT;
        stop = r->at.end < end ? r->at.end : end;
        if (r->kind == VM_FOREIGN) { /* its holes are not ours to fill */
            for (; va < stop; va += PLAT_PAGE_SIZE) {
                if (!plat_present(va))
                    return -EFAULT;
            }
        } else {
            rc = fill(r, va, stop, write);
            if (rc)
                return rc;
            for (; write && r->kind == VM_RAMDISK && va < stop; va += PLAT_PAGE_SIZE) {
                if (!region_in_place(r, va, plat_page_at(va)))
                    continue;
                rc = copy_on_write(r, va);
                if (rc)
                    return rc;
            }
        }
        va = stop;
    }
    return 0;
}

/* ---- what is known to be there --------------------------------------------------------------- */

/*
 * A program passes the same few buffers and stacks again and again (vm.h has the entries). Pages of
 * foreign regions are not remembered: whoever mapped them may take them away without a word here.
 */
uintptr_t vm_readable[VM_KNOWN_PAGES], vm_writable[VM_KNOWN_PAGES];
/*
 * Pages a stack pointer was in that have their headroom. QEMU has a stack for each request that is
 * under way, each a megabyte and a page away from the next.
 */
#define KNOWN_STACKS 256u
static uintptr_t known_stacks[KNOWN_STACKS];

static void forget(uintptr_t *known, size_t places, uintptr_t va, uintptr_t end)
{
    if ((end - va) >> PLAT_PAGE_SHIFT >= places) {
        memset(known, 0, places * sizeof(*known));
        return;
    }
    for (; va < end; va += PLAT_PAGE_SIZE) {
        uintptr_t *entry = &known[(va >> PLAT_PAGE_SHIFT) % places];

        if (*entry == vm_known_entry(va))
            *entry = 0;
    }
}

void vm_forget(uintptr_t va, uintptr_t end)
{
    forget(vm_readable, VM_KNOWN_PAGES, va, end);
    forget(vm_writable, VM_KNOWN_PAGES, va, end);
    /* A stack's page stands for those below it, too. */
    forget(known_stacks, KNOWN_STACKS, va, end + VM_STACK_HEADROOM);
}

/* Ends within the page after the one it begins in, or before; of a length of 0 nothing is said. */
static bool two_pages(uintptr_t va, size_t len)
{
    return len != 0 && len <= PLAT_PAGE_SIZE && va + (len - 1) >= va;
}

bool vm_both_known(uintptr_t va, size_t len, bool write)
{
    return two_pages(va, len) && vm_known(va, 1, write) && vm_known(va + (len - 1), 1, write);
}

static void remember_page(uintptr_t va, bool write)
{
    uintptr_t *known = write ? vm_writable : vm_readable;
    const struct region *r;

    if (vm_known(va, 1, write))
        return;
    r = vm_find_region(va);
    if (r != NULL && r->kind != VM_FOREIGN)
        known[(va >> PLAT_PAGE_SHIFT) % VM_KNOWN_PAGES] = vm_known_entry(va);
}

void vm_remember(uintptr_t va, size_t len, bool write)
{
    if (!two_pages(va, len))
        return;
    remember_page(va, write);
    remember_page(va + (len - 1), write);
}

/* ---- stacks ---------------------------------------------------------------------------------- */

static bool has_guard(const struct region *r)
{
    const struct region *below = vm_find_region(r->at.start - 1);

    return below != NULL && below->kind == VM_ANON && below->prot == PLAT_PROT_NONE;
}

/* Is the page on the thread's own stack, in a region that ends at a guard page? */
static bool on_own_stack(const struct region *r, uintptr_t page, uintptr_t top)
{
    return top > page && top <= r->at.end && has_guard(r);
}

static void check_reserve(const struct region *r, uintptr_t page, uintptr_t top)
{
    if (page - r->at.start >= VM_STACK_RESERVE || top - r->at.start <= VM_STACK_HEADROOM)
        return;
    panic("stack overflow in the program: less than %zu of %zu KiB are left, thread %d (%s)",
          (page - r->at.start + PLAT_PAGE_SIZE) >> 10, (top - r->at.start + 1023) >> 10,
          thread_current()->tid, thread_current()->name);
}

/* The rest of vm_stack_headroom(), where the page is not a known one; `known`: its entry. */
static __attribute__((noinline)) void make_headroom(uintptr_t page, uintptr_t top, uintptr_t *known)
{
    uintptr_t low;
    struct region *r;
    bool own;

    if (!plat_demand_faults())
        return;
    r = vm_find_region(page);
    if (r == NULL || r->kind == VM_FOREIGN || !(r->prot & PLAT_PROT_WRITE))
        return;
    /* Only the thread's own stack is judged: where another one begins is not known. */
    own = on_own_stack(r, page, top);
    if (own)
        check_reserve(r, page, top);
    low = page - r->at.start > VM_STACK_HEADROOM ? page - VM_STACK_HEADROOM : r->at.start;
    /*
     * Such a stack is always filled in whole windows: when the lowest page is there, so is the
     * rest. In between the program's data, where alternate stacks may be, anything can be absent,
     * or a page of the ramdisk in place.
     */
    if (!(own && plat_present(low)) && vm_populate(low, page + PLAT_PAGE_SIZE - low, true))
        out_of_memory(low);
    *known = vm_known_entry(page);
}

void vm_stack_headroom(uintptr_t sp, uintptr_t top)
{
    uintptr_t *known = &known_stacks[(sp >> PLAT_PAGE_SHIFT) % KNOWN_STACKS];

    if (*known != vm_known_entry(sp))
        make_headroom(sp & ~(uintptr_t)PLAT_PAGE_MASK, top, known);
}
