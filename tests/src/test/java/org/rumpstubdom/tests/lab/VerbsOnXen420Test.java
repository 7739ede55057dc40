// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import org.junit.jupiter.api.Tag;

/** All of {@link VerbsTest} on a host with Xen 4.20. */
@Tag("long")
final class VerbsOnXen420Test extends VerbsTest {
  @Override
  String suite() {
    return "trixie";
  }
}
