/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * bridge.h - what joins an unmodified QEMU to Xen and to libxl. One folder for each side it faces:
 *
 *  - dev-xen: Xen's own Linux libraries in QEMU, by the nodes they open: /dev/xen/privcmd
 *    (/proc/xen/privcmd), /dev/xen/hypercall, evtchn, gntdev, xenbus;
 *  - console: xenconsoled, by the PV consoles /dev/hvc<N>: 0 log, 1 save, 2 restore, 3... serial
 *    ports;
 *  - monitor: libxl, by a QMP server over vchan; QEMU's own monitor ends at /dev/stubdom/qmp;
 *  - display: dom0's QEMU, by frontends of the PV framebuffer and the PV keyboard; the QEMU in
 *    here, as the only client of its VNC server;
 *  - passthrough: dom0's xen-pciback, by the PCI frontend; QEMU's PCI passthrough, by nodes below
 *    /sys/bus/pci/devices and by /dev/mem;
 *  - arguments: libxl, by the arguments it leaves in xenstore for the device model;
 *  - hosted: tests only.
 *
 * Nobody outside the room includes any other header of it.
 *
 * Results are 0 or a negative Linux errno; a failure is logged where it is found.
 */
#ifndef BRIDGE_H
#define BRIDGE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Registers every device node and starts connecting the PV consoles and the PCI frontend; waits
 * for no backend. Call once, in a thread, after xenstore_init() and before the program starts.
 */
int bridge_init(void);

/*
 * Who knows the disks: letter() says which /dev/xvdX has this number with the toolstack, '\0' for
 * none, and never sleeps. Call before bridge_program(); without it the toolstack cannot change
 * media.
 */
void bridge_disks(char (*letter)(uint32_t id));

/* What the image's manifest says about the program; strings stay the caller's. */
struct bridge_manifest {
    const char *program;     /* path in the image, becomes argv[0] */
    const char *const *args; /* appended after those from xenstore */
    size_t nargs;
    const char *const *env; /* "NAME=value" */
    size_t nenv;
    unsigned own_nics; /* vifs that are neither the guest's nor the program's */
};

/*
 * mode device-model: builds the program's arguments from xenstore (dm-argv of the target domain)
 * and the manifest, opens the save and restore streams at the descriptors the arguments name, and
 * starts the QMP server. *argv and *envp are NULL-terminated, kmalloc'ed and stay for ever. The
 * descriptor table must be usable, with 0 to 2 in place. Errors: -ENOENT: this domain is no stub
 * domain (no target or no dm-argv); -EINVAL: values in xenstore that cannot be arguments; -ENOMEM.
 * Too little memory for the guest's devices, or arguments that cannot be put together, end the
 * domain as bridge_program_ended() does: the toolstack is told.
 */
int bridge_program(const struct bridge_manifest *manifest, char ***argv, char ***envp);

/*
 * The program of mode device-model ended (exit status, or the signal that killed it when signo !=
 * 0). Says so on console 0. When it ended before it was ready, the toolstack is told by itself,
 * with what the program wrote last: that takes until it asks, 10 s at most, on the caller's thread.
 * Then the domain ends as crashed, and with it the guest's, which libxl does watch: the guest would
 * hang silently otherwise. From bridge_program() on every other end of the domain takes the guest's
 * along as well (plat_end_takes()).
 */
void bridge_program_ended(int status, int signo) __attribute__((noreturn));

#endif
