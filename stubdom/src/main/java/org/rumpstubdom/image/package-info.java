// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
/** What leaves the builder: ELF kernels, ramdisks, the image directory. */
package org.rumpstubdom.image;
