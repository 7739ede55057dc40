// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.source;

import java.nio.file.Path;
import java.util.Map;

/**
 * A package whose files are at hand and verified.
 *
 * @param pin what was asked for
 * @param version the version that is there, which may differ from the pinned one
 * @param pinned whether it is the pinned version
 * @param authenticated whether a pin or a signature vouches for the files
 * @param directory where its files are; read-only for everybody
 * @param files file name to SHA-256
 */
public record FetchedPackage(
    SourceLock.Pinned pin,
    String version,
    boolean pinned,
    boolean authenticated,
    Path directory,
    Map<String, String> files) {

  /** The one file whose name ends like this. */
  public Path file(String ending) {
    return files.keySet().stream()
        .filter(name -> name.endsWith(ending))
        .findFirst()
        .map(directory::resolve)
        .orElseThrow(() -> new IllegalStateException(pin.name() + " has no file " + ending));
  }
}
