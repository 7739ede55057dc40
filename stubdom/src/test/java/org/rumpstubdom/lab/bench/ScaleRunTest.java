// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.xl.DeviceModel;

class ScaleRunTest {
  private static final String CREATIONS = "create 400000000\ncreate 600000000\nmemory 212\n";
  private static final String FIGURE =
      "DATA bench-scale: figure=port-read n=1000 mean=%d median=1 least=1 most=1 ports=1 memory=0\n";

  @Test
  void anAccessIsCountedForOneGuest() {
    List<Figure> figures =
        ScaleRun.figures(
            CREATIONS + FIGURE.formatted(60_000) + FIGURE.formatted(62_000), DeviceModel.DOM0, 2);
    assertEquals(
        List.of("scale/create-2", "scale/memory-of-each-2", "scale/port-read-2"),
        figures.stream().map(Figure::key).toList());
    assertEquals(
        List.of(500_000_000.0, 106.0, 30_500.0),
        figures.stream().map(figure -> figure.mean(DeviceModel.DOM0).orElseThrow()).toList());
  }

  @Test
  void aGuestThatDoesNotEndIsAFailure() {
    assertThrows(
        StubdomException.class,
        () -> ScaleRun.figures(CREATIONS + FIGURE.formatted(60_000), DeviceModel.DOM0, 2));
  }
}
