/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * pid_t vfork(void). On Linux parent and child share the stack and the child runs first: the
 * return address must be off the stack while it does, so a stub cannot make this call. A rump
 * kernel has no processes and answers with an error.
 */
.text
.global vfork
.type vfork,@function
.hidden __syscall_ret
vfork:
    mov $58,%eax                        /* SYS_vfork */
    cmpb $0,__rump_kernel(%rip)
    je 1f
    call *__rump_syscall_entry(%rip)
    mov %rax,%rdi
    jmp __syscall_ret
1:  pop %rdx
    syscall
    push %rdx
    mov %rax,%rdi
    jmp __syscall_ret
.size vfork,.-vfork
.section .note.GNU-stack,"",@progbits
