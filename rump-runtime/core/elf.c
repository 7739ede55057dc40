/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Program loader (elf.h). The image is input: every offset and size is checked against it before
 * use.
 */
#include "core/elf.h"

#include <stdbool.h>

#include "core/errno.h"
#include "core/memory.h"
#include "core/string.h"
#include "core/vm.h"
#include "platform/platform.h"

/* ---- the format: ELF-64 object file format, version 1.5 -------------------------------------- */

struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_phdr {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

enum { ET_EXEC = 2, ET_DYN = 3, EM_X86_64 = 62, PT_LOAD = 1, PT_INTERP = 3 };
enum { PF_X = 1, PF_W = 2, PF_R = 4 };
enum {
    AT_NULL = 0,
    AT_PHDR = 3,
    AT_PHENT = 4,
    AT_PHNUM = 5,
    AT_PAGESZ = 6,
    AT_ENTRY = 9,
    AT_UID = 11,
    AT_EUID = 12,
    AT_GID = 13,
    AT_EGID = 14,
    AT_CLKTCK = 17,
    AT_SECURE = 23,
    AT_RANDOM = 25,
    AT_EXECFN = 31,
};

#define PHNUM_MAX 32u
#define ARGS_MAX  ((size_t)64 << 10) /* bytes of strings and pointers on the first stack */

static uintptr_t page_down(uintptr_t v)
{
    return v & ~(uintptr_t)PLAT_PAGE_MASK;
}

static uintptr_t page_up(uintptr_t v)
{
    return page_down(v + PLAT_PAGE_MASK);
}

/* ---- checks ---------------------------------------------------------------------------------- */

static const char *check_header(const struct elf_header *h, size_t size)
{
    if (size < sizeof(*h))
        return "truncated: no room for an ELF header";
    if (memcmp(h->ident, "\177ELF", 4))
        return "not an ELF file";
    if (h->ident[4] != 2 || h->ident[5] != 1 || h->machine != EM_X86_64)
        return "wrong architecture: not a 64-bit x86 ELF";
    if (h->type != ET_EXEC && h->type != ET_DYN)
        return "not an executable";
    if (h->phentsize != sizeof(struct elf_phdr) || !h->phnum || h->phnum > PHNUM_MAX)
        return "unusable program header table";
    if (h->phoff > size || size - h->phoff < (size_t)h->phnum * sizeof(struct elf_phdr) ||
        (h->phoff & 7))
        return "truncated: the program headers are not in the file";
    return NULL;
}

static const char *check_segments(const struct elf_phdr *ph, unsigned n, size_t size,
                                  uintptr_t *low, uintptr_t *high)
{
    uintptr_t end = 0;

    *low = UINTPTR_MAX;
    for (unsigned i = 0; i < n; i++) {
        if (ph[i].type == PT_INTERP)
            return "a dynamic executable: link it statically";
        if (ph[i].type != PT_LOAD || !ph[i].memsz)
            continue;
        if (ph[i].offset > size || size - ph[i].offset < ph[i].filesz)
            return "truncated: a segment is not in the file";
        if (ph[i].filesz > ph[i].memsz || ph[i].vaddr + ph[i].memsz < ph[i].vaddr ||
            (ph[i].vaddr & PLAT_PAGE_MASK) != (ph[i].offset & PLAT_PAGE_MASK))
            return "a segment with impossible sizes or alignment";
        if ((ph[i].flags & (PF_W | PF_X)) == (PF_W | PF_X))
            return "a segment is both writable and executable";
        if (page_down(ph[i].vaddr) < end)
            return "segments overlap or share a page";
        if (ph[i].vaddr < *low)
            *low = page_down(ph[i].vaddr);
        end = page_up(ph[i].vaddr + ph[i].memsz);
    }
    if (!end)
        return "no segment to load";
    *high = end;
    return NULL;
}

/* ---- loading --------------------------------------------------------------------------------- */

static unsigned prot_of(uint32_t flags)
{
    return (flags & PF_R ? PLAT_PROT_READ : 0) | (flags & PF_W ? PLAT_PROT_WRITE : 0) |
           (flags & PF_X ? PLAT_PROT_EXEC : 0);
}

/* The part of a segment that has contents: in place when the image is page-aligned, else copied. */
static int map_contents(const struct elf_phdr *ph, const char *image, uintptr_t va, size_t len)
{
    const char *data = image + page_down(ph->offset);
    intptr_t rc;

    if (!((uintptr_t)image & PLAT_PAGE_MASK))
        return vm_map_ramdisk(va, len, data, prot_of(ph->flags), VM_FIXED) < 0 ? -ENOMEM : 0;
    rc = vm_map_anon(va, len, PLAT_PROT_READ | PLAT_PROT_WRITE, VM_FIXED | VM_POPULATE);
    if (rc < 0)
        return (int)rc;
    memcpy((void *)va, data, (size_t)(ph->offset + ph->filesz - page_down(ph->offset)));
    return vm_protect(va, len, prot_of(ph->flags));
}

static int map_segment(const struct elf_phdr *ph, const char *image, uintptr_t base)
{
    uintptr_t start = page_down(base + ph->vaddr);
    uintptr_t file_end = base + ph->vaddr + ph->filesz;
    uintptr_t mem_end = page_up(base + ph->vaddr + ph->memsz);
    intptr_t rc;

    if (ph->filesz) {
        rc = map_contents(ph, image, start, page_up(file_end) - start);
        if (rc)
            return (int)rc;
        start = page_up(file_end);
        /* The rest of the last page of contents belongs to the zero-filled part. */
        if (ph->memsz > ph->filesz && start > file_end) {
            rc = vm_populate(file_end, 1, true);
            if (rc)
                return (int)rc;
            memset((void *)file_end, 0, start - file_end);
        }
    }
    if (mem_end > start) {
        rc = vm_map_anon(start, mem_end - start, prot_of(ph->flags), VM_FIXED);
        if (rc < 0)
            return (int)rc;
    }
    return 0;
}

int elf_load(const void *image, size_t size, struct elf_program *prog, const char **why)
{
    const struct elf_header *h = image;
    const struct elf_phdr *ph;
    uintptr_t low, high;
    intptr_t rc;

    *why = check_header(h, size);
    if (*why != NULL)
        return -ENOEXEC;
    ph = (const struct elf_phdr *)((const char *)image + h->phoff);
    *why = check_segments(ph, h->phnum, size, &low, &high);
    if (*why != NULL)
        return -ENOEXEC;
    *why = "the program does not fit into memory at its addresses";
    *prog = (struct elf_program){.phnum = h->phnum};
    if (h->type == ET_DYN) { /* anywhere that is free */
        rc = vm_map_anon(0, high - low, PLAT_PROT_NONE, 0);
        if (rc < 0)
            return -ENOMEM;
        prog->base = (uintptr_t)rc - low;
    }
    for (unsigned i = 0; i < h->phnum; i++) {
        if (ph[i].type != PT_LOAD || !ph[i].memsz)
            continue;
        rc = map_segment(&ph[i], image, prog->base);
        if (rc)
            return -ENOMEM;
        if (h->phoff >= ph[i].offset && h->phoff - ph[i].offset < ph[i].filesz)
            prog->phdr = prog->base + ph[i].vaddr + (h->phoff - ph[i].offset);
    }
    prog->entry = prog->base + h->entry;
    prog->brk = prog->base + high;
    *why = NULL;
    return 0;
}

/* ---- the first stack ------------------------------------------------------------------------- */

static size_t count_strings(const char *const v[], size_t *bytes)
{
    size_t n = 0;

    for (; v[n]; n++)
        *bytes += strlen(v[n]) + 1;
    return n;
}

/* Copies the strings to `at` and their addresses to `slot`; returns the end of the strings. */
static char *push_strings(const char *const v[], char *at, uint64_t **slot)
{
    for (size_t i = 0; v[i]; i++) {
        size_t n = strlen(v[i]) + 1;

        memcpy(at, v[i], n);
        *(*slot)++ = (uintptr_t)at;
        at += n;
    }
    *(*slot)++ = 0;
    return at;
}

#define AUXV_ENTRIES 15

/* Writes the auxiliary vector, AUXV_ENTRIES pairs, to `slot`. execfn: the program's name, or 0. */
static void put_auxv(uint64_t *slot, const struct elf_program *prog, const uint64_t *random,
                     uintptr_t execfn)
{
    const uint64_t auxv[AUXV_ENTRIES][2] = {
        {AT_RUMP_SYSCALL, plat_syscall_entry()},
        {AT_PHDR, prog->phdr},
        {AT_PHENT, sizeof(struct elf_phdr)},
        {AT_PHNUM, prog->phnum},
        {AT_PAGESZ, PLAT_PAGE_SIZE},
        {AT_ENTRY, prog->entry},
        {AT_UID, prog->uid},
        {AT_EUID, prog->uid},
        {AT_GID, prog->gid},
        {AT_EGID, prog->gid},
        {AT_CLKTCK, 100},
        {AT_SECURE, 0},
        {AT_RANDOM, (uintptr_t)random},
        {AT_EXECFN, execfn},
        {AT_NULL, 0},
    };

    memcpy(slot, auxv, sizeof(auxv));
}

int elf_make_stack(struct elf_program *prog, size_t stack_size, const char *const argv[],
                   const char *const envp[])
{
    size_t strings = 0;
    size_t argc = count_strings(argv, &strings);
    size_t envc = count_strings(envp, &strings);
    uint64_t *slot, *random;
    size_t fixed;
    uintptr_t top;
    char *text;
    intptr_t rc;

    if (strings + (argc + envc) * sizeof(uint64_t) > ARGS_MAX || stack_size < 2 * ARGS_MAX)
        return -E2BIG;
    rc = vm_map_anon(0, stack_size + PLAT_PAGE_SIZE, PLAT_PROT_READ | PLAT_PROT_WRITE, 0);
    if (rc < 0)
        return (int)rc;
    prog->stack_low = (uintptr_t)rc + PLAT_PAGE_SIZE;
    rc = vm_protect((uintptr_t)rc, PLAT_PAGE_SIZE, PLAT_PROT_NONE);
    if (rc)
        return (int)rc;
    top = prog->stack_low + stack_size;
    text = (char *)(top - strings);
    random = (uint64_t *)(((uintptr_t)text - 16) & ~(uintptr_t)15);
    fixed = sizeof(uint64_t) * (1 + argc + 1 + envc + 1 + 2 * AUXV_ENTRIES);
    prog->sp = ((uintptr_t)random - fixed) & ~(uintptr_t)15;
    rc = vm_populate(prog->sp, top - prog->sp, true);
    if (rc)
        return (int)rc;
    vm_stack_headroom(prog->sp, prog->sp);
    plat_random(random, 16);
    slot = (uint64_t *)prog->sp;
    *slot++ = argc;
    push_strings(envp, push_strings(argv, text, &slot), &slot);
    put_auxv(slot, prog, random, argc != 0 ? (uintptr_t)text : 0);
    return 0;
}
