/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * Boot sector, switch to 32-bit protected mode, BIOS calls and interrupt entry of a micro-guest.
 *
 * The whole guest is one flat binary linked at 0x7c00:
 *
 *   0x7c00  sector 0    boot sector; bytes 8..63 are the El Torito boot information table
 *   0x7e00  sector 1    parameter sector, "key=value" lines, filled in by the image builder
 *   0x8000  sector 2..  code and data, then zero-initialised data
 *
 * From a disk the firmware loads sector 0 only and the rest is read here by int 13h. From a CD the
 * firmware loads everything; then the boot information table (written by the ISO tool) is not zero.
 * The stack grows down from 0x7c00 in both modes, so that a BIOS call can keep using it.
 */

#define CODE32 0x08
#define DATA32 0x10
#define CODE16 0x18
#define DATA16 0x20

#define COM1 0x3f8

    .code16
    .section .boot, "ax"
    .globl _start
_start:
    jmp 1f
    .org 8
boot_info:                      /* PVD sector, file sector, length, checksum, 40 zeroes */
    .fill 56, 1, 0
1:  ljmp $0, $2f
2:  cli
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw $0x7c00, %sp
    cld
    sti
    movb %dl, boot_drive
    cmpl $0, boot_info + 4      /* non-zero: El Torito, all of it is here already */
    jne 5f
    movw $__load_sectors, %bx   /* sectors still to read */
3:  movw $32, %cx
    cmpw %cx, %bx
    jae 4f
    movw %bx, %cx
4:  movw %cx, dap_count
    movw $dap, %si
    movb boot_drive, %dl
    movb $0x42, %ah
    int $0x13
    jc boot_failed
    addl $32, dap_lba
    addw $32 * 512 / 16, dap_segment
    subw %cx, %bx
    jnz 3b
    jmp 6f
5:  movb $1, boot_from_cd
6:  movw $0x2401, %ax           /* A20 on; the answer does not matter where it is on for good */
    int $0x15
    jmp enter_protected

boot_failed:                    /* the console is not set up yet: the plainest possible report */
    movw $boot_message, %si
    movw $COM1, %dx
7:  lodsb
    testb %al, %al
    jz 8f
    outb %al, %dx
    jmp 7b
8:  cli
    hlt
    jmp 8b

boot_message:
    .asciz "TEST boot: ERROR\r\n"

    .balign 4
dap:                            /* disk address packet of int 13h, AH=42h */
    .byte 16, 0
dap_count:
    .word 0
    .word 0
dap_segment:
    .word 0x7e00 >> 4
dap_lba:
    .long 1, 0

    .globl boot_drive, boot_from_cd
boot_drive:                     /* BIOS drive number the guest came from */
    .byte 0
boot_from_cd:                   /* 1 if that drive is a CD (sectors of 2048 bytes) */
    .byte 0
    .org 510
    .word 0xaa55

    .section .param, "a"
    .globl param_sector
param_sector:
    .fill 512, 1, 0

/* From here on: code that both modes enter, so it has to stay below 64 KiB. */
    .section .real, "awx"
enter_protected:
    cli
    lgdtl gdt_pointer
    movl %cr0, %eax
    orb $1, %al
    movl %eax, %cr0
    ljmpl $CODE32, $1f
    .code32
1:  movw $DATA32, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %fs
    movw %ax, %gs
    movw %ax, %ss
    movl $0x7c00, %esp
    xorl %eax, %eax
    movl $__bss_start, %edi
    movl $__bss_end, %ecx
    subl %edi, %ecx
    rep stosb
    call guest_start
2:  cli
    hlt
    jmp 2b

/*
 * void bios_thunk(uint8_t vector): call the BIOS interrupt in real mode with the registers in
 * bios_frame (struct bios_regs) and put the resulting registers there. The caller has given the
 * interrupt controllers their real-mode vectors.
 */
    .globl bios_thunk
bios_thunk:
    pushal
    movb 36(%esp), %al
    movb %al, 3f + 1
    sidtl saved_idt
    movl %esp, saved_esp
    ljmp $CODE16, $1f
    .code16
