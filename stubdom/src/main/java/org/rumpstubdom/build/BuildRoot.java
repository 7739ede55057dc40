// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.reflect.TypeToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.rumpstubdom.build.source.DebianPackages;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.Hashing;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.util.TemporaryDirectory;
import org.rumpstubdom.util.Trees;

/**
 * A small Debian of its own in the cache, from which a build takes compilers and all other
 * programs: what comes out does not depend on what this machine has installed.
 *
 * <p>Commands run in it by chroot(2). A link makes the path by which we know the tree lead to the
 * tree's own root inside, so that one absolute path names the same file inside and outside as long
 * as it lies in the tree. Builds work in {@link #work}.
 */
public final class BuildRoot {
  private static final String KIND = "build-root";

  /** Grows when this class makes something else from the same packages. */
  private static final String RECIPE = "2";

  private static final List<String> PACKAGES =
      List.of(
          "dash",
          "coreutils",
          "sed",
          "grep",
          "mawk",
          "diffutils",
          "findutils",
          "tar",
          "gzip",
          "bzip2",
          "xz-utils",
          "perl",
          "gcc",
          "libc6-dev",
          "binutils",
          "make",
          "meson",
          "ninja-build",
          "python3",
          // QEMU's configure makes a virtual environment of Python's.
          "python3-venv",
          "pkgconf",
          "dpkg-dev",
          "patch",
          "gettext",
          "libxen-dev");

  /** Programs of the root that go into it; where they are started is where the command starts. */
  private static final String ENTER = "enter";

  private static final String BORROW = "enter-with-devices";

  private static final String ENTER_TEXT =
      """
      exec chroot "${0%/*}" /usr/bin/env -C "$(pwd -P)" "$@"
      """;

  /** The machine's devices, for those who cannot make any. */
  private static final String BORROW_TEXT =
      """
      mount --rbind /dev "${0%/*}/dev" || exit
      """;

  private static final String ENTERED = "entered";

  /** The file that says what the root has: package to version. */
  private static final String CONTENT = "packages.json";

  private final Path directory;
  private final List<String> enter;

  private BuildRoot(Path directory, List<String> enter) {
    this.directory = directory;
    this.enter = enter;
  }

  /**
   * The root of a Debian release, made first when the cache does not have it.
   *
   * @param offline fetch nothing
   * @throws StubdomException (3) when the release cannot be had, or this user may not enter a root
   */
  public static BuildRoot of(String suite, CacheDirectory cache, boolean offline, Progress progress)
      throws IOException {
    String key =
        Hashing.key()
            .add("recipe", RECIPE)
            .add("suite", suite)
            .add("packages", String.join(" ", PACKAGES))
            .hex()
            .substring(0, 16);
    if (offline && !Files.isDirectory(cache.entry(KIND, key))) {
      throw StubdomException.input(
          "the compilers of Debian " + suite,
          "not in the cache",
          "build once without --offline, or give --host-compilers, too");
    }
    Path root = cache.entry(KIND, key, entry -> fill(suite, entry, progress)).toRealPath();
    Path inside = root.resolve(root.toString().substring(1));
    if (!Files.isSymbolicLink(inside)) {
      Files.createDirectories(inside.getParent());
      Files.createSymbolicLink(inside, inside.getParent().relativize(root));
    }
    return new BuildRoot(root, way(root));
  }

  private static void fill(String suite, Path entry, Progress progress) throws IOException {
    try (TemporaryDirectory scratch = TemporaryDirectory.create(entry.getParent(), KIND);
        Progress.Step step = progress.begin("fetch the compilers of Debian " + suite)) {
      DebianPackages packages = DebianPackages.ofPointRelease(suite, PACKAGES, progress);
      packages.download(scratch.path(), entry, List.of("./usr/share/gettext", "./var/*"));
      // The packages' own scripts, which do not run, would make these.
      Files.createSymbolicLink(entry.resolve("usr/bin/awk"), Path.of("mawk"));
      Files.createSymbolicLink(entry.resolve("usr/bin/cc"), Path.of("gcc"));
      collectCertificates(entry);
      for (String made : List.of("rump", "tmp", "var/tmp", "dev")) {
        Files.createDirectories(entry.resolve(made));
      }
      Files.writeString(entry.resolve("etc/passwd"), "root:x:0:0:root:/:/bin/sh\n");
      Files.writeString(entry.resolve("etc/group"), "root:x:0:\n");
      Files.writeString(entry.resolve(ENTER), ENTER_TEXT);
      Files.writeString(entry.resolve(BORROW), BORROW_TEXT + ENTER_TEXT);
      Files.writeString(
          entry.resolve(CONTENT),
          new GsonBuilder().setPrettyPrinting().create().toJson(packages.versions(scratch.path()))
              + "\n");
      step.done();
    }
  }

