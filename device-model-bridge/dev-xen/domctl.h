/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * domctl.h - Xen's control operations (<xen/domctl.h>), which carry the version of their interface.
 */
#ifndef BRIDGE_DOMCTL_H
#define BRIDGE_DOMCTL_H

#include <stdint.h>

/*
 * The control operation at `op`, an address of the program's. Xen takes one version only, which
 * changes with its releases, and the program has that of the libraries it was linked with. The
 * operations of PCI passthrough look the same in all versions known here: they are tried with each
 * until Xen takes one, and with that one from then on. The version in the program's memory is as
 * before afterwards. Xen's answer; -EFAULT when op is not the program's memory.
 */
long xen_domctl(uint64_t op);

#endif
