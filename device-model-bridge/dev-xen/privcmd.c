/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * /dev/xen/privcmd: hypercalls on behalf of Xen's libraries, and mappings of the guest's memory.
 *
 * The program runs in the kernel's own address space, so nothing is gained by filtering hypercalls:
 * Xen itself decides what a stub domain may do to its guest (XSM_TARGET and XSM_DM_PRIV).
 */
#include "core/budget.h"
#include "core/errno.h"
#include "core/memory.h"
#include "core/vm.h"
#include "dev-xen/domctl.h"
#include "dev-xen/link_routes.h"
#include "dev-xen/xen_devices.h"
#include "linux/abi.h"
#include "linux/uaccess.h"

#include <xen/xen.h>

#include <xen/hvm/dm_op.h>
#include <xen/memory.h>

struct privcmd_hypercall {
    uint64_t op;
    uint64_t arg[5];
};

struct privcmd_mmapbatch {
    int32_t num;
    uint16_t dom;
    uint64_t addr;
    uint64_t arr; /* xen_pfn_t[num]; marks of errors are set in it */
};

struct privcmd_mmapbatch_v2 {
    uint32_t num;
    uint16_t dom;
    uint64_t addr;
    uint64_t arr; /* const xen_pfn_t[num] */
    uint64_t err; /* int[num] */
};

struct privcmd_dm_op_buf {
    uint64_t uptr;
    uint64_t size;
};

struct privcmd_dm_op {
    uint16_t dom;
    uint16_t num;
    uint64_t ubufs;
};

struct privcmd_mmap_resource {
    uint16_t dom;
    uint32_t type;
    uint32_t id;
    uint32_t idx;
    uint64_t num;
    uint64_t addr;
};

#define IOCTL_PRIVCMD_HYPERCALL     XEN_IOCTL('P', 0, sizeof(struct privcmd_hypercall))
#define IOCTL_PRIVCMD_MMAPBATCH     XEN_IOCTL('P', 3, sizeof(struct privcmd_mmapbatch))
#define IOCTL_PRIVCMD_MMAPBATCH_V2  XEN_IOCTL('P', 4, sizeof(struct privcmd_mmapbatch_v2))
#define IOCTL_PRIVCMD_DM_OP         XEN_IOCTL('P', 5, sizeof(struct privcmd_dm_op))
#define IOCTL_PRIVCMD_RESTRICT      XEN_IOCTL('P', 6, sizeof(uint16_t))
#define IOCTL_PRIVCMD_MMAP_RESOURCE XEN_IOCTL('P', 7, sizeof(struct privcmd_mmap_resource))

_Static_assert(IOCTL_PRIVCMD_HYPERCALL == 0x305000, "size of struct privcmd_hypercall");
_Static_assert(IOCTL_PRIVCMD_MMAPBATCH == 0x185003, "size of struct privcmd_mmapbatch");
_Static_assert(IOCTL_PRIVCMD_MMAPBATCH_V2 == 0x205004, "size of struct privcmd_mmapbatch_v2");
_Static_assert(IOCTL_PRIVCMD_DM_OP == 0x105005, "size of struct privcmd_dm_op");
_Static_assert(IOCTL_PRIVCMD_MMAP_RESOURCE == 0x205007, "size of struct privcmd_mmap_resource");
_Static_assert(sizeof(struct xen_dm_op_buf) == sizeof(struct privcmd_dm_op_buf) &&
                   sizeof(xen_pfn_t) == sizeof(uint64_t),
               "Xen's layouts are the libraries' layouts");

#define MMAPBATCH_MFN_ERROR 0xf0000000u /* PRIVCMD_MMAPBATCH_MFN_ERROR */

/* As many buffers as Linux accepts by default; the largest operation uses three. */
#define DM_OP_MAX_BUFS 16u
/* Frames of one resource mapping: ioreq servers have two, grant tables at most some dozens. */
#define RESOURCE_MAX_FRAMES 512u

