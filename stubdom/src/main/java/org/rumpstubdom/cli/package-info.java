// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
/** The command line: thin classes over the other packages. */
package org.rumpstubdom.cli;
