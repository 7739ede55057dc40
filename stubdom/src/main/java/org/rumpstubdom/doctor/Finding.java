// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.doctor;

/**
 * What was found about one thing.
 *
 * @param name the thing
 * @param ok whether it is as it should be, or not needed to use the program
 * @param detail what was found
 * @param fix the exact command, or what else mends it; empty when nothing is missing
 */
public record Finding(String name, boolean ok, String detail, String fix) {
  static Finding good(String name, String detail) {
    return new Finding(name, true, detail, "");
  }

  static Finding optional(String name, String detail, String fix) {
    return new Finding(name, true, detail, fix);
  }

  static Finding bad(String name, String detail, String fix) {
    return new Finding(name, false, detail, fix);
  }
}
