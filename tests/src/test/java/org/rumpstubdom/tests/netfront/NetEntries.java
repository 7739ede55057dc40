// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.netfront;

import com.sun.jna.Pointer;

/** The entries of xen-netfront/netfront_hosted.c, which says what they do. */
final class NetEntries {
  static final int RECEIVABLE = 1;
  static final int SENDABLE = 2;
  static final int CONNECTED = 4;

  private NetEntries() {}

  static native void netClose(long nf);

  static native long netSend(long nf, Pointer data, long len, long split);

  static native long netReceive(long nf, Pointer data, long size, long split);

  static native int netReady(long nf);

  static native void netMac(long nf, byte[] mac);
}
