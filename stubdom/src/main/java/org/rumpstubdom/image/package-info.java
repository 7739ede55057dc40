// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors

/**
 * What leaves the builder: ELF kernels, ramdisks, the image directory.
 *
 * <p>In reading order: {@link org.rumpstubdom.image.Image} and {@link
 * org.rumpstubdom.image.Component} (what an image is made of), {@link
 * org.rumpstubdom.image.ImageDirectory} (written, opened, verified) with its {@link
 * org.rumpstubdom.image.BillOfMaterials}; {@link org.rumpstubdom.image.Ramdisk} with {@link
 * org.rumpstubdom.image.RamdiskManifest} (what the kernel shall run) and {@link
 * org.rumpstubdom.image.NewcWriter} (the archive); {@link org.rumpstubdom.image.ElfFile} and {@link
 * org.rumpstubdom.image.XenNote} (what a kernel says of itself); {@link
 * org.rumpstubdom.image.Inspection} (all of that for `stubdom inspect`).
 */
package org.rumpstubdom.image;
