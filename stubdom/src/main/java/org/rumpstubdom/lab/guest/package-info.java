// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors

/**
 * The top floor: guests on the emulated host, and what came of them. Nothing here prints.
 *
 * <p>In reading order: {@link org.rumpstubdom.lab.guest.GuestPlan} (what to run), {@link
 * org.rumpstubdom.lab.guest.HostConfiguration} (the configuration xl reads), {@link
 * org.rumpstubdom.lab.guest.GuestRun} (one guest's life), {@link
 * org.rumpstubdom.lab.guest.GuestTrace} with {@link org.rumpstubdom.lab.guest.SerialFollower},
 * {@link org.rumpstubdom.lab.guest.TimedLog} and {@link org.rumpstubdom.lab.guest.ShutdownReason}
 * (what it and xl say), {@link org.rumpstubdom.lab.guest.GuestVerdict} and {@link
 * org.rumpstubdom.lab.guest.GuestMeasures} (what that amounts to), {@link
 * org.rumpstubdom.lab.guest.GuestLogs} (what is kept of it), {@link
 * org.rumpstubdom.lab.guest.GuestResult} (the outcome for callers), {@link
 * org.rumpstubdom.lab.guest.GuestSeries} (several guests in one boot), {@link
 * org.rumpstubdom.lab.guest.TestReport} (their report), {@link org.rumpstubdom.lab.guest.PvRun} (a
 * plain PV kernel instead of a guest). The resources beside them are the shell programs that run in
 * dom0.
 */
package org.rumpstubdom.lab.guest;
