/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Grant tables of the hosted domain, both directions. */
#include "platform/hosted/internal.h"

#include "core/errno.h"
#include "core/log.h"

#define GRANTS         8192
#define FIRST_GRANT    8 /* the first ones are the toolstack's, as in Xen */
#define FOREIGN_GRANTS 256

static struct grant {
    const void *page; /* NULL: free */
    uint32_t domid;
    bool readonly;
    uint32_t mapped;
} grants[GRANTS];
static uint32_t grant_limit = GRANTS - FIRST_GRANT, grants_live;
/* A reference that ended is used again as late as possible: stale ones show. */
static uint32_t next_grant = FIRST_GRANT;

static struct foreign_grant {
    bool used, readonly;
    uint32_t domid, ref;
    uint64_t frame;
    uintptr_t va; /* where it is mapped, 0: nowhere */
} foreign_grants[FOREIGN_GRANTS];

int plat_grant(plat_domid_t domid, const void *page, bool readonly, plat_grant_t *ref)
{
    if (grants_live >= grant_limit)
        return -ENOSPC;
    (void)plat_page_gfn(page); /* panics when it is not ours to give */
    while (grants[next_grant].page != NULL)
        next_grant = next_grant + 1 == GRANTS ? FIRST_GRANT : next_grant + 1;
    *ref = next_grant;
    grants[next_grant] = (struct grant){.page = page, .domid = domid, .readonly = readonly};
    next_grant = next_grant + 1 == GRANTS ? FIRST_GRANT : next_grant + 1;
    grants_live++;
    return 0;
}

static struct grant *live_grant(uint32_t ref)
{
    return ref < GRANTS && grants[ref].page != NULL ? &grants[ref] : NULL;
}

int plat_grant_end(plat_grant_t ref)
{
    struct grant *g = live_grant(ref);

    if (g == NULL)
        panic("hosted: grant %u ended, but it is not live", ref);
    if (g->mapped > 0)
        return -EBUSY;
    g->page = NULL;
    grants_live--;
    return 0;
}

void *hosted_grant_page(uint32_t ref, uint32_t *domid, uint32_t *readonly)
{
    struct grant *g = live_grant(ref);

    if (g == NULL)
        return NULL;
    if (domid != NULL)
        *domid = g->domid;
    if (readonly != NULL)
        *readonly = g->readonly;
    return (void *)(uintptr_t)g->page;
}

int hosted_grant_hold(uint32_t ref)
{
    struct grant *g = live_grant(ref);

    if (g == NULL)
        return -ENOENT;
    g->mapped++;
    return 0;
}

int hosted_grant_release(uint32_t ref)
{
    struct grant *g = live_grant(ref);

    if (g == NULL || g->mapped == 0)
        return -ENOENT;
    g->mapped--;
    return 0;
}

void hosted_grant_limit(uint32_t limit)
{
    grant_limit = limit < GRANTS - FIRST_GRANT ? limit : GRANTS - FIRST_GRANT;
}

uint32_t hosted_grant_count(void)
{
    return grants_live;
}

/* ---- grants other domains made --------------------------------------------------------------- */

int hosted_foreign_grant(uint32_t domid, uint32_t ref, uint64_t frame, bool readonly)
{
    for (size_t i = 0; i < FOREIGN_GRANTS; i++) {
        if (foreign_grants[i].used)
            continue;
        foreign_grants[i] = (struct foreign_grant){
            .used = true, .readonly = readonly, .domid = domid, .ref = ref, .frame = frame};
        return 0;
    }
    return -ENOSPC;
}

int plat_grant_map(plat_domid_t domid, plat_grant_t ref, uintptr_t va, bool readonly,
                   uint32_t *handle)
{
    for (uint32_t i = 0; i < FOREIGN_GRANTS; i++) {
        struct foreign_grant *g = &foreign_grants[i];
        int rc;

        if (!g->used || g->domid != domid || g->ref != ref)
            continue;
        if ((g->readonly && !readonly) || g->va != 0)
            return -EPERM;
        rc = hosted_map_foreign_frame(domid, g->frame, va,
                                      readonly ? PLAT_PROT_READ : PLAT_PROT_READ | PLAT_PROT_WRITE);
        if (rc != 0)
            return rc;
        g->va = va;
        *handle = i;
        return 0;
    }
    return -ENOENT;
}

int plat_grant_unmap(uint32_t handle, uintptr_t va)
{
    if (handle >= FOREIGN_GRANTS || foreign_grants[handle].va != va || va == 0)
        return -EINVAL;
    foreign_grants[handle].va = 0;
    plat_unmap(va, 1);
    return 0;
}
