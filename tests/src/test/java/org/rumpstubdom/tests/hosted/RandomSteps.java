// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.hosted;

import java.util.Random;

/**
 * Runs a test of many random steps from one seed. The seed is printed before the first step, so
 * that a crash of the whole process can be replayed as well: {@code -Drumpstubdom.hosted.seed=N},
 * and {@code -Drumpstubdom.hosted.steps=N} for another length.
 */
public final class RandomSteps {
  /** The test proper. */
  public interface Body {
    void run(RandomSteps steps);
  }

  /**
   * Half of ten million: a room has a run with a partner that behaves and one with one that lies.
   */
  private static final long DEFAULT_STEPS = 5_000_000;

  /** Two usual runs of the same sources do the same; the long runs take a seed of their own. */
  private static final long DEFAULT_SEED = 1;

  private final String name;
  private final long seed;
  private final long total;
  private final Random random;
  private long done;

  private RandomSteps(String name) {
    this.name = name;
    this.seed = Long.getLong("rumpstubdom.hosted.seed", DEFAULT_SEED);
    this.total = Long.getLong("rumpstubdom.hosted.steps", DEFAULT_STEPS);
    this.random = new Random(seed);
  }

  public static void run(String name, Body body) {
    RandomSteps steps = new RandomSteps(name);
    steps.report(steps.total + " steps");
    try {
      body.run(steps);
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError(
          name
              + " failed at step "
              + steps.done
              + "; replay with -Drumpstubdom.hosted.seed="
              + steps.seed
              + " -Drumpstubdom.hosted.steps="
              + steps.total,
          e);
    }
  }

  /** True until all steps are done. */
  public boolean next() {
    return done++ < total;
  }

  public long seed() {
    return seed;
  }

  public long total() {
    return total;
  }

  public Random random() {
    return random;
  }

  /** One line of output, with the seed. */
  public void report(String text) {
    System.out.println(name + ": seed " + seed + ": " + text);
  }
}
