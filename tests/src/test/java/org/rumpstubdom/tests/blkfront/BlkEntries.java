// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.blkfront;

import com.sun.jna.Pointer;

/** The entries of xen-blkfront/blkfront_hosted.c, which says what they do. */
final class BlkEntries {
  static final int READ = 0;
  static final int WRITE = 1;
  static final int FLUSH = 2;
  static final int DISCARD = 3;
  static final int SLOTS = 256;

  static final int PHASE_LIVE = 2;
  static final int GONE = 256;

  private BlkEntries() {}

  static native Pointer blkResults();

  static native int blkThere(String name);

  static native long blkUse(String name);

  static native void blkUnuse(long disk);

  static native int blkSubmit(
      long disk, int slot, int op, long offset, long len, Pointer buf, long split);

  static native long blkSize(long disk);

  static native int blkPhase(long disk);

  static native int blkUsed();
}
