// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.xl.DeviceModel;

/** All of {@link VerbsTest} on a host with Xen 4.20, and the verbs that are new there. */
@Tag("long")
@Results.Of(
    value = {DeviceModel.DOM0, DeviceModel.STUBDOM},
    suite = VerbsOnXen420Test.SUITE)
final class VerbsOnXen420Test extends VerbsTest {
  static final String SUITE = "trixie";

  /** The QEMU of dom0 reads the lines of the PIC from the wrong registers of its PIIX3. */
  private static final Pattern NO_INTERRUPT =
      Pattern.compile("FAIL orders: e1000: no interrupt on line \\d+\\s*");

  @Override
  String suite() {
    return SUITE;
  }

  @Override
  String withoutFaultsOfItsQemu(String answer) {
    return NO_INTERRUPT.matcher(answer).replaceAll("");
  }

  /** The QEMU of dom0 tells of the ranges of PCI devices a little otherwise than ours. */
  @Override
  String inOneForm(String said) {
    return said.replaceAll("memory at 0xf{16} \\[0x[0-9a-f]+]", "memory (not mapped)")
        .replaceAll("(?m)([)\\]])\\.(\\s*)$", "$1$2");
  }

  /** No sound card: the QEMU of dom0 does not start with one. */
  @Override
  String devices() {
    return "usb = 1\nusbdevice = \"tablet\"\n";
  }

  @Test
  void suspendsAndResumes() throws IOException {
    List<String> seen =
        assertSame(
            "",
            guest -> {
              guest.order("disk");
              guest.xl("suspend", guest.name);
              guest.sh("xl list | awk 'NR > 2 { print $1, $5 }' | grep -v -- -dm");
              guest.xl("resume", guest.name);
              guest.sh("xl list | awk 'NR > 2 { print $1 }' | grep -v -- -dm");
              guest.order("disk");
              guest.order("net");
            });
    assertTrue(seen.contains("xl suspend verbs: 0 "), seen::toString);
    assertTrue(seen.contains("xl resume verbs: 0 "), seen::toString);
  }
}
