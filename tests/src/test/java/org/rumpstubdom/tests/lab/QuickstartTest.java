// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rumpstubdom.build.source.AptSources;
import org.rumpstubdom.util.Command;

/**
 * README's first command on bare systems, by root and by ordinary users: from nothing but the
 * essential packages to a guest that has run. Then the packages are made, by the same user. Needs
 * root, whose right it is to make such a system.
 */
@Tag("lab")
@Tag("long")
final class QuickstartTest {
  private static final Path CHECKOUT = Path.of(System.getProperty("rumpstubdom.checkout"));

  /**
   * Enters the system in its first argument and runs the script in its second with its third. The
   * system's root is that of the mounts, too: inside a plain chroot there are no user namespaces.
   */
  private static final String ENTER =
      """
      mount --bind "$1" "$1" && cd "$1"
      mount --rbind /dev dev && mount --rbind /sys sys && mount -t proc proc proc
      mkdir outside && pivot_root . outside && umount -l outside && rmdir outside
      exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 sh -eu "$2" "$3"
      """;

  /** Inside; what each step says is kept. */
  private static final String TRIAL =
      """
      who=$1
      exec </dev/null >/said/all 2>&1
      if [ "$who" = root ]; then
        home=/root
        by() { env HOME=/root sh -c "$1"; }
        # It says nothing of what is missing, but installs it.
        touch /said/quickstart.refused /said/package.refused
      else
        home=/home/admin
        useradd -m -s /bin/sh admin
        [ "$who" = user ] || echo 'admin ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/admin
        # What a login gives an ordinary user.
        by() {
          setpriv --reuid=admin --regid=admin --init-groups \
            env -i PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 HOME=/home/admin sh -c "$1"
        }
      fi
      cp -R /checkout "$home/checkout"
      [ "$who" = root ] || chown -R admin: "$home/checkout"
      # Who is not root is told what root has to install.
      run() {
        log=$1
        shift
        [ "$who" = root ] || ! by "cd && $1" >"$log.refused" 2>&1 || exit 1
        command=$(sed -n 's/^stubdom: missing packages; run: //p' "$log.refused")
        # The user of a system without sudo has root's password: su asks root for none.
        case $who in
        sudo) yes | by "$command" ;;
        user) yes | sh -c "$command" ;;
        esac
        by "cd && $1" >"$log" 2>&1
      }
      run /said/quickstart checkout/scripts/quickstart
      # Sources that are no git checkout have no time of their own.
      run /said/package 'SOURCE_DATE_EPOCH=1700000000 checkout/scripts/package --out=packages'
      """;

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({"bookworm, root", "bookworm, sudo", "trixie, root", "trixie, user"})
  void aGuestRunsOnWhatABareSystemBuilds(String release, String who) throws IOException {
    Path sources =
        Files.writeString(
            directory.resolve("sources.list"),
            AptSources.lines(Path.of("/etc/apt"), release, List.of("deb")));
    Path root = directory.resolve("root");
    Command.of("mmdebstrap", "--mode=root", "--variant=minbase", "--format=directory")
        .args("--include=" + (who.equals("sudo") ? "sudo" : "passwd"))
        .args(release, root.toString(), sources.toString())
        .env("TMPDIR", directory.toString())
        .run();
    Files.createDirectory(root.resolve("said"));
    Files.writeString(root.resolve("trial"), TRIAL);
    // How this machine reaches the archives.
    for (String file : List.of("etc/resolv.conf", "etc/hosts", "usr/local/share/ca-certificates")) {
      Path from = Path.of("/").resolve(file);
      if (Files.exists(from)) {
        Path to = Files.createDirectories(root.resolve(file).getParent());
        Command.of("cp", "-RL", from.toString(), to.toString()).run();
      }
    }
    Path checkout = Files.createDirectory(root.resolve("checkout"));
    Command.of("sh", "-c", "git ls-files -z | tar --null -T - -cf - | tar -xf - -C \"$0\"")
        .args(checkout.toString())
        .in(CHECKOUT)
        .run();

    Command.Result result =
        Command.of("unshare", "--mount", "--propagation=private", "--pid", "--fork")
            .args("sh", "-eu", "-c", ENTER, "enter", root.toString(), "/trial", who)
            .execute();

    String all = Files.readString(root.resolve("said/all"));
    assertEquals(0, result.status(), all + result);
    if (!who.equals("root")) {
      String refused = Files.readString(root.resolve("said/quickstart.refused"));
      String how =
          who.equals("sudo") ? "sudo apt-get update && sudo " : "su -c 'apt-get update && ";
      assertTrue(refused.contains("run: " + how + "apt-get install --no-install-"), refused);
    }
    String said = Files.readString(root.resolve("said/quickstart"));
    assertTrue(said.contains("  | TEST linux: SUCCESS\n"), said);
    assertTrue(said.contains("\nDone in "), said);
    String packages = Files.readString(root.resolve("said/package"));
    assertEquals(2, packages.lines().filter(line -> line.matches("packages/.*[.]deb")).count());
  }
}
