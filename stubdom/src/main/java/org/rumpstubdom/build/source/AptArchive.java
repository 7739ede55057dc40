// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.source;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.FullDisk;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.util.Trees;

/**
 * One release of Debian's archive, as this machine's own apt is configured to reach the archive.
 *
 * <p>apt runs with private lists, made of {@code deb} and {@code deb-src} lines for the release in
 * the archives the machine uses, whatever release the machine itself is: neither the machine's
 * configuration nor its lists are touched, and no privileges are needed. apt's keys, proxies and
 * other settings apply.
 */
public final class AptArchive {
  /** Lists, also while apt unpacks them, and all packages of a build: twice what was measured. */
  private static final long SPACE_NEEDED = 200L << 20;

  private final Path directory;
  private final String release;
  private final Path log;
  private boolean updated;

  /**
   * An archive whose lists live in {@code directory}.
   *
   * @param release the code name of the release, such as "bookworm"
   * @param log what apt says is appended there
   */
  public AptArchive(Path directory, String release, Path log) {
    this.directory = directory;
    this.release = release;
    this.log = log;
  }

  /** A source or binary package the archive offers. */
  record Offer(String version, Map<String, String> files) {}

  /**
   * Fetches the lists, once for this object.
   *
   * @throws StubdomException when the machine has no Debian sources or they cannot be reached
   */
  void update() throws IOException {
    if (updated) {
      return;
    }
    for (String d : List.of("lists/partial", "cache/archives/partial")) {
      Files.createDirectories(directory.resolve(d));
    }
    String lines = AptSources.lines(Path.of("/etc/apt"), release, List.of("deb", "deb-src"));
    if (lines.isEmpty()) {
      throw StubdomException.input(
          "/etc/apt",
          "none of this machine's apt sources is a Debian archive with component main",
          "add one, or give the packages' files with --sources=DIR");
    }
    FullDisk.require(directory, SPACE_NEEDED, "fetching packages");
    Files.writeString(directory.resolve("sources.list"), lines);
    Command.Result result =
        apt("apt-get", "update", "-o", "APT::Update::Error-Mode=any").log(log).execute();
    if (result.status() != 0) {
      throw unreachable("package lists", result);
    }
    updated = true;
  }

  /** The versions of a source package the archive offers, newest first. */
  List<Offer> sourceOffers(String name) throws IOException {
    update();
    Command.Result shown =
        apt("apt-cache", "showsrc", "--only-source", name).log(log).capture().execute();
    Map<String, Offer> offers = new LinkedHashMap<>();
    for (Map<String, String> stanza : Stanzas.parse(shown.output())) {
      if (name.equals(stanza.get("Package"))) {
        String version = stanza.get("Version");
        offers.put(version, new Offer(version, Stanzas.files(stanza)));
      }
    }
    return newestFirst(offers);
  }

  /** The versions of a binary package the archive offers, newest first. */
  List<Offer> binaryOffers(String name) throws IOException {
    update();
    Command.Result shown = apt("apt-cache", "show", name).log(log).capture().execute();
    Map<String, Offer> offers = new LinkedHashMap<>();
    for (Map<String, String> stanza : Stanzas.parse(shown.output())) {
      if (name.equals(stanza.get("Package")) && stanza.containsKey("SHA256")) {
        String version = stanza.get("Version");
        String file = debName(name, version, stanza.get("Architecture"));
        offers.put(version, new Offer(version, Map.of(file, stanza.get("SHA256"))));
      }
    }
    return newestFirst(offers);
  }

  /**
   * Downloads the files of a package into a directory.
   *
   * @return whether all came; when not, the directory may hold some of them
   */
  boolean download(String name, String version, SourceLock.Kind kind, Path into)
      throws IOException {
    update();
    Command command =
        switch (kind) {
          case SOURCE -> apt("apt-get", "source", "--download-only", name + "=" + version);
          case UPSTREAM ->
              apt("apt-get", "source", "--download-only", "--tar-only", name + "=" + version);
          case BINARY -> apt("apt-get", "download", name + "=" + version);
        };
    boolean complete = command.describe("fetch " + name).in(into).log(log).execute().status() == 0;
    if (kind == SourceLock.Kind.BINARY) {
      for (Path file : Trees.list(into)) {
        // apt escapes the epoch's colon in the file's name: undo, so that names are the same
        // whoever fetched the file.
        String plain = file.getFileName().toString().replace("%3a", ":");
        Files.move(file, into.resolve(plain));
      }
    }
    return complete;
  }

  /** The name of a binary package's file, as in the archive but with the version's epoch. */
  static String debName(String name, String version, String architecture) {
    return name + "_" + version + "_" + architecture + ".deb";
  }

  private Command apt(String program, String... arguments) {
    return Command.of(program)
        .args("-q", "-o", "Dir::Etc::SourceList=" + directory.resolve("sources.list"))
        .args("-o", "Dir::Etc::SourceParts=/dev/null")
        .args("-o", "Dir::State::Lists=" + directory.resolve("lists"))
        .args("-o", "Dir::Cache=" + directory.resolve("cache"))
        .args("-o", "APT::Sandbox::User=root")
        .args(arguments)
        .env("LC_ALL", "C")
        .failsWith(ExitCode.INPUT);
  }

  private StubdomException unreachable(String what, Command.Result result) {
    List<String> lines = result.lastLines();
    String why =
        Stream.of("E:", "Err:")
            .flatMap(mark -> lines.stream().filter(line -> line.startsWith(mark)))
            .findFirst()
            .orElse("apt-get update failed");
    return StubdomException.input(
        what,
        why,
        "check the network and apt's proxy (log: "
            + log
            + "), or use --sources=DIR with the files at hand");
  }

  private static List<Offer> newestFirst(Map<String, Offer> offers) {
    List<Offer> sorted = new ArrayList<>(offers.values());
    sorted.sort((a, b) -> DebianVersions.compare(b.version(), a.version()));
    return sorted;
  }
}
