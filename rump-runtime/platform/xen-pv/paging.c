/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Page tables of a PV domain. The tables are ours to read and Xen's to change: every entry is
 * written by a hypercall that checks it, and a page that serves as a table must not be mapped
 * writable anywhere.
 *
 * One tree for everything: the direct map in the top 2 GiB (the builder's boot mapping, extended
 * here to all of the domain's pages), the grant table above it, the program in the lower half.
 */
#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "hypercall.h"
#include "pv.h"

#define PTE_P  0x001u
#define PTE_W  0x002u
#define PTE_US 0x004u
#define PTE_A  0x020u
#define PTE_D  0x040u
/* With P clear: stands for a page of ours that is out of reach, see hidden_entry(). */
#define PTE_HIDDEN  0x200u
#define PTE_NX      (UINT64_C(1) << 63)
#define PTE_FRAME   UINT64_C(0x000ffffffffff000)
#define TABLE_FLAGS (PTE_P | PTE_W | PTE_US | PTE_A | PTE_D)
#define ENTRIES     512u

#define PROGRAM_LOW  0x1000u                      /* page 0 stays unmapped */
#define PROGRAM_HIGH UINT64_C(0x00007ffffffff000) /* end of the lower half, one page short */

/* Bounded so that the array lives in the image; Xen can be preempted in between anyway. */
#define UPDATE_MAX 128u
static struct mmu_update update[UPDATE_MAX];

static size_t direct_map_pages; /* mapped from VIRT_BASE on */
static size_t first_free_pfn;
static bool pool_ready; /* core/pages may be asked for table pages */

/* ---- frames ---------------------------------------------------------------------------------- */

static uint64_t mfn_of_pfn(size_t pfn)
{
    return ((const uint64_t *)pv_start_info->mfn_list)[pfn];
}

void *pv_machine_page(uint64_t mfn)
{
    return pv_page(machine_to_phys_mapping[mfn]);
}

plat_gfn_t plat_page_gfn(const void *page)
{
    return mfn_of_pfn(pv_pfn(page));
}

static uint64_t machine_address(const uint64_t *entry)
{
    return mfn_of_pfn(pv_pfn(entry)) << PLAT_PAGE_SHIFT | ((uintptr_t)entry & PLAT_PAGE_MASK);
}

/* ---- walking --------------------------------------------------------------------------------- */

static unsigned index_at(uintptr_t va, unsigned level)
{
    return (va >> (PLAT_PAGE_SHIFT + 9 * (level - 1))) & (ENTRIES - 1);
}

static void set_entry(uint64_t *entry, uint64_t value)
{
    struct mmu_update req = {.ptr = machine_address(entry) | MMU_NORMAL_PT_UPDATE, .val = value};
    long rc = xen_mmu_update(&req, 1, NULL, DOMID_SELF);

    if (rc)
        panic("Xen refused the page table entry %#lx: %s", (unsigned long)value, errno_name(rc));
}

/* The first `n` of update[] for our own domain; all of them are valid by construction. */
static void apply(size_t n)
{
    long rc = n ? xen_mmu_update(update, (unsigned)n, NULL, DOMID_SELF) : 0;

    if (rc)
        panic("Xen refused a change of page tables: %s", errno_name(rc));
}

/* A page for a table: while booting from what the boot mapping covers, later from the pool. */
static void *table_page(void)
{
    void *page;

    if (!pool_ready) {
        page = pv_page(first_free_pfn++);
        memset(page, 0, PLAT_PAGE_SIZE);
    } else {
        page = page_alloc_zeroed(MEM_PAGETABLE);
    }
    return page;
}

/* Take the right to write away from the direct map, then let `parent` point to the table. */
static void hook_table(uint64_t *parent, void *page)
{
    uint64_t mfn = plat_page_gfn(page);
    long rc = xen_update_va_mapping(
        (uintptr_t)page, mfn << PLAT_PAGE_SHIFT | PTE_P | PTE_US | PTE_A | PTE_NX, UVMF_INVLPG);

    if (rc)
        panic("Xen refused to make a page table read-only: %s", errno_name(rc));
    set_entry(parent, mfn << PLAT_PAGE_SHIFT | TABLE_FLAGS);
}

/* The entry of the given level that translates va. */
static uint64_t *walk(uintptr_t va, unsigned to_level, bool create)
{
    uint64_t *table = (uint64_t *)pv_start_info->pt_base;

    for (unsigned level = 4; level > to_level; level--) {
        uint64_t *entry = &table[index_at(va, level)];

        if (!(*entry & PTE_P)) {
            void *page = create ? table_page() : NULL;

            if (page == NULL)
                return NULL;
            hook_table(entry, page);
        }
        table = pv_machine_page((*entry & PTE_FRAME) >> PLAT_PAGE_SHIFT);
    }
    return &table[index_at(va, to_level)];
}

/* As walk() to level 1. Tables are never given back, so the last one found stays right. */
static uint64_t *l1_entry(uintptr_t va, bool create)
{
    static uintptr_t cached_base = 1; /* no table starts there */
    static uint64_t *cached_table;
    uintptr_t base = va & ~(((uintptr_t)ENTRIES << PLAT_PAGE_SHIFT) - 1);

    if (base != cached_base) {
        uint64_t *table = walk(base, 1, create);

        if (table == NULL)
            return NULL;
        cached_base = base;
        cached_table = table;
    }
    return &cached_table[index_at(va, 1)];
}

uint64_t *pv_pte(uintptr_t va, bool create)
{
    return l1_entry(va, create);
}

/* ---- start-up -------------------------------------------------------------------------------- */

/* Extend the boot mapping by one L1 table, 2 MiB: filled first, then made a table in one go. */
static void extend_direct_map(uintptr_t va, size_t npages)
{
    uint64_t *l2 = walk(va, 2, true);
    uint64_t *table;

    if (*l2 & PTE_P) { /* a table of the builder's, partly used */
        for (size_t i = 0; i < npages; i++) {
            uintptr_t at = va + (i << PLAT_PAGE_SHIFT);

            set_entry(l1_entry(at, false), mfn_of_pfn(pv_pfn((void *)at)) << PLAT_PAGE_SHIFT |
                                               PTE_P | PTE_W | PTE_US | PTE_A | PTE_D | PTE_NX);
        }
        return;
    }
    table = table_page();
    for (size_t i = 0; i < npages; i++)
        table[index_at(va, 1) + i] = mfn_of_pfn(pv_pfn((void *)(va + (i << PLAT_PAGE_SHIFT))))
                                         << PLAT_PAGE_SHIFT |
                                     PTE_P | PTE_W | PTE_US | PTE_A | PTE_D | PTE_NX;
    hook_table(l2, table);
}

/* Pages the builder mapped: from VIRT_BASE up to the first absent entry. */
static size_t boot_mapped_pages(size_t limit)
{
    size_t n = pv_pfn((void *)pv_start_info->pt_base);

    while (n < limit) {
        uint64_t *pte = l1_entry((uintptr_t)pv_page(n), false);

        if (pte == NULL || !(*pte & PTE_P))
            break;
        n++;
    }
    return n;
}

/*
 * The builder maps everything writable and executable. Text stays executable, constants and text
 * can no longer be written. Page tables and Xen's own page keep what else their entries say.
 */
static void protect_boot_mapping(size_t npages)
{
    size_t text_end = pv_pfn(kernel_text_end), constants_end = pv_pfn(kernel_constants_end), k = 0;

    for (size_t pfn = 0; pfn < npages; pfn++) {
        uint64_t *pte = l1_entry((uintptr_t)pv_page(pfn), false);

        update[k].ptr = machine_address(pte) | MMU_NORMAL_PT_UPDATE;
        update[k].val =
            (*pte | (pfn < text_end ? 0 : PTE_NX)) & ~(uint64_t)(pfn < constants_end ? PTE_W : 0);
        if (++k == UPDATE_MAX || pfn + 1 == npages) {
            apply(k);
            k = 0;
        }
    }
}

void pv_paging_init(void)
{
    size_t total = pv_start_info->nr_pages;
    /* Behind the page tables the builder put only the boot stack, which _start left. */
    first_free_pfn = pv_pfn((void *)pv_start_info->pt_base) + pv_start_info->nr_pt_frames;
    if (total > DIRECT_MAP_MAX_PAGES) {
        log_warning("%zu MiB of memory are more than the kernel can use", total >> 8);
        total = DIRECT_MAP_MAX_PAGES;
    }
    if (first_free_pfn + 64 > total)
        panic("too little memory: kernel and ramdisk fill %zu of %zu pages", first_free_pfn, total);
    direct_map_pages = boot_mapped_pages(total);
    protect_boot_mapping(direct_map_pages);
    while (direct_map_pages < total) {
        size_t n = ENTRIES - direct_map_pages % ENTRIES;

        if (n > total - direct_map_pages)
            n = total - direct_map_pages;
        extend_direct_map((uintptr_t)pv_page(direct_map_pages), n);
        direct_map_pages += n;
    }
}

void plat_ram(void **base, size_t *npages)
{
    *base = pv_page(first_free_pfn);
    *npages = direct_map_pages - first_free_pfn;
    pool_ready = true;
}

void pv_map_kernel(uintptr_t va, uint64_t mfn)
{
    uint64_t *pte = pv_pte(va, true);

    if (pte == NULL)
        panic("no memory to map the grant table");
    set_entry(pte, mfn << PLAT_PAGE_SHIFT | PTE_P | PTE_W | PTE_US | PTE_A | PTE_D | PTE_NX);
}

/* ---- the program's mappings ------------------------------------------------------------------ */

void plat_program_range(uintptr_t *low, uintptr_t *high)
{
    *low = PROGRAM_LOW;
    *high = PROGRAM_HIGH;
}

bool plat_demand_faults(void)
{
    return true;
}

static uint64_t flags_of(unsigned prot)
{
    uint64_t flags = PTE_P | PTE_US | PTE_A;

    if (prot & PLAT_PROT_WRITE)
        flags |= PTE_W | PTE_D;
    if (!(prot & PLAT_PROT_EXEC))
        flags |= PTE_NX;
    return flags;
}

static void flush_tlb(void)
{
    struct mmuext_op op = {.cmd = MMUEXT_TLB_FLUSH_LOCAL};

    xen_mmuext_op(&op, 1);
}

/* Above this many pages one full flush is cheaper than a call for each. */
#define FLUSH_SINGLY 4u

static void flush_range(uintptr_t va, size_t n)
{
    struct mmuext_op op[FLUSH_SINGLY];

    if (n > FLUSH_SINGLY) {
        flush_tlb();
        return;
    }
    for (size_t i = 0; i < n; i++) {
        op[i].cmd = MMUEXT_INVLPG_LOCAL;
        op[i].arg1.linear_addr = va + (i << PLAT_PAGE_SHIFT);
    }
    if (n)
        xen_mmuext_op(op, (unsigned)n);
}

static bool make_tables(uintptr_t va, size_t n)
{
    uintptr_t end = va + (n << PLAT_PAGE_SHIFT);

    while (va < end) {
        if (l1_entry(va, true) == NULL)
            return false;
        va = (va | ((ENTRIES << PLAT_PAGE_SHIFT) - 1)) + 1;
    }
    return true;
}

/*
 * The entry for a page out of reach, but remembered: without P it is for the domain to use as it
 * likes. Nearly: processors with the L1TF fault look into the cache by its frame all the same.
 * There Xen takes a domain whose entry names memory there may be for an attacker, and shadows its
 * page tables or ends it. Only a frame of zeros names none on every machine, so the number stands
 * around it: 8 bits below PTE_HIDDEN, the other 11 above the frame. The direct map is no larger.
 */
#define HIDDEN_LOW_BITS   8
#define HIDDEN_LOW_SHIFT  1
#define HIDDEN_HIGH_SHIFT 52
_Static_assert(DIRECT_MAP_MAX_PAGES <= 1u << (HIDDEN_LOW_BITS + 63 - HIDDEN_HIGH_SHIFT),
               "a hidden entry has room for the number of each page");

static uint64_t hidden_entry(size_t pfn)
{
    uint64_t low = pfn & ((1u << HIDDEN_LOW_BITS) - 1);
    uint64_t high = pfn >> HIDDEN_LOW_BITS;

    return high << HIDDEN_HIGH_SHIFT | PTE_HIDDEN | low << HIDDEN_LOW_SHIFT;
}

static size_t hidden_pfn(uint64_t pte)
{
    size_t low = pte >> HIDDEN_LOW_SHIFT & ((1u << HIDDEN_LOW_BITS) - 1);

    return pte >> HIDDEN_HIGH_SHIFT << HIDDEN_LOW_BITS | low;
}

int plat_map(uintptr_t va, void *const pages[], size_t n, unsigned prot)
{
    uint64_t flags = flags_of(prot);
    bool replaced = false;

    if (!make_tables(va, n))
        return -ENOMEM;
    for (size_t i = 0; i < n;) {
        size_t k = 0;

        for (; i < n && k < UPDATE_MAX; i++, k++) {
            uint64_t *pte = l1_entry(va + (i << PLAT_PAGE_SHIFT), false);

            replaced |= *pte & PTE_P;
            update[k].ptr = machine_address(pte) | MMU_NORMAL_PT_UPDATE;
            update[k].val = prot == PLAT_PROT_NONE
                                ? hidden_entry(pv_pfn(pages[i]))
                                : plat_page_gfn(pages[i]) << PLAT_PAGE_SHIFT | flags;
        }
        apply(k);
    }
    if (replaced)
        flush_range(va, n);
    return 0;
}

/*
 * One batch of foreign frames, update[0..n). Xen stops at the first entry it refuses and says how
 * many were done: note the error, go on behind it.
 */
static void apply_foreign(size_t n, plat_domid_t domid, int *err)
{
    size_t at = 0;

    while (at < n) {
        unsigned done = 0;
        long rc = xen_mmu_update(&update[at], (unsigned)(n - at), &done, domid);

        for (unsigned i = 0; i < done && at + i < n; i++)
            err[at + i] = 0;
        at += done;
        if (!rc)
            break;
        if (at < n)
            /* Xen answers EINVAL for a frame that the domain has not got: a hole, not a mistake. */
            err[at++] = rc == -EINVAL ? -ENOENT : (int)rc;
    }
}

int plat_map_foreign(uintptr_t va, size_t n, plat_domid_t domid, const uint64_t *frames,
                     unsigned kind, unsigned prot, int *err)
{
    unsigned cmd = kind == PLAT_FRAMES_MACHINE ? MMU_PT_UPDATE_NO_TRANSLATE : MMU_NORMAL_PT_UPDATE;
    uint64_t flags = flags_of(prot & ~PLAT_PROT_EXEC);
    bool replaced = false;

    if (!make_tables(va, n))
        return -ENOMEM;
    for (size_t i = 0; i < n;) {
        size_t first = i, k = 0;

        for (; i < n && k < UPDATE_MAX; i++, k++) {
            uint64_t *pte = l1_entry(va + (i << PLAT_PAGE_SHIFT), false);

            replaced |= *pte & PTE_P;
            update[k].ptr = machine_address(pte) | cmd;
            update[k].val = (frames[i] << PLAT_PAGE_SHIFT & PTE_FRAME) | flags;
        }
        apply_foreign(k, domid, err + first);
    }
    if (replaced)
        flush_range(va, n);
    return 0;
}

/* Calls change() for each present entry in the range; what it returns is written. */
static void change_present(uintptr_t va, size_t n, uint64_t (*change)(uint64_t, uint64_t),
                           uint64_t arg)
{
    uintptr_t end = va + (n << PLAT_PAGE_SHIFT);
    uintptr_t first = 0, last = 0;
    size_t k = 0;

    while (va < end) {
        uint64_t *pte = l1_entry(va, false);

        if (pte == NULL) { /* no table: skip what it would cover */
            va = (va | ((ENTRIES << PLAT_PAGE_SHIFT) - 1)) + 1;
            continue;
        }
        if (*pte & (PTE_P | PTE_HIDDEN)) {
            if (*pte & PTE_P) {
                if (!first)
                    first = va;
                last = va;
            }
            update[k].ptr = machine_address(pte) | MMU_NORMAL_PT_UPDATE;
            update[k].val = change(*pte, arg);
            if (++k == UPDATE_MAX) {
                apply(k);
                k = 0;
            }
        }
        va += PLAT_PAGE_SIZE;
    }
    apply(k);
    if (first)
        flush_range(first, ((last - first) >> PLAT_PAGE_SHIFT) + 1);
}

static uint64_t to_absent(uint64_t pte, uint64_t arg)
{
    (void)pte;
    (void)arg;
    return 0;
}

static uint64_t to_flags(uint64_t pte, uint64_t flags)
{
    if (pte & PTE_HIDDEN)
        pte = mfn_of_pfn(hidden_pfn(pte)) << PLAT_PAGE_SHIFT;
    return (pte & PTE_FRAME) | flags;
}

static uint64_t to_hidden(uint64_t pte, uint64_t arg)
{
    (void)arg;
    return pte & PTE_HIDDEN
               ? pte
               : hidden_entry(machine_to_phys_mapping[(pte & PTE_FRAME) >> PLAT_PAGE_SHIFT]);
}

void plat_unmap(uintptr_t va, size_t n)
{
    change_present(va, n, to_absent, 0);
}

int plat_protect(uintptr_t va, size_t n, unsigned prot)
{
    if (prot == PLAT_PROT_NONE)
        change_present(va, n, to_hidden, 0);
    else
        change_present(va, n, to_flags, flags_of(prot));
    return 0;
}

bool plat_present(uintptr_t va)
{
    uint64_t *pte = l1_entry(va, false);

    return pte != NULL && (*pte & (PTE_P | PTE_HIDDEN));
}

void *plat_page_at(uintptr_t va)
{
    uint64_t *pte = l1_entry(va, false);
    uint64_t mfn;
    size_t pfn;

    if (pte == NULL || !(*pte & (PTE_P | PTE_HIDDEN)))
        return NULL;
    if (*pte & PTE_HIDDEN)
        return pv_page(hidden_pfn(*pte));
    mfn = (*pte & PTE_FRAME) >> PLAT_PAGE_SHIFT;
    if (mfn >= MACH2PHYS_NR_ENTRIES)
        return NULL;
    /*
     * Another domain's frame has a number of its own in Xen's table: it is ours only if both agree.
     */
    pfn = machine_to_phys_mapping[mfn];
    if (pfn >= pv_start_info->nr_pages || mfn_of_pfn(pfn) != mfn)
        return NULL;
    return pv_page(pfn);
}
