// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
/** What every room needs: failures, programs, files, the cache, cleaning up. */
package org.rumpstubdom.util;
