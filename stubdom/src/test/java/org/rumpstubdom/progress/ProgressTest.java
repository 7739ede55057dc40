// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.progress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class ProgressTest {
  /** A clock that moves when told. */
  private static final class Clock implements InstantSource {
    private Instant now = Instant.EPOCH;

    @Override
    public Instant instant() {
      return now;
    }

    void pass(int seconds) {
      now = now.plusSeconds(seconds);
    }
  }

  private final Clock clock = new Clock();

  @Test
  void timeLeftFollowsFromWhatIsDone() {
    List<ProgressEvent> events = new ArrayList<>();
    Progress progress = new Progress(events::add, clock);
    try (Progress.Step step = progress.begin("compile")) {
      clock.pass(30);
      step.fraction(0, 100);
      clock.pass(30);
      step.fraction(25, 100, "a.c");
      step.done();
    }
    assertEquals(
        List.of(
            new ProgressEvent.Began("compile", 0),
            new ProgressEvent.Advanced("compile", 0, 0, 100, null, ""),
            new ProgressEvent.Advanced("compile", 0, 25, 100, Duration.ofSeconds(90), "a.c"),
            new ProgressEvent.Ended("compile", 0, true, Duration.ofSeconds(60), "")),
        events);
  }

  /** One of 1248 files after 12 s is no reason to speak of four hours. */
  @Test
  void noTimeLeftIsToldBeforeItMeansSomething() {
    List<Duration> told = new ArrayList<>();
    Progress progress =
        new Progress(
            event -> {
              if (event instanceof ProgressEvent.Advanced advanced) {
                told.add(advanced.remaining());
              }
            },
            clock);
    try (Progress.Step step = progress.begin("compile")) {
      clock.pass(12);
      for (int file = 1; file <= 18; file++) {
        step.fraction(file, 1248);
        clock.pass(1);
      }
      // The tool began to count anew.
      step.fraction(1, 100);
      step.done();
    }
    assertEquals(19, told.size());
    assertTrue(told.subList(0, 16).stream().allMatch(Objects::isNull), told.toString());
    assertEquals(Duration.ofSeconds(1231), told.get(16));
    assertEquals(Duration.ofSeconds(1230), told.get(17));
    assertNull(told.get(18));
  }

  @Test
  void plainLogHasALineForEachStepAndSomeBetween() {
    String log =
        render(
            out -> new LineRenderer(out, false, clock),
            progress -> {
              try (Progress.Step build = progress.begin("build")) {
                try (Progress.Step step = progress.begin("compile")) {
                  step.fraction(1, 100);
                  clock.pass(20);
                  step.fraction(20, 100);
                  step.fraction(21, 100);
                  progress.detail("cc a.c");
                  step.done("from the cache");
                }
                progress.message("something to know");
                clock.pass(60);
                build.note("the end");
              }
            });
    assertEquals(
        """
        build ...
          compile ...
          compile [20/100], 1 min 24 s left
          compile: done, from the cache (20 s)
        something to know
        build the end
        build: FAILED (1 min 20 s)
        """,
        log);
  }

  @Test
  void detailsAreShownToThoseWhoAsked() {
    assertEquals(
        "  | cc a.c\n",
        render(out -> new LineRenderer(out, true, clock), progress -> progress.detail("cc a.c")));
  }

  @Test
  void terminalRewritesItsLine() {
    String output =
        render(
            out -> new TerminalRenderer(out, false, 20),
            progress -> {
              try (Progress.Step step = progress.begin("a step with a long title")) {
                step.fraction(1, 2);
                progress.message("note");
                step.done();
              }
            });
    assertEquals(
        "~a step with a long ~note\na step with a long ~a step with a long title: done (0.0 s)\n",
        output.replace("\r\u001b[K", "~"));
  }

  private String render(
      Function<PrintStream, Consumer<ProgressEvent>> renderer, Consumer<Progress> actions) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    actions.accept(new Progress(renderer.apply(out), clock));
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
