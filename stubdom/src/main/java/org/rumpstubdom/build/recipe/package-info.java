// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
/** How each part of the emulator is built, one class per part. */
package org.rumpstubdom.build.recipe;
