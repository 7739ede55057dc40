// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.source;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class StanzasTest {
  @Test
  void readsFieldsAndContinuations() {
    List<Map<String, String>> stanzas =
        Stanzas.parse(
            """
            Package: a
            Version: 1:2-3
            Checksums-Sha256:
             11 5 a_2.orig.tar.xz
             22 6 a_2-3.dsc

            Package: b
            """);
    assertEquals(2, stanzas.size());
    assertEquals("1:2-3", stanzas.get(0).get("Version"));
    assertEquals(Map.of("a_2.orig.tar.xz", "11", "a_2-3.dsc", "22"), Stanzas.files(stanzas.get(0)));
    assertEquals(Map.of("Package", "b"), stanzas.get(1));
  }

  @Test
  void ignoresWhatIsNoField() {
    assertEquals(
        List.of(Map.of("A", "b")), Stanzas.parse(" stray\n-----BEGIN PGP-----\n\n\nA: b\n"));
  }
}
