// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.linux;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;

/** The entries of rump-runtime/linux/linux_hosted.c, which says what they do. */
final class IovEntries {
  private IovEntries() {}

  static native void iovBegin(Pointer vector, int n);

  static native long iovRead(Pointer to, long len);

  static native long iovWrite(Pointer from, long len);

  static native long iovSkip(long len);

  static native long iovPiece(long max, PointerByReference base);
}
