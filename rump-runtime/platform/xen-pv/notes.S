/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* What the domain builder wants to know of a PV kernel: ELF notes owned by "Xen" (<xen/elfnote.h>). */
#define __ASSEMBLY__
#include <xen/elfnote.h>

#define VIRT_BASE 0xffffffff80000000

/* namesz descsz type "Xen\0" desc, all 4-byte aligned */
.macro note type:req, desc:vararg
    .section .note.Xen, "a", @note
    .balign 4
    .long 4, 2f - 1f, \type
    .asciz "Xen"
1:  \desc
2:  .balign 4
    .previous
.endm

    note XEN_ELFNOTE_GUEST_OS, .asciz "rump-stubdom"
    note XEN_ELFNOTE_GUEST_VERSION, .asciz "0.1"
    note XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0"
    note XEN_ELFNOTE_LOADER, .asciz "generic"
    note XEN_ELFNOTE_VIRT_BASE, .quad VIRT_BASE
    note XEN_ELFNOTE_PADDR_OFFSET, .quad VIRT_BASE
    note XEN_ELFNOTE_ENTRY, .quad _start
    note XEN_ELFNOTE_HYPERCALL_PAGE, .quad hypercall_page
    note XEN_ELFNOTE_PAE_MODE, .asciz "yes"
    note XEN_ELFNOTE_FEATURES, .asciz ""
    note XEN_ELFNOTE_SUSPEND_CANCEL, .quad 1

    .section .note.GNU-stack, "", @progbits
