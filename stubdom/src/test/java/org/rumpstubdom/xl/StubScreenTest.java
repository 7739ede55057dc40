// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StubScreenTest {
  @TempDir private Path directory;

  private GuestConfiguration guest(String keys) throws IOException {
    Path file = directory.resolve("guest.cfg");
    Files.writeString(file, "name = 'guest'\ntype = 'hvm'\n" + keys + "\n");
    return GuestConfiguration.load(file);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "vnc = 1", "vnc = 0\nsdl = 1", "vnc = 0\nspice = 1"})
  void dom0IsToldToServeTheScreen(String keys) throws IOException {
    assertEquals(List.of("-vga", "xenfb"), StubScreen.missing(guest(keys)));
    GuestConfiguration told = StubScreen.applyTo(guest(keys));
    assertEquals(List.of("-vga", "xenfb"), told.strings("device_model_args_pv"));
    assertEquals(List.of(), StubScreen.missing(told));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"vnc = 0", "device_model_args_pv = ['-vga', 'none']", "vnc = 0\nspice = 0"})
  void dom0IsNotTold(String keys) throws IOException {
    assertEquals(List.of(), StubScreen.missing(guest(keys)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"device_model_args_pv = ['-d', 'trace']", "device_model_args_pv = '-S'"})
  void otherArgumentsStay(String keys) throws IOException {
    List<String> before = guest(keys).strings("device_model_args_pv");
    List<String> after = StubScreen.applyTo(guest(keys)).strings("device_model_args_pv");
    assertEquals(before, after.subList(0, before.size()));
    assertEquals(List.of("-vga", "xenfb"), after.subList(before.size(), after.size()));
  }
}
