// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;

final class SourceLockTest {
  private static List<String> suites() {
    return SourceLock.suites();
  }

  @Test
  void theListsAreOfTheSamePackages() {
    assertTrue(suites().contains(SourceLock.DEFAULT_SUITE));
    assertTrue(suites().size() > 1);
    List<String> names = names(SourceLock.DEFAULT_SUITE);
    for (String suite : suites()) {
      assertEquals(names, names(suite), suite);
    }
  }

  private static List<String> names(String suite) {
    return SourceLock.load(suite).packages().stream().map(SourceLock.Pinned::name).toList();
  }

  @Test
  void aSuiteWithoutAListIsRefused() {
    StubdomException refusal =
        assertThrows(StubdomException.class, () -> SourceLock.load("nosuchsuite"));
    assertEquals(ExitCode.USAGE, refusal.exitCode());
    assertTrue(refusal.fix().contains(SourceLock.DEFAULT_SUITE), refusal.fix());
  }

  @ParameterizedTest
  @MethodSource("suites")
  void everyFileOfEveryPackageIsPinned(String suite) {
    Set<String> names = new HashSet<>();
    for (SourceLock.Pinned pin : SourceLock.load(suite).packages()) {
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
