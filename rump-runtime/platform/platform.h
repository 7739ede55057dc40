/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * platform.h - the contract between the stub domain's code and what it stands on.
 *
 * Everything above this header is compiled three times: for platform/xen-pv (a PV domain under
 * Xen), for platform/hosted (a shared library on the development machine, where a test plays Xen)
 * and for platform/process (an ordinary Linux process that runs a program, without Xen). Nothing
 * above it may know which of the three it runs on. Two kinds of files are compiled for one of them
 * only: the boot sequences (boot/), and entries for tests (*_hosted.c).
 *
 * Conventions:
 *  - one virtual CPU; nothing in here is re-entered asynchronously. Event-channel handlers run only
 *    from plat_events_dispatch(), on the stack of whoever calls it;
 *  - functions that can fail return 0 or a negative Linux errno (core/errno.h);
 *  - times are nanoseconds; "monotonic" starts at some point before the kernel's entry;
 *  - a page is PLAT_PAGE_SIZE bytes; `void *page` is its address in the direct map.
 */
#ifndef PLATFORM_H
#define PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAT_PAGE_SHIFT 12
#define PLAT_PAGE_SIZE  ((size_t)1 << PLAT_PAGE_SHIFT)
#define PLAT_PAGE_MASK  (PLAT_PAGE_SIZE - 1)

/* Frame number as another domain must name it to reach our page (an MFN for a PV domain). */
typedef uint64_t plat_gfn_t;
typedef uint32_t plat_grant_t; /* grant reference, Xen's grant_ref_t */
typedef uint32_t plat_port_t;  /* event channel, Xen's evtchn_port_t; 0 is never valid */
typedef uint16_t plat_domid_t;

/* ---- what the domain was started with -------------------------------------------------------- */

struct plat_boot_info {
    const char *cmdline; /* kernel command line, NUL-terminated, never NULL */
    const void *ramdisk; /* page-aligned start of the boot module in the direct map, or NULL */
    size_t ramdisk_size; /* bytes */
    size_t memory_pages; /* all pages the domain was given */
    uint64_t entered;    /* plat_monotonic() at the kernel's first instructions; 0 when not known */
};

/* Valid from before the first call into core until the end; owned by the platform. */
const struct plat_boot_info *plat_boot_info(void);

/* ---- memory ---------------------------------------------------------------------------------- */

/*
 * The direct-mapped range of free RAM that core/pages manages. Called once, by pages_init().
 * *base is page-aligned; *npages pages from it are readable, writable and contiguous.
 */
void plat_ram(void **base, size_t *npages);

/* The frame number of a direct-mapped page, as other domains name it. */
plat_gfn_t plat_page_gfn(const void *page);

#define PLAT_PROT_NONE  0u
#define PLAT_PROT_READ  1u
#define PLAT_PROT_WRITE 2u
#define PLAT_PROT_EXEC  4u /* never together with WRITE for a page of the program */

/* The range of addresses the program's mappings may use, [*low, *high); both page-aligned. */
void plat_program_range(uintptr_t *low, uintptr_t *high);

/*
 * Map n of our own pages at va. pages[i] is a direct-map address. Existing mappings in the range
 * are replaced. With PLAT_PROT_NONE the pages are present, but out of reach until plat_protect().
 * Page-table pages come from core/pages. Returns 0 or -ENOMEM (nothing is mapped then).
 */
int plat_map(uintptr_t va, void *const pages[], size_t n, unsigned prot);

/*
 * Map n frames of domain `domid` at va, page by page: err[i] is 0 or a negative errno for frame i
 * (-ENOENT for a frame the domain has not got), the others stay mapped. Returns 0 unless nothing
 * could be tried at all (-ENOMEM for page tables). PLAT_FRAMES_MACHINE says that the numbers are
 * what XENMEM_acquire_resource answered to this domain, to be used without translation.
 */
#define PLAT_FRAMES_GUEST   0u
#define PLAT_FRAMES_MACHINE 1u
int plat_map_foreign(uintptr_t va, size_t n, plat_domid_t domid, const uint64_t *frames,
                     unsigned kind, unsigned prot, int *err);