/* priv of an open file: the domain it is restricted to plus one, 0 while it is not. */
static uint32_t restriction(const struct file *f)
{
    return (uint32_t)(uintptr_t)f->priv;
}

static bool domain_allowed(const struct file *f, uint16_t dom)
{
    return restriction(f) == 0 || restriction(f) == dom + 1u;
}

static long do_hypercall(struct file *f, unsigned long arg)
{
    struct privcmd_hypercall call;
    int rc;

    if (restriction(f) != 0)
        return -EPERM;
    rc = copy_from_user(&call, arg, sizeof(call));
    if (rc < 0)
        return rc;
    if (call.op == __HYPERVISOR_domctl)
        return xen_domctl(call.arg[0]);
    return plat_hypercall((unsigned)call.op, call.arg[0], call.arg[1], call.arg[2], call.arg[3],
                          call.arg[4]);
}

/* [va, va + n pages) must lie in foreign regions; *prot is what they allow in common. */
static int foreign_range(uintptr_t va, size_t n, unsigned *prot)
{
    uintptr_t end;
    struct vm_info info;

    if ((va & PLAT_PAGE_MASK) != 0 || n > UINTPTR_MAX >> PLAT_PAGE_SHIFT ||
        __builtin_add_overflow(va, n << PLAT_PAGE_SHIFT, &end))
        return -EINVAL;
    *prot = PLAT_PROT_READ | PLAT_PROT_WRITE;
    while (va < end) {
        if (!vm_query(va, &info) || info.kind != VM_FOREIGN)
            return -EINVAL;
        *prot &= info.prot;
        va = info.end;
    }
    return budget_allows_frames(n) ? 0 : -ENOMEM;
}

static long do_mmapbatch_v2(struct file *f, unsigned long arg)
{
    struct privcmd_mmapbatch_v2 b;
    unsigned prot;
    int32_t *err;
    int rc;

    rc = copy_from_user(&b, arg, sizeof(b));
    if (rc < 0)
        return rc;
    if (!domain_allowed(f, b.dom))
        return -EPERM;
    rc = foreign_range(b.addr, b.num, &prot);
    if (rc == 0)
        rc = user_buffer(b.arr, b.num * sizeof(uint64_t), false);
    if (rc == 0)
        rc = user_buffer(b.err, b.num * sizeof(int32_t), true);
    if (rc < 0)
        return rc;
    err = (int32_t *)(uintptr_t)b.err;
    rc = plat_map_foreign(b.addr, b.num, b.dom, (const uint64_t *)(uintptr_t)b.arr,
                          PLAT_FRAMES_GUEST, prot, err);
    if (rc < 0)
        return rc;
    /*
     * To the library -ENOENT means "paged out, ask again until it is back", which would never end
     * for a frame that is simply not there.
     */
    for (uint32_t i = 0; i < b.num; i++) {
        if (err[i] == -ENOENT)
            err[i] = -EINVAL;
    }
    return 0;
}

static long do_mmapbatch(struct file *f, unsigned long arg)
{
    struct privcmd_mmapbatch b;
    uint64_t *frames;
    unsigned prot;
    int32_t *err;
    int rc;

    rc = copy_from_user(&b, arg, sizeof(b));
    if (rc < 0)
        return rc;
    if (b.num <= 0)
        return -EINVAL;
    if (!domain_allowed(f, b.dom))
        return -EPERM;
    rc = foreign_range(b.addr, (size_t)b.num, &prot);
    if (rc == 0)
        rc = user_buffer(b.arr, (size_t)b.num * sizeof(uint64_t), true);
    if (rc < 0)
        return rc;
    err = kmalloc((size_t)b.num * sizeof(*err), MEM_BRIDGE);
    if (err == NULL)
        return -ENOMEM;
    frames = (uint64_t *)(uintptr_t)b.arr;
    rc = plat_map_foreign(b.addr, (size_t)b.num, b.dom, frames, PLAT_FRAMES_GUEST, prot, err);
    for (int32_t i = 0; rc == 0 && i < b.num; i++) {
        if (err[i] != 0)
            frames[i] |= MMAPBATCH_MFN_ERROR;
    }
    kfree(err);
    return rc;
}

