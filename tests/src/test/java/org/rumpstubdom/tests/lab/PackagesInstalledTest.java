// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rumpstubdom.build.source.DebianPackages;
import org.rumpstubdom.image.ImageDirectory;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.lab.root.LabRoot;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.tests.emulator.BuiltPackages;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.xl.DeviceModel;

/**
 * The package in dom0, put there and taken away by the release's own apt and dpkg.
 *
 * <p>The emulated host's dom0 has neither: it holds only what it uses, of packages that were never
 * installed one by one. So the test brings both, beside dom0's own files, and dpkg's list of what
 * is installed: the packages dom0 was made of.
 */
@Tag("lab")
@Tag("long")
final class PackagesInstalledTest {
  private static final String INSTALLED = ImageDirectory.INSTALLED;

  /** Where apt and dpkg are in dom0. */
  private static final String APT = "/run/apt";

  private static final String PREPARE =
      """
      cd $1 && tar -xf ../apt.tar && rm ../apt.tar
      # A loader goes with its own C library only: dom0's are used.
      for file in usr/lib/x86_64-linux-gnu/*; do
        [ ! -e "/$file" ] || rm -rf "$file"
      done
      # Their data has to be where they look for it.
      mv usr/share/dpkg /usr/share/dpkg
      for directory in dpkg/info dpkg/updates dpkg/triggers apt/lists/partial; do
        mkdir -p "/var/lib/$directory"
      done
      mkdir -p /var/cache/apt/archives/partial /var/log/apt
      mkdir -p /etc/apt/apt.conf.d /etc/apt/preferences.d /etc/apt/sources.list.d
      mv /run/status /var/lib/dpkg/status
      """;

  private static final String WITH_APT =
      """
      export PATH=$1/usr/bin:$1/usr/sbin:$PATH LD_LIBRARY_PATH=$1/usr/lib/x86_64-linux-gnu
      export DEBIAN_FRONTEND=noninteractive
      apt() {
        # Where it fails, what it said is in the failure.
        apt-get -q -y -o APT::Sandbox::User=root -o Dir::Bin::Methods=$root/usr/lib/apt/methods \
          -o Dir::Bin::dpkg=$root/usr/bin/dpkg -o DPkg::Path="$PATH" "$@" >&2
      }
      root=$1
      shift
      """;

  /** All files but those that change by themselves, and apt's and dpkg's own. */
  private static final String FILES =
      """
      find / -xdev ! -path '/var/lib/dpkg*' ! -path '/var/lib/apt*' ! -path '/var/cache*' \
        ! -path '/var/log*' | sort
      """;

  private static final Set<String> SHARED =
      Set.of("/usr/share/doc", "/usr/share/lintian", "/usr/share/lintian/overrides");

  /** So many times a setting of no effect that the ramdisk becomes larger by some KiB. */
  private static final int REPEATED = 600;

  private static final int KIB = 1024;

  @TempDir private static Path directory;

  /** The image of the current package; that of the old one is the other tests'. */
  private static Path newImage;

  private static BuiltPackages old;
  private static BuiltPackages current;
  private static Path stubdom;

  @BeforeAll
  static void build() throws IOException {
    Path image = Path.of(System.getProperty("rumpstubdom.image"));
    old = BuiltPackages.build(directory.resolve("old"), image, 1_000_000_000L);
    newImage = directory.resolve("image");
    String larger = "timestamp=off" + ",timestamp=off".repeat(REPEATED);
    Command.of(System.getProperty("rumpstubdom.checkout") + "/scripts/stubdom")
        .args("build", "--out=" + newImage, "--qemu-arg=-msg", "--qemu-arg=" + larger)
        .run();
    current = BuiltPackages.build(directory.resolve("current"), newImage, null);
    stubdom =
        current
            .unpacked(BuiltPackages.TOOLS, directory.resolve("tools"))
            .resolve("usr/bin/stubdom");
  }

  /** Brings apt and dpkg, and what they find installed. */
  private static void bringApt(Dom0 dom0, String suite) throws IOException {
    Path scratch = Files.createTempDirectory(directory, "scratch");
    Path tree = Files.createTempDirectory(directory, "apt");
    List<String> wanted = List.of("apt", "dpkg", "tar", "libc-bin");
    new DebianPackages(suite, wanted, Progress.silent()).download(scratch, tree, List.of());
    Path archive = scratch.resolve("apt.tar");
    Command.of(
            "sh",
            "-c",
            "tar -cf \"$0\" usr/bin/apt-get usr/bin/dpkg* usr/bin/tar usr/sbin/ldconfig"
                + " usr/sbin/start-stop-daemon usr/lib/apt usr/share/dpkg usr/lib/x86_64-linux-gnu/*.so*")
        .args(archive.toString())
        .in(tree)
        .run();
    StringBuilder status = new StringBuilder();
    LabRoot.of(suite, CacheDirectory.ofUser(), Progress.silent())
        .packages()
        .forEach(
            (name, version) ->
                status.append(
                    """
                    Package: %s
                    Status: install ok installed
                    Maintainer: Debian
                    Architecture: amd64
                    Version: %s
                    Description: part of dom0

                    """
                        .formatted(name, version)));
    dom0.run("mkdir", "-p", APT);
    dom0.push(archive, "/run/apt.tar");
    dom0.push(status.toString().getBytes(StandardCharsets.UTF_8), "/run/status");
    dom0.sh(PREPARE, APT);
  }

