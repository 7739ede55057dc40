// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rumpstubdom.tests.hosted.DomainEndedException;
import org.rumpstubdom.tests.hosted.HostedDomain;

/** What others can cause does not fill the log. */
@Tag("hosted")
final class LogLimitTest {
  private static final int LINES = 10_000;
  private static final int BYTES_PER_MINUTE = 16 << 10;
  private static final long MINUTE = 60_000_000_000L;

  private HostedDomain domain;

  @BeforeEach
  void create() {
    domain = HostedDomain.create(1024, 1);
  }

  @AfterEach
  void close() {
    domain.close();
  }

  private void flood(int lines, boolean program) {
    domain.call("hosted_log_flood", lines, program ? 1 : 0);
  }

  private static long lines(String text) {
    return text.lines().filter(line -> line.contains("over and over again")).count();
  }

  private static long dropped(String text) {
    Matcher matcher =
        Pattern.compile("^\\[(\\d+) of .* lines dropped]$", Pattern.MULTILINE).matcher(text);
    long all = 0;
    while (matcher.find()) {
      all += Long.parseLong(matcher.group(1));
    }
    return all;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void floodIsCutAndCounted(boolean program) {
    flood(LINES, program);
    assertTrue(domain.console().length() <= BYTES_PER_MINUTE, "one minute's worth at most");
    domain.advance(MINUTE);
    flood(1, program);
    String console = domain.console();
    assertEquals(LINES + 1, lines(console) + dropped(console));
    assertTrue(dropped(console) > 0, console);
  }

  @Test
  void quietProgramIsHeardWhileTheKernelIsLoud() {
    flood(LINES, false);
    flood(1, true);
    assertTrue(domain.console().contains("what the program has to say"), domain.console());
  }

  @Test
  void panicSaysWhatWasDropped() {
    flood(LINES, false);
    assertFalse(domain.console().contains("lines dropped"));
    assertThrows(
        DomainEndedException.class, () -> domain.call("rumpuser_unmap", domain.address(0), 4096));
    String console = domain.console();
    assertTrue(dropped(console) > 0 && console.contains("panic: "), console);
    assertEquals(LINES, lines(console.substring(0, console.indexOf("panic: "))) + dropped(console));
  }
}
