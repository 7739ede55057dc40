// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.root;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Which QEMUs the lab does not run in; the micro-guest page-fault shows what is wrong with them.
 */
final class LabEmulatorTest {
  @Test
  void aPluginIsOneArgumentWhateverItsPathIs() {
    LabEmulator emulator = new LabEmulator(List.of("qemu", "-L", "/d"), Map.of("A", "b"), "v");
    LabPlugin plugin =
        new LabPlugin(Path.of("/tmp/a,b/count"), new TreeMap<>(Map.of("out", "/tmp/c,d")));
    assertEquals(
        new LabEmulator(
            List.of("qemu", "-L", "/d", "-plugin", "/tmp/a,,b/count,out=/tmp/c,,d"),
            Map.of("A", "b"),
            "v"),
        emulator.with(plugin));
  }

  @ParameterizedTest
  @CsvSource({
    "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3), false",
    "QEMU emulator version 8.2.2, false",
    "QEMU emulator version 9.0.4, false",
    "QEMU emulator version 9.1.0, true",
    "QEMU emulator version 10.0.13 (Debian 1:10.0.13+ds-0+deb13u1), true",
    "something else, false"
  })
  void misreportsControlRegistersSinceItsNewDecoder(String version, boolean faulty) {
    assertEquals(faulty, LabEmulator.misreportsControlRegisters(version));
  }
}
