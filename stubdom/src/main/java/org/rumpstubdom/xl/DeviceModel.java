// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

/** Whose device model serves a guest. */
public enum DeviceModel {
  /** Ours. */
  STUBDOM("stubdom"),
  /** QEMU in dom0. */
  DOM0("dom0"),
  /** A Linux stub domain. */
  LINUX("linux");

  private final String word;

  DeviceModel(String word) {
    this.word = word;
  }

  /** How command lines and reports call it. */
  @Override
  public String toString() {
    return word;
  }
}
