/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * The first instructions of a program, x86-64.
 *
 * Enters with rsp at argc, argv, the environment and the auxiliary vector (System V ABI), calls
 * START_c with that address in rdi, as musl's start files expect, and before that
 * lets __rump_syscall_setup read the auxiliary vector: musl's own start-up makes its first
 * system calls (thread pointer, thread id) before it calls any hook.
 */
__asm__(".text\n"
        ".global " START "\n"
        ".type " START ",@function\n" START ":\n"
        "    xor %ebp,%ebp\n"
        "    mov %rsp,%rbx\n"
        "    and $-16,%rsp\n"
        "    mov %rbx,%rdi\n"
        ".hidden __rump_syscall_setup\n"
        "    call __rump_syscall_setup\n"
        "    mov %rbx,%rdi\n"
        ".weak _DYNAMIC\n"
        ".hidden _DYNAMIC\n"
        "    lea _DYNAMIC(%rip),%rsi\n"
        "    call " START "_c\n"
        "    hlt\n");
