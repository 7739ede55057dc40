/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * void __unmapself(void *base, size_t size): unmap the calling thread's own stack and end the
 * thread. Does not return.
 *
 * No stack is left between the two system calls. On Linux they are bare instructions. For a rump
 * kernel they are calls and borrow a small static stack. Every thread that ends borrows the same
 * one, and the kernel may switch threads inside either call: therefore the two return addresses
 * lie in different slots, so that whatever another thread writes there is what is there already.
 */
.text
.global __unmapself
.type __unmapself,@function
__unmapself:
    cmpb $0,__rump_kernel(%rip)
    jne 1f
    mov $11,%eax                        /* SYS_munmap */
    syscall
    xor %edi,%edi
    mov $60,%eax                        /* SYS_exit */
    syscall
1:  movb $0,exit_stack(%rip)            /* a fault is taken on the stack in use: not on this one */
    lea exit_stack+1024(%rip),%rsp
    mov $11,%eax
    call *__rump_syscall_entry(%rip)
    sub $16,%rsp
    xor %edi,%edi
    mov $60,%eax
    call *__rump_syscall_entry(%rip)
    hlt
.size __unmapself,.-__unmapself

.local exit_stack
.comm exit_stack,1024,1024
.section .note.GNU-stack,"",@progbits
