// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import java.util.List;
import java.util.Map;

/**
 * The screen of a guest with a stub domain. The stub domain has a PV framebuffer, and QEMU in dom0
 * serves it for VNC. A newer one (10.0 does, 7.2 does not) wants {@code -vga xenfb} for that, which
 * libxl does not say (as of Xen 4.20); older ones take it, too.
 */
public final class StubScreen {
  /** The key whose arguments reach the QEMU of dom0 that serves the stub domain, and no other. */
  public static final String KEY = "device_model_args_pv";

  private static final String VGA = "-vga";

  /** What it has to be told. */
  public static final List<String> ARGUMENTS = List.of(VGA, "xenfb");

  private StubScreen() {}

  /** What the guest's configuration lacks of it; nothing when it says itself what it wants. */
  public static List<String> missing(GuestConfiguration guest) {
    // For each of these libxl gives the stub domain a framebuffer.
    boolean screen =
        guest.flag("vnc", true) || guest.flag("sdl", false) || guest.flag("spice", false);
    return screen && !guest.strings(KEY).contains(VGA) ? ARGUMENTS : List.of();
  }

  /** The guest with what it lacked. */
  public static GuestConfiguration applyTo(GuestConfiguration guest) {
    List<String> missing = missing(guest);
    return missing.isEmpty() ? guest : guest.changed(Map.of(), Map.of(KEY, missing));
  }
}
