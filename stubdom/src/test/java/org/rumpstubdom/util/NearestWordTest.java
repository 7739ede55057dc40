// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.util;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class NearestWordTest {
  @Test
  void anExchangeOfNeighboursIsOneStep() {
    assertEquals(1, NearestWord.distance("ab", "ba"));
    assertEquals(3, NearestWord.distance("kitten", "sitting"));
  }

  @Test
  void onlyWhatIsNearIsNamed() {
    List<String> words = List.of("build", "config", "test");
    assertEquals("config", NearestWord.among(words, "confg").orElse(""));
    assertEquals("", NearestWord.among(words, "nonsense").orElse(""));
  }
}
