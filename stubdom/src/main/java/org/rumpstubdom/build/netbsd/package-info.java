// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors

/**
 * NetBSD's rump kernel as a directory of its static libraries: {@link
 * org.rumpstubdom.build.netbsd.RumpLibraries} is the directory, {@link
 * org.rumpstubdom.build.netbsd.RumpSelection} what of it is linked, {@link
 * org.rumpstubdom.build.netbsd.KernelSymbols} the other side of the seam. All decisions come from
 * what the {@link org.rumpstubdom.build.netbsd.RelocatableObject}s hold.
 */
package org.rumpstubdom.build.netbsd;
