// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors

/**
 * Guest configurations of the xl toolstack: reading, checking, changing.
 *
 * <p>In reading order: {@link org.rumpstubdom.xl.GuestConfiguration} (the class to begin with);
 * {@link org.rumpstubdom.xl.Lexer}, {@link org.rumpstubdom.xl.Parser}, {@link
 * org.rumpstubdom.xl.Assignment}, {@link org.rumpstubdom.xl.Value}, {@link
 * org.rumpstubdom.xl.Literal}, {@link org.rumpstubdom.xl.Bytes} and {@link
 * org.rumpstubdom.xl.SyntaxError} (the language, as libxlutil reads it); {@link
 * org.rumpstubdom.xl.Disk} from {@link org.rumpstubdom.xl.DiskSpec}, and {@link
 * org.rumpstubdom.xl.Vif} (devices); {@link org.rumpstubdom.xl.Checker} with {@link
 * org.rumpstubdom.xl.StubdomLimits}, {@link org.rumpstubdom.xl.KnownKeys} and {@link
 * org.rumpstubdom.xl.Problem} (what would not work, for which {@link
 * org.rumpstubdom.xl.DeviceModel}); {@link org.rumpstubdom.xl.StubdomKeys} (the keys of a stub
 * domain).
 */
package org.rumpstubdom.xl;
