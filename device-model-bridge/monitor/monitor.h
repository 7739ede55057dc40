/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * monitor.h - the device file that is the far end of QEMU's monitor: what QEMU writes there
 * goes to the owner, what the owner sends QEMU reads.
 */
#ifndef BRIDGE_QMP_MONITOR_H
#define BRIDGE_QMP_MONITOR_H

#include <stdbool.h>
#include <stddef.h>

#define QMP_MONITOR_PATH "/dev/stubdom/qmp"

struct qmp_monitor_ops {
    void (*opened)(void);
    void (*closed)(void);
    /* May QEMU write now? When it may again, call qmp_monitor_wake(). */
    bool (*ready)(void);
    void (*written)(const char *bytes, size_t n);
};

/* Registers the device; the operations stay for ever. One QEMU at a time may open it. */
void qmp_monitor_register(const struct qmp_monitor_ops *ops);

/* Bytes for QEMU to read. All or nothing: 0, -ENOMEM, or -EPIPE when nobody has the device open. */
int qmp_monitor_send(const char *bytes, size_t n);

/* Wakes a QEMU that waits to write; harmless when none does. */
void qmp_monitor_wake(void);

#endif
