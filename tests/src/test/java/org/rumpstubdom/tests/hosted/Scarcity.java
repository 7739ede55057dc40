// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.hosted;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Lives the same life of a domain again and again; each time another allocation in it fails, from
 * the first to the last. The domain must not end, each thing asked of it must succeed in time or
 * fail in a way that can be repeated, and at the end it must hold no more than it holds without a
 * failure.
 */
public final class Scarcity {
  /** What a domain goes through; everything it opened is closed at its end. */
  public interface Life {
    /** Starts what is not to be tried; allocations succeed. */
    void begin(HostedDomain domain);

    /** The life proper. */
    void live(Scarcity scarcity);
  }

  private static final int PATIENCE = 3000;
  private static final int WORKERS = 4;

  /** ENOMEM; ENOSPC of files, which are in memory; ENOBUFS of sockets. */
  private static final Set<Long> SHORT_OF_MEMORY = Set.of(-12L, -28L, -105L);

  private static final int MEM_CORE = 0;

  /** Pages of objects that are partly in use count as the core's: how full they are may differ. */
  private static final long CORE_TOLERANCE = 8L * HostedDomain.PAGE_SIZE;

  private final HostedDomain domain;

  private Scarcity(HostedDomain domain) {
    this.domain = domain;
  }

  /**
   * Runs the life once for each of its allocations.
   *
   * @param ramPages the domain's size
   * @param count how many allocations fail in a row
   * @return how many allocations the life has
   */
  public static long each(int ramPages, long count, Life life) {
    List<Long> plenty = new ArrayList<>();
    long allocations = once(ramPages, 0, 0, life, plenty);
    for (long first = 0; first < allocations; first++) {
      List<Long> used = new ArrayList<>();
      try {
        once(ramPages, first, count, life, used);
        assertTrue(
            Math.abs(plenty.get(MEM_CORE) - used.get(MEM_CORE)) <= CORE_TOLERANCE,
            () -> "the core's memory: " + plenty + " without a failure, now " + used);
        for (int owner = MEM_CORE + 1; owner < plenty.size(); owner++) {
          // What is kept only to be faster may be missing.
          assertTrue(
              used.get(owner) <= plenty.get(owner),
              () -> "memory of each owner: " + plenty + " without a failure, now " + used);
        }
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError(
            "with " + count + " failures from allocation " + first + " of " + allocations, e);
      }
    }
    return allocations;
  }

  private static long once(int ramPages, long first, long count, Life life, List<Long> used) {
    try (HostedDomain domain = HostedDomain.create(ramPages, 1)) {
      life.begin(domain);
      domain.prepareWorkers(WORKERS);
      domain.patience(PATIENCE);
      domain.scarcity(first, count);
      life.live(new Scarcity(domain));
      long allocations = domain.allocations();
      domain.scarcity(0, 0);
      // Whoever waits for memory now has it.
      domain.advance(10 * HostedDomain.PAUSE);
      long bytes;
      for (int owner = 0; (bytes = domain.call("hosted_memory_used", owner)) >= 0; owner++) {
        used.add(bytes);
      }
      return allocations;
    }
  }

  public HostedDomain domain() {
    return domain;
  }

  /** Lets time pass until something is so. */
  public void until(String what, BooleanSupplier condition) {
    domain.settle();
    for (int i = 0; !condition.getAsBoolean(); i++) {
      if (i == PATIENCE) {
        throw new AssertionError(what + " does not come; console:\n" + domain.console());
      }
      domain.advance(HostedDomain.PAUSE);
    }
  }

  /** A system call that waits for memory, or fails for lack of it and is repeated then. */
  public long syscall(long nr, long... args) {
    return repeated("system call " + nr, () -> domain.syscall(nr, args));
  }

  /** What is asked for until it does not fail for lack of memory. */
  public long repeated(String what, LongSupplier attempt) {
    for (int i = 0; ; i++) {
      long result = attempt.getAsLong();
      if (!SHORT_OF_MEMORY.contains(result)) {
        return result;
      }
      if (i == PATIENCE) {
        throw new AssertionError(what + " never has memory; console:\n" + domain.console());
      }
      domain.advance(HostedDomain.PAUSE);
    }
  }
}
