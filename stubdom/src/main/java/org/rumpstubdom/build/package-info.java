// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors

/**
 * Building the image: sources, then a private sysroot, then the emulator, then the kernel, then the
 * ramdisk. Every step names what goes into it; its result is kept in the cache under the hash of
 * just that.
 *
 * <p>In reading order: {@link org.rumpstubdom.build.ImageBuild} (the whole), {@link
 * org.rumpstubdom.build.EmulatorBuild} and its {@link org.rumpstubdom.build.Emulator}, {@link
 * org.rumpstubdom.build.KernelBuild}; {@link org.rumpstubdom.build.Recipe} (how one part of the
 * emulator is built; the recipes are a package of their own), {@link
 * org.rumpstubdom.build.RecipeRunner}, {@link org.rumpstubdom.build.Workspace} (what a recipe is
 * given) with {@link org.rumpstubdom.build.CrossCompiler} and {@link
 * org.rumpstubdom.build.DebFile}; {@link org.rumpstubdom.build.Checkout} and {@link
 * org.rumpstubdom.build.HostTools} (what of this machine goes into the key).
 */
package org.rumpstubdom.build;
