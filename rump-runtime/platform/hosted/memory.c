/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Memory of the hosted domain. RAM and boot module are one memfd, mapped once as the direct map;
 * plat_map() maps the same file again at the program's addresses, so that both views show the same
 * bytes, as page tables do. Other domains' memory is one memfd each.
 */
#define _GNU_SOURCE /* memfd_create */
#include <sys/mman.h>
#include <unistd.h>

#include "platform/hosted/internal.h"

#include "core/errno.h"
#include "core/log.h"
#include "core/sanitize.h"
#include "core/string.h"

#define PROGRAM_BYTES ((size_t)8 << 30) /* address space only */
#define PROGRAM_PAGES (PROGRAM_BYTES >> PLAT_PAGE_SHIFT)
#define FOREIGN_MAX   8
/* Frame numbers differ from page indices, so that code which mixes the two fails. */
#define FIRST_GFN 0x1000u

static struct {
    int fd;
    char *base;        /* direct map */
    size_t ram_pages;  /* free RAM, from base on */
    size_t all_pages;  /* with the boot module behind it */
    char *program;     /* reserved range for the program's mappings */
    uint64_t *present; /* per program page: 0, PRESENT_FOREIGN, or the direct-map address */
} mem = {.fd = -1};

#define PRESENT_FOREIGN 1u

static struct foreign {
    int fd;
    uint32_t domid;
    uint64_t first_frame, pages;
    void *view;
} foreign[FOREIGN_MAX];
static unsigned foreign_count;

static int prot_of(unsigned prot)
{
    return (prot & PLAT_PROT_READ ? PROT_READ : 0) | (prot & PLAT_PROT_WRITE ? PROT_WRITE : 0) |
           (prot & PLAT_PROT_EXEC ? PROT_EXEC : 0);
}

static void *map_file(int fd, size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    return p == MAP_FAILED ? NULL : p;
}

