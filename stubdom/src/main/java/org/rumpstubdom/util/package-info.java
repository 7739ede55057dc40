// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors

/**
 * What every room needs: failures, programs, files, the cache, cleaning up.
 *
 * <p>In reading order: {@link org.rumpstubdom.util.StubdomException} and {@link
 * org.rumpstubdom.util.ExitCode} (how everything fails); {@link org.rumpstubdom.util.Command} (a
 * program that is run) with {@link org.rumpstubdom.util.OutputReader}, {@link
 * org.rumpstubdom.util.ProcessTree} and {@link org.rumpstubdom.util.Programs}; {@link
 * org.rumpstubdom.util.Interrupts} (Ctrl-C cleans up), {@link
 * org.rumpstubdom.util.TemporaryDirectory} and {@link org.rumpstubdom.util.OwnerMark} (what a
 * killed process left is found); {@link org.rumpstubdom.util.AtomicFiles}, {@link
 * org.rumpstubdom.util.Directories}, {@link org.rumpstubdom.util.Trees} and {@link
 * org.rumpstubdom.util.FullDisk} (files); {@link org.rumpstubdom.util.Hashing} and {@link
 * org.rumpstubdom.util.CacheDirectory} (results by the hash of what went into them); {@link
 * org.rumpstubdom.util.Resources} and {@link org.rumpstubdom.util.ProductVersion} (what is in the
 * jar); {@link org.rumpstubdom.util.NearestWord} (did you mean ...).
 */
package org.rumpstubdom.util;
