/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Where a signal handler returns to. Linux finds the frame to restore at rsp, so
 * nothing may be pushed there; a rump kernel finds it one word above the return address.
 * The leading nop keeps unwinders, which look up the address before this one, inside the function.
 */
.text
    nop
.global __restore_rt
.hidden __restore_rt
.type __restore_rt,@function
__restore_rt:
    mov $15,%eax                        /* SYS_rt_sigreturn */
    cmpb $0,__rump_kernel(%rip)
    je 1f
    call *__rump_syscall_entry(%rip)
1:  syscall
.size __restore_rt,.-__restore_rt
.section .note.GNU-stack,"",@progbits
