// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.image;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What of QEMU is not the same in all its versions. Seen with 7.2 and 10.0; which of those between
 * began it was not tried.
 *
 * @param major the first of its numbers
 */
public record QemuVersion(int major) {
  /** Its name among the components of an image. */
  public static final String COMPONENT = "qemu";

  /** An epoch may come first. */
  private static final Pattern PACKAGE = Pattern.compile("(?:\\d+:)?(\\d{1,4})\\..*");

  private static final int NEWER = 9;

  /**
   * Of a version as Debian's packages have it, such as "1:7.2+dfsg-7+deb12u18"; nothing when it is
   * none.
   */
  public static Optional<QemuVersion> of(String version) {
    Matcher matcher = PACKAGE.matcher(version);
    return matcher.matches()
        ? Optional.of(new QemuVersion(Integer.parseInt(matcher.group(1))))
        : Optional.empty();
  }

  /** Whether it knows {@code -no-acpi}, which libxl (as of Xen 4.20) says for {@code acpi = 0}. */
  public boolean knowsNoAcpi() {
    return major < NEWER;
  }

  /** Whether a sound card, as libxl asks for it, has to be told where its sound goes. */
  public boolean wantsAudioBackend() {
    return major >= NEWER;
  }
}
