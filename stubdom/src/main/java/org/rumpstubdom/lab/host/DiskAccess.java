// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.host;

/** What happens to a guest's writes to one of the user's disk images. */
public enum DiskAccess {
  /** There are none: a disk that cannot be written. */
  READ_ONLY,
  /** They last as long as the emulated host; the image is never touched. */
  DISCARDED,
  /** They go to the image. */
  WRITTEN
}
