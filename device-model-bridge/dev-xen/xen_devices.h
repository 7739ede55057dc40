/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * xen_devices.h - the device files Xen's Linux libraries open, one source file each. Request
 * numbers and structures are those of Xen's tools/include/xen-sys/Linux/{privcmd,evtchn,gntdev}.h.
 */
#ifndef BRIDGE_XEN_DEVICES_H
#define BRIDGE_XEN_DEVICES_H

#include <stdint.h>

#include "linux/file.h"

/* These requests carry a size but no direction (_IOC_NONE). */
#define XEN_IOCTL(letter, nr, size) (((uint32_t)(size) << 16) | ((uint32_t)(letter) << 8) | (nr))

/* Registers the nodes of all of them. */
void xen_devices_register(void);

/* Each registers its own; xen_devices_register() calls them. */
void xen_privcmd_register(void);
void xen_hypercall_register(void);
void xen_evtchn_register(void);
void xen_gntdev_register(void);
void xen_xenbus_register(void);

/*
 * Linux gives the Xen devices minors of the "misc" major as they register; any will do. QEMU's
 * monitor has the next one (monitor/monitor.c).
 */
#define XEN_MISC_MAJOR 10u
enum { MINOR_PRIVCMD = 60, MINOR_HYPERCALL, MINOR_EVTCHN, MINOR_GNTDEV, MINOR_XENBUS };

/* For file_ops.stat and device.stat of a node whose minor is in the device's arg. */
int xen_device_stat(struct device *d, const char *rest, struct linux_stat *st);

#endif
