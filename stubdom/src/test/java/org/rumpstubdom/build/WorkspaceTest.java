// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.build.source.FetchedPackage;
import org.rumpstubdom.build.source.SourceLock;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.util.Hashing;

/** Sources as an ordinary user unpacks them, whose build root is entered in a user namespace. */
final class WorkspaceTest {
  @TempDir Path directory;

  private static final List<String> NAMESPACE = List.of("unshare", "--user", "--map-root-user");

  @Test
  void anArchiveOfOtherUsersIsUnpackedInAUserNamespace() throws IOException {
    assumeTrue(
        Command.of(NAMESPACE).args("true").execute().status() == 0,
        "user namespaces are not allowed here");
    Path files = Files.createDirectories(directory.resolve("files/thing-1"));
    Files.writeString(files.resolve("README"), "text\n");
    String archive = "thing_1.orig.tar.gz";
    Command.of("tar", "--owner=12345", "--group=12345", "-czf")
        .args(files.resolveSibling(archive).toString(), "-C", files.getParent() + "", "thing-1")
        .run();
    Path bin = Files.createDirectory(directory.resolve("bin"));
    Path tar =
        Files.writeString(
            bin.resolve("tar"),
            "#!/bin/sh\nexec " + String.join(" ", NAMESPACE) + " /bin/tar \"$@\"\n");
    Files.setPosixFilePermissions(tar, PosixFilePermissions.fromString("rwxr-xr-x"));
    List<Path> programs = new ArrayList<>(List.of(bin));
    programs.addAll(HostTools.SYSTEM);
    Map<String, String> hashes = Map.of(archive, Hashing.sha256(files.resolveSibling(archive)));
    FetchedPackage thing =
        new FetchedPackage(
            new SourceLock.Pinned("thing", "1", SourceLock.Kind.UPSTREAM, List.of(), hashes),
            "1",
            true,
            true,
            files.getParent(),
            hashes);
    Path root = Files.createDirectory(directory.resolve("work"));
    try (Progress.Step step = Progress.silent().begin("unpack")) {
      Workspace work =
          new Workspace(
              root,
              root.resolve("out"),
              directory.resolve("log"),
              new HostTools(programs),
              1,
              Map.of("thing", thing),
              Progress.silent(),
              step);
      work.unpack("thing");
      assertEquals("text\n", Files.readString(work.source().resolve("README")));
      step.done();
    }
  }
}