/* Remove n page mappings at va; holes are fine. Frames are not freed: their owner does that. */
void plat_unmap(uintptr_t va, size_t n);

/*
 * Change the protection of the pages present in the range, which must be our own; absent ones are
 * left alone. With PLAT_PROT_NONE the pages stay where they are, out of reach.
 */
int plat_protect(uintptr_t va, size_t n, unsigned prot);

/* Is a page present at va (whatever its protection)? Cheap: a walk of our own page tables. */
bool plat_present(uintptr_t va);

/* The direct-map address of our own page mapped at va; NULL when absent or foreign. */
void *plat_page_at(uintptr_t va);

/*
 * True when a touch of an absent page reaches vm_fault() (core/vm.h), so that anonymous memory can
 * be filled on demand. False (hosted): core/vm populates mappings at once.
 */
bool plat_demand_faults(void);

/* ---- grants ---------------------------------------------------------------------------------- */

/* Let `domid` map our page. Returns 0 and *ref, or -ENOSPC when the grant table is full. */
int plat_grant(plat_domid_t domid, const void *page, bool readonly, plat_grant_t *ref);

/* Take a grant back. Returns 0, or -EBUSY while the other side still maps it (ref stays valid). */
int plat_grant_end(plat_grant_t ref);

/*
 * Map another domain's granted page at the page-aligned address va of the program or of a range
 * from vm_reserve(). *handle names the mapping for plat_grant_unmap(). Returns 0 or a negative
 * errno.
 */
int plat_grant_map(plat_domid_t domid, plat_grant_t ref, uintptr_t va, bool readonly,
                   uint32_t *handle);
int plat_grant_unmap(uint32_t handle, uintptr_t va);

/* ---- event channels -------------------------------------------------------------------------- */

typedef void (*plat_event_fn)(plat_port_t port, void *arg);

/* All four return 0 and *port, or a negative errno. A new port is unmasked and has no handler. */
int plat_evtchn_alloc(plat_domid_t remote, plat_port_t *port);
int plat_evtchn_bind(plat_domid_t remote, plat_port_t remote_port, plat_port_t *port);
int plat_evtchn_bind_virq(uint32_t virq, plat_port_t *port);
void plat_evtchn_close(plat_port_t port);

/*
 * Set (or with fn == NULL remove) the handler of a port. It is called from plat_events_dispatch()
 * each time the port was found pending, after the pending bit was cleared. Events that came before
 * a handler was set are delivered once it is.
 */
void plat_evtchn_handler(plat_port_t port, plat_event_fn fn, void *arg);

/*
 * Tell the other end. Errors (port closed by the other side) are ignored by design: returns errno.
 */
int plat_evtchn_notify(plat_port_t port);

/* While masked, events stay pending and their handler is not called. Unmasking delivers them. */
void plat_evtchn_mask(plat_port_t port);
void plat_evtchn_unmask(plat_port_t port);

/*
 * Run the handlers of all ports found pending, each once: what comes meanwhile is left to the next
 * call, so that a domain that sends without pause cannot keep the caller. Returns true when there
 * was any. Costs one load when idle.
 */
bool plat_events_dispatch(void);

/*
 * Wait until an event is pending or the monotonic clock reaches `deadline` (UINT64_MAX: no limit).
 * Returns at once when an event is pending already. Does not dispatch. Called by the idle loop
 * only.
 */
void plat_block(uint64_t deadline);

/* ---- xenstore ring, console, clock, randomness, the end -------------------------------------- */

/*
 * The shared page of the xenstore ring (struct xenstore_domain_interface) and its event channel.
 * The platform may have sent a request of its own before: nobody waits for the answer to
 * PLAT_XENSTORE_REQUEST.
 */
void *plat_xenstore_ring(plat_port_t *port);
#define PLAT_XENSTORE_REQUEST UINT32_MAX

/*
 * Console 0. Writes all n bytes; when the ring is full it waits for the other end a bounded time,
 * then drops the rest (a dead console must not stop the device model). Usable from the first
 * instruction and in a panic.
 */
void plat_console_write(const char *buf, size_t n);

