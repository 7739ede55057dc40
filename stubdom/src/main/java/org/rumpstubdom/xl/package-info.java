// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
/** Guest configurations of the xl toolstack: reading, checking, changing. */
package org.rumpstubdom.xl;
