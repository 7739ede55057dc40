// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.scripts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rumpstubdom.util.Command;

/** The command line of {@code scripts/test}: what it refuses, before anything is built. */
final class TestScriptTest {
  private static final int USAGE = 2;

  @TempDir private Path cache;

  private Command script(String... arguments) {
    Path script = Path.of(System.getProperty("rumpstubdom.checkout"), "scripts/test");
    return Command.of(script.toString()).args(arguments).env("XDG_CACHE_HOME", cache.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "nonsense, nonsense: neither a layer nor an option",
    "--al, --al: neither a layer nor an option",
    "--all --suite=trixie --emulator=trixie --al, --al: neither a layer nor an option",
    "--suite= unit, --suite= names no Debian release",
    "--emulator=../x unit, --emulator=../x names no Debian release",
    "hosted Blk -x, -x: not understood",
    "hosted -D, -D: not understood",
    "checks Blk, the layer checks has no classes",
    "bench io, the layer bench has no classes",
    "guest, guest needs the name of one",
    "guest --device-model=dom0, guest needs the name of one",
    "guest no-such, no-such: no guest of tests/guests/guests.tsv",
    "guest disk-dma --device-model=kvm, --device-model=kvm: only stubdom",
    "guest disk-dma --device-model=dom0+, --device-model=dom0+: only stubdom",
  })
  void refusesInOneLine(String arguments, String reason) {
    Command.Result result = script(arguments.split(" ", -1)).execute();
    assertEquals(USAGE, result.status());
    assertEquals(1, result.lastLines().size(), result::toString);
    assertTrue(result.lastLines().get(0).startsWith("stubdom: " + reason), result::toString);
  }

  @Test
  void helpNamesEveryLayer() {
    String help = script("--help").capture().run().output();
    for (String layer : "checks unit hosted programs emulator lab bench".split(" ", -1)) {
      assertTrue(help.lines().anyMatch(line -> line.startsWith("  " + layer + " ")), layer);
    }
    assertTrue(help.contains("scripts/test guest NAME..."), help);
  }
}
