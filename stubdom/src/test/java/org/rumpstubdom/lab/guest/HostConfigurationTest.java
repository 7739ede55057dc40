// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.lab.root.PeerImage;
import org.rumpstubdom.xl.GuestConfiguration;

/** What the emulated host's xl reads is what was meant; the reader here is Xen's parser too. */
class HostConfigurationTest {
  @TempDir Path directory;

  private GuestConfiguration load(String text) throws IOException {
    return GuestConfiguration.load(Files.writeString(directory.resolve("guest.cfg"), text));
  }

  @Test
  void textsOfEveryKindArrive() throws IOException {
    GuestConfiguration guest =
        load("name = 'g'\nbios_path_override = 'a\\nb\\\\n\"c'\ndevice_model_args = [ 'x\\ny' ]\n");
    assertEquals("a\nb\\n\"c", guest.string("bios_path_override").orElse(""));
    GuestConfiguration arrived = load(new HostConfiguration(guest).toString());
    assertEquals("a\nb\\n\"c", arrived.string("bios_path_override").orElse(""));
    assertEquals(List.of("x\ny"), arrived.strings("device_model_args"));
  }

  @Test
  void theDisplayIsAsConfigured() throws IOException {
    GuestConfiguration silent = load("name = 'g'\n");
    assertEquals("0", load(new HostConfiguration(silent).toString()).string("vnc").orElse(""));
    String seen = new HostConfiguration(silent).withScreen().toString();
    assertEquals("1", load(seen).string("vnc").orElse(""));
    String blind = new HostConfiguration(load("name = 'g'\nvnc = 0\n")).withScreen().toString();
    assertEquals("0", load(blind).string("vnc").orElse(""));
    GuestConfiguration guest = load("name = 'g'\nvnc = 1\nvncpasswd = 'x'\n");
    GuestConfiguration arrived = load(new HostConfiguration(guest).toString());
    assertEquals("1", arrived.string("vnc").orElse(""));
    assertEquals("", arrived.string("vncpasswd").orElse(""));
  }

  @Test
  void theUsersArgumentsComeBeforeOurs() throws IOException {
    GuestConfiguration guest = load("name = 'g'\ndevice_model_args_pv = ['-trace', 'xen*']\n");
    GuestConfiguration arrived =
        load(new HostConfiguration(guest).tellDom0(PeerImage.DOM0_ARGUMENTS).toString());
    List<String> all = arrived.strings("device_model_args_pv");
    assertEquals(List.of("-trace", "xen*", "-serial", "null"), all.subList(0, 4));
    assertEquals(8, all.size());
  }

  @Test
  void aKernelsCommandLineMayHoldQuotes() throws IOException {
    String commandLine = "console='hvc0' \"x\" \\";
    PvRun.Plan plan =
        new PvRun.Plan("pv", null, null, commandLine, 32, null, Duration.ofSeconds(1), "");
    GuestConfiguration arrived = load(PvRun.configuration(plan, "/run/pv1"));
    assertEquals(commandLine, arrived.string("cmdline").orElse(""));
    assertEquals("/run/pv1/kernel", arrived.string("kernel").orElse(""));
  }
}
