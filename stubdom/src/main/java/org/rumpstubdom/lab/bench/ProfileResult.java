// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.rumpstubdom.util.StubdomException;

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

  /**
   * Several results as one, for device models that were profiled in runs of their own.
   *
   * @throws StubdomException (3) when they are not of the same
   */
  public static ProfileResult join(List<ProfileResult> results) {
    ProfileResult first = results.get(0);
    for (ProfileResult result : results) {
      if (result.counter() != first.counter() || !result.versions().equals(first.versions())) {
        throw StubdomException.input(
            "the profiles", "are not of the same versions and counter", "profile again");
      }
    }
    List<Profile> all = results.stream().flatMap(result -> result.profiles().stream()).toList();
    List<String> keys = all.stream().map(Profile::key).distinct().toList();
    List<Profile> sorted =
        all.stream()
            .sorted(
                Comparator.comparing((Profile profile) -> keys.indexOf(profile.key()))
                    .thenComparing(Profile::model))
            .toList();
    return new ProfileResult(first.counter(), first.versions(), sorted);
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
