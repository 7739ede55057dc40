/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * virtif.h - hypercalls of NetBSD's network interface "virt" (librumpnet_virtif, interface revision
 * 20140313). xen-netfront implements the rumpcomp_virt_* functions; the bundled rump kernel, which
 * has no network stack, does not call them.
 *
 * Functions returning int return 0 or a NetBSD errno value. All are called with the rump CPU
 * context (context.h) held.
 */
#ifndef RUMPUSER_VIRTIF_H
#define RUMPUSER_VIRTIF_H

#include <stddef.h>
#include <stdint.h>

struct virtif_sc;   /* the interface, the rump kernel's */
struct virtif_user; /* the back end, the driver's */
struct rumpuser_iovec;

/*
 * Back end for unit name `unit` ("0" is the first network device). mac: proposal of the kernel on
 * entry, the device's address on return. *userp is owned by the driver until
 * rumpcomp_virt_destroy().
 */
int rumpcomp_virt_create(const char *unit, struct virtif_sc *sc, uint8_t mac[6],
                         struct virtif_user **userp);
/* No more up-calls after this returned. */
int rumpcomp_virt_dying(struct virtif_user *user);
void rumpcomp_virt_destroy(struct virtif_user *user);
/*
 * One frame in n <= 32 pieces; copied before the return. Dropped without notice when the ring is
 * full.
 */
void rumpcomp_virt_send(struct virtif_user *user, struct rumpuser_iovec *iov, size_t n);

/*
 * Up-call with a received frame. Take the CPU context around it (rumpuser_enter_kernel(),
 * context.h) and call from a thread, not from an event handler.
 */
void rump_virtif_virt_deliverpkt(struct virtif_sc *sc, struct rumpuser_iovec *iov, size_t n);

#endif
