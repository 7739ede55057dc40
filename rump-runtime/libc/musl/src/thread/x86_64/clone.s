/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * int __clone(int (*fn)(void *), void *stack, int flags, void *arg, pid_t *ptid, void *tls,
 *             pid_t *ctid): the child's id or -errno; the child runs fn(arg) and exits with
 * its result.
 *
 * On Linux this must be the bare instruction: the child comes back from it on an empty stack,
 * so a stub could not return. A rump kernel starts the child at the return address of the call
 * with rsp = stack, which is the same place.
 */
.text
.global __clone
.hidden __clone
.type __clone,@function
__clone:
    and $-16,%rsi
    sub $16,%rsi
    mov %rdi,(%rsi)                     /* fn and arg wait on the child's stack */
    mov %rcx,8(%rsi)
    mov %rdx,%rdi                       /* clone(flags, stack, ptid, ctid, tls) */
    mov %r8,%rdx
    mov 8(%rsp),%r10
    mov %r9,%r8
    mov $56,%eax                        /* SYS_clone */
    cmpb $0,__rump_kernel(%rip)
    je 1f
    call *__rump_syscall_entry(%rip)
    jmp 2f
1:  syscall
2:  test %eax,%eax
    jz 3f
    ret
3:  xor %ebp,%ebp                       /* outermost frame, for debuggers */
    pop %rax
    pop %rdi
    call *%rax
    mov %eax,%edi
    mov $60,%eax                        /* SYS_exit */
    call *__rump_syscall_entry(%rip)
    hlt
.size __clone,.-__clone
.section .note.GNU-stack,"",@progbits
