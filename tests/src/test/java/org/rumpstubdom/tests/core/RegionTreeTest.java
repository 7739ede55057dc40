// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.tests.hosted.HostedDomain;

/** The tree of the program's regions, against a {@link TreeMap}. */
@Tag("hosted")
final class RegionTreeTest {
  private static final long LOW = 4096;
  private static final long HIGH = 1L << 24;
  private static final long PAGE = 4096;

  private final TreeMap<Long, Long> model = new TreeMap<>();
  private HostedDomain domain;

  @BeforeEach
  void create() {
    domain = HostedDomain.create(2048, 1);
  }

  @AfterEach
  void close() {
    domain.close();
  }

  private void insert(long start, long end) {
    model.put(start, end);
    domain.call("hosted_region_insert", start, end);
  }

  private void remove(long start) {
    model.remove(start);
    domain.call("hosted_region_remove", start);
  }

  private long after(long va) {
    Map.Entry<Long, Long> below = model.floorEntry(va);
    if (below != null && below.getValue() > va) {
      return below.getKey();
    }
    Long above = model.ceilingKey(va);
    return above == null ? -1 : above;
  }

  /** The highest place for so many bytes, by looking at every hole. */
  private long hole(long len) {
    long top = HIGH;
    for (Map.Entry<Long, Long> region : model.descendingMap().entrySet()) {
      if (top - region.getValue() >= len) {
        return top - len;
      }
      top = region.getKey();
    }
    return top - LOW >= len ? top - len : 0;
  }

  private static long orNone(Long key) {
    return key == null ? -1 : key;
  }

  private void compare(Random random) {
    long va = LOW + random.nextLong(HIGH - LOW);
    assertEquals(after(va), domain.call("hosted_region_after", va));
    long len = PAGE << random.nextInt(10);
    assertEquals(hole(len), domain.call("hosted_region_hole", LOW, HIGH, len));
    Long start = model.floorKey(va);
    if (start != null) {
      assertEquals(
          orNone(model.higherKey(start)), domain.call("hosted_region_neighbour", start, 1));
      assertEquals(orNone(model.lowerKey(start)), domain.call("hosted_region_neighbour", start, 0));
    }
  }

  @Test
  void itAgreesWithAMapWhateverIsDoneToIt() {
    Random random = new Random(7);
    for (int i = 0; i < 6000; i++) {
      boolean grow = model.size() < (i < 3000 ? 300 : 30);
      long va = LOW + random.nextLong((HIGH - LOW) / PAGE) * PAGE;
      long found = after(va);
      if (grow && (found < 0 || found > va)) {
        long room = (found < 0 ? HIGH : found) - va;
        insert(va, va + Math.min(room, PAGE * (1 + random.nextInt(16))));
      } else if (!grow && found >= 0) {
        remove(found);
      } else if (found >= 0 && found < va) {
        // Cut off what is above, as a split does.
        model.put(found, va);
        domain.call("hosted_region_resize", found, found, va);
      }
      compare(random);
    }
  }

  /** A guest's memory mapped bucket by bucket, given up in another order, mapped again. */
  @Test
  void itStaysFlat() {
    int count = 4000;
    List<Long> starts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      starts.add(LOW + (count - i) * PAGE);
      insert(starts.get(i), starts.get(i) + PAGE);
    }
    for (int i = 0; i < count; i += 2) {
      remove(starts.get(i));
    }
    for (int i = 0; i < count; i += 2) {
      insert(starts.get(i), starts.get(i) + PAGE);
    }
    // A random tree of n nodes is hardly ever deeper than 3 ln n, which is 25 here.
    long depth = domain.call("hosted_region_depth");
    assertTrue(depth < 50, () -> "depth " + depth);
    assertEquals(starts.get(count - 1), domain.call("hosted_region_after", 0));
  }
}
