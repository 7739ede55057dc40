// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
/** What this machine has and lacks. */
package org.rumpstubdom.doctor;
