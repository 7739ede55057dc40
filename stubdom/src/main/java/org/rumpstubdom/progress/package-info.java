// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors

/**
 * Progress as events, and how they look.
 *
 * <p>In reading order: {@link org.rumpstubdom.progress.Progress} (what long-running code calls),
 * {@link org.rumpstubdom.progress.ProgressEvent} (what it turns into), {@link
 * org.rumpstubdom.progress.LineRenderer} and {@link org.rumpstubdom.progress.TerminalRenderer} (how
 * that looks), {@link org.rumpstubdom.progress.Durations}.
 */
package org.rumpstubdom.progress;