  /** Python's pip, which sets up QEMU's virtual environment, reads them before it does anything. */
  private static void collectCertificates(Path root) throws IOException {
    Path all = root.resolve("usr/share/ca-certificates/mozilla");
    if (Files.isDirectory(all)) {
      StringBuilder text = new StringBuilder();
      for (Path certificate : Trees.list(all)) {
        text.append(Files.readString(certificate));
      }
      Path certificates = Files.createDirectories(root.resolve("etc/ssl/certs"));
      Files.writeString(certificates.resolve("ca-certificates.crt"), text);
    }
  }

  /** The first of several ways in that this user may go. */
  private static List<String> way(Path root) {
    List<List<String>> ways = new ArrayList<>();
    if (isRoot()) {
      makeDevices(root);
      ways.add(List.of("/bin/sh", root + "/" + ENTER));
      ways.add(List.of("unshare", "--mount", "/bin/sh", root + "/" + BORROW));
    } else {
      ways.add(List.of("unshare", "--map-root-user", "--mount", "/bin/sh", root + "/" + BORROW));
    }
    Command.Result result = null;
    for (List<String> way : ways) {
      result =
          Command.of(way)
              .args("/bin/sh", "-c", "echo " + ENTERED + " >/dev/null && echo " + ENTERED)
              .in(root)
              .capture()
              .execute();
      if (result.status() == 0 && result.output().strip().equals(ENTERED)) {
        return way;
      }
    }
    List<String> lines = result.lastLines();
    throw new StubdomException(
        ExitCode.INPUT,
        "the build root " + root,
        "cannot be entered" + (lines.isEmpty() ? "" : ": " + lines.get(lines.size() - 1)),
        isRoot()
            ? "build where chroot is allowed, or with --host-compilers"
            : "build as root, allow user namespaces (sysctl kernel.unprivileged_userns_clone=1),"
                + " or use --host-compilers",
        lines,
        null);
  }

  private static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }

  /** The device files that shells and compilers open; where they cannot be made, another way in. */
  private static void makeDevices(Path root) {
    String make =
        """
        cd "$0/dev" || exit
        make() { [ -e "$1" ] || mknod -m 666 "$1" c 1 "$2"; }
        make null 3 && make zero 5 && make full 7 && make random 8 && make urandom 9
        """;
    Command.of("/bin/sh", "-c", make, root.toString()).execute();
  }

  /** The tree, by the path that is valid inside as well. */
  public Path directory() {
    return directory;
  }

  /** Debian's packages that are in the tree, with their versions. */
  public SortedMap<String, String> packages() throws IOException {
    return new Gson()
        .fromJson(
            Files.readString(directory.resolve(CONTENT)),
            new TypeToken<TreeMap<String, String>>() {}.getType());
  }

  /** Where builds work; what they leave there is theirs to remove. */
  public Path work() {
    return directory.resolve("rump");
  }

  /** A command that runs in the root, in whatever directory of it {@link Command#in} names. */
  Command command(List<String> arguments) {
    return Command.of(enter).args(arguments).in(directory);
  }

  /** A file of the root by the name it has inside. */
  Path outside(String inside) throws IOException {
    Path path = Path.of(inside);
    return path.startsWith(directory) ? path : directory.resolve(inside.substring(1));
  }

  /** Whether the root has a program of that path. */
  boolean has(Path program) {
    Path file = directory.resolve(program.toString().substring(1));
    return Files.exists(file, LinkOption.NOFOLLOW_LINKS) && Files.isExecutable(file);
  }
}
