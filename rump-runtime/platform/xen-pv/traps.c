/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Traps: page faults that fill memory, everything else the end. Xen pushes a trap's frame on the
 * stack that was in use (the domain is always in kernel mode), which is why stacks are kept
 * populated (vm.h).
 */
#include "core/log.h"
#include "core/panic.h"
#include "core/thread.h"
#include "core/vm.h"
#include "hypercall.h"
#include "pv.h"
#include <xen/callback.h>

#define VECTOR_INVALID_OPCODE 6u
#define VECTOR_PAGE_FAULT     14u
#define FAULT_WRITE           2u
#define FAULT_FETCH           16u
#define DIRECT_MAP_START      VIRT_BASE

extern const struct {
    uint64_t vector, stub;
} pv_trap_stubs[], pv_trap_stubs_end[];
extern char pv_event_callback[], pv_failsafe_callback[];
extern char pv_wrfsbase[], pv_wrfsbase_failed[];
void pv_trap(struct pv_trap_frame *f);
void pv_failsafe(void) __attribute__((noreturn));

static const char *trap_name(uint64_t vector)
{
    /* clang-format off */
    static const char *const names[] = {
        "divide error", "debug trap", "NMI", "breakpoint", "overflow", "bound range",
        "invalid opcode", "no FPU", "double fault", "", "invalid TSS", "segment not present",
        "stack fault", "general protection fault", "page fault", "", "x87 error",
        "alignment check", "machine check", "SIMD error",
    };
    /* clang-format on */

    return vector < sizeof(names) / sizeof(names[0]) ? names[vector] : "unknown trap";
}

static void print_registers(const struct pv_trap_frame *f, uintptr_t address)
{
    panic_print("rip %016lx rsp %016lx flags %08lx error %lx cr2 %016lx\n", f->rip, f->rsp,
                f->rflags, f->error, (unsigned long)address);
    panic_print("rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", f->rax, f->rbx, f->rcx, f->rdx);
    panic_print("rsi %016lx rdi %016lx rbp %016lx r8  %016lx\n", f->rsi, f->rdi, f->rbp, f->r8);
    panic_print("r9  %016lx r10 %016lx r11 %016lx r12 %016lx\n", f->r9, f->r10, f->r11, f->r12);
    panic_print("r13 %016lx r14 %016lx r15 %016lx\n", f->r13, f->r14, f->r15);
}

static bool in_kernel(uintptr_t address)
{
    return address >= DIRECT_MAP_START;
}

/* What a bad access was, in words: the first line an administrator reads. */
static void explain_access(uintptr_t address, uint64_t error)
{
    const char *verb = error & FAULT_FETCH   ? "jump to"
                       : error & FAULT_WRITE ? "write to"
                                             : "read of";
    struct vm_info info;

    if (address < PLAT_PAGE_SIZE)
        panic_print("fault: %s a null pointer (address %#lx)\n", verb, (unsigned long)address);
    else if (in_kernel(address))
        panic_print("fault: %s %#lx: the kernel's own memory\n", verb, (unsigned long)address);
    else if (!vm_query(address & ~PLAT_PAGE_MASK, &info))
        panic_print("fault: %s unmapped address %#lx\n", verb, (unsigned long)address);
    else if (info.kind == VM_ANON && info.prot == PLAT_PROT_NONE)
        panic_print("fault: %s guard page at %#lx: a stack or buffer overflow\n", verb,
                    (unsigned long)address);
    else
        panic_print("fault: %s %#lx is not allowed (mapped %c%c%c)\n", verb, (unsigned long)address,
                    info.prot & PLAT_PROT_READ ? 'r' : '-', info.prot & PLAT_PROT_WRITE ? 'w' : '-',
                    info.prot & PLAT_PROT_EXEC ? 'x' : '-');
}

void pv_trap(struct pv_trap_frame *f)
{
    uintptr_t address = pv_shared_info.vcpu_info[0].arch.cr2;
    bool write = f->error & FAULT_WRITE;
    struct thread *t;

    if (f->vector == VECTOR_INVALID_OPCODE && f->rip == (uintptr_t)pv_wrfsbase) {
        f->rip = (uintptr_t)pv_wrfsbase_failed;
        return;
    }
    if (f->vector == VECTOR_PAGE_FAULT) {
        if (address < DIRECT_MAP_START && vm_fault(address, write)) {
            if (!in_kernel(f->rsp))
                vm_stack_headroom(f->rsp, thread_current()->program_stack);
            return;
        }
        explain_access(address, f->error);
    }
    print_registers(f, address);
    panic_backtrace(f->rbp);
    t = thread_current();
    panic("%s in %s, thread %d (%s)", trap_name(f->vector),
          in_kernel(f->rip) ? "the kernel" : "the program", t != NULL ? t->tid : 0,
          t != NULL ? t->name : "boot");
}

void pv_failsafe(void)
{
    panic("Xen could not load a segment for this domain");
}

#define TRAPS_MAX 20u
/* Breakpoint and overflow are raised by instructions of their own, which need the right: ring 3. */
#define MAY_BE_RAISED(vector) ((vector) == 3 || (vector) == 4 ? 3 : 0)

void pv_traps_init(void)
{
    struct trap_info table[TRAPS_MAX + 1] = {{0}}; /* ends with an entry of zeroes */
    size_t n = (size_t)(pv_trap_stubs_end - pv_trap_stubs);
    struct callback_register event = {.type = CALLBACKTYPE_event,
                                      .address = (unsigned long)pv_event_callback};
    struct callback_register failsafe = {.type = CALLBACKTYPE_failsafe,
                                         .address = (unsigned long)pv_failsafe_callback};

    kassert(n <= TRAPS_MAX);
    for (size_t i = 0; i < n; i++) {
        table[i].vector = (uint8_t)pv_trap_stubs[i].vector;
        table[i].flags = MAY_BE_RAISED(pv_trap_stubs[i].vector);
        table[i].cs = FLAT_KERNEL_CS;
        table[i].address = pv_trap_stubs[i].stub;
    }
    if (hypercall2(__HYPERVISOR_set_trap_table, (unsigned long)table, 0) ||
        hypercall2(__HYPERVISOR_callback_op, CALLBACKOP_register, (unsigned long)&event) ||
        hypercall2(__HYPERVISOR_callback_op, CALLBACKOP_register, (unsigned long)&failsafe))
        panic("Xen refused the trap handlers");
}
