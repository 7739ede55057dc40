// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.source;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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

  private static final List<String> BOTH = List.of("deb", "deb-src");

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
    assertEquals(DEBIAN, AptSources.lines(etc, "bookworm", BOTH));
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
    assertEquals(DEBIAN, AptSources.lines(etc, "bookworm", BOTH));
  }

  @Test
  void aCopyThatIsNotRenewedStaysOneInAnyRelease() throws IOException {
    String aged =
        "deb [check-valid-until=no signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
            + " http://a.example/debian sid main\n";
    Path classic = etc.resolve("sources.list");
    Files.writeString(
        classic, "deb [Check-Valid-Until=No] http://a.example/debian bookworm main\n");
    assertEquals(aged, AptSources.lines(etc, "sid", List.of("deb")));
    Files.delete(classic);
    Files.createDirectory(etc.resolve("sources.list.d"));
    Files.writeString(
        etc.resolve("sources.list.d/debian.sources"),
        """
        Types: deb
        URIs: http://a.example/debian
        Suites: bookworm bookworm-updates
        Components: main
        Check-Valid-Until: no
        """);
    assertEquals(aged, AptSources.lines(etc, "sid", List.of("deb")));
  }

  @Test
  void findsNothingWithoutDebian() throws IOException {
    assertEquals("", AptSources.lines(etc, "bookworm", BOTH));
  }

  @Test
  void anotherReleaseIsLookedForInTheSameArchives() throws IOException {
    Files.createDirectory(etc.resolve("sources.list.d"));
    Files.writeString(
        etc.resolve("sources.list.d/debian.sources"),
        """
        Types: deb
        URIs: http://a.example/debian
        Suites: trixie trixie-updates trixie-backports
        Components: main
        Signed-By: /usr/share/keyrings/debian-archive-trixie-stable.gpg

        Types: deb
        URIs: http://a.example/debian-security
        Suites: trixie-security
        Components: main
        Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
        """);
    String keyring = "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ";
    assertEquals(
        keyring
            + "http://a.example/debian bookworm main\n"
            + keyring
            + "http://a.example/debian bookworm-updates main\n"
            + keyring
            + "http://a.example/debian-security bookworm-security main\n",
        AptSources.lines(etc, "bookworm", List.of("deb")));
    assertEquals(
        keyring + "http://a.example/debian sid main\n",
        AptSources.lines(etc, "sid", List.of("deb")));
    // The machine's own release comes with the machine's own key, without its other suites.
    String own = "deb [signed-by=/usr/share/keyrings/debian-archive-trixie-stable.gpg] ";
    assertEquals(
        own
            + "http://a.example/debian trixie main\n"
            + own
            + "http://a.example/debian trixie-updates main\n"
            + keyring
            + "http://a.example/debian-security trixie-security main\n",
        AptSources.lines(etc, "trixie", List.of("deb")));
  }

  @Test
  void ownSuitesOfAReleaseAreAllThatIsUsed() throws IOException {
    Files.writeString(
        etc.resolve("sources.list"),
        """
        deb http://a.example/debian trixie main
        deb http://old.example/debian bookworm main
        deb http://a.example/debian sid main
        """);
    assertEquals(
        "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
            + " http://old.example/debian bookworm main\n",
        AptSources.lines(etc, "bookworm", List.of("deb")));
  }
}
