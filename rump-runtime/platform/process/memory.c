/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Memory of the process platform. RAM and ramdisk are one memory file with a direct map; mapping a
 * page of the program is mapping a piece of that file, as page tables would. A table of our own
 * remembers what is mapped where.
 */
#include "core/errno.h"
#include "core/log.h"
#include "core/panic.h"
#include "core/vm.h"
#include "platform/platform.h"
#include "platform/process/host.h"

#define RAM_BASE     ((uintptr_t)0x700000000000)
#define PROGRAM_LOW  ((uintptr_t)0x10000)
#define PROGRAM_HIGH ((uintptr_t)0x400000000000)

#define PROT_RW       3L
#define MAP_SHARED    1L
#define MAP_PRIVATE   2L
#define MAP_FIXED     16L
#define MAP_ANONYMOUS 32L

#define SIGILL      4
#define SIGBUS      7
#define SIGFPE      8
#define SIGSEGV     11
#define SA_SIGINFO  4ul
#define SA_RESTORER 0x04000000ul
#define SA_ONSTACK  0x08000000ul
#define SA_NODEFER  0x40000000ul

static struct plat_boot_info boot;
static size_t ram_pages;
static long ram_fd;

/* ---- what is mapped where: 11 + 12 + 12 bits of page number ---------------------------------- */

#define LEAF_BITS 12
#define MID_BITS  12
#define TOP_BITS  11
_Static_assert(PROGRAM_HIGH <= (uintptr_t)1 << (TOP_BITS + MID_BITS + LEAF_BITS + PLAT_PAGE_SHIFT),
               "the table covers the program's range");

static void ***top[1 << TOP_BITS];

static void *new_level(size_t entries)
{
    long p = host_call(HOST_MMAP, 0L, entries * sizeof(void *), PROT_RW,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1L, 0L);

    if (p < 0)
        panic("the host has no memory for a table: %s", errno_name(p));
    return (void *)p;
}

/* The table's entry for va; NULL when there is none and `make` is false. */
static void **entry(uintptr_t va, bool make)
{
    size_t leaf = (va >> PLAT_PAGE_SHIFT) & ((1u << LEAF_BITS) - 1);
    size_t mid = (va >> (PLAT_PAGE_SHIFT + LEAF_BITS)) & ((1u << MID_BITS) - 1);
    size_t first = va >> (PLAT_PAGE_SHIFT + LEAF_BITS + MID_BITS);

    if (first >= (size_t)1 << TOP_BITS)
        return NULL;
    if (top[first] == NULL) {
        if (!make)
            return NULL;
        top[first] = new_level((size_t)1 << MID_BITS);
    }
    if (top[first][mid] == NULL) {
        if (!make)
            return NULL;
        top[first][mid] = new_level((size_t)1 << LEAF_BITS);
    }
    return &top[first][mid][leaf];
}

/* ---- platform.h ------------------------------------------------------------------------------ */

const struct plat_boot_info *plat_boot_info(void)
{
    return &boot;
}

void plat_ram(void **base, size_t *npages)
{
    *base = (void *)RAM_BASE;
    *npages = ram_pages;
}

plat_gfn_t plat_page_gfn(const void *page)
{
    return ((uintptr_t)page - RAM_BASE) >> PLAT_PAGE_SHIFT;
}

void plat_program_range(uintptr_t *low, uintptr_t *high)
{
    *low = PROGRAM_LOW;
    *high = PROGRAM_HIGH;
}

int plat_map(uintptr_t va, void *const pages[], size_t n, unsigned prot)
{
    for (size_t i = 0; i < n; i++, va += PLAT_PAGE_SIZE) {
        long rc = host_call(HOST_MMAP, va, PLAT_PAGE_SIZE, (long)prot, MAP_SHARED | MAP_FIXED,
                            ram_fd, (uintptr_t)pages[i] - RAM_BASE);

        if (rc < 0) { /* the host's limit on mappings */
            plat_unmap(va - i * PLAT_PAGE_SIZE, i);
            return -ENOMEM;
        }
        *entry(va, true) = pages[i];
    }
    return 0;
}

