// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.source;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.util.Command;

/** Compares with dpkg, which defines the order. */
final class DebianVersionsTest {
  private static final List<String> VERSIONS =
      List.of(
          "0",
          "1",
          "1.0",
          "1.0-1",
          "1.0~rc1-1",
          "1.0~~",
          "1.0~",
          "1.0a",
          "1.0+b",
          "1.09",
          "1.10",
          "1:0.1",
          "1:7.2+dfsg-7+deb12u18",
          "1:7.2+dfsg-7+deb12u9",
          "1:7.2+dfsg-7",
          "2.74.6-2+deb12u9",
          "10.42-1",
          "10.42-1+deb12u2",
          "4.17.5+72-g01140da4e8-1",
          "4.17.7+13-g2445b30a44-0+deb12u1",
          "1.0.0+git-20190125.36a4c85-5.1",
          "20240101000000000000000001",
          "20240101000000000000000000");

  @Test
  void sortsAsDpkgDoes() {
    List<String> sorted = new ArrayList<>(VERSIONS);
    sorted.sort(DebianVersions::compare);
    for (int i = 0; i + 1 < sorted.size(); i++) {
      String older = sorted.get(i);
      String newer = sorted.get(i + 1);
      int status = Command.of("dpkg", "--compare-versions", older, "lt", newer).execute().status();
      assertEquals(0, status, older + " before " + newer);
      assertEquals(1, Integer.signum(DebianVersions.compare(newer, older)));
    }
    assertEquals(0, DebianVersions.compare("0:1.00-1", "1.0-01"));
  }
}
