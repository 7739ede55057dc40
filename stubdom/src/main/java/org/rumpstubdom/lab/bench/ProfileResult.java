// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The profiles of a run, or of an earlier one.
 *
 * @param counter how stub domains read the time-stamp counter
 * @param versions what was profiled, by name
 * @param profiles of each figure on each device model, in the order of the tables
 */
public record ProfileResult(
    BenchResult.Counter counter, SortedMap<String, String> versions, List<Profile> profiles) {
  /** Makes copies that nobody changes. */
  public ProfileResult {
    versions = new TreeMap<>(versions);
    profiles = List.copyOf(profiles);
  }

  /** The profiles of a figure, one for each device model. */
  List<Profile> of(String key) {
    return profiles.stream().filter(profile -> profile.key().equals(key)).toList();
  }

  /** The figures, each once. */
  List<String> keys() {
    return profiles.stream().map(Profile::key).distinct().toList();
  }
}
