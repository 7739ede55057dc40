/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * bridge.h - what joins an unmodified QEMU to Xen and to libxl.
 *
 * The bridge presents, as native device nodes of the Linux layer:
 *   /dev/xen/privcmd (/proc/xen/privcmd), /dev/xen/hypercall, /dev/xen/evtchn, /dev/xen/gntdev,
 *   /dev/xen/xenbus   as Xen's own Linux libraries use them;
 *   /dev/hvc<N>       the PV consoles: 0 log, 1 save, 2 restore, 3... serial ports;
 *   /dev/stubdom/qmp  the far end of QEMU's monitor.
 * And it does the stub domain's half of libxl's "Linux stub domain" protocol: QEMU's command line
 * from xenstore, a QMP server over vchan, save and restore streams.
 *
 * Results are 0 or a negative Linux errno; a failure is logged where it is found.
 */
#ifndef BRIDGE_H
#define BRIDGE_H

#include <stddef.h>

/*
 * Registers every device node and starts connecting the PV consoles; waits for no backend. Call
 * once, in a thread, after xenstore_init() and before the program starts.
 */
int bridge_init(void);

/* What the image's manifest says about the program; strings stay the caller's. */
struct bridge_manifest {
    const char *program;     /* path in the image, becomes argv[0] */
    const char *const *args; /* appended after those from xenstore */
    size_t nargs;
    const char *const *env; /* "NAME=value" */
    size_t nenv;
};

/*
 * mode device-model: builds the program's arguments from xenstore (dm-argv of the target domain)
 * and the manifest, opens the save and restore streams at the descriptors the arguments name, and
 * starts the QMP server. *argv and *envp are NULL-terminated, kmalloc'ed and stay for ever. The
 * descriptor table must be usable, with 0 to 2 in place. Errors: -ENOENT: this domain is no stub
 * domain (no target or no dm-argv); -EINVAL: values that cannot be arguments; -ENOMEM.
 */
int bridge_program(const struct bridge_manifest *manifest, char ***argv, char ***envp);

/*
 * The program of mode device-model ended (exit status, or the signal that killed it when signo !=
 * 0). Says so on console 0 and ends the domain as crashed, so that `xl list` shows it: libxl itself
 * does not watch a stub domain, and a guest without its device model hangs silently otherwise.
 */
void bridge_program_ended(int status, int signo) __attribute__((noreturn));

#endif
