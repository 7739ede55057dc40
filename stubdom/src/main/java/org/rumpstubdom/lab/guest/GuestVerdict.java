// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.guest;

import java.util.OptionalInt;
import org.rumpstubdom.lab.guest.GuestResult.Status;
import org.rumpstubdom.lab.host.RemoteCommand;

/**
 * What a guest's life amounts to, before the details are filled in.
 *
 * @param status pass or fail, or error when it could not be told
 * @param reason why, in one line
 * @param timedOut whether time ran out
 */
record GuestVerdict(Status status, String reason, boolean timedOut) {
  /**
   * How the two xl commands of a guest stood when nothing more was waited for.
   *
   * @param ended whether xl create, which watches over the guest, has ended
   * @param unpauseStatus how xl unpause ended; empty while it runs
   * @param timeUp whether the guest's time on dom0's clock had passed; if not, and nothing else
   *     came to an end, it was this computer's clock that ran out
   */
  record Standing(boolean ended, OptionalInt unpauseStatus, boolean timeUp) {}

  /** Judges a guest by what was heard of it. */
  static GuestVerdict of(GuestPlan plan, GuestTrace trace, Standing standing) {
    if (trace.match() != GuestTrace.NEVER) {
      return new GuestVerdict(Status.PASS, "printed what was expected", false);
    }
    if (trace.created() == null && standing.ended()) {
      return fail("xl create failed: " + complaint(trace.create()));
    }
    int unpause = standing.unpauseStatus().orElse(0);
    if (unpause == RemoteCommand.NOT_STARTED) {
      return fail("its first serial port is not a pty in dom0");
    }
    if (unpause != 0) {
      return fail("xl unpause failed: " + complaint(trace.unpause()));
    }
    return standing.ended() ? ended(plan, trace) : timedOut(plan, standing.timeUp());
  }

  private static GuestVerdict ended(GuestPlan plan, GuestTrace trace) {
    TimedLog.Line shutdown = trace.shutdown();
    String how = shutdown == null ? "" : ShutdownReason.in(shutdown.text());
    String reason = how.isEmpty() ? "the guest ended" : "the guest ended (" + how + ")";
    if (plan.until() == null && how.equals("poweroff")) {
      return new GuestVerdict(Status.PASS, reason, false);
    }
    return fail(plan.until() == null ? reason : reason + " without printing what was expected");
  }

  private static GuestVerdict timedOut(GuestPlan plan, boolean timeUp) {
    String what = plan.until() == null ? "did not power off" : "did not print what was expected";
    String within =
        timeUp
            ? plan.limit().toSeconds() + " s of the emulated host's clock"
            : plan.wallLimit().toSeconds() + " s of this computer's clock";
    return new GuestVerdict(Status.FAIL, "the guest " + what + " within " + within, true);
  }

  static GuestVerdict fail(String reason) {
    return new GuestVerdict(Status.FAIL, reason, false);
  }

  /** The line of xl's output that tells most. */
  private static String complaint(TimedLog log) {
    TimedLog.Line line =
        log.first(text -> text.contains("libxl: error: ") || text.startsWith("failed"));
    TimedLog.Line last = line == null ? log.last(text -> !text.isBlank()) : line;
    return last == null ? "no message" : last.text().replaceFirst("^libxl: error: \\S+: *", "");
  }
}
