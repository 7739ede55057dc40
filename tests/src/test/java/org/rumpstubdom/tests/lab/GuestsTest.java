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

/** The guests of tests/guests on our stub domain. */
@Tag("lab")
final class GuestsTest {
  @TempDir private Path directory;

  /** All that end in a minute or two. */
  @TestFactory
  Stream<DynamicTest> onOurStubDomain() throws IOException {
    return new GuestTrial(directory)
        .run(
            DeviceModel.STUBDOM,
            guest ->
                guest.has("base")
                    || guest.has("more")
                    || guest.name().equals("linux")
                    || guest.name().equals("linux-pv")
                    || guest.name().equals("linux-fio-short"));
  }

  @TestFactory
  @Tag("long")
  Stream<DynamicTest> linuxGuestsOnOurStubDomain() throws IOException {
    return new GuestTrial(directory)
        .run(
            DeviceModel.STUBDOM,
            guest ->
                (guest.has("linux")
                        && !guest.name().equals("linux")
                        && !guest.name().equals("linux-pv"))
                    || guest.has("long")
                    || guest.has("rare"));
  }
}
