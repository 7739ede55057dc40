// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.util;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class HashingTest {
  @Test
  void agreesWithThePublishedTestVector() {
    // FIPS 180-4, example for the message "abc".
    assertEquals(
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        Hashing.sha256("abc".getBytes(StandardCharsets.US_ASCII)));
  }

  @Test
  void keysOfDifferentPartsDiffer() {
    assertNotEquals(Hashing.key().add("a", "bc").hex(), Hashing.key().add("ab", "c").hex());
  }
}
