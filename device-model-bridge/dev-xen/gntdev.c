/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * /dev/xen/gntdev: other domains' granted pages in the program's address space. A device model in a
 * stub domain has no use for it on its normal paths, but QEMU opens it and probes for grant copies,
 * and a backend in QEMU would need it.
 */
#include "core/errno.h"
#include "core/list.h"
#include "core/memory.h"
#include "core/string.h"
#include "core/vm.h"
#include "dev-xen/xen_devices.h"
#include "linux/abi.h"
#include "linux/uaccess.h"

#include <xen/xen.h>

#include <xen/grant_table.h>

struct gntdev_ref {
    uint32_t domid;
    uint32_t ref;
};

struct gntdev_map {
    uint32_t count;
    uint32_t pad;
    uint64_t index;            /* out */
    struct gntdev_ref refs[1]; /* count of them */
};

struct gntdev_unmap {
    uint64_t index;
    uint32_t count;
    uint32_t pad;
};

struct gntdev_get_offset {
    uint64_t vaddr;
    uint64_t offset; /* out */
    uint32_t count;  /* out */
    uint32_t pad;
};

struct gntdev_notify {
    uint64_t index;
    uint32_t action;
    uint32_t port;
};

struct gntdev_copy_side {
    union {
        uint64_t virt;
        struct {
            uint32_t ref;
            uint16_t offset;
            uint16_t domid;
        } foreign;
    };
};

struct gntdev_copy_segment {
    struct gntdev_copy_side source, dest;
    uint16_t len;
    uint16_t flags;
    int16_t status;
};

struct gntdev_copy {
    uint32_t count;
    uint64_t segments;
};

#define IOCTL_GNTDEV_MAP_GRANT_REF        XEN_IOCTL('G', 0, sizeof(struct gntdev_map))
#define IOCTL_GNTDEV_UNMAP_GRANT_REF      XEN_IOCTL('G', 1, sizeof(struct gntdev_unmap))
#define IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR XEN_IOCTL('G', 2, sizeof(struct gntdev_get_offset))
#define IOCTL_GNTDEV_SET_MAX_GRANTS       XEN_IOCTL('G', 3, sizeof(uint32_t))
#define IOCTL_GNTDEV_SET_UNMAP_NOTIFY     XEN_IOCTL('G', 7, sizeof(struct gntdev_notify))
#define IOCTL_GNTDEV_GRANT_COPY           XEN_IOCTL('G', 8, sizeof(struct gntdev_copy))

_Static_assert(IOCTL_GNTDEV_MAP_GRANT_REF == 0x184700, "size of struct gntdev_map");
_Static_assert(IOCTL_GNTDEV_GRANT_COPY == 0x104708, "size of struct gntdev_copy");
_Static_assert(sizeof(struct gntdev_copy_segment) == 24, "struct gntdev_copy_segment");

#define NOTIFY_CLEAR_BYTE 1u
#define NOTIFY_SEND_EVENT 2u

#define MAP_MAX_GRANTS 1024u

/*
 * One MAP request: known to the file until UNMAP, and mapped from mmap() to munmap(). Freed after
 * both ends.
 */
struct grant_map {
    struct list link;
    uint64_t index; /* offset for mmap(), in bytes */
    uint32_t count;
    bool listed;
    uint32_t mapped; /* pages that are */
    bool writable;
    uintptr_t va;
    struct gntdev_notify notify; /* index: byte within the map; action 0: none */
    struct granted_page {
        struct gntdev_ref ref;
        uint32_t handle;
        bool mapped;
    } pages[];
};

struct gntdev_file {
    struct list maps;
    uint64_t next_index;
};

static void free_if_done(struct grant_map *m)
{
    if (!m->listed && m->mapped == 0)
        kfree(m);
}

static void unlist(struct grant_map *m)
{
    list_remove(&m->link);
    m->listed = false;
    free_if_done(m);
}

static struct grant_map *find_map(const struct gntdev_file *g, uint64_t index)
{
    list_for_each(it, &g->maps)
    {
        struct grant_map *m = container_of(it, struct grant_map, link);

        if (m->index == index)
            return m;
    }
    return NULL;
}

static long map_request(struct gntdev_file *g, unsigned long arg)
{
    struct gntdev_map head;
    struct grant_map *m;
    int rc = copy_from_user(&head, arg, offsetof(struct gntdev_map, refs));

    if (rc < 0)
        return rc;
    if (head.count == 0 || head.count > MAP_MAX_GRANTS)
        return -EINVAL;
    m = kzalloc(sizeof(*m) + head.count * sizeof(m->pages[0]), MEM_BRIDGE);
    if (m == NULL)
        return -ENOMEM;
    m->count = head.count;
    for (uint32_t i = 0; rc == 0 && i < m->count; i++) {
        rc = copy_from_user(&m->pages[i].ref,
                            arg + offsetof(struct gntdev_map, refs) + i * sizeof(struct gntdev_ref),
                            sizeof(struct gntdev_ref));
        if (rc == 0 && m->pages[i].ref.domid > UINT16_MAX)
            rc = -EINVAL;
    }
    m->index = g->next_index;
    if (rc == 0)
        rc = put_user_u64(arg + offsetof(struct gntdev_map, index), m->index);
    if (rc < 0) {
        kfree(m);
        return rc;
    }
    g->next_index += (uint64_t)m->count << PLAT_PAGE_SHIFT;
    m->listed = true;
    list_add_tail(&g->maps, &m->link);
    return 0;
}

