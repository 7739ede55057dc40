/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Control operations in the version that the running Xen takes (domctl.h). */
#include "dev-xen/domctl.h"

#include "core/errno.h"
#include "core/log.h"
#include "linux/uaccess.h"
#include "platform/platform.h"

#include <xen/xen.h>

/* What each operation begins with, struct xen_domctl of <xen/domctl.h>. */
struct domctl_head {
    uint32_t cmd;
    uint32_t interface_version;
};

/* The operations that QEMU's PCI passthrough needs (XEN_DOMCTL_*). */
enum {
    GETDOMAININFO = 5,
    BIND_PT_IRQ = 38,
    MEMORY_MAPPING = 39,
    IOPORT_MAPPING = 40,
    UNBIND_PT_IRQ = 48,
};

/*
 * The versions in which these operations have one layout (of getdomaininfo: that of its head, which
 * is all that is read here): Xen 4.17; 4.18; 4.19 to 4.21.
 */
static const uint32_t versions[] = {0x15, 0x16, 0x17};
#define VERSIONS (sizeof(versions) / sizeof(versions[0]))

/* What Xen took, 0 while that is not known. */
static uint32_t taken;

static bool same_in_all(uint32_t cmd)
{
    return cmd == GETDOMAININFO || cmd == BIND_PT_IRQ || cmd == MEMORY_MAPPING ||
           cmd == IOPORT_MAPPING || cmd == UNBIND_PT_IRQ;
}

static bool known(uint32_t version)
{
    for (unsigned i = 0; i < VERSIONS; i++) {
        if (versions[i] == version)
            return true;
    }
    return false;
}

static long ask(struct domctl_head *head, uint64_t op, uint32_t version)
{
    head->interface_version = version;
    return plat_hypercall(__HYPERVISOR_domctl, op, 0, 0, 0, 0);
}

/* Xen looks at the version first: any other answer than EACCES says that it took it. */
static long try_all(struct domctl_head *head, uint64_t op, uint32_t theirs)
{
    for (unsigned i = 0; i < VERSIONS; i++) {
        long rc;

        if (versions[i] == theirs)
            continue;
        rc = ask(head, op, versions[i]);
        if (rc == -EACCES)
            continue;
        log_info("privcmd: control operations have version %#x here, the program's have %#x",
                 versions[i], theirs);
        taken = versions[i];
        return rc;
    }
    return -EACCES;
}

long xen_domctl(uint64_t op)
{
    struct domctl_head *head = (struct domctl_head *)(uintptr_t)op;
    uint32_t theirs;
    long rc;

    rc = user_buffer(op, sizeof(*head), true);
    if (rc < 0)
        return rc;
    theirs = head->interface_version;
    if (!same_in_all(head->cmd) || !known(theirs))
        return plat_hypercall(__HYPERVISOR_domctl, op, 0, 0, 0, 0);
    rc = ask(head, op, taken != 0 ? taken : theirs);
    if (rc == -EACCES && taken == 0)
        rc = try_all(head, op, theirs);
    else if (rc != -EACCES && taken == 0)
        taken = theirs;
    head->interface_version = theirs;
    return rc;
}
