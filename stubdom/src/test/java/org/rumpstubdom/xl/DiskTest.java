// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The ranges are those of xen-vbd-interface(7). */
final class DiskTest {
  @ParameterizedTest
  @CsvSource({
    "hda, 0",
    "hdd, 3",
    "hdd63, 3",
    "sda, 0",
    "sdp15, 15",
    "xvda, 0",
    "xvda1, 0",
    "xvdz255, 25",
    "xvdaa, 26",
    "xvdiz, 259",
    "xvdbgqcv, 1048575",
    "d0p0, 0",
    "d1048575p255, 1048575",
  })
  void namesThatLibxlTakes(String vdev, int index) {
    assertEquals(index, disk(vdev).index());
  }

  @ParameterizedTest
  @CsvSource({
    "hd",
    "hde",
    "hdda",
    "hda64",
    "hda0",
    "hda01",
    "hda1x",
    "hdA",
    "sdq",
    "sdaa",
    "sda16",
    "xvd",
    "xvda256",
    "xvda1000",
    "xvdbgqcw",
    "xvdaaaaaa",
    "d1048576p0",
    "d0p256",
    "d0",
    "vda",
    "da",
    "''"
  })
  void namesThatLibxlRefuses(String vdev) {
    assertEquals(-1, disk(vdev).index());
  }

  private static Disk disk(String vdev) {
    return new Disk(1, "", null, "empty", vdev, true, false, "", "", "", "xen");
  }
}
