// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class QemuVersionTest {
  @Test
  void debiansVersionsAreRead() {
    assertEquals(7, QemuVersion.of("1:7.2+dfsg-7+deb12u18").orElseThrow().major());
    assertEquals(10, QemuVersion.of("1:10.0.13+ds-0+deb13u1").orElseThrow().major());
    assertEquals(11, QemuVersion.of("11.1.3+ds-1").orElseThrow().major());
    for (String none : new String[] {"", "unknown", "1:", "7", "12345.0"}) {
      assertEquals(Optional.empty(), QemuVersion.of(none));
    }
  }

  @Test
  void whatTheReleasesTakeIsKnown() {
    QemuVersion bookworm = new QemuVersion(7);
    QemuVersion trixie = new QemuVersion(10);
    assertTrue(bookworm.knowsNoAcpi());
    assertFalse(bookworm.wantsAudioBackend());
    assertFalse(trixie.knowsNoAcpi());
    assertTrue(trixie.wantsAudioBackend());
  }
}
