// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import java.util.ArrayList;
import java.util.List;

/** A value in a configuration. Numbers are texts too: xl converts them when it uses them. */
public sealed interface Value {
  /** The line the value begins on, counted from 1. */
  int line();

  /**
   * A string or number.
   *
   * @param text without quotes, escapes resolved
   */
  record Text(String text, int line) implements Value {}

  /** A list, which may hold lists. */
  record Items(List<Value> values, int line) implements Value {
    /** Copies the list. */
    public Items {
      values = List.copyOf(values);
    }

    /** The list with the values of another appended. */
    public Items plus(Items more) {
      List<Value> all = new ArrayList<>(values);
      all.addAll(more.values);
      return new Items(all, line);
    }
  }
}
