// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors

/**
 * The emulated Xen host: Debian's hypervisor, dom0 kernel and stock xl under QEMU's software
 * emulation, and the running of guests on it.
 *
 * <p>From the ground up: {@link org.rumpstubdom.lab.LabRoot} (what the host boots from), {@link
 * org.rumpstubdom.lab.Machine} (the emulator's process), {@link org.rumpstubdom.lab.AgentChannel}
 * (commands in dom0), {@link org.rumpstubdom.lab.Lab} (a booted host), {@link
 * org.rumpstubdom.lab.GuestRun} (one guest on it). Nothing here prints.
 */
package org.rumpstubdom.lab;