1:  movw $DATA16, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %fs
    movw %ax, %gs
    movw %ax, %ss
    lidtl real_idt
    movl %cr0, %eax
    andb $0xfe, %al
    movl %eax, %cr0
    ljmp $0, $2f
2:  xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %fs
    movw %ax, %gs
    movw %ax, %ss
    movl saved_esp, %esp
    movl bios_frame + 4, %ebx
    movl bios_frame + 8, %ecx
    movl bios_frame + 12, %edx
    movl bios_frame + 16, %esi
    movl bios_frame + 20, %edi
    movl bios_frame + 24, %ebp
    movw bios_frame + 30, %es
    movl bios_frame, %eax
    movw bios_frame + 28, %ds
    sti
3:  int $0                      /* the vector is patched above */
    cli
    cld
    pushfw
    pushw %ds
    pushw $0
    popw %ds
    movl %eax, bios_frame
    movl %ebx, bios_frame + 4
    movl %ecx, bios_frame + 8
    movl %edx, bios_frame + 12
    movl %esi, bios_frame + 16
    movl %edi, bios_frame + 20
    movl %ebp, bios_frame + 24
    popw bios_frame + 28
    movw %es, bios_frame + 30
    popw bios_frame + 32
    lgdtl gdt_pointer
    movl %cr0, %eax
    orb $1, %al
    movl %eax, %cr0
    ljmpl $CODE32, $4f
    .code32
4:  movw $DATA32, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %fs
    movw %ax, %gs
    movw %ax, %ss
    movl saved_esp, %esp
    lidtl saved_idt
    popal
    ret

/*
 * void cpu_suspend(uint16_t port, uint16_t value): write value, which puts the machine to sleep, to
 * port; returns when the firmware comes to wake_vector, in real mode, as ACPI describes it for S3.
 * Memory and this stack are as they were, everything else is as after a reset.
 */
    .globl cpu_suspend, wake_vector
cpu_suspend:
    pushal
    sidtl saved_idt
    movl %esp, saved_esp
    movl 36(%esp), %edx
    movl 40(%esp), %eax
    outw %ax, %dx
1:  hlt
    jmp 1b
    .code16
wake_vector:
    cli
    ljmp $0, $2f
2:  xorw %ax, %ax
    movw %ax, %ds
    lgdtl gdt_pointer
    movl %cr0, %eax
    orb $1, %al
    movl %eax, %cr0
    ljmpl $CODE32, $3f
    .code32
3:  movw $DATA32, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %fs
    movw %ax, %gs
    movw %ax, %ss
    movl saved_esp, %esp
    lidtl saved_idt
    cld
    popal
    ret

    .balign 8
gdt:
    .quad 0
    .quad 0x00cf9b000000ffff    /* CODE32: flat */
    .quad 0x00cf93000000ffff    /* DATA32: flat */
    .quad 0x00009b000000ffff    /* CODE16: base 0, 64 KiB, as real mode wants it */
    .quad 0x000093000000ffff    /* DATA16 */
    .globl gdt_pointer
gdt_pointer:
    .word . - gdt - 1
    .long gdt
real_idt:
    .word 0x3ff
    .long 0
saved_idt:
    .word 0
    .long 0
    .balign 4
saved_esp:
    .long 0
    .globl bios_frame
bios_frame:
    .fill 36, 1, 0

/* Interrupt entry: 32 exceptions, then 16 lines of the interrupt controllers. */
    .text
    .set vector, 0
    .globl interrupt_entries
    .balign 16
interrupt_entries:              /* 16 bytes each */
    .rept 48
    .balign 16
    .if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21)
    pushl $0
    .endif
    pushl $vector
    jmp interrupt_common
    .set vector, vector + 1
    .endr
    .balign 16
interrupt_common:
    pushal
    cld
    pushl %esp
    call interrupt_dispatch
    addl $4, %esp
    popal
    addl $8, %esp
    iret

    .section .note.GNU-stack, "", @progbits
