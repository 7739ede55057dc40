/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* vm_region.h - private to core/vm.c (which ranges exist) and core/vm_fill.c (what is in them). */
#ifndef CORE_VM_REGION_H
#define CORE_VM_REGION_H

#include "core/region_tree.h"
#include "core/vm.h"

struct region {
    struct region_node at;
    unsigned prot;
    enum vm_kind kind;
    const char *data; /* VM_RAMDISK: contents at start */
    const struct vm_foreign_ops *ops;
    void *arg;
};

/* The region at va, NULL in a hole. Valid until it is unmapped, split or merged. */
struct region *vm_find_region(uintptr_t va);

/* Is the page that is mapped at va the ramdisk's own, not a copy? */
static inline bool region_in_place(const struct region *r, uintptr_t va, const void *page)
{
    return r->kind == VM_RAMDISK && r->data + (va - r->at.start) == (const char *)page;
}

void vm_count_resident(size_t pages);
/* The pages of [va, end) go away or become less accessible: they are no known ones any more. */
void vm_forget(uintptr_t va, uintptr_t end);

#endif
