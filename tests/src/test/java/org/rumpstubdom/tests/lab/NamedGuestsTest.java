// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.xl.DeviceModel;

/**
 * The guests that somebody named, for {@code scripts/test guest}: the system property
 * rumpstubdom.guest.names has their names in guests.tsv, rumpstubdom.guest.models the device models
 * each of them runs on; both are lists with commas.
 */
@Tag("guest")
final class NamedGuestsTest {
  @TempDir private Path directory;

  @TestFactory
  Stream<DynamicTest> named() throws IOException {
    List<TestGuest> guests = new ArrayList<>();
    for (String name : list("rumpstubdom.guest.names")) {
      TestGuest guest = TestGuest.named(name);
      if (guest.has("orders")) {
        throw new IllegalArgumentException(
            name + " waits for a test to type its orders: run scripts/test lab LifeCycleTest");
      }
      guests.add(guest);
    }
    List<DynamicTest> tests = new ArrayList<>();
    for (String model : list("rumpstubdom.guest.models")) {
      Path own = Files.createDirectory(directory.resolve(model));
      new GuestTrial(own)
          .run(DeviceModel.valueOf(model.toUpperCase(Locale.ROOT)), guests::contains)
          .forEach(tests::add);
    }
    return tests.stream();
  }

  private static List<String> list(String property) {
    return List.of(System.getProperty(property).split(",", -1));
  }
}
