/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* What the files of platform/hosted tell each other. */
#ifndef HOSTED_INTERNAL_H
#define HOSTED_INTERNAL_H

#include "platform/hosted/hosted.h"
#include "platform/platform.h"

/* memory.c */
int hosted_memory_create(uint64_t ram_pages, const void *ramdisk, uint64_t ramdisk_size,
                         struct plat_boot_info *info);
void hosted_memory_destroy(void);
/* Map a foreign frame at va. 0, -ENOENT or -ENOMEM. */
int hosted_map_foreign_frame(uint32_t domid, uint64_t frame, uintptr_t va, unsigned prot);

/* events.c */
bool hosted_events_pending(void);

/* services.c */
int hosted_services_create(uint64_t seed);
void hosted_services_destroy(void);

/* domain.c: run fn(arg) on the test's stack while the calling flow of the domain waits. */
void hosted_on_test_stack(void (*fn)(void *), void *arg);
/* Stops the domain and returns to the test; comes back at the next hosted_run(). */
void hosted_leave(enum hosted_state why);

#endif
