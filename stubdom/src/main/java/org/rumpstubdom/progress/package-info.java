// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
/** Progress as events, and how they look. */
package org.rumpstubdom.progress;
