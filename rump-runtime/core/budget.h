/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * budget.h - who may take how much of the domain's memory, and what happens when a share is used
 * up. This is the one place that owns these numbers; all of them follow from what the domain was
 * given and what its guest has, so they are fixed from the start. What cannot be done without is
 * set aside first: kernel, picture, the program as it is at rest with its disks and NICs, reserve.
 * Only what is left then is divided among those who can do with more or less.
 *
 *   kernel     what the kernel's own objects and page tables take at the start, and what the rump
 *              kernel may take for a network of the domain's own.
 *   picture    pixels shared with the viewer, the program's copy of them, and an update under way:
 *              as much as the guest's video memory and 8 MiB, or what there is. A mode that needs
 *              more is left out of the viewer until the guest leaves it.
 *   map cache  page tables and books for the guest's frames the program keeps mapped. The program
 *              reads the limit by getrlimit(RLIMIT_AS) and maps anew in a place that is in use.
 *   stacks     of the program's worker threads and coroutines, one for each request under way. The
 *              number of workers is limited on the program's command line. While as many requests
 *              are under way as have room, the guest's accesses to its devices wait: it cannot
 *              start more. As one access may start several, a domain that has no room for those
 *              cannot serve its guest.
 *   block      pages shared with backends beyond the reserve each disk has. Every connected disk
 *              has the same part of it; a disk that has used its part up waits for its answers.
 *   network    buffers of open NICs. A NIC that would take the reserve stays away and tries again.
 *   reserve    no driver takes it: the program's next touch of new memory finds a page there.
 *   program    what it has at rest, with what it keeps for its disks, NICs and viewers.
 */
#ifndef CORE_BUDGET_H
#define CORE_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum budget_share {
    BUDGET_PROGRAM,
    BUDGET_MAP_CACHE,
    BUDGET_STACKS,
    BUDGET_BLOCK,
    BUDGET_NETWORK,
    BUDGET_PICTURE,
    BUDGET_KERNEL,
    BUDGET_RESERVE,
    BUDGET_SHARES
};

/* What a NIC takes while it is open: two rings and its buffers. */
#define BUDGET_NIC_PAGES 130u

/* The most requests that one access of a guest to a device may start: an AHCI port's commands. */
#define BUDGET_BURST 32u

/* What the domain is for. */
struct budget_needs {
    size_t program; /* pages of the program at rest, without a guest's devices; 0: unknown */
    size_t video;   /* pages of the guest's video memory; 0: unknown */
    size_t tcpip;   /* pages the rump kernel may take for a network of the domain's own */
    unsigned disks, nics;
    unsigned requests; /* that all disks can have under way; 0: unknown */
    unsigned burst;    /* of them one access of the guest may start, 1 to BUDGET_BURST */
    bool picture;      /* somebody may look at the guest's screen */
};

/*
 * Decides all shares, once, before drivers and program start and after the kernel's services did,
 * and prints them in one line. Returns the pages that are missing for a guest that keeps its disks
 * busy: 0 when there are enough.
 */
size_t budget_init(const struct budget_needs *needs);

/* A share in pages. Before budget_init(): as for a program that nothing is known of. */
size_t budget_pages(enum budget_share share);

/* Pages for pixels that are shared with the viewer: a third of what a picture may cost. */
size_t budget_pixel_pages(void);

/* May a driver take so many pages more? False: they would come out of the reserve. */
bool budget_allows(size_t pages);

/*
 * May n more foreign frames be mapped? Their page tables may come out of the reserve, as the
 * program's own pages do, but never be the last ones: a message has to be possible.
 */
bool budget_allows_frames(size_t n);

/*
 * Requests to disks: from when the program has made one until it is answered. May the guest go on?
 * One access of it may start as many as budget_needs says, but no more than are possible at all.
 * When not, the queue is woken once it may.
 */
void budget_request_begin(void);
void budget_request_end(void);
bool budget_allows_requests(void);
struct waitq *budget_requests_wait(void);

/* Bytes of the guest's memory that the share of the map cache keeps mapped. */
uint64_t budget_map_cache_bytes(void);

/* Pages all backends together may go on holding after they were taken back. */
size_t budget_held_pages(void);

#endif
