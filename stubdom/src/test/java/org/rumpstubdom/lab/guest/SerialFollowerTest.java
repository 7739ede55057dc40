// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;

final class SerialFollowerTest {
  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void findsWhatComesInPieces() {
    SerialFollower follower = new SerialFollower(Pattern.compile("SUCC[A-Z]+\n"), List.of());
    follower.accept(bytes("TEST: SUC"), 1);
    assertFalse(follower.match().isDone());
    follower.accept(bytes("CESS\r\n"), 2);
    assertEquals(2, follower.match().join());
  }

  @Test
  void aPatternThatNeedsTooMuchIsTheUsersToChange() {
    SerialFollower follower = new SerialFollower(Pattern.compile("(.|\n)*SUCCESS"), List.of());
    follower.accept(bytes("output\n".repeat(100_000)), 1);
    CompletionException problem =
        assertThrows(CompletionException.class, () -> follower.match().join());
    StubdomException failure = assertInstanceOf(StubdomException.class, problem.getCause());
    assertEquals(ExitCode.USAGE, failure.exitCode());
    assertEquals("--until", failure.what());
  }
}
