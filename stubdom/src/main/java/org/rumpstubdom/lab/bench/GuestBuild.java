// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.util.Hashing;

/** Builds the guests that measure from the source tree, in a directory of the cache. */
public final class GuestBuild {
  private static final String KIND = "bench";

  private final Path checkout;
  private final CacheDirectory cache;
  private final Progress progress;

  /** A build from that source tree. */
  public GuestBuild(Path checkout, CacheDirectory cache, Progress progress) {
    this.checkout = checkout;
    this.cache = cache;
    this.progress = progress;
  }

  /** Builds them and returns the directory with their configurations. */
  public Path run(List<BenchGuest> guests) throws IOException {
    String key =
        Hashing.key().add("checkout", checkout.toRealPath().toString()).hex().substring(0, 16);
    Path directory = cache.directory(KIND).toRealPath().resolve(key);
    return cache.locked(
        KIND + "-" + key,
        () -> {
          try (Progress.Step step = progress.begin("build the guests that measure")) {
            Command.of("make", "-C", checkout.resolve("tests/guests").toString())
                .args("OUT=" + directory)
                .args(guests.stream().map(BenchGuest::guest).distinct().toList())
                .onLine(progress::detail)
                .describe("build guests")
                .whenMissing("apt-get install make")
                .run();
            step.done();
            return directory;
          }
        });
  }
}