/* Of the frames of an ioreq server that were mapped, the one of the processors' requests. */
static void note_requests(const struct privcmd_mmap_resource *m)
{
    uint64_t frame = XENMEM_resource_ioreq_server_frame_ioreq(0);

    if (m->idx <= frame && frame - m->idx < m->num)
        link_routes_requests_at(m->addr + ((frame - m->idx) << PLAT_PAGE_SHIFT));
}

/* Map what XENMEM_acquire_resource names. A size request has neither address nor count. */
static long do_mmap_resource(struct file *f, unsigned long arg)
{
    struct privcmd_mmap_resource m;
    struct xen_mem_acquire_resource ask = {0};
    uint64_t *frames = NULL;
    int32_t *err = NULL;
    unsigned prot;
    long rc;

    rc = copy_from_user(&m, arg, sizeof(m));
    if (rc < 0)
        return rc;
    if (!domain_allowed(f, m.dom))
        return -EPERM;
    if ((m.addr == 0) != (m.num == 0) || m.num > RESOURCE_MAX_FRAMES || m.type > UINT16_MAX)
        return -EINVAL;
    ask.domid = m.dom;
    ask.type = (uint16_t)m.type;
    ask.id = m.id;
    if (m.num > 0) {
        rc = foreign_range(m.addr, m.num, &prot);
        if (rc < 0)
            return rc;
        frames = kmalloc(m.num * sizeof(*frames), MEM_BRIDGE);
        err = kmalloc(m.num * sizeof(*err), MEM_BRIDGE);
        if (frames == NULL || err == NULL) {
            rc = -ENOMEM;
            goto out;
        }
        ask.nr_frames = (uint32_t)m.num;
        ask.frame = m.idx;
        set_xen_guest_handle(ask.frame_list, (xen_pfn_t *)(void *)frames);
    }
    rc = plat_hypercall(__HYPERVISOR_memory_op, XENMEM_acquire_resource, (unsigned long)&ask, 0, 0,
                        0);
    if (rc == -ENOSYS || rc == -EOPNOTSUPP) {
        /* The library takes the errno of an unknown request as "use the other way". */
        rc = -ENOTTY;
        goto out;
    }
    if (rc < 0)
        goto out;
    if (m.num == 0) {
        m.num = ask.nr_frames;
        rc = copy_to_user(arg, &m, sizeof(m));
        goto out;
    }
    rc = plat_map_foreign(m.addr, m.num, m.dom, frames, PLAT_FRAMES_MACHINE, prot, err);
    for (uint64_t i = 0; rc == 0 && i < m.num; i++)
        rc = err[i];
    if (rc < 0)
        plat_unmap(m.addr, m.num);
    else if (m.type == XENMEM_resource_ioreq_server)
        note_requests(&m);
out:
    kfree(frames);
    kfree(err);
    return rc;
}

/* Sets a route of PCI interrupts as the guest wants it; the operation is the program's. */
static long set_link_route(const struct privcmd_dm_op *op, struct privcmd_dm_op_buf *buf)
{
    struct xen_dm_op route = {0};
    size_t size = buf->size < sizeof(route) ? buf->size : sizeof(route);
    int rc = copy_from_user(&route, buf->uptr, size);

    if (rc < 0)
        return rc;
    if (!link_routes_mend(route.u.set_pci_link_route.link, &route.u.set_pci_link_route.isa_irq))
        return 0;
    buf->uptr = (uintptr_t)&route;
    buf->size = size;
    return plat_hypercall(__HYPERVISOR_dm_op, op->dom, op->num, (unsigned long)buf, 0, 0);
}