uint64_t plat_monotonic(void); /* ns, never goes back */
uint64_t plat_wallclock(void); /* ns since 1970-01-01 UTC */

/*
 * Fill buf with random bytes. Under Xen they come from the processor's generator (RDSEED, RDRAND),
 * mixed with jitter, through core/random.h: good for keys, and for the guest, which may get them
 * from QEMU. On a processor without a generator only jitter is left, and the log says so. Hosted:
 * repeatable, from the test's seed.
 */
void plat_random(void *buf, size_t n);

/*
 * The raw hypercall, for /dev/xen/privcmd and for the few calls the seams above do not cover.
 * Arguments as Xen's ABI has them (<xen/xen.h>); buffers must be present and stay so. Returns Xen's
 * answer. The hosted platform hands it to the test.
 */
long plat_hypercall(unsigned op, unsigned long a1, unsigned long a2, unsigned long a3,
                    unsigned long a4, unsigned long a5);

enum plat_end { PLAT_END_POWEROFF, PLAT_END_REBOOT, PLAT_END_CRASH };
/*
 * Ends the domain with the reason `xl list` shows. Console output is flushed first. A domain named
 * to plat_end_takes() is crashed before. Usable in a panic.
 */
void plat_end(enum plat_end how) __attribute__((noreturn));

/*
 * Domain `domid`, which this one serves, cannot go on without it: plat_end() crashes that domain
 * (SCHEDOP_remote_shutdown, <xen/sched.h>), so that the toolstack sees an end and not a domain that
 * hangs. Xen keeps the first reason a domain ended for: after an ordinary end nothing changes. Xen
 * allows this to the device model of a domain only; a refusal is ignored.
 */
void plat_end_takes(plat_domid_t domid);

/* ---- thread contexts ------------------------------------------------------------------------- */

/*
 * A suspended flow of control: callee-saved registers live on its own stack. plat_context_make()
 * prepares `stack` (base, size in bytes, 16-aligned) so that the first switch calls fn(arg), which
 * must not return. plat_context_switch() stores the present flow in *from and continues *to.
 */
struct plat_context {
    void *sp;
};
void plat_context_make(struct plat_context *ctx, void *stack, size_t size, void (*fn)(void *),
                       void *arg);
void plat_context_switch(struct plat_context *from, struct plat_context *to);

/*
 * The thread pointer (FS base) of the program's code; set on each switch to a thread that has one.
 */
void plat_set_fsbase(uint64_t base);

/*
 * Enter the program: set rsp to `sp`, clear the other registers, jump to `entry`. `kstack_top` is
 * where system calls of this thread run. Does not return.
 */
void plat_enter_program(uintptr_t entry, uintptr_t sp, void *kstack_top) __attribute__((noreturn));

/* Tell the system-call entry which kernel stack the current thread uses (on each switch). */
void plat_set_kstack(void *kstack_top);

/* Address to hand to the program as AT_RUMP_SYSCALL (rump-runtime/libc). */
uintptr_t plat_syscall_entry(void);

/*
 * Registers of the program at a system call, as the entry code stores them; lives on the thread's
 * kernel stack for the duration of the call. clone() copies it for the child.
 */
struct plat_regs {
    uint64_t r15, r14, r13, r12, rbp, rbx;
    uint64_t r9, r8, r10, rdx, rsi, rdi;
    uint64_t rax; /* system-call number on entry, result on return */
    uint64_t rip; /* where the call returns to */
    uint64_t rsp; /* the program's stack pointer after the return */
};

/* Continue a program thread from *regs (child of clone). Does not return. */
void plat_resume_program(const struct plat_regs *regs, void *kstack_top) __attribute__((noreturn));

/* ---- implemented above the platform ---------------------------------------------------------- */

/*
 * boot/: brings the services up in order and runs the program that the ramdisk's manifest names.
 * The platform calls it when plat_boot_info(), memory, events and grants work. Does not return.
 */
void stubdom_boot(void) __attribute__((noreturn));

/*
 * linux/syscall.c: called on the kernel stack by the entry code.
 * The result goes into regs->rax.
 */
void syscall_dispatch(struct plat_regs *regs);

#endif
