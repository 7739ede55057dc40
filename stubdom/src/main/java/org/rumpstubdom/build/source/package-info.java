// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
/** Debian packages the emulator is made of: pinned versions, apt, hashes, unpacking. */
package org.rumpstubdom.build.source;
