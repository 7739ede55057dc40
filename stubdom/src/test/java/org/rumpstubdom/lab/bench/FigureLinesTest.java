// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.lab.bench.Figure.Sample;
import org.rumpstubdom.lab.bench.Figure.Unit;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.xl.DeviceModel;

class FigureLinesTest {
  @Test
  void figuresAreFoundAmongEverythingElse() {
    String serial =
        """
        TEST bench-ide: BEGIN IDE
        DATA bench-ide: ticks_per_ms=1000000
        DATA bench-ide: figure=read-4k n=100 mean=875333 median=878538 least=860005 most=4294967295 \
        ports=19 memory=2
        NOTE bench-ide: figure=read-4k n=1
        DATA disk-dma: figure=write-4k n=1
        TEST bench-ide: SUCCESS
        """;
    assertEquals(
        List.of(
            new Figure(
                "ide",
                "read-4k",
                Unit.INSTRUCTIONS,
                19,
                2,
                Map.of(DeviceModel.LINUX, new Sample(100, 875333, 878538, 860005, 4294967295.0)))),
        FigureLines.of(serial, "", DeviceModel.LINUX));
    assertEquals("net", FigureLines.of(serial, "net", DeviceModel.LINUX).get(0).group());
  }

  @Test
  void operationsAreThoseOfAllSamples() {
    String serial =
        """
        DATA bench-ahci: figure=flush n=100 each=1 mean=9 median=9 least=9 most=9 ports=0 memory=5
        DATA bench-ahci: figure=read-4k-by-8 n=25 each=8 mean=9 median=9 least=9 most=9 ports=0 \
        memory=0
        """;
    Map<Figure, Double> operations = FigureLines.operations(serial, "ahci", DeviceModel.DOM0);
    assertEquals(List.of(100.0, 200.0), List.copyOf(operations.values()));
    assertEquals(
        FigureLines.of(serial, "ahci", DeviceModel.DOM0), List.copyOf(operations.keySet()));
    assertThrows(
        StubdomException.class,
        () -> FigureLines.operations(serial.replace("each=8 ", ""), "ahci", DeviceModel.DOM0));
  }

  @Test
  void aLineThatLacksSomethingIsNotPassedOver() {
    StubdomException failure =
        assertThrows(
            StubdomException.class,
            () -> FigureLines.of("DATA bench-io: figure=x n=1 mean=2\n", "", DeviceModel.STUBDOM));
    assertEquals(ExitCode.TEST, failure.exitCode());
    assertTrue(failure.getMessage().contains("has no median"), failure.getMessage());
  }
}