void plat_unmap(uintptr_t va, size_t n)
{
    for (; n; n--, va += PLAT_PAGE_SIZE) {
        void **e = entry(va, false);

        if (e == NULL || *e == NULL)
            continue;
        *e = NULL;
        host_call(HOST_MUNMAP, va, PLAT_PAGE_SIZE);
    }
}

int plat_protect(uintptr_t va, size_t n, unsigned prot)
{
    for (; n; n--, va += PLAT_PAGE_SIZE) {
        if (plat_present(va))
            host_call(HOST_MPROTECT, va, PLAT_PAGE_SIZE, (long)prot);
    }
    return 0;
}

void *plat_page_at(uintptr_t va)
{
    void **e = entry(va, false);

    return e != NULL ? *e : NULL;
}

bool plat_present(uintptr_t va)
{
    return plat_page_at(va) != NULL;
}

bool plat_demand_faults(void)
{
    return true;
}

/* ---- start ----------------------------------------------------------------------------------- */

int memory_init(uint64_t megabytes, const char *ramdisk_file, const char *cmdline)
{
    size_t ram = megabytes << 20, size, total;
    long fd = host_call(HOST_OPEN, ramdisk_file, 0L, 0L), end, rc;
    char *ramdisk = (char *)RAM_BASE + ram;

    if (fd < 0)
        return (int)fd;
    end = host_call(HOST_LSEEK, fd, 0L, 2L);
    if (end < 0)
        return (int)end;
    host_call(HOST_LSEEK, fd, 0L, 0L);
    size = (size_t)end;
    total = ram + ((size + PLAT_PAGE_MASK) & ~PLAT_PAGE_MASK);
    ram_fd = host_call(HOST_MEMFD_CREATE, "ram", 0L);
    rc = ram_fd < 0 ? ram_fd : host_call(HOST_FTRUNCATE, ram_fd, total);
    if (rc == 0)
        rc = host_call(HOST_MMAP, RAM_BASE, total, PROT_RW, MAP_SHARED | MAP_FIXED, ram_fd, 0L);
    if (rc < 0)
        return (int)rc;
    for (size_t got = 0; got < size; got += (size_t)rc) {
        rc = host_call(HOST_READ, fd, ramdisk + got, size - got);
        if (rc <= 0)
            return rc < 0 ? (int)rc : -EIO;
    }
    boot.cmdline = cmdline;
    ram_pages = ram >> PLAT_PAGE_SHIFT;
    boot.ramdisk = ramdisk;
    boot.ramdisk_size = size;
    boot.memory_pages = ram_pages;
    return 0;
}

/* ---- faults ---------------------------------------------------------------------------------- */

struct host_action {
    void (*handler)(int sig, void *info, void *context);
    unsigned long flags;
    void (*restorer)(void);
    unsigned long mask;
};

struct host_stack {
    void *sp;
    int flags;
    size_t size;
};

/*
 * Where the registers are in the context the real kernel hands over (ucontext_t,
 * uc_mcontext.gregs).
 */
enum { GREGS = 5, GREG_RBP = 10, GREG_RSP = 15, GREG_RIP = 16, GREG_ERR = 19 };
#define FAULT_WRITE 2u

void host_sigreturn(void);

static void on_fault(int sig, void *info, void *context)
{
    const uint64_t *g = (const uint64_t *)context + GREGS;
    uintptr_t addr = ((const uintptr_t *)info)[2];

    if (sig == SIGSEGV && vm_fault(addr, g[GREG_ERR] & FAULT_WRITE))
        return;
    panic_print("fault: signal %d, address %#lx, rip %#lx, rsp %#lx\n", sig, (unsigned long)addr,
                (unsigned long)g[GREG_RIP], (unsigned long)g[GREG_RSP]);
    panic_backtrace(g[GREG_RBP]);
    host_exit(EXIT_FAULT);
}

void faults_init(void)
{
    static char stack[32768] __attribute__((aligned(16)));
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
    const struct host_stack ss = {stack, 0, sizeof(stack)};
    const struct host_action action = {on_fault, SA_SIGINFO | SA_RESTORER | SA_ONSTACK | SA_NODEFER,
                                       host_sigreturn, 0};

    host_call(HOST_SIGALTSTACK, &ss, 0L);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        host_call(HOST_RT_SIGACTION, (long)signals[i], &action, 0L, sizeof(action.mask));
}
