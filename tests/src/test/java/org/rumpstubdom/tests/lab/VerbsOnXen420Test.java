// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import org.junit.jupiter.api.Tag;
import org.rumpstubdom.xl.DeviceModel;

/** All of {@link VerbsTest} on a host with Xen 4.20. */
@Tag("long")
@Results.Of(
    value = {DeviceModel.DOM0, DeviceModel.STUBDOM},
    suite = VerbsOnXen420Test.SUITE)
final class VerbsOnXen420Test extends VerbsTest {
  static final String SUITE = "trixie";

  @Override
  String suite() {
    return SUITE;
  }
}
