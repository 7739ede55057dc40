// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build;

import java.io.IOException;
import java.util.List;
import org.rumpstubdom.util.Hashing;

/**
 * How one part of the emulator is made. The result, a tree laid out as below {@code /}, goes into
 * the cache under a key made of: the recipe's own class, the packages, the results it depends on,
 * the compiler, and what {@link #addInputs} adds.
 */
public interface Recipe {
  /** A short name, used for cache entries and logs. */
  String name();

  /** What the step does, for the user: "build zlib". */
  String title();

  /** The pinned packages it is made from; the first one is the main one. */
  List<String> packages();

  /** Names of the recipes whose results it builds upon. */
  List<String> dependencies();

  /** Adds to the cache key whatever else the result depends on. */
  default void addInputs(Hashing.Key key) throws IOException {}

  /**
   * Whether {@link #build} can go on from a working directory that an earlier, interrupted run left
   * behind.
   */
  default boolean resumes() {
    return false;
  }

  /**
   * Makes the part.
   *
   * @param work where to; the result goes into {@link Workspace#out}
   */
  void build(Workspace work) throws IOException;
}
