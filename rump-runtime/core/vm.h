/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * vm.h - the program's address space: regions in a tree, filled on demand.
 *
 * A region is anonymous (zero-filled on first touch, private), a piece of the ramdisk (mapped in
 * place, read-only; a private writable one is copied on first write), or foreign (frames of another
 * domain or granted pages; whoever mapped them keeps the books). All addresses and lengths are
 * page-aligned; errors are negative Linux errno values.
 */
#ifndef CORE_VM_H
#define CORE_VM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/platform.h"

enum vm_kind { VM_ANON, VM_RAMDISK, VM_FOREIGN };

void vm_init(void);

struct vm_foreign_ops {
    /*
     * Called when a foreign region loses pages (munmap or replacement), before they are unmapped:
     * lets the bridge unmap grants. May be NULL.
     */
    void (*unmap)(void *arg, uintptr_t va, size_t npages);
    /*
     * All pages are the domain's own, mapped by plat_map(): their protection may change. Xen does
     * not let a mapping of another domain's frame be written anew, nor one of a grant be changed at
     * all.
     */
    bool own_pages;
    bool read_only; /* with own_pages: never to be made writable */
};

#define VM_FIXED     1u /* at exactly `hint`, replacing what is there */
#define VM_NOREPLACE 2u /* with VM_FIXED: -EEXIST when something is there */
#define VM_POPULATE  4u /* fill now; -ENOMEM when memory is short */

/*
 * Anonymous memory. Returns the address or a negative errno (-ENOMEM: no room in the address
 * space).
 */
intptr_t vm_map_anon(uintptr_t hint, size_t len, unsigned prot, unsigned flags);

/*
 * `len` bytes of the ramdisk that start at the page-aligned direct-map address `data`; pages beyond
 * are not read. With PLAT_PROT_WRITE the pages are private copies made on first write.
 */
intptr_t vm_map_ramdisk(uintptr_t hint, size_t len, const void *data, unsigned prot,
                        unsigned flags);

/*
 * An address range for foreign frames; plat_map_foreign()/plat_grant_map() fill it later. `ops` may
 * be NULL.
 */
intptr_t vm_map_foreign(uintptr_t hint, size_t len, unsigned prot, unsigned flags,
                        const struct vm_foreign_ops *ops, void *arg);

int vm_unmap(uintptr_t va, size_t len);
/* -EACCES for foreign regions without own_pages, and for PLAT_PROT_WRITE where they are read_only.
 */
int vm_protect(uintptr_t va, size_t len, unsigned prot);
/* Give anonymous pages back; they read as zeroes afterwards (MADV_DONTNEED, MADV_FREE). */
int vm_discard(uintptr_t va, size_t len);
/*
 * mremap(2) for anonymous regions; flags: VM_FIXED means `new_va`, may_move as in MREMAP_MAYMOVE.
 */
intptr_t vm_remap(uintptr_t va, size_t old_len, size_t new_len, bool may_move, bool fixed,
                  uintptr_t new_va);

/* Is the whole range inside regions that allow `prot`? For checking pointers from system calls. */
bool vm_access_ok(uintptr_t va, size_t len, unsigned prot);

/*
 * Pages that are known to be there and to allow reading or writing, in tables by page number. Only
 * vm_fill.c writes them; variables, because they are read a dozen times for each access of the
 * guest to a device.
 */
#define VM_KNOWN_PAGES 64u
extern uintptr_t vm_readable[VM_KNOWN_PAGES], vm_writable[VM_KNOWN_PAGES];

/* The entry of the page va is in, if it is known. Never 0, which is none. */
static inline uintptr_t vm_known_entry(uintptr_t va)
{
    return va | PLAT_PAGE_MASK;
}

/* vm_known() of a range that is not within one page. */
bool vm_both_known(uintptr_t va, size_t len, bool write);

/*
 * Was the range, of at most two pages, found to allow `write` (false: reading) and made present
 * with vm_remember(), and has nothing been taken from the program since? False says nothing; it is
 * the answer for a length of 0.
 */
static inline bool vm_known(uintptr_t va, size_t len, bool write)
{
    const uintptr_t *known = write ? vm_writable : vm_readable;

    if (len - 1 < PLAT_PAGE_SIZE - (va & PLAT_PAGE_MASK))
        return known[(va >> PLAT_PAGE_SHIFT) % VM_KNOWN_PAGES] == vm_known_entry(va);
    return vm_both_known(va, len, write);
}

/* After vm_access_ok() and vm_populate() of the range; remembers what of it is worth it. */
void vm_remember(uintptr_t va, size_t len, bool write);

/*
 * A touch at va faulted (write: it was a store). Fills the page and returns true, or false when the
 * access is not allowed: the caller reports it. Out of memory does not return: it panics with the
 * budget.
 */
bool vm_fault(uintptr_t va, bool write);

/*
 * Make [va, va+len) present, so that Xen or a backend can use the buffer. 0, -ENOMEM, or -EFAULT,
 * also for a page of a foreign region that has no frame.
 */
int vm_populate(uintptr_t va, size_t len, bool write);

/*
 * Keep the stack below sp populated (VM_STACK_HEADROOM bytes, as far as its region reaches): faults
 * are pushed on the stack they happen on, so a stack page must be there before it is touched. Cheap
 * when it is. The largest frame in QEMU's emulator process has 65 KiB (vnc_worker_thread_loop's
 * callees).
 *
 * `top` is where the thread's stack began. A stack larger than the headroom with a guard page below
 * it must keep VM_STACK_RESERVE bytes: less is reported as an overflow. The guard page itself
 * cannot do that, the fault of a stack that runs into it has nowhere to be pushed.
 */
#define VM_STACK_HEADROOM ((size_t)96 << 10)
#define VM_STACK_RESERVE  ((size_t)8 << 10)
void vm_stack_headroom(uintptr_t sp, uintptr_t top);

/* The region at va, for reports: kind, bounds, protection. False when there is none. */
struct vm_info {
    uintptr_t start, end;
    unsigned prot;
    enum vm_kind kind;
};
bool vm_query(uintptr_t va, struct vm_info *info);

/* Bytes of anonymous memory present / address space in regions. */
size_t vm_resident(void);
size_t vm_size(void);

#endif
