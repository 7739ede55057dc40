// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.host;

import java.io.IOException;

/** A saved state of the host does not work and is to be made anew. */
final class UnfitStateException extends IOException {
  private static final long serialVersionUID = 1L;

  UnfitStateException(String why, Throwable cause) {
    super(why, cause);
  }
}
