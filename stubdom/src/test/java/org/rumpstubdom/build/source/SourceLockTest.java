// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class SourceLockTest {
  @Test
  void everyFileOfEveryPackageIsPinned() {
    Set<String> names = new HashSet<>();
    for (SourceLock.Pinned pin : SourceLock.load(SourceLock.DEFAULT_SUITE).packages()) {
      assertTrue(names.add(pin.name()), pin.name() + " appears twice");
      assertFalse(pin.licences().isEmpty(), pin.name());
      pin.files().values().forEach(hash -> assertTrue(hash.matches("[0-9a-f]{64}"), hash));
      String ending =
          switch (pin.kind()) {
            case SOURCE -> ".dsc";
            case UPSTREAM -> ".orig.tar.gz";
            case BINARY -> ".deb";
          };
      assertEquals(
          1,
          pin.files().keySet().stream().filter(name -> name.endsWith(ending)).count(),
          pin.name());
    }
  }
}