static long unmap_request(struct gntdev_file *g, unsigned long arg)
{
    struct gntdev_unmap u;
    struct grant_map *m;
    int rc = copy_from_user(&u, arg, sizeof(u));

    if (rc < 0)
        return rc;
    m = find_map(g, u.index);
    if (m == NULL || m->count != u.count)
        return -ENOENT;
    unlist(m);
    return 0;
}

static long get_offset(struct gntdev_file *g, unsigned long arg)
{
    struct gntdev_get_offset o;
    int rc = copy_from_user(&o, arg, sizeof(o));

    if (rc < 0)
        return rc;
    list_for_each(it, &g->maps)
    {
        const struct grant_map *m = container_of(it, struct grant_map, link);

        if (m->mapped > 0 && m->va == o.vaddr) {
            o.offset = m->index;
            o.count = m->count;
            return copy_to_user(arg, &o, sizeof(o));
        }
    }
    return -EINVAL;
}

static long set_notify(struct gntdev_file *g, unsigned long arg)
{
    struct gntdev_notify n;
    int rc = copy_from_user(&n, arg, sizeof(n));

    if (rc < 0)
        return rc;
    if (n.action & ~(NOTIFY_CLEAR_BYTE | NOTIFY_SEND_EVENT))
        return -EINVAL;
    list_for_each(it, &g->maps)
    {
        struct grant_map *m = container_of(it, struct grant_map, link);

        if (n.index >= m->index && n.index - m->index < (uint64_t)m->count << PLAT_PAGE_SHIFT) {
            n.index -= m->index;
            m->notify = n;
            return 0;
        }
    }
    return -ENOENT;
}

/* ---- mappings -------------------------------------------------------------------------------- */

static void unmap_page(struct grant_map *m, uint32_t i)
{
    uintptr_t va = m->va + ((uintptr_t)i << PLAT_PAGE_SHIFT);
    bool watched = m->notify.action != 0 && m->notify.index >> PLAT_PAGE_SHIFT == i;

    if (!m->pages[i].mapped)
        return;
    if (watched && m->writable && (m->notify.action & NOTIFY_CLEAR_BYTE))
        *(volatile char *)(m->va + m->notify.index) = 0;
    (void)plat_grant_unmap(m->pages[i].handle, va);
    m->pages[i].mapped = false;
    m->mapped--;
    if (watched && (m->notify.action & NOTIFY_SEND_EVENT))
        (void)plat_evtchn_notify(m->notify.port);
}

static void on_unmap(void *arg, uintptr_t va, size_t npages)
{
    struct grant_map *m = arg;

    for (size_t i = (va - m->va) >> PLAT_PAGE_SHIFT; npages > 0; npages--, i++)
        unmap_page(m, (uint32_t)i);
    free_if_done(m);
}

static const struct vm_foreign_ops grant_region_ops = {.unmap = on_unmap};

static intptr_t gntdev_mmap(struct file *f, uintptr_t va, size_t len, unsigned prot,
                            unsigned vm_flags, int64_t off)
{
    struct grant_map *m = find_map(f->priv, (uint64_t)off);
    intptr_t at;

    if (m == NULL || len != (size_t)m->count << PLAT_PAGE_SHIFT)
        return -EINVAL;
    if (m->mapped > 0)
        return -EBUSY;
    at = vm_map_foreign(va, len, prot, vm_flags, &grant_region_ops, m);
    if (at < 0)
        return at;
    m->va = (uintptr_t)at;
    m->writable = prot & PLAT_PROT_WRITE;
    for (uint32_t i = 0; i < m->count; i++) {
        struct granted_page *p = &m->pages[i];
        int rc =
            plat_grant_map((plat_domid_t)p->ref.domid, p->ref.ref,
                           m->va + ((uintptr_t)i << PLAT_PAGE_SHIFT), !m->writable, &p->handle);

        if (rc < 0) {
            (void)vm_unmap(m->va, len);
            return rc;
        }
        p->mapped = true;
        m->mapped++;
    }
    return at;
}

/* ---- copies ---------------------------------------------------------------------------------- */

/* The frame and offset of our own memory at va, as the hypercall wants them. */
static int local_side(struct gnttab_copy_ptr *side, uintptr_t va)
{
    void *page = plat_page_at(va & ~(uintptr_t)PLAT_PAGE_MASK);

    if (page == NULL)
        return -EFAULT;
    side->u.gmfn = plat_page_gfn(page);
    side->domid = DOMID_SELF;
    side->offset = (uint16_t)(va & PLAT_PAGE_MASK);
    return 0;
}

static int fill_side(struct gnttab_copy_ptr *side, const struct gntdev_copy_side *from,
                     bool foreign, uint16_t done)
{
    if (!foreign)
        return local_side(side, from->virt + done);
    side->u.ref = from->foreign.ref;
    side->domid = from->foreign.domid;
    side->offset = (uint16_t)(from->foreign.offset + done);
    return 0;
}

