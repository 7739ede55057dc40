// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors

/**
 * Measuring device models beside each other: guests of tests/guests that time what they do, on the
 * emulated host whose clock counts instructions. Nothing here prints.
 *
 * <p>In reading order: {@link org.rumpstubdom.lab.bench.BenchGuest} (what there is to measure),
 * {@link org.rumpstubdom.lab.bench.GuestBuild} (the guests' images), {@link
 * org.rumpstubdom.lab.bench.BenchPlan} (what to run), {@link org.rumpstubdom.lab.bench.BenchRun}
 * (runs it, with {@link org.rumpstubdom.lab.bench.ScaleRun} and {@link
 * org.rumpstubdom.lab.bench.MemoryRun}), {@link org.rumpstubdom.lab.bench.FigureLines} (what guests
 * say), {@link org.rumpstubdom.lab.bench.HostMeasure} (what dom0 measures beside them), {@link
 * org.rumpstubdom.lab.bench.Figure} and {@link org.rumpstubdom.lab.bench.BenchResult} (what came of
 * it), {@link org.rumpstubdom.lab.bench.BenchJson} (kept), {@link
 * org.rumpstubdom.lab.bench.BenchTable}, {@link org.rumpstubdom.lab.bench.BenchChart} and {@link
 * org.rumpstubdom.lab.bench.BenchDocument} (shown), {@link
 * org.rumpstubdom.lab.bench.BenchComparison} (held against an earlier one).
 *
 * <p>Where the instructions go: {@link org.rumpstubdom.lab.bench.Profiler} (counts, beside the same
 * runs), {@link org.rumpstubdom.lab.bench.CountedCode} (what was counted), {@link
 * org.rumpstubdom.lab.bench.CodeOwners} (whose it is, by {@link
 * org.rumpstubdom.lab.bench.MachineMemory}, {@link org.rumpstubdom.lab.bench.MachinePages} and
 * {@link org.rumpstubdom.lab.bench.KernelRooms}), {@link org.rumpstubdom.lab.bench.Profile} and
 * {@link org.rumpstubdom.lab.bench.ProfileResult} (what came of it), {@link
 * org.rumpstubdom.lab.bench.ProfileJson}, {@link org.rumpstubdom.lab.bench.ProfileTable} and {@link
 * org.rumpstubdom.lab.bench.ProfileDocument} (kept and shown).
 */
package org.rumpstubdom.lab.bench;
