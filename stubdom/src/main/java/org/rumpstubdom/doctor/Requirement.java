// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.doctor;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A Debian package the project needs, from scripts/packages.txt.
 *
 * @param purpose what it is for: tool, build, compile, lab, guest, manual, package or check
 * @param packageName its name
 * @param probe a program, or an absolute path, that shows it is installed
 * @param reason why it is needed
 */
record Requirement(String purpose, String packageName, String probe, String reason) {
  /** The list as it was when this program was built. */
  static List<Requirement> all() throws IOException {
    try (InputStream in = Requirement.class.getResourceAsStream("packages.txt");
        BufferedReader reader =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      return parse(reader.lines().toList());
    }
  }

  static List<Requirement> parse(List<String> lines) {
    List<Requirement> requirements = new ArrayList<>();
    for (String line : lines) {
      if (!line.startsWith("#") && !line.isBlank()) {
        String[] columns = line.split("\\s+", 4);
        requirements.add(new Requirement(columns[0], columns[1], columns[2], columns[3]));
      }
    }
    return requirements;
  }
}