/* Bytes of a local side up to the end of its page. */
static uint16_t page_rest(const struct gntdev_copy_side *side, bool foreign, uint16_t done,
                          uint16_t left)
{
    size_t rest = PLAT_PAGE_SIZE - ((side->virt + done) & PLAT_PAGE_MASK);

    return foreign || left < rest ? left : (uint16_t)rest;
}

static int check_segment(const struct gntdev_copy_segment *s, bool from_grant, bool to_grant)
{
    if (!from_grant && !to_grant)
        return -EINVAL;
    if ((from_grant && s->source.foreign.offset + (size_t)s->len > PLAT_PAGE_SIZE) ||
        (to_grant && s->dest.foreign.offset + (size_t)s->len > PLAT_PAGE_SIZE))
        return -EINVAL;
    if (!from_grant)
        return user_buffer(s->source.virt, s->len, false);
    return to_grant ? 0 : user_buffer(s->dest.virt, s->len, true);
}

/* Sets s->status; an error means that the segment itself is impossible. */
static int copy_segment(struct gntdev_copy_segment *s)
{
    bool from_grant = s->flags & GNTCOPY_source_gref, to_grant = s->flags & GNTCOPY_dest_gref;
    int rc = check_segment(s, from_grant, to_grant);
    uint16_t done = 0;

    s->status = GNTST_okay;
    while (rc == 0 && done < s->len && s->status == GNTST_okay) {
        struct gnttab_copy op = {.flags = s->flags};

        op.len = page_rest(&s->source, from_grant, done, (uint16_t)(s->len - done));
        op.len = page_rest(&s->dest, to_grant, done, op.len);
        rc = fill_side(&op.source, &s->source, from_grant, done);
        if (rc == 0)
            rc = fill_side(&op.dest, &s->dest, to_grant, done);
        if (rc == 0)
            rc = (int)plat_hypercall(__HYPERVISOR_grant_table_op, GNTTABOP_copy, (unsigned long)&op,
                                     1, 0, 0);
        s->status = op.status;
        done = (uint16_t)(done + op.len);
    }
    return rc;
}

static long grant_copy(unsigned long arg)
{
    struct gntdev_copy c;
    int rc = copy_from_user(&c, arg, sizeof(c));

    for (uint32_t i = 0; rc == 0 && i < c.count; i++) {
        uintptr_t at = c.segments + (uintptr_t)i * sizeof(struct gntdev_copy_segment);
        struct gntdev_copy_segment s;

        rc = copy_from_user(&s, at, sizeof(s));
        if (rc == 0)
            rc = copy_segment(&s);
        if (rc == 0)
            rc = copy_to_user(at, &s, sizeof(s));
    }
    return rc;
}

/* ---- the device ------------------------------------------------------------------------------ */

static long gntdev_ioctl(struct file *f, unsigned long request, unsigned long arg)
{
    struct gntdev_file *g = f->priv;

    switch ((uint32_t)request) {
    case IOCTL_GNTDEV_MAP_GRANT_REF:
        return map_request(g, arg);
    case IOCTL_GNTDEV_UNMAP_GRANT_REF:
        return unmap_request(g, arg);
    case IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR:
        return get_offset(g, arg);
    case IOCTL_GNTDEV_SET_MAX_GRANTS:
        return 0; /* memory is the limit */
    case IOCTL_GNTDEV_SET_UNMAP_NOTIFY:
        return set_notify(g, arg);
    case IOCTL_GNTDEV_GRANT_COPY:
        return grant_copy(arg);
    default:
        return -ENOTTY;
    }
}

static long gntdev_stat(struct file *f, struct linux_stat *st)
{
    (void)f;
    return char_device_stat(st, XEN_MISC_MAJOR, MINOR_GNTDEV);
}

static void gntdev_release(struct file *f)
{
    struct gntdev_file *g = f->priv;

    list_for_each_safe(it, &g->maps) unlist(container_of(it, struct grant_map, link));
    kfree(g);
}

static const struct file_ops gntdev_ops = {
    .name = "/dev/xen/gntdev",
    .ioctl = gntdev_ioctl,
    .mmap = gntdev_mmap,
    .stat = gntdev_stat,
    .release = gntdev_release,
};

static int gntdev_open(struct device *d, const char *rest, unsigned flags, struct file **file)
{
    struct gntdev_file *g = kzalloc(sizeof(*g), MEM_BRIDGE);

    (void)d;
    (void)rest;
    if (g == NULL)
        return -ENOMEM;
    list_init(&g->maps);
    *file = file_create(&gntdev_ops, g, flags);
    if (*file == NULL) {
        kfree(g);
        return -ENOMEM;
    }
    return 0;
}

static struct device gntdev_device = {
    .path = "/dev/xen/gntdev",
    .arg = (void *)MINOR_GNTDEV,
    .open = gntdev_open,
    .stat = xen_device_stat,
};

void xen_gntdev_register(void)
{
    device_register(&gntdev_device);
}
