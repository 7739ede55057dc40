// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.xl.DeviceModel;

class ProfileJsonTest {
  @TempDir private Path directory;

  private Path file(String text) throws IOException {
    return Files.writeString(directory.resolve("profile.json"), text);
  }

  @Test
  void whatIsWrittenIsRead() throws IOException {
    ProfileResult result = ProfileResults.sample();
    ProfileResult read = ProfileJson.read(file(ProfileJson.text(result)));
    assertEquals(result, read);
    assertEquals(ProfileTable.text(result), ProfileTable.text(read));
  }

  @Test
  void theFormIsTheOneThatIsDescribed() {
    String text = ProfileJson.text(ProfileResults.sample());
    assertTrue(
        text.startsWith(
            """
            {
              "version": 1,
              "counter": "native",
              "versions": {
                "suite": "bookworm"
              },
              "profiles": [
                {
                  "group": "io",
                  "name": "port-read",
                  "model": "stubdom",
                  "measured": 22187,
                  "parts": {
                    "Xen": 13902.4,
            """),
        text);
  }

  @Test
  void runsOfOtherDeviceModelsAreJoined() {
    ProfileResult sample = ProfileResults.sample();
    Profile linux =
        new Profile("io", "port-read", DeviceModel.LINUX, 2, Map.of(CodeOwners.XEN, 1.0));
    ProfileResult other = new ProfileResult(sample.counter(), sample.versions(), List.of(linux));
    ProfileResult joined = ProfileResult.join(List.of(sample, other));
    assertEquals(
        List.of(
            sample.profiles().get(0), sample.profiles().get(1), linux, sample.profiles().get(2)),
        joined.profiles());
    ProfileResult older =
        new ProfileResult(
            sample.counter(), new TreeMap<>(Map.of("suite", "trixie")), List.of(linux));
    assertThrows(StubdomException.class, () -> ProfileResult.join(List.of(sample, older)));
  }

  @Test
  void figuresAreNoProfiles() throws IOException {
    Path file = file(BenchJson.text(BenchResults.sample()));
    StubdomException failure = assertThrows(StubdomException.class, () -> ProfileJson.read(file));
    assertEquals(ExitCode.INPUT, failure.exitCode());
    assertTrue(failure.getMessage().contains("bench --profile"), failure.getMessage());
  }
}
