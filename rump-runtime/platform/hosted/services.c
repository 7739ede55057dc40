/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Console, clock, randomness, hypercalls and the xenstore page of the hosted domain. */
#include <stdlib.h>
#include <sys/mman.h>

#include "platform/hosted/internal.h"

#include "core/errno.h"
#include "core/log.h"
#include "core/string.h"

/* Virtual time starts away from zero, so that code which takes 0 for "never" is not flattered. */
#define CLOCK_START     UINT64_C(1000000000)
#define WALLCLOCK_START UINT64_C(1767225600000000000) /* 2026-01-01 00:00:00 UTC */

static uint64_t clock_now = CLOCK_START;
static uint64_t clock_reads;
static uint64_t random_state;
static hosted_hypercall_fn hypercall_fn;

static struct {
    char *text;
    size_t used, size;
} console;

static struct {
    void *ring;
    plat_port_t port;
} store;

int hosted_services_create(uint64_t seed)
{
    void *ring;

    random_state = seed;
    ring = mmap(NULL, PLAT_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (ring == MAP_FAILED)
        return -ENOMEM;
    store.ring = ring;
    return plat_evtchn_alloc(0, &store.port);
}

void hosted_services_destroy(void)
{
    if (store.ring != NULL)
        munmap(store.ring, PLAT_PAGE_SIZE);
    store.ring = NULL;
    free(console.text);
    memset(&console, 0, sizeof(console));
}

void *plat_xenstore_ring(plat_port_t *port)
{
    *port = store.port;
    return store.ring;
}

void *hosted_xenstore_ring(uint32_t *port)
{
    return plat_xenstore_ring(port);
}

/* ---- console --------------------------------------------------------------------------------- */

void plat_console_write(const char *buf, size_t n)
{
    if (console.size - console.used < n) {
        size_t size = (console.used + n) * 2 + 4096;
        char *text = realloc(console.text, size);

        if (text == NULL)
            return;
        console.text = text;
        console.size = size;
    }
    memcpy(console.text + console.used, buf, n);
    console.used += n;
}

uint64_t hosted_console_read(char *buf, uint64_t size)
{
    size_t n = size < console.used ? size : console.used;

    if (n == 0)
        return 0;
    memcpy(buf, console.text, n);
    memmove(console.text, console.text + n, console.used - n);
    console.used -= n;
    return n;
}

/* ---- clock and randomness -------------------------------------------------------------------- */

uint64_t plat_monotonic(void)
{
    clock_reads++;
    return clock_now;
}

uint64_t plat_wallclock(void)
{
    return WALLCLOCK_START + (clock_now - CLOCK_START);
}

void hosted_clock_advance(uint64_t ns)
{
    clock_now += ns;
}

uint64_t hosted_clock_now(void)
{
    return clock_now;
}

uint64_t hosted_clock_reads(void)
{
    return clock_reads;
}

/* splitmix64 (Steele, Lea, Flood 2014): every seed, also 0, gives a full-period stream. */
static uint64_t next_random(void)
{
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

void plat_random(void *buf, size_t n)
{
    char *out = buf;

    while (n > 0) {
        uint64_t r = next_random();
        size_t part = n < sizeof(r) ? n : sizeof(r);

        memcpy(out, &r, part);
        out += part;
        n -= part;
    }
}

/* ---- hypercalls ------------------------------------------------------------------------------ */

struct hypercall {
    unsigned op;
    unsigned long a[5];
    long result;
};

static void answer_hypercall(void *arg)
{
    struct hypercall *h = arg;

    h->result = hypercall_fn(h->op, h->a[0], h->a[1], h->a[2], h->a[3], h->a[4]);
}

long plat_hypercall(unsigned op, unsigned long a1, unsigned long a2, unsigned long a3,
                    unsigned long a4, unsigned long a5)
{
    struct hypercall h;

    if (hypercall_fn == NULL)
        return -ENOSYS;
    h = (struct hypercall){.op = op, .a = {a1, a2, a3, a4, a5}};
    hosted_on_test_stack(answer_hypercall, &h);
    return h.result;
}

void hosted_hypercalls(hosted_hypercall_fn fn)
{
    hypercall_fn = fn;
}

/* ---- what only a real domain can do ---------------------------------------------------------- */

void plat_set_fsbase(uint64_t base)
{
    (void)base; /* no program runs here, and the test's own thread pointer is not ours to change */
}

void plat_set_kstack(void *kstack_top)
{
    (void)kstack_top;
}

uintptr_t plat_syscall_entry(void)
{
    return 0;
}

void plat_enter_program(uintptr_t entry, uintptr_t sp, void *kstack_top)
{
    (void)entry, (void)sp, (void)kstack_top;
    panic("hosted: programs cannot be run here, system calls come from the test");
}

void plat_resume_program(const struct plat_regs *regs, void *kstack_top)
{
    (void)regs, (void)kstack_top;
    panic("hosted: programs cannot be run here, so they cannot clone");
}
