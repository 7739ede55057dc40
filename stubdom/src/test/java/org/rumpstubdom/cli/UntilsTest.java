// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Which pattern ends which guest. */
final class UntilsTest {
  private static Untils untils(String... options) {
    List<Pattern> patterns = Arrays.stream(options).map(Pattern::compile).toList();
    return new Untils(patterns, Set.of("win", "bsd"));
  }

  @Test
  void withoutPatternGuestsPowerOff() {
    assertNull(untils().of("win"));
    assertNull(untils("bsd=login").of("win"));
  }

  @Test
  void aGuestsOwnPatternComesBeforeTheOneForAll() {
    Untils untils = untils("login:", "win=C:\\\\>");
    assertEquals("C:\\\\>", untils.of("win").pattern());
    assertEquals("login:", untils.of("bsd").pattern());
  }

  @Test
  void anEqualsSignWithoutAGuestBeforeItIsPartOfThePattern() {
    assertEquals("x=1", untils("x=1").of("win").pattern());
    assertEquals("x=1", untils("win=x=1").of("win").pattern());
    assertEquals("=", untils("=").of("bsd").pattern());
  }
}
