// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.xl.DeviceModel;

/** The guests of tests/guests on a host with Xen 4.20: with QEMU in dom0, and on ours. */
@Tag("lab")
@Tag("long")
final class GuestsOnXen420Test {
  private static final String SUITE = "trixie";

  @TempDir private Path directory;

  @TestFactory
  Stream<DynamicTest> onDom0() throws IOException {
    return run(DeviceModel.DOM0);
  }

  @TestFactory
  Stream<DynamicTest> onOurStubDomain() throws IOException {
    return run(DeviceModel.STUBDOM);
  }

  private Stream<DynamicTest> run(DeviceModel model) throws IOException {
    return new GuestTrial(directory)
        .run(
            model,
            SUITE,
            guest ->
                guest.has("base") || guest.has("more") || guest.has("rare") || guest.has("linux"));
  }
}