static long do_dm_op(struct file *f, unsigned long arg)
{
    struct privcmd_dm_op_buf bufs[DM_OP_MAX_BUFS];
    struct privcmd_dm_op op;
    int rc;

    rc = copy_from_user(&op, arg, sizeof(op));
    if (rc < 0)
        return rc;
    if (!domain_allowed(f, op.dom))
        return -EPERM;
    /* How the library finds out that the request exists. */
    if (op.num == 0)
        return 0;
    if (op.num > DM_OP_MAX_BUFS)
        return -E2BIG;
    rc = copy_from_user(bufs, op.ubufs, op.num * sizeof(bufs[0]));
    if (rc < 0)
        return rc;
    for (unsigned i = 0; i < op.num; i++) {
        rc = user_buffer(bufs[i].uptr, bufs[i].size, true);
        if (rc < 0)
            return rc;
    }
    if (bufs[0].size >= sizeof(uint32_t) &&
        *(const uint32_t *)(uintptr_t)bufs[0].uptr == XEN_DMOP_set_pci_link_route)
        return set_link_route(&op, bufs);
    return plat_hypercall(__HYPERVISOR_dm_op, op.dom, op.num, (unsigned long)bufs, 0, 0);
}

static long do_restrict(struct file *f, unsigned long arg)
{
    uint16_t dom;
    int rc = copy_from_user(&dom, arg, sizeof(dom));

    if (rc < 0)
        return rc;
    if (!domain_allowed(f, dom))
        return -EINVAL;
    f->priv = (void *)(uintptr_t)(dom + 1u);
    return 0;
}

static long privcmd_ioctl(struct file *f, unsigned long request, unsigned long arg)
{
    switch ((uint32_t)request) {
    case IOCTL_PRIVCMD_DM_OP:
        return do_dm_op(f, arg);
    case IOCTL_PRIVCMD_MMAPBATCH_V2:
        return do_mmapbatch_v2(f, arg);
    case IOCTL_PRIVCMD_HYPERCALL:
        return do_hypercall(f, arg);
    case IOCTL_PRIVCMD_MMAPBATCH:
        return do_mmapbatch(f, arg);
    case IOCTL_PRIVCMD_MMAP_RESOURCE:
        return do_mmap_resource(f, arg);
    case IOCTL_PRIVCMD_RESTRICT:
        return do_restrict(f, arg);
    default:
        /* Also what the library's probe, IOCTL_PRIVCMD_UNIMPLEMENTED, wants to see. */
        return -ENOTTY;
    }
}

/* Address space only; the requests above fill it, munmap() empties it. */
static intptr_t privcmd_mmap(struct file *f, uintptr_t va, size_t len, unsigned prot,
                             unsigned vm_flags, int64_t off)
{
    (void)f;
    (void)off;
    return vm_map_foreign(va, len, prot, vm_flags, NULL, NULL);
}

static long privcmd_stat(struct file *f, struct linux_stat *st)
{
    (void)f;
    return char_device_stat(st, XEN_MISC_MAJOR, MINOR_PRIVCMD);
}

static const struct file_ops privcmd_ops = {
    .name = "/dev/xen/privcmd",
    .ioctl = privcmd_ioctl,
    .mmap = privcmd_mmap,
    .stat = privcmd_stat,
};

static int privcmd_open(struct device *d, const char *rest, unsigned flags, struct file **file)
{
    (void)d;
    (void)rest;
    *file = file_create(&privcmd_ops, NULL, flags);
    return *file != NULL ? 0 : -ENOMEM;
}

static struct device privcmd_device = {
    .path = "/dev/xen/privcmd",
    .arg = (void *)MINOR_PRIVCMD,
    .open = privcmd_open,
    .stat = xen_device_stat,
};

/* Where the libraries look when the other name is missing. */
static struct device privcmd_proc_device = {
    .path = "/proc/xen/privcmd",
    .arg = (void *)MINOR_PRIVCMD,
    .open = privcmd_open,
    .stat = xen_device_stat,
};

void xen_privcmd_register(void)
{
    device_register(&privcmd_device);
    device_register(&privcmd_proc_device);
}
