// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.lab.guest.GuestPlan;
import org.rumpstubdom.lab.guest.GuestResult;
import org.rumpstubdom.lab.guest.GuestResult.Phase;
import org.rumpstubdom.xl.DeviceModel;

/**
 * The guests of tests/guests on the two peers, QEMU in dom0 and a Linux stub domain: their passing
 * is the proof that the guests judge right. And ours next to them.
 */
@Tag("lab")
final class PeersTest {
  @TempDir private Path directory;

  @TestFactory
  Stream<DynamicTest> onDom0() throws IOException {
    return new GuestTrial(directory).run(DeviceModel.DOM0, guest -> guest.has("base"));
  }

  /** A Linux stub domain takes long to start under emulation: one guest stands for the rest. */
  @TestFactory
  Stream<DynamicTest> onLinuxStubDomain() throws IOException {
    return new GuestTrial(directory)
        .run(DeviceModel.LINUX, guest -> guest.name().equals("nic-e1000"));
  }

  /** Both in one run, with the same guest: what this project promises to be better at. */
  @Test
  void aheadOfTheLinuxStubDomain() throws IOException {
    GuestTrial trial = new GuestTrial(directory);
    TestGuest guest = TestGuest.named("disk-dma");
    List<GuestPlan> plans =
        List.of(trial.plan(guest, DeviceModel.STUBDOM), trial.plan(guest, DeviceModel.LINUX));
    List<GuestResult> results = GuestTrial.results(plans);
    GuestTrial.judge(guest, plans.get(0), results.get(0), TestHost.suite());
    GuestTrial.judge(guest, plans.get(1), results.get(1), TestHost.suite());
    Map<String, Double> ours = figures(results.get(0));
    Map<String, Double> peer = figures(results.get(1));
    assertEquals(5, ours.size(), ours::toString);
    ours.forEach((what, value) -> assertTrue(value < peer.get(what), what + ours + peer));
    // The goal of ARCHITECTURE.md.
    String start = Phase.DEVICE_MODEL.key();
    assertTrue(ours.get(start) < peer.get(start) / 10, start + ours + peer);
  }

  private static Map<String, Double> figures(GuestResult result) {
    Map<String, Double> figures = new TreeMap<>();
    for (Phase phase : List.of(Phase.CREATE, Phase.DEVICE_MODEL, Phase.FIRST_SERIAL_BYTE)) {
      figures.put(phase.key(), result.phases().get(phase).virtualSeconds());
    }
    double memory = result.domains().get(result.name() + "-dm").memoryMib();
    figures.put("memory", memory);
    long bytes = result.sizes().values().stream().mapToLong(Long::longValue).sum();
    figures.put("image", (double) bytes);
    return figures;
  }

  @TestFactory
  @Tag("long")
  Stream<DynamicTest> moreOnDom0() throws IOException {
    return new GuestTrial(directory)
        .run(
            DeviceModel.DOM0,
            guest -> guest.has("more") || guest.has("linux") || guest.has("rare"));
  }

  @TestFactory
  @Tag("long")
  Stream<DynamicTest> allOnLinuxStubDomain() throws IOException {
    return new GuestTrial(directory)
        .run(
            DeviceModel.LINUX,
            guest ->
                guest.has("base") || guest.has("more") || guest.has("linux") || guest.has("rare"));
  }
}
