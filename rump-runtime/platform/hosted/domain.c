/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * The life of the hosted domain: it runs on stacks of its own, and control goes back and forth
 * between the test's stack and the domain by context switches. The end of the domain, also from
 * deep inside a panic, is then just a switch that is never taken back.
 */
#include <sys/mman.h>

#include "platform/hosted/internal.h"

#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/sanitize.h"
#include "core/string.h"
#include "core/thread.h"

#include <xen/sched.h>

#define MAIN_STACK ((size_t)256 << 10)

static struct {
    bool created, inside; /* inside: the domain runs, the test waits */
    bool ended;
    enum plat_end end;
    plat_domid_t dependent; /* what plat_end() crashes; DOMID_SELF: none */
    enum hosted_state state;
    struct plat_context test, domain; /* the one that does not run */
    void (*upcall)(void *);           /* to be run on the test's stack */
    void *upcall_arg;
    void *stack;
    struct plat_boot_info info;
    char cmdline[1024];
} dom = {.dependent = DOMID_SELF};

const struct plat_boot_info *plat_boot_info(void)
{
    return &dom.info;
}

/* The first flow of the domain, "main" for the scheduler. */
static void domain_main(void *arg)
{
    (void)arg;
    pages_init();
    threads_init();
    for (;;) {
        threads_run_until_idle();
        hosted_leave(HOSTED_IDLE);
    }
}

/* Lets the domain run until it has something to tell. Called on the test's stack. */
static enum hosted_state enter_domain(void)
{
    void (*fn)(void *);

    if (dom.ended)
        return HOSTED_ENDED;
    for (;;) {
        dom.inside = true;
        plat_context_switch(&dom.test, &dom.domain);
        dom.inside = false;
        if (dom.upcall == NULL)
            return dom.state;
        fn = dom.upcall;
        dom.upcall = NULL;
        fn(dom.upcall_arg);
    }
}

void hosted_leave(enum hosted_state why)
{
    dom.state = why;
    plat_context_switch(&dom.domain, &dom.test);
}

void hosted_on_test_stack(void (*fn)(void *), void *arg)
{
    if (!dom.inside) { /* a test entry that runs kernel code in place */
        fn(arg);
        return;
    }
    dom.upcall = fn;
    dom.upcall_arg = arg;
    plat_context_switch(&dom.domain, &dom.test);
}

void plat_block(uint64_t deadline)
{
    while (!hosted_events_pending() && hosted_clock_now() < deadline)
        hosted_leave(HOSTED_BLOCKED);
}

void plat_end_takes(plat_domid_t domid)
{
    dom.dependent = domid;
}

static void crash_dependent(void)
{
    struct sched_remote_shutdown op = {.domain_id = dom.dependent, .reason = SHUTDOWN_crash};

    if (dom.dependent != DOMID_SELF)
        (void)plat_hypercall(__HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, (unsigned long)&op, 0,
                             0, 0);
}

void plat_end(enum plat_end how)
{
    crash_dependent();
    dom.ended = true;
    dom.end = how;
    if (!dom.inside) {
        /* Kernel code called outside hosted_run(): there is no flow of the domain to abandon. */
        __builtin_trap();
    }
    for (;;)
        hosted_leave(HOSTED_ENDED);
}

int hosted_create(uint64_t ram_pages, uint64_t seed, const char *cmdline, const void *ramdisk,
                  uint64_t ramdisk_size)
{
    int rc;

    if (dom.created)
        return -EBUSY;
    dom.created = true;
    kstrlcpy(dom.cmdline, cmdline != NULL ? cmdline : "", sizeof(dom.cmdline));
    dom.info.cmdline = dom.cmdline;

    rc = hosted_memory_create(ram_pages, ramdisk, ramdisk_size, &dom.info);
    if (rc == 0)
        rc = hosted_services_create(seed);
    if (rc != 0)
        return rc;
    dom.stack = mmap(NULL, MAIN_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (dom.stack == MAP_FAILED) {
        dom.stack = NULL;
        return -ENOMEM;
    }
    plat_context_make(&dom.domain, dom.stack, MAIN_STACK, domain_main, NULL);
    return enter_domain();
}

void hosted_destroy(void)
{
    hosted_memory_destroy();
    hosted_services_destroy();
    if (dom.stack != NULL) {
        sanitize_allow(dom.stack, MAIN_STACK);
        munmap(dom.stack, MAIN_STACK);
    }
    dom.stack = NULL;
    dom.ended = true;
}

int hosted_run(void)
{
    return dom.created ? (int)enter_domain() : -EINVAL;
}

int hosted_end_reason(void)
{
    return dom.ended ? (int)dom.end : -1;
}
