/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * ring.h - what Xen's <xen/io/ring.h> wants from the system that includes it. Include this before
 * any of the <xen/io/...> headers that define rings.
 *
 * x86 orders stores with stores and loads with loads; only a store followed by a load needs a
 * fence.
 */
#ifndef XENBUS_RING_H
#define XENBUS_RING_H

#include <stddef.h>
#include <stdint.h>

#include "core/string.h"

#define xen_rmb() __asm__ volatile("" ::: "memory")
#define xen_wmb() __asm__ volatile("" ::: "memory")
#define xen_mb()  __atomic_thread_fence(__ATOMIC_SEQ_CST)

#ifndef __XEN_INTERFACE_VERSION__
#define __XEN_INTERFACE_VERSION__ 0x00040d00 /* grant tables and rings as of Xen 4.13 */
#endif

#endif