  private static String apt(Dom0 dom0, String script) throws IOException {
    return dom0.sh(WITH_APT + script, APT);
  }

  private static void install(Dom0 dom0, BuiltPackages packages) throws IOException {
    dom0.push(packages.deb(BuiltPackages.IMAGE), "/run/rump-stubdom.deb");
    // With what it recommends: apt has no archive to take it from, so dom0 has to have it.
    apt(dom0, "apt install /run/rump-stubdom.deb && rm /run/rump-stubdom.deb");
  }

  private static Set<String> files(Dom0 dom0) throws IOException {
    return dom0.sh(FILES).lines().collect(Collectors.toCollection(TreeSet::new));
  }

  /** Whether it is one of the package's files, or a directory that other packages have as well. */
  private static boolean isOurs(String file) {
    return file.contains("/rump-stubdom") || SHARED.contains(file);
  }

  /** The guest "orders" as an administrator gives it our device model, by the installed tools. */
  private static String configure(XlHost host, String name) throws IOException {
    String plain =
        host.dom0()
            .run("cat", host.configure(name, TestGuest.named("orders"), DeviceModel.DOM0, ""));
    Path file = Files.writeString(directory.resolve(name + ".cfg"), plain);
    String text =
        Command.of(stubdom.toString(), "config", file.toString())
            .in(directory)
            .capture()
            .run()
            .output();
    assertTrue(text.contains("stubdomain_ramdisk = \"" + INSTALLED + "/stubdom-ramdisk\""), text);
    String path = "/run/" + name + ".cfg";
    host.dom0().push(text.getBytes(StandardCharsets.UTF_8), path);
    return path;
  }

  /** Configures a guest and starts it; returns its domain's number. */
  private static String start(XlHost host, String name) throws IOException {
    host.dom0().run("xl", "create", "-p", configure(host, name));
    try (XlHost.Console console = host.console(name)) {
      host.dom0().run("xl", "unpause", name);
      console.await("NOTE orders: ready");
      console.order("disk");
      console.order("net");
      return console.domid();
    }
  }

  /** Has a guest that runs, or begins to, use its devices. */
  private static void asksForDiskAndNet(XlHost host, String name) throws IOException {
    try (XlHost.Console console = host.console(name)) {
      console.awaitAnswer("nmi");
      console.order("disk");
      console.order("net");
    }
  }

  /** That the stub domain has started with that image. */
  private static void hasImage(Dom0 dom0, String name, Path image) throws IOException {
    String log = dom0.run("cat", "/var/log/xen/qemu-dm-" + name + ".log");
    long kib = Files.size(image.resolve(ImageDirectory.RAMDISK)) / KIB;
    assertTrue(log.contains("ramdisk of " + kib + " KiB"), () -> kib + " KiB are not in " + log);
  }

  @ParameterizedTest
  @ValueSource(strings = {"bookworm", "trixie"})
  void installedItServesAGuestAndGoesWithoutATrace(String suite) throws IOException {
    try (XlHost host = new XlHost(suite)) {
      Dom0 dom0 = host.dom0();
      bringApt(dom0, suite);
      Set<String> before = files(dom0);
      install(dom0, current);
      Set<String> came = files(dom0);
      came.removeAll(before);
      assertTrue(came.contains(INSTALLED + "/check-host"), came::toString);
      assertTrue(came.stream().allMatch(PackagesInstalledTest::isOurs), came::toString);

      String said = dom0.run(INSTALLED + "/check-host");
      List<String> amiss = said.lines().filter(line -> !line.startsWith("ok ")).toList();
      assertEquals(TestHost.showsFramebuffers(suite) ? 0 : 1, amiss.size(), said);
      assertTrue(amiss.stream().allMatch(line -> line.startsWith("warn  VNC: ")), said);

      start(host, "packaged");
      hasImage(dom0, "packaged", newImage);
      dom0.run("xl", "destroy", "packaged");
      apt(dom0, "apt purge rump-stubdom");
      assertEquals(before, files(dom0));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"bookworm", "trixie"})
  void guestsRunOnThroughUpgradeAndRemoval(String suite) throws IOException {
    try (XlHost host = new XlHost(suite)) {
      Dom0 dom0 = host.dom0();
      bringApt(dom0, suite);
      install(dom0, old);
      String first = start(host, "first");
      hasImage(dom0, "first", Path.of(System.getProperty("rumpstubdom.image")));

      install(dom0, current);
      asksForDiskAndNet(host, "first");
      start(host, "second");
      hasImage(dom0, "second", newImage);
      // So does a guest that begins anew by itself.
      try (XlHost.Console console = host.console("first")) {
        console.type("reset");
        host.await(
            "[ \"$(xl domid first 2>/dev/null || echo " + first + ")\" != " + first + " ]", 120);
      }
      try (XlHost.Console console = host.console("first")) {
        // What is typed before it listens would end it.
        console.await("NOTE orders: ready");
        console.order("disk");
        console.order("net");
      }
      hasImage(dom0, "first", newImage);

      apt(dom0, "apt purge rump-stubdom");
      assertFalse(files(dom0).contains(INSTALLED));
      asksForDiskAndNet(host, "first");
      asksForDiskAndNet(host, "second");
      // What xl starts anew reads kernel and ramdisk again.
      Dom0.Result result = dom0.execute("xl", "create", configure(host, "third"));
      assertTrue(result.errors().contains("stubdom-kernel"), result::errors);
    }
  }
}
