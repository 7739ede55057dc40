// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;

class StubNetworkOptionTest {
  private static final String GUEST =
      """
      name = "guest"
      type = "hvm"
      memory = 64
      vkb_device = 0; disk = [ '/guest.img,raw,hda' ]
      vif = [ 'bridge=xenbr0', 'type=vif,bridge=xenbr1' ]
      """;

  private static final String IMAGE_NOTE =
      "NOTE F:6: a network of the stub domain's own needs an image with NetBSD's TCP/IP; build it"
          + " with --rump-kernel and --rump-components=inet,inet6,virtif";

  private static GuestConfiguration guest(String text) {
    return GuestConfiguration.parse(Path.of("F"), text);
  }

  private static List<String> problems(GuestConfiguration guest) {
    return Checker.checkWithoutFiles(guest, DeviceModel.STUBDOM, XenRelease.newest(), null).stream()
        .map(problem -> problem.severity() + " " + problem.text())
        .toList();
  }

  private static GuestConfiguration networked(String more) {
    return guest(GUEST + "stubdomain_cmdline = 'rump.net=1,dhcp'\n" + more);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1,dhcp",
        "0,192.0.2.7/24",
        "1,192.0.2.1,192.0.2.7/24",
        "1,dhcp,fd00::7/64,fd00::1",
        "65535,::1/128"
      })
  void whatTheKernelReadsIsTaken(String text) {
    GuestConfiguration guest = StubNetwork.of(text).applyTo(guest(GUEST));
    assertEquals("rump.net=" + text, guest.string("stubdomain_cmdline").orElseThrow());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "dhcp|does not begin with the number of a vif",
        "65536,dhcp|does not begin with the number of a vif",
        "1|says no address",
        "1,|has nothing for an address",
        "1,host.example|has host.example for an address",
        "1,10.0.0.256/8|has 10.0.0.256/8 for an address",
        "1,10.0.0/8|has 10.0.0/8 for an address",
        "1,10.0.0.1/0|has a prefix of 0 bits",
        "1,10.0.0.1/33|has a prefix of 33 bits",
        "1,fd00::1/129|has a prefix of 129 bits",
        "1,1::2::3/64|has 1::2::3/64 for an address",
        "1,dhcp,10.0.0.1/8|says both dhcp and 10.0.0.1/8",
        "1,10.0.0.1/8,10.0.0.2/8|says both 10.0.0.1/8 and 10.0.0.2/8",
        "1,10.0.0.1|has the router 10.0.0.1 but no address beside it",
        "1,dhcp,10.0.0.1|has the router 10.0.0.1 but no address beside it",
        "1,10.0.0.1/8,fd00::1|has the router fd00::1 but no address beside it"
      })
  void whatTheKernelWouldNotReadIsRefused(String text, String why) {
    StubdomException e = assertThrows(StubdomException.class, () -> StubNetwork.of(text));
    assertEquals(ExitCode.USAGE, e.exitCode());
    assertTrue(e.getMessage().startsWith("--stub-network=" + text + ": " + why), e::getMessage);
  }

  @Test
  void otherWordsOfTheCommandLineStay() {
    GuestConfiguration guest =
        guest(GUEST + "stubdomain_cmdline = 'loglevel=3 rump.net=0,dhcp x'\n");
    assertEquals(
        "loglevel=3 x rump.net=1,dhcp",
        StubNetwork.of("1,dhcp").applyTo(guest).string("stubdomain_cmdline").orElseThrow());
  }

  @Test
  void aVifOfItsOwn() {
    assertEquals(
        List.of(
            "WARNING F:5: the guest gets vif 1 too, as a PV network card on the same bridge; after"
                + " each start: ip link set vif$(xl domid guest).1 nomaster down",
            IMAGE_NOTE),
        problems(networked("vnc = 0\n")));
    assertTrue(
        problems(networked("vnc = 0; vif = []\n"))
            .contains(
                "ERROR F:6: there is no vif 1 that could be the stub domain's own; add one with"
                    + " type=vif to the vifs"));
    assertTrue(
        problems(networked("vnc = 0; vif = [ '', 'model=e1000' ]\n")).stream()
            .anyMatch(p -> p.startsWith("ERROR F:7: vif 1 is the card of the guest")));
  }

  @Test
  void theScreenIsServedOnce() {
    GuestConfiguration once = StubNetwork.serveScreen(networked(""), 2);
    assertEquals(List.of("-vnc", ":2"), once.strings("device_model_args_hvm"));
    assertEquals("0", once.string("vnc").orElseThrow());
    assertTrue(
        problems(once).stream().anyMatch(p -> p.contains("sees and uses the guest's screen")));
    GuestConfiguration twice = StubNetwork.serveScreen(once, 2);
    assertEquals(once.strings("device_model_args_hvm"), twice.strings("device_model_args_hvm"));
    StubdomException e =
        assertThrows(StubdomException.class, () -> StubNetwork.serveScreen(once, 3));
    assertTrue(e.getMessage().startsWith("F:"), e::getMessage);
  }

  @Test
  void aPasswordIsOneArgument() {
    GuestConfiguration guest =
        StubNetwork.serveScreen(
            networked("device_model_args_hvm = [ '-rtc', 'base=utc' ]\nvncpasswd = 'a,b c\"d9x'\n"),
            0);
    assertEquals(
        List.of(
            "-rtc",
            "base=utc",
            "-object",
            "secret,id=stubdom-vnc,data=a,,b c\"d9",
            "-vnc",
            ":0,password-secret=stubdom-vnc"),
        guest.strings("device_model_args_hvm"));
    assertEquals(List.of(), problems(guest).stream().filter(p -> p.contains("vnc")).toList());
  }

  @Test
  void withoutANetworkNobodyCouldLook() {
    assertThrows(StubdomException.class, () -> StubNetwork.serveScreen(guest(GUEST), 0));
  }

  @Test
  void itTakesMemory() {
    int without = MemoryNeeds.of(guest(GUEST)).mib(32);
    assertEquals(without + 8, MemoryNeeds.of(networked("")).mib(32));
  }
}
