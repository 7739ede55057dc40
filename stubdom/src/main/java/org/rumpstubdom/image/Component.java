// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.image;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Something the image is made of, for its manifest and bill of materials.
 *
 * @param type a CycloneDX component type: application, library, firmware, data
 * @param name such as "qemu"
 * @param version the full version of its package
 * @param sha256 of the source archive or file it came from, 64 hexadecimal digits
 * @param licences SPDX identifiers or expressions, or a licence's name where SPDX has none
 * @param purl its package URL; empty when there is none
 * @param properties further facts by name, such as the number of patches
 */
public record Component(
    String type,
    String name,
    String version,
    String sha256,
    List<String> licences,
    String purl,
    Map<String, String> properties) {
  /** Copies the collections and checks the hash's form. */
  public Component {
    licences = List.copyOf(licences);
    properties = new TreeMap<>(properties);
    if (!sha256.matches("[0-9a-f]{64}")) {
      throw new IllegalArgumentException("not a SHA-256 of " + name + ": " + sha256);
    }
  }
}