static int make_file(const char *name, size_t bytes)
{
    int fd = memfd_create(name, MFD_CLOEXEC);

    if (fd >= 0 && ftruncate(fd, (off_t)bytes) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

int hosted_memory_create(uint64_t ram_pages, const void *ramdisk, uint64_t ramdisk_size,
                         struct plat_boot_info *info)
{
    size_t ramdisk_pages = (ramdisk_size + PLAT_PAGE_MASK) >> PLAT_PAGE_SHIFT;
    size_t bytes = (ram_pages + ramdisk_pages) << PLAT_PAGE_SHIFT;
    void *present;
    void *program;

    mem.ram_pages = ram_pages;
    mem.all_pages = ram_pages + ramdisk_pages;
    mem.fd = make_file("stubdom-ram", bytes);
    if (mem.fd < 0)
        return -ENOMEM;
    mem.base = map_file(mem.fd, bytes);
    program =
        mmap(NULL, PROGRAM_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    present = mmap(NULL, PROGRAM_PAGES * sizeof(uint64_t), PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mem.base == NULL || program == MAP_FAILED || present == MAP_FAILED)
        return -ENOMEM;
    mem.program = program;
    mem.present = present;

    if (ramdisk != NULL) {
        char *copy = mem.base + (ram_pages << PLAT_PAGE_SHIFT);

        memcpy(copy, ramdisk, ramdisk_size);
        info->ramdisk = copy;
        info->ramdisk_size = ramdisk_size;
    }
    info->memory_pages = mem.all_pages;
    return 0;
}

void hosted_memory_destroy(void)
{
    if (mem.base != NULL) {
        /* What is mapped at these addresses next must not inherit the marks of pages and stacks. */
        sanitize_allow(mem.base, mem.all_pages << PLAT_PAGE_SHIFT);
        munmap(mem.base, mem.all_pages << PLAT_PAGE_SHIFT);
    }
    if (mem.program != NULL)
        munmap(mem.program, PROGRAM_BYTES);
    if (mem.present != NULL)
        munmap(mem.present, PROGRAM_PAGES * sizeof(uint64_t));
    if (mem.fd >= 0)
        close(mem.fd);
    for (unsigned i = 0; i < foreign_count; i++) {
        munmap(foreign[i].view, foreign[i].pages << PLAT_PAGE_SHIFT);
        close(foreign[i].fd);
    }
    foreign_count = 0;
    memset(&mem, 0, sizeof(mem));
    mem.fd = -1;
}

void plat_ram(void **base, size_t *npages)
{
    *base = mem.base;
    *npages = mem.ram_pages;
}

static size_t page_index(const void *page)
{
    size_t offset = (size_t)((const char *)page - mem.base);

    if ((const char *)page < mem.base || (offset & PLAT_PAGE_MASK) != 0 ||
        offset >> PLAT_PAGE_SHIFT >= mem.all_pages)
        panic("hosted: %p is not a page of the direct map", page);
    return offset >> PLAT_PAGE_SHIFT;
}

plat_gfn_t plat_page_gfn(const void *page)
{
    return FIRST_GFN + page_index(page);
}

void *hosted_page(uint64_t gfn)
{
    if (gfn < FIRST_GFN || gfn - FIRST_GFN >= mem.all_pages)
        return NULL;
    return mem.base + ((gfn - FIRST_GFN) << PLAT_PAGE_SHIFT);
}

/* ---- the program's mappings ------------------------------------------------------------------ */

void plat_program_range(uintptr_t *low, uintptr_t *high)
{
    *low = (uintptr_t)mem.program;
    *high = (uintptr_t)mem.program + PROGRAM_BYTES;
}

static size_t program_index(uintptr_t va, size_t n)
{
    uintptr_t low = (uintptr_t)mem.program;

    if ((va & PLAT_PAGE_MASK) != 0 || va < low || n > PROGRAM_PAGES ||
        (va - low) >> PLAT_PAGE_SHIFT > PROGRAM_PAGES - n)
        panic("hosted: mapping of %zu pages at %#lx is outside the program's range", n,
              (unsigned long)va);
    return (va - low) >> PLAT_PAGE_SHIFT;
}

int plat_map(uintptr_t va, void *const pages[], size_t n, unsigned prot)
{
    size_t first = program_index(va, n);

    for (size_t done = 0; done < n;) {
        size_t index = page_index(pages[done]), run = 1;

        while (done + run < n &&
               pages[done + run] == (char *)pages[done] + (run << PLAT_PAGE_SHIFT))
            run++;
        (void)page_index(pages[done + run - 1]);
        if (mmap((void *)(va + (done << PLAT_PAGE_SHIFT)), run << PLAT_PAGE_SHIFT, prot_of(prot),
                 MAP_SHARED | MAP_FIXED, mem.fd, (off_t)(index << PLAT_PAGE_SHIFT)) == MAP_FAILED) {
            plat_unmap(va, n);
            return -ENOMEM;
        }
        for (size_t i = 0; i < run; i++)
            mem.present[first + done + i] = (uintptr_t)pages[done + i];
        done += run;
    }
    return 0;
}

int hosted_map_foreign_frame(uint32_t domid, uint64_t frame, uintptr_t va, unsigned prot)
{
    size_t index = program_index(va, 1);

    for (unsigned i = 0; i < foreign_count; i++) {
        const struct foreign *f = &foreign[i];

        if (f->domid != domid || frame < f->first_frame || frame - f->first_frame >= f->pages)
            continue;
        if (mmap((void *)va, PLAT_PAGE_SIZE, prot_of(prot), MAP_SHARED | MAP_FIXED, f->fd,
                 (off_t)((frame - f->first_frame) << PLAT_PAGE_SHIFT)) == MAP_FAILED)
            return -ENOMEM;
        mem.present[index] = PRESENT_FOREIGN;
        return 0;
    }
    return -ENOENT;
}

int plat_map_foreign(uintptr_t va, size_t n, plat_domid_t domid, const uint64_t *frames,
                     unsigned kind, unsigned prot, int *err)
{
    (void)kind; /* the test's frames have one numbering */
    for (size_t i = 0; i < n; i++)
        err[i] = hosted_map_foreign_frame(domid, frames[i], va + (i << PLAT_PAGE_SHIFT), prot);
    return 0;
}

void plat_unmap(uintptr_t va, size_t n)
{
    size_t first;

    if (n == 0)
        return;
    first = program_index(va, n);
    if (mmap((void *)va, n << PLAT_PAGE_SHIFT, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
        panic("hosted: cannot unmap %zu pages at %#lx", n, (unsigned long)va);
    memset(&mem.present[first], 0, n * sizeof(mem.present[0]));
}

int plat_protect(uintptr_t va, size_t n, unsigned prot)
{
    size_t first = program_index(va, n);

    for (size_t i = 0; i < n;) {
        size_t run = 0;

        while (i + run < n && mem.present[first + i + run] != 0)
            run++;
        if (run > 0 && mprotect((void *)(va + (i << PLAT_PAGE_SHIFT)), run << PLAT_PAGE_SHIFT,
                                prot_of(prot)) != 0)
            return -ENOMEM;
        i += run + 1;
    }
    return 0;
}

bool plat_present(uintptr_t va)
{
    uintptr_t low = (uintptr_t)mem.program;

    return va >= low && va - low < PROGRAM_BYTES && mem.present[(va - low) >> PLAT_PAGE_SHIFT] != 0;
}

void *plat_page_at(uintptr_t va)
{
    uint64_t entry;

    if (!plat_present(va))
        return NULL;
    entry = mem.present[(va - (uintptr_t)mem.program) >> PLAT_PAGE_SHIFT];
    return entry == PRESENT_FOREIGN ? NULL : (void *)(uintptr_t)entry;
}

bool plat_demand_faults(void)
{
    return false;
}

/* ---- other domains' memory ------------------------------------------------------------------- */

void *hosted_foreign_memory(uint32_t domid, uint64_t first_frame, uint64_t npages)
{
    struct foreign *f;

    if (foreign_count == FOREIGN_MAX || npages == 0)
        return NULL;
    f = &foreign[foreign_count];
    f->fd = make_file("stubdom-foreign", npages << PLAT_PAGE_SHIFT);
    if (f->fd < 0)
        return NULL;
    f->view = map_file(f->fd, npages << PLAT_PAGE_SHIFT);
    if (f->view == NULL) {
        close(f->fd);
        return NULL;
    }
    f->domid = domid;
    f->first_frame = first_frame;
    f->pages = npages;
    foreign_count++;
    return f->view;
}
