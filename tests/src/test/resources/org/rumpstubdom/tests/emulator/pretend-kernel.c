/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Runs a static program as a rump kernel would: maps it, gives it an initial stack whose auxiliary
 * vector names a system-call entry, and jumps to it. The entry passes the calls on to Linux but
 * keeps to the letter of the agreement only: vector registers come back destroyed, and the main
 * thread is forbidden to execute `syscall` anywhere else (PR_SET_SYSCALL_USER_DISPATCH), so that a
 * call that does not use the entry ends the program. Linked away from 0x400000, where programs go.
 *
 * usage: pretend-kernel PROGRAM [ARGUMENT...]
 */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define AT_RUMP_SYSCALL 0x706d7572
#define PAGE            4096UL

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SYS_DISPATCH_ON           1
#endif

void entry(void);
extern char entry_end[];

/*
 * clone: the child resumes at the call's return address, on its own stack, with nothing popped.
 * rt_sigreturn: the frame is one word above the return address. fork and vfork: none here.
 */
__asm__(".text\n"
        ".balign 64\n"
        ".global entry, entry_end\n"
        "entry:\n"
        "    cmp $56,%eax\n"
        "    je 3f\n"
        "    cmp $15,%eax\n"
        "    je 4f\n"
        "    cmp $57,%eax\n"
        "    je 5f\n"
        "    cmp $58,%eax\n"
        "    je 5f\n"
        "    syscall\n"
        "1:\n"
        ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
        "    pcmpeqd %xmm\\n,%xmm\\n\n"
        ".endr\n"
        "    mov $-1,%rcx\n"
        "    mov $-1,%r11\n"
        "    ret\n"
        "3:  mov (%rsp),%rcx\n"
        "    mov %rcx,-8(%rsi)\n"
        "    syscall\n"
        "    test %eax,%eax\n"
        "    jnz 1b\n"
        "    jmp *-8(%rsp)\n"
        "4:  add $8,%rsp\n"
        "    syscall\n"
        "5:  mov $-38,%rax\n"
        "    jmp 1b\n"
        "entry_end:\n");

static void fail(const char *what)
{
    perror(what);
    exit(2);
}

static void load(int fd, const Elf64_Phdr *p)
{
    uintptr_t from = p->p_vaddr & ~(PAGE - 1);
    uintptr_t to = (p->p_vaddr + p->p_memsz + PAGE - 1) & ~(PAGE - 1);
    int protection =
        PROT_READ | ((p->p_flags & PF_W) ? PROT_WRITE : 0) | ((p->p_flags & PF_X) ? PROT_EXEC : 0);

    if (mmap((void *)from, to - from, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != (void *)from)
        fail("mmap");
    if (pread(fd, (void *)p->p_vaddr, p->p_filesz, p->p_offset) != (ssize_t)p->p_filesz)
        fail("pread");
    if (mprotect((void *)from, to - from, protection))
        fail("mprotect");
}

int main(int argc, char **argv)
{
    static Elf64_Phdr headers[16];
    static uint64_t stack[1 << 17];
    static uint8_t random[16];
    Elf64_Ehdr elf;
    uint64_t *sp = stack + (sizeof stack / sizeof *stack) - 64 - argc;
    uint64_t *p = sp;
    int fd;

    if (argc < 2 || (fd = open(argv[1], O_RDONLY)) < 0)
        fail("usage: pretend-kernel PROGRAM");
    if (pread(fd, &elf, sizeof elf, 0) != sizeof elf || elf.e_type != ET_EXEC || elf.e_phnum > 16)
        fail("not a static program");
    if (pread(fd, headers, elf.e_phnum * sizeof *headers, elf.e_phoff) < 0)
        fail("program headers");
    for (int i = 0; i < elf.e_phnum; i++)
        if (headers[i].p_type == PT_LOAD)
            load(fd, &headers[i]);
    close(fd);
    sp = p = (uint64_t *)((uintptr_t)sp & ~(uintptr_t)15);
    *p++ = argc - 1;
    for (int i = 1; i < argc; i++)
        *p++ = (uintptr_t)argv[i];
    *p++ = 0;
    *p++ = 0;
    const uint64_t auxiliary[] = {AT_PHDR,         (uintptr_t)headers,
                                  AT_PHENT,        sizeof *headers,
                                  AT_PHNUM,        elf.e_phnum,
                                  AT_PAGESZ,       PAGE,
                                  AT_RANDOM,       (uintptr_t)random,
                                  AT_RUMP_SYSCALL, (uintptr_t)entry,
                                  AT_NULL,         0};
    memcpy(p, auxiliary, sizeof auxiliary);
    if (prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, (unsigned long)entry,
              (unsigned long)(entry_end - (char *)entry), NULL))
        fail("PR_SET_SYSCALL_USER_DISPATCH");
    __asm__ volatile("mov %0,%%rsp\n\t"
                     "xor %%edx,%%edx\n\t"
                     "jmp *%1"
                     :
                     : "r"(sp), "r"(elf.e_entry)
                     : "memory");
    __builtin_unreachable();
}
