/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Grant table, version 1 (<xen/grant_table.h>): our entries, and mapping those of others. */
#include "core/errno.h"
#include "core/log.h"
#include "core/vm.h"
#include "hypercall.h"
#include "pv.h"

#define ENTRIES_PER_FRAME (PLAT_PAGE_SIZE / sizeof(struct grant_entry_v1))
#define FRAMES_MAX        32u /* 16384 grants */
#define GRANTS_MAX        (FRAMES_MAX * ENTRIES_PER_FRAME)
/* The first ones are spoken for: 0 console, 1 xenstore. */
#define FIRST_FREE  GNTTAB_NR_RESERVED_ENTRIES
#define END_OF_LIST 0u

static struct grant_entry_v1 *table = (struct grant_entry_v1 *)GRANT_TABLE_VA;
static unsigned frames, frames_limit;
static uint16_t next_free[GRANTS_MAX]; /* linked list of free references */
static uint16_t first_free = END_OF_LIST;
static size_t free_count;

/* One more frame of the table, mapped, its entries free. False: Xen or our own limit says no. */
static bool grow(void)
{
    xen_pfn_t list[FRAMES_MAX];
    struct gnttab_setup_table op = {.dom = DOMID_SELF, .nr_frames = frames + 1};
    size_t first;

    if (frames >= frames_limit)
        return false;
    set_xen_guest_handle(op.frame_list, list);
    if (xen_grant_table_op(GNTTABOP_setup_table, &op, 1) || op.status)
        return false;
    pv_map_kernel(GRANT_TABLE_VA + (uintptr_t)frames * PLAT_PAGE_SIZE, list[frames]);
    first = frames * ENTRIES_PER_FRAME;
    for (size_t ref = first + ENTRIES_PER_FRAME; ref-- > first;) {
        if (ref < FIRST_FREE)
            continue;
        next_free[ref] = first_free;
        first_free = (uint16_t)ref;
        free_count++;
    }
    frames++;
    return true;
}

void pv_grants_init(void)
{
    struct gnttab_query_size size = {.dom = DOMID_SELF};

    frames_limit = 1;
    if (!xen_grant_table_op(GNTTABOP_query_size, &size, 1) && !size.status)
        frames_limit = size.max_nr_frames < FRAMES_MAX ? size.max_nr_frames : FRAMES_MAX;
    if (!grow())
        panic("Xen gave no grant table");
}

int plat_grant(plat_domid_t domid, const void *page, bool readonly, plat_grant_t *ref)
{
    plat_gfn_t frame = plat_page_gfn(page);
    struct grant_entry_v1 *e;

    /* An entry has 32 bits for the frame: memory above 16 TiB cannot be shared by this version. */
    if (frame > UINT32_MAX)
        return -ENOSPC;
    if (first_free == END_OF_LIST && !grow())
        return -ENOSPC;
    *ref = first_free;
    first_free = next_free[*ref];
    free_count--;
    e = &table[*ref];
    e->frame = (uint32_t)frame;
    e->domid = domid;
    __atomic_store_n(&e->flags, (uint16_t)(GTF_permit_access | (readonly ? GTF_readonly : 0)),
                     __ATOMIC_SEQ_CST); /* the entry becomes valid last */
    return 0;
}

int plat_grant_end(plat_grant_t ref)
{
    struct grant_entry_v1 *e = &table[ref];
    uint16_t flags = __atomic_load_n(&e->flags, __ATOMIC_SEQ_CST);

    do {
        if (flags & (GTF_reading | GTF_writing))
            return -EBUSY;
    } while (!__atomic_compare_exchange_n(&e->flags, &flags, 0, false, __ATOMIC_SEQ_CST,
                                          __ATOMIC_SEQ_CST));
    next_free[ref] = first_free;
    first_free = (uint16_t)ref;
    free_count++;
    return 0;
}

static int grant_status(int16_t status)
{
    switch (status) {
    case GNTST_okay:
        return 0;
    case GNTST_no_device_space:
        return -ENOSPC;
    case GNTST_permission_denied:
        return -EPERM;
    case GNTST_eagain:
        return -EAGAIN;
    default:
        return -EINVAL;
    }
}

int plat_grant_map(plat_domid_t domid, plat_grant_t ref, uintptr_t va, bool readonly,
                   uint32_t *handle)
{
    struct gnttab_map_grant_ref op = {
        .host_addr = va,
        .flags = GNTMAP_host_map | (readonly ? GNTMAP_readonly : 0),
        .ref = ref,
        .dom = domid,
    };
    long rc;

    if (pv_pte(va, true) == NULL)
        return -ENOMEM;
    rc = xen_grant_table_op(GNTTABOP_map_grant_ref, &op, 1);
    if (rc)
        return (int)rc;
    *handle = op.handle;
    return grant_status(op.status);
}

int plat_grant_unmap(uint32_t handle, uintptr_t va)
{
    struct gnttab_unmap_grant_ref op = {.host_addr = va, .handle = handle};
    long rc = xen_grant_table_op(GNTTABOP_unmap_grant_ref, &op, 1);

    return rc ? (int)rc : grant_status(op.status);
}
