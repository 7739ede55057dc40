// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.scripts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rumpstubdom.util.Command;

/**
 * {@code check-host} of the package: what it says of hosts that are files in a directory and an xl
 * that prints what the real one was seen to print. On real Xen {@code lab/PackagesInstalledTest}
 * runs it.
 */
final class CheckHostTest {
  private static final int USAGE = 2;
  private static final int CANNOT = 3;

  /** Of a Debian 12 host; lines that nobody looks at are left out. */
  private static final String INFO =
      """
      host                   : dom0
      release                : 6.1.0-37-amd64
      machine                : x86_64
      virt_caps              : pv hvm hap shadow gnttab-v1
      total_memory           : 8191
      free_memory            : 5120
      xen_major              : 4
      xen_minor              : 17
      xen_extra              : .5
      xen_version            : 4.17.5
      xen_caps               : xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64
      xen_commandline        : placeholder
      """;

  @TempDir private Path directory;
  private Path image;
  private Path root;
  private Path programs;

  @BeforeEach
  void makeGoodHost() throws IOException {
    image = Files.createDirectories(directory.resolve("image"));
    Files.copy(
        Path.of(System.getProperty("rumpstubdom.checkout"), "scripts/packaging/check-host"),
        image.resolve("check-host"));
    Files.writeString(image.resolve("stubdom-kernel"), "kernel");
    Files.writeString(image.resolve("stubdom.cfg"), "stubdomain_memory = 32\n");
    String sums =
        Command.of("sha256sum", "stubdom-kernel", "stubdom.cfg").in(image).capture().run().output();
    Files.writeString(image.resolve("SHA256SUMS"), sums);
    root = directory.resolve("root");
    programs = Files.createDirectories(directory.resolve("bin"));
    program(
        root.resolve("usr/libexec/xen-qemu-system-i386"),
        "echo 'QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)'");
    program(root.resolve("usr/lib/xen-4.17/bin/vchan-socket-proxy"), "exit 1");
    write("usr/share/qemu/keymaps/en-us", "");
    write("sys/module/xen_blkback/refcnt", "0");
    write("sys/module/xen_netback/refcnt", "0");
    write("proc/1/comm", "agent\n");
    write("proc/77/comm", "xenconsoled\n");
    xl(INFO);
  }

  private void write(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  private static void program(Path file, String script) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/bin/sh\n" + script + "\n");
    assertTrue(file.toFile().setExecutable(true));
  }

  /** An xl that answers info and list. */
  private void xl(String info) throws IOException {
    program(
        programs.resolve("xl"),
        "case $1 in info) cat <<'END'\n"
            + info
            + "END\n;; list) echo Domain-0 ;; *) exit 1 ;; esac");
  }

  private Command.Result run(int status, String... arguments) {
    Command.Result result =
        Command.of("/bin/sh", image.resolve("check-host").toString())
            .args(arguments)
            .env("PATH", programs + ":/usr/bin:/bin")
            .env("RUMP_STUBDOM_ROOT", root.toString())
            .capture()
            .execute();
    assertEquals(status, result.status(), result::output);
    return result;
  }

  /** The lines that do not begin with ok. */
  private List<String> complaints(int status) {
    List<String> lines = new ArrayList<>(run(status).output().lines().toList());
    assertTrue(
        lines.stream().allMatch(line -> line.matches("(ok   |warn |fail ) .*")), lines::toString);
    lines.removeIf(line -> line.startsWith("ok"));
    return lines;
  }

  private void complains(String level, String words) {
    List<String> lines = complaints(level.equals("fail") ? CANNOT : 0);
    assertEquals(1, lines.size(), lines::toString);
    assertTrue(lines.get(0).startsWith(level + "  "), lines::toString);
    assertTrue(lines.get(0).contains(words), lines::toString);
  }

  @Test
  void aGoodHostIsOkInEveryLine() {
    String all = run(0).output();
    assertTrue(all.lines().allMatch(line -> line.startsWith("ok    ")), all);
    for (String what :
        List.of(
            "image: ", "Xen: 4.17", "vchan-socket-proxy", "xenconsoled", ", 7.2.22", "5120 MiB")) {
      assertTrue(all.contains(what), () -> what + " is not in " + all);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "4, 16, fail, the oldest that is supported is 4.17",
    "3, 4, fail, the oldest that is supported is 4.17",
    "4, 9, fail, the oldest that is supported is 4.17",
    "4, 18, warn, 4.17 and 4.20 were tested",
    "4, 21, warn, the newest that was tested is 4.20",
    "5, 0, warn, the newest that was tested is 4.20",
    "unstable, x, fail, the oldest that is supported is 4.17",
  })
  void otherXensAreNamed(String major, String minor, String level, String words)
      throws IOException {
    program(root.resolve("usr/lib/xen-" + major + "." + minor + "/bin/vchan-socket-proxy"), "");
    xl(
        INFO.replace("xen_major              : 4", "xen_major              : " + major)
            .replace("xen_minor              : 17", "xen_minor              : " + minor));
    complains(level, words);
  }

