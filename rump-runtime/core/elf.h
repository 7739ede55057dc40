/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * elf.h - loads the program: a static x86-64 ELF (ET_EXEC, or ET_DYN without interpreter) from the
 * ramdisk, after the System V ABI, AMD64 supplement, chapters 3.4 (process initialisation) and 5.
 */
#ifndef CORE_ELF_H
#define CORE_ELF_H

#include <stddef.h>
#include <stdint.h>

/* Our own auxiliary vector entry: address of the system-call entry. */
#define AT_RUMP_SYSCALL 0x706d7572u

struct elf_program {
    uintptr_t entry;
    uintptr_t phdr; /* AT_PHDR */
    size_t phnum;
    uintptr_t base; /* load bias, 0 for ET_EXEC */
    uintptr_t brk;  /* end of the last segment, page-aligned: where brk(2) starts */
    uintptr_t stack_low, sp;
    unsigned uid, gid; /* real and effective; the caller sets them before elf_make_stack() */
};

/*
 * Maps the segments (text in place, W^X) and fills *prog. `image` is page-aligned. Returns 0 or
 * -ENOEXEC / -ENOMEM with *why set to a static text ("dynamic executable", "wrong architecture",
 * "truncated", ...).
 */
int elf_load(const void *image, size_t size, struct elf_program *prog, const char **why);

/*
 * Makes the initial stack (argc, argv, envp, auxv) in a new region of `stack_size` bytes with a
 * guard page below; sets prog->sp. argv and envp are NULL-terminated. 0 or -ENOMEM / -E2BIG.
 */
int elf_make_stack(struct elf_program *prog, size_t stack_size, const char *const argv[],
                   const char *const envp[]);

#endif
