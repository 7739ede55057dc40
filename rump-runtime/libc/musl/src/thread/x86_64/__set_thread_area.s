/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* int __set_thread_area(void *tp): arch_prctl(ARCH_SET_FS, tp); 0 or -errno. */
.text
.global __set_thread_area
.hidden __set_thread_area
.type __set_thread_area,@function
__set_thread_area:
    mov %rdi,%rsi
    mov $0x1002,%edi                    /* ARCH_SET_FS */
    mov $158,%eax                       /* SYS_arch_prctl */
    call *__rump_syscall_entry(%rip)
    ret
.size __set_thread_area,.-__set_thread_area
.section .note.GNU-stack,"",@progbits
