// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.bridge;

import com.sun.jna.Pointer;

/** The entries of device-model-bridge/hosted/rfb_hosted.c, which says what they do. */
final class RfbEntries {
  private RfbEntries() {}

  static native void rfbStart(Pointer canvas, long size);

  static native int rfbInput(byte[] bytes, long n);

  static native int rfbSent(byte[] to, long size);

  static native long rfbSize();

  static native long rfbStrays();

  static native long rfbUpdates();

  static native void rfbWhy(byte[] to, long size);

  static native int rfbKey(long number, long down);

  static native int rfbPointer(long x, long y, long buttons);

  static native int keyNumber(long linuxCode);
}
