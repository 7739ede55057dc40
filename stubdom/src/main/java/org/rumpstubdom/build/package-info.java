// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
/**
 * Building the image: sources, then a private sysroot, then the emulator, then the kernel, then the
 * ramdisk. Every step names what goes into it; its result is kept in the cache under the hash of
 * just that.
 */
package org.rumpstubdom.build;
