/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * hosted.h - what a test calls to play Xen for the code above platform/platform.h.
 *
 * The library holds one domain. Its state is static on purpose: a second, fresh domain is a second
 * copy of the library (copy the file, load the copy), so that no room needs code that takes its
 * start-up back. hosted_destroy() gives the memory of the domain back; after it only unloading the
 * library is allowed.
 *
 * All functions are called from one thread at a time. The domain runs only inside the functions
 * that say so, on stacks of its own; the test sees it stopped, and may look at and change RAM,
 * rings and xenstore freely. Unless stated otherwise int results are 0 or a negative Linux errno.
 */
#ifndef HOSTED_H
#define HOSTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOSTED_API __attribute__((visibility("default")))

/* ---- life ------------------------------------------------------------------------------------ */

/* Why control came back to the test. */
enum hosted_state {
    HOSTED_IDLE = 0,    /* no thread can run */
    HOSTED_BLOCKED = 1, /* the first thread itself waits in plat_block() */
    HOSTED_ENDED = 2,   /* plat_end() was called: see hosted_end_reason() */
};

/*
 * Makes the domain: ram_pages pages of free RAM and a copy of the boot module (may be NULL), then
 * runs it up to an initialised page allocator and scheduler. `seed` feeds plat_random(). Returns
 * enum hosted_state or a negative errno.
 */
HOSTED_API int hosted_create(uint64_t ram_pages, uint64_t seed, const char *cmdline,
                             const void *ramdisk, uint64_t ramdisk_size);
HOSTED_API void hosted_destroy(void);

/* Runs the domain until nothing in it can run. Returns enum hosted_state. */
HOSTED_API int hosted_run(void);

/* enum plat_end after HOSTED_ENDED, else -1. */
HOSTED_API int hosted_end_reason(void);

/* ---- calls into the domain ------------------------------------------------------------------- */

/*
 * A worker is a thread of the domain that executes one call after another for the test. Its call
 * may block; it makes progress in hosted_run(). Returns the worker's number or -ENOMEM.
 */
HOSTED_API int hosted_worker_create(void);

/* Entry points of rooms for tests have this type; they are exported symbols called hosted_*. */
typedef int64_t (*hosted_entry)(uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5,
                                uint64_t a6);

/*
 * Hand a call over; it starts at the next hosted_run(). -EBUSY while the last result was not
 * fetched.
 */
HOSTED_API int hosted_worker_call(int worker, hosted_entry fn, uint64_t a1, uint64_t a2,
                                  uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6);

/* The same for a Linux system call, through syscall_dispatch(). */
HOSTED_API int hosted_worker_syscall(int worker, uint64_t nr, uint64_t a1, uint64_t a2, uint64_t a3,
                                     uint64_t a4, uint64_t a5, uint64_t a6);

/*
 * 1 and *result when the call has ended (the worker is free again), 0 while it runs, -EINVAL
 * without a call.
 */
HOSTED_API int hosted_worker_result(int worker, int64_t *result);

/* ---- memory ---------------------------------------------------------------------------------- */

/* The direct-map address of one of the domain's frames, NULL when there is none such. */
HOSTED_API void *hosted_page(uint64_t gfn);

/*
 * Gives domain `domid` npages pages of memory that the domain under test may map as foreign frames
 * first_frame.... Returns their address in the test's view, NULL when there is no room.
 */
HOSTED_API void *hosted_foreign_memory(uint32_t domid, uint64_t first_frame, uint64_t npages);

/* Lets the domain under test map frame `frame` of domain `domid` as grant `ref`. */
HOSTED_API int hosted_foreign_grant(uint32_t domid, uint32_t ref, uint64_t frame, bool readonly);

/*
 * Allocations of pages and of small objects are counted from here on; those from number `first` on,
 * `count` of them, fail. How many there were since.
 */
HOSTED_API void hosted_scarcity(uint64_t first, uint64_t count);
HOSTED_API uint64_t hosted_allocations(void);

/* ---- grants made by the domain --------------------------------------------------------------- */

/* The page behind a live grant, NULL when there is none; domid and readonly may be NULL. */
HOSTED_API void *hosted_grant_page(uint32_t ref, uint32_t *domid, uint32_t *readonly);

/* While "mapped" the domain cannot take the grant back (-EBUSY). Mappings are counted. */
HOSTED_API int hosted_grant_hold(uint32_t ref);
HOSTED_API int hosted_grant_release(uint32_t ref);

/*
 * How many grants may exist at once, and how many do. Lowering the limit never ends a live grant.
 */
HOSTED_API void hosted_grant_limit(uint32_t limit);
HOSTED_API uint32_t hosted_grant_count(void);

/* ---- event channels -------------------------------------------------------------------------- */

/* Make a port of the domain pending. -ENOENT when it is not open. */
HOSTED_API int hosted_evtchn_send(uint32_t port);

/*
 * Notifications the domain sent through `port` since the last call; negative errno when it is not
 * open.
 */
HOSTED_API int hosted_evtchn_notified(uint32_t port);

/* The domain a port is bound to; -ENOENT when it is not open. */
HOSTED_API int hosted_evtchn_remote(uint32_t port);

/* A port of domain `domid` the domain under test may bind to (plat_evtchn_bind). */
HOSTED_API int hosted_evtchn_offer(uint32_t domid, uint32_t remote_port);

/* Open ports. */
HOSTED_API uint32_t hosted_evtchn_count(void);

/* ---- xenstore, console, clock, hypercalls ---------------------------------------------------- */

/* struct xenstore_domain_interface and the domain's port of the ring. */
HOSTED_API void *hosted_xenstore_ring(uint32_t *port);

/* Copies up to size bytes of console output and removes them; returns how many. */
HOSTED_API uint64_t hosted_console_read(char *buf, uint64_t size);

/* Both clocks of the domain advance by ns; they stand still otherwise. */
HOSTED_API void hosted_clock_advance(uint64_t ns);
HOSTED_API uint64_t hosted_clock_now(void);
/* How often the domain has read its monotonic clock. */
HOSTED_API uint64_t hosted_clock_reads(void);

/*
 * Answers hypercalls; called on the test's own stack while hosted_run() is under way, and must not
 * call back into this library's functions that run the domain. Without it every hypercall is
 * answered -ENOSYS.
 */
typedef int64_t (*hosted_hypercall_fn)(uint32_t op, uint64_t a1, uint64_t a2, uint64_t a3,
                                       uint64_t a4, uint64_t a5);
HOSTED_API void hosted_hypercalls(hosted_hypercall_fn fn);

#endif
