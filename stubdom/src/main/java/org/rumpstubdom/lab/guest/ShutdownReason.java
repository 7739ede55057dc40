// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.guest;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Why a domain ended, from the messages of the xl process that watches over it. */
final class ShutdownReason {
  // The codes are SHUTDOWN_* of Xen's public header sched.h.
  private static final List<String> WORDS =
      List.of("poweroff", "reboot", "suspend", "crash", "watchdog", "soft reset");

  /** In every line that tells of a domain's end. */
  static final String MARK = "has shut down, reason code ";

  private static final Pattern LINE = Pattern.compile(MARK + "(\\d+)");

  private ShutdownReason() {}

  /** The reason in one word; empty when the log has none. */
  static String in(String log) {
    Matcher matcher = LINE.matcher(log);
    String reason = "";
    while (matcher.find()) {
      int code = Integer.parseInt(matcher.group(1));
      reason = code < WORDS.size() ? WORDS.get(code) : "code " + code;
    }
    return reason;
  }
}
