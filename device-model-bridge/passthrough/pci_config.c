/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Accesses to configuration space: one at a time, each a request and an answer in the shared page.
 */
#include "core/errno.h"
#include "core/log.h"
#include "passthrough/pci_link.h"
#include "passthrough/pcifront.h"

static struct xen_pci_sharedinfo *shared(void)
{
    return pci_link.page.page;
}

/* The backend takes the mark away when the answer is in the page. */
static bool unanswered(void)
{
    return (__atomic_load_n(&shared()->flags, __ATOMIC_ACQUIRE) & XEN_PCIF_active) != 0;
}

static int wait_for_answer(void)
{
    uint64_t deadline = plat_monotonic() + PCIFRONT_ANSWER_NS;
    uint32_t mine = pci_link.connections;

    while (unanswered()) {
        int rc = waitq_wait(&pci_link.wait, deadline);

        if (pci_link.connections != mine)
            return -ENODEV;
        if (rc == -ETIMEDOUT && unanswered())
            return -EIO;
    }
    return 0;
}

/* The backend's numbers are its own. */
static int error_of(int32_t err)
{
    switch (err) {
    case XEN_PCI_ERR_success:
        return 0;
    case XEN_PCI_ERR_dev_not_found:
        return -ENODEV;
    case XEN_PCI_ERR_access_denied:
        return -EACCES;
    default:
        return -EIO;
    }
}

static void tell_overdue(void)
{
    if (!pci_link.overdue_told)
        log_error("pci: the backend owes an answer; its devices cannot be configured meanwhile");
    pci_link.overdue_told = true;
}

struct request {
    const struct pci_address *at;
    uint32_t cmd;
    unsigned offset, size;
};

static void put(const struct request *r, uint32_t value)
{
    struct xen_pci_op *op = &shared()->op;

    op->cmd = r->cmd;
    op->err = XEN_PCI_ERR_not_implemented;
    op->domain = r->at->domain;
    op->bus = r->at->bus;
    op->devfn = r->at->devfn;
    op->offset = (int32_t)r->offset;
    op->size = (int32_t)r->size;
    op->value = value;
    op->info = 0;
    __atomic_fetch_or(&shared()->flags, XEN_PCIF_active, __ATOMIC_SEQ_CST);
    (void)plat_evtchn_notify(pci_link.port);
}

/*
 * An access that was given up stays in the page: the backend may be about to answer it, and its
 * answer would pass for that of the next one. Until it has, nothing else is asked.
 */
static int transact(const struct request *r, uint32_t *value)
{
    int rc;

    if (unanswered()) {
        tell_overdue();
        return -EIO;
    }
    put(r, *value);
    rc = wait_for_answer();
    if (rc == -EIO)
        tell_overdue();
    if (rc < 0)
        return rc;
    rc = error_of(__atomic_load_n(&shared()->op.err, __ATOMIC_RELAXED));
    *value = __atomic_load_n(&shared()->op.value, __ATOMIC_RELAXED);
    return rc;
}

static bool connected(void)
{
    return pci_link.page.page != NULL &&
           (pci_link.dev.state == XENBUS_CONNECTED || pci_link.dev.state == XENBUS_RECONFIGURING);
}

static int access(const struct request *r, uint32_t *value)
{
    int rc;

    while (pci_link.busy) /* bounded, as each access is */
        (void)waitq_wait(&pci_link.wait, NO_DEADLINE);
    if (!connected())
        return -ENODEV;
    pci_link.busy = true;
    rc = transact(r, value);
    pci_link.busy = false;
    waitq_wake_all(&pci_link.wait);
    return rc;
}

int pcifront_read(const struct pci_address *at, unsigned offset, unsigned size, uint32_t *value)
{
    const struct request r = {at, XEN_PCI_OP_conf_read, offset, size};
    int rc;

    *value = 0;
    rc = access(&r, value);
    if (size < sizeof(*value))
        *value &= (1u << (8 * size)) - 1;
    return rc;
}

int pcifront_write(const struct pci_address *at, unsigned offset, unsigned size, uint32_t value)
{
    const struct request r = {at, XEN_PCI_OP_conf_write, offset, size};

    return access(&r, &value);
}
