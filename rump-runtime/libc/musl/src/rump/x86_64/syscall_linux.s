/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Where __rump_syscall_entry points when no rump kernel is there: one real system call. Registers
 * are those of the instruction; the stack below the return address is not touched.
 */
.text
.global __rump_syscall_linux
.hidden __rump_syscall_linux
.type __rump_syscall_linux,@function
__rump_syscall_linux:
    syscall
    ret
.size __rump_syscall_linux,.-__rump_syscall_linux
.section .note.GNU-stack,"",@progbits
