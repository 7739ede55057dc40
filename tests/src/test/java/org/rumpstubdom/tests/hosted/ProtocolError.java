// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.hosted;

/** The frontend did what the protocol does not allow, as a backend sees it. */
public final class ProtocolError extends AssertionError {
  private static final long serialVersionUID = 1L;

  public ProtocolError(String what) {
    super("the frontend broke the protocol: " + what);
  }
}
