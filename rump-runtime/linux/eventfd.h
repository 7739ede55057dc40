/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* eventfd.h - event counters that the layer itself counts up. */
#ifndef LINUX_EVENTFD_H
#define LINUX_EVENTFD_H

#include "linux/file.h"

bool file_is_eventfd(const struct file *f);
/* Adds 1 to the counter of an event descriptor; one that is full stays so. Never sleeps. */
void eventfd_signal(struct file *f);

#endif
