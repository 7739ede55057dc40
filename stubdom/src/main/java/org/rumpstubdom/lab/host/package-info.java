// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors

/**
 * The middle floor: Debian's hypervisor, dom0 kernel and stock xl booted under QEMU's software
 * emulation, commands in its dom0 and disks for it. It knows nothing of guests. Nothing here
 * prints, but for {@link org.rumpstubdom.lab.host.LabShell}, which is a terminal.
 *
 * <p>In reading order: {@link org.rumpstubdom.lab.host.LabOptions} and {@link
 * org.rumpstubdom.lab.host.LabClock} (which host), {@link org.rumpstubdom.lab.host.Machine} (the
 * emulator's process) with {@link org.rumpstubdom.lab.host.HostSocket}, {@link
 * org.rumpstubdom.lab.host.Qmp} and {@link org.rumpstubdom.lab.host.Json} (how it is told what to
 * do) and {@link org.rumpstubdom.lab.host.DiskAccess}, {@link
 * org.rumpstubdom.lab.host.MachineState} (a saved one; {@link
 * org.rumpstubdom.lab.host.UnfitStateException}), {@link org.rumpstubdom.lab.host.AgentChannel} and
 * {@link org.rumpstubdom.lab.host.RemoteCommand} (commands in dom0), {@link
 * org.rumpstubdom.lab.host.Dom0} (the same for callers), {@link org.rumpstubdom.lab.host.Lab} (a
 * booted host: the class to begin with when using this package), {@link
 * org.rumpstubdom.lab.host.LabShell}, {@link org.rumpstubdom.lab.host.LogTail}.
 */
package org.rumpstubdom.lab.host;
