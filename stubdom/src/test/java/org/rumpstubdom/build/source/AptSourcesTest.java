// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.source;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AptSourcesTest {
  private static final String DEBIAN =
      """
      deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://a.example/debian bookworm main
      deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://a.example/debian bookworm main
      deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://a.example/debian bookworm-updates main
      deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://a.example/debian bookworm-updates main
      """;

  @TempDir Path etc;

  @Test
  void readsClassicNotation() throws IOException {
    Files.writeString(
        etc.resolve("sources.list"),
        """
        # deb http://old.example/debian bookworm main
        deb http://a.example/debian bookworm main contrib # the archive
        deb-src http://a.example/debian bookworm main
        deb [arch=amd64 signed-by=/etc/apt/keyrings/vendor.gpg] http://b.example/debian bookworm main
        deb http://c.example/apt stable main
        deb http://a.example/debian bookworm contrib
        """);
    Files.createDirectory(etc.resolve("sources.list.d"));
    Files.writeString(
        etc.resolve("sources.list.d/more.list"),
        "deb http://a.example/debian bookworm-updates main\n");
    assertEquals(DEBIAN, AptSources.mainLines(etc));
  }

  @Test
  void readsDeb822Notation() throws IOException {
    Files.createDirectory(etc.resolve("sources.list.d"));
    Files.writeString(
        etc.resolve("sources.list.d/debian.sources"),
        """
        Types: deb
        # a comment inside a stanza
        URIs: http://a.example/debian
        Suites: bookworm bookworm-updates
        Components: main non-free
        Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

        Types: deb
        URIs: http://disabled.example/debian
        Suites: bookworm
        Components: main
        Enabled: no

        Types: deb
        URIs: http://b.example/node
        Suites: nodistro
        Components: main
        Signed-By: /usr/share/keyrings/vendor.gpg
        """);
    Files.writeString(etc.resolve("sources.list.d/debian.sources.disabled"), "Types: deb\n");
    assertEquals(DEBIAN, AptSources.mainLines(etc));
  }

  @Test
  void findsNothingWithoutDebian() throws IOException {
    assertEquals("", AptSources.mainLines(etc));
  }
}
