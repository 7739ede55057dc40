// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;

class CountedCodeTest {
  private static List<List<List<CountedCode>>> read(String text) {
    return CountedCode.read(text.lines().toList());
  }

  @Test
  void figuresBelongToTheGuestThatEndsAfterThem() {
    assertEquals(
        List.of(
            List.of(
                List.of(
                    new CountedCode(0xffff82d040200000L, 0x7f0000001000L, 12),
                    new CountedCode(0x8000, 0x7f0000002000L, 3)),
                List.of()),
            List.of(List.of(new CountedCode(1, 2, 3)))),
        read(
            """
            figure
            ffff82d040200000 7f0000001000 12
            8000 7f0000002000 3
            figure
            guest
            figure
            1 2 3
            guest
            figure
            4 5 6
            """));
    assertEquals(List.of(), read(""));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1 2 3", "figure\n1 2", "figure\n1 2 3 4", "figure\nx 2 3", "weather"})
  void anythingElseIsAFailure(String text) {
    StubdomException failure = assertThrows(StubdomException.class, () -> read(text));
    assertEquals(ExitCode.TEST, failure.exitCode());
  }
}