  @Test
  void aHypervisorWithoutPvOrHvmIsNoHost() throws IOException {
    xl(INFO.replace("xen-3.0-x86_64 ", ""));
    complains("fail", "cannot run a stub domain (PV)");
    xl(INFO.replace(" hvm-3.0-x86_64", ""));
    complains("fail", "cannot run a guest (HVM)");
  }

  @Test
  void aMachineWithoutXenGetsOneReason() throws IOException {
    program(programs.resolve("xl"), "echo 'xc: error: Could not obtain handle' >&2; exit 1");
    complains("fail", "Could not obtain handle; run this as root in dom0");
    Files.delete(programs.resolve("xl"));
    complains("fail", "xl: not found");
  }

  @Test
  void missingPartsOfDom0AreNamedWithTheirPackage() throws IOException {
    Files.delete(root.resolve("usr/lib/xen-4.17/bin/vchan-socket-proxy"));
    complains("fail", "Debian: xen-utils-4.17");
    program(root.resolve("usr/lib/xen/bin/vchan-socket-proxy"), "");
    Files.delete(root.resolve("usr/share/qemu/keymaps/en-us"));
    complains("warn", "Debian: qemu-system-data");
    write("usr/share/qemu/keymaps/en-us", "");
    Path qemu = root.resolve("usr/libexec/xen-qemu-system-i386");
    String before = Files.readString(qemu);
    program(qemu, "echo 'QEMU emulator version 10.0.13 (Debian 1:10.0.13+ds-0+deb13u1)'");
    complains("warn", "VNC: QEMU 10.0.13 shows an empty screen first; press Ctrl, Alt and 1");
    Files.writeString(qemu, before);
    Files.delete(root.resolve("proc/77/comm"));
    complains("warn", "xenconsoled is not running");
    write("proc/77/comm", "xenconsoled\n");
    Files.delete(root.resolve("usr/libexec/xen-qemu-system-i386"));
    complains("fail", "Debian: qemu-system-xen");
    program(
        root.resolve("usr/bin/qemu-system-i386"),
        "echo 'error while loading shared libraries: libfdt.so.1' >&2; exit 127");
    complains("fail", "/usr/bin/qemu-system-i386 does not start: error while loading");
  }

  @Test
  void driversOfDom0AreLookedFor() throws IOException {
    Files.delete(root.resolve("sys/module/xen_netback/refcnt"));
    Files.delete(root.resolve("sys/module/xen_netback"));
    complains("warn", "modprobe xen-netback");
    write("sys/module/xen_netback/refcnt", "0");
    Files.delete(root.resolve("sys/module/xen_blkback/refcnt"));
    Files.delete(root.resolve("sys/module/xen_blkback"));
    complains("fail", "modprobe xen-blkback");
  }

  @Test
  void littleMemoryMattersWhereXlTakesNoneFromDom0() throws IOException {
    String little = INFO.replace(": 5120", ": 40");
    xl(little);
    complains("warn", "40 MiB are free, a stub domain takes up to 56; xl will take it from dom0");
    xl(little.replace("placeholder", "placeholder dom0_mem=2G,max:2G loglvl=all"));
    complains("fail", "dom0_mem is set");
    write("etc/xen/xl.conf", "# autoballoon=\"off\"\nautoballoon = \"on\"\n");
    complains("warn", "xl will take it from dom0");
    write("etc/xen/xl.conf", "autoballoon=\"off\"\n");
    xl(little);
    complains("fail", "autoballoon is off");
    xl(INFO);
    assertEquals(List.of(), complaints(0));
  }

  @Test
  void aDamagedImageIsNamed() throws IOException {
    Files.writeString(image.resolve("stubdom-kernel"), "kerne1");
    complains("fail", "stubdom-kernel: FAILED");
    Files.delete(image.resolve("stubdom-kernel"));
    complains("fail", "stubdom-kernel: No such file");
  }

  @Test
  void helpHasTheExitCodesAndNonsenseIsRefused() {
    String help = run(0, "--help").output();
    for (String line :
        List.of("  0    no check failed", "  2    ", "  3    a check failed", "  130 ")) {
      assertTrue(help.contains(line), help);
    }
    assertEquals("", run(USAGE, "--halp").output());
  }
}
