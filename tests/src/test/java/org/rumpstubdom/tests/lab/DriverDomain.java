// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.rumpstubdom.image.NewcWriter;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.lab.root.LabRoot;
import org.rumpstubdom.util.TemporaryDirectory;

/**
 * A small Linux domain that serves the disks and network cards of other domains: Debian's kernel
 * with its blkback and netback, and the stock xl devd. Its own disk is a file of dom0, which
 * survives it, as a disk behind a real one's controller would.
 */
final class DriverDomain {
  static final String NAME = "driver";

  /** Its only disk, as it sees it. */
  static final String DISK = "/dev/xvda";

  private static final String KERNEL = "/run/" + NAME + "-kernel";
  private static final String RAMDISK = "/run/" + NAME + "-ramdisk";
  private static final String CONSOLE = "/var/log/xen/console/guest-" + NAME + ".log";

  /** Seconds of dom0's clock. */
  private static final int BOOT_SECONDS = 120;

  /**
   * The first process: dom0's file system has what a driver domain needs, but for its frontends.
   */
  private static final String INIT =
      """
      #!/bin/sh
      export PATH=/lab/xen:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
      mount -t proc proc /proc
      mount -t sysfs sys /sys
      mount -t devtmpfs dev /dev
      ln -s /proc/self/fd /dev/fd
      ln -s fd/0 /dev/stdin
      ln -s fd/1 /dev/stdout
      ln -s fd/2 /dev/stderr
      mount -t tmpfs tmpfs /run
      mount -t tmpfs tmpfs /tmp
      ln -sfn /run/lock /var/lock
      mkdir -p /run/lock /run/xen /var/lib/xen /var/log/xen
      while read -r module; do
        case $module in
          # The kernel lets a domain's tools call Xen for a guest of theirs only, unless told.
          */xen-privcmd.ko*) insmod "$module" unrestricted=1 || insmod "$module" ;;
          *) insmod "$module" 2>/dev/null ;;
        esac
      done </lab/modules
      insmod "$(find /usr/lib/modules -name 'xen-blkfront.ko*')"
      mount -t xenfs xenfs /proc/xen
      hostname driver
      ip link set lo up
      ip link add xenbr0 type bridge
      ip link set xenbr0 up
      ip address add 10.9.0.1/24 dev xenbr0
      until [ -b /dev/xvda ]; do sleep 0.1; done
      echo "DRIVER: ready"
      xl devd -F
      echo "DRIVER: xl devd ended: $?"
      sleep 100000
      """;

  private final XlHost host;

  /** Brings it to the host; it does not run yet. */
  DriverDomain(XlHost host) throws IOException {
    this.host = host;
    LabRoot root = host.root();
    Dom0 dom0 = host.dom0();
    dom0.push(root.kernel(), KERNEL);
    try (TemporaryDirectory scratch = TemporaryDirectory.create("driver")) {
      Path init = Files.createDirectory(scratch.path().resolve("tree")).resolve("driver-init");
      Files.writeString(init, INIT);
      if (!init.toFile().setExecutable(true)) {
        throw new IOException(init + " cannot be made a program");
      }
      Path ramdisk = scratch.path().resolve("ramdisk");
      try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(ramdisk))) {
        // The kernel unpacks one archive after the other. The peer's has frontends for its kernel.
        for (Path archive : List.of(root.peerRamdisk(), root.initramfs())) {
          Files.copy(archive, out);
          out.write(new byte[(int) (-Files.size(archive) & 3)]);
        }
        NewcWriter.tree(init.getParent(), out);
      }
      dom0.push(ramdisk, RAMDISK);
    }
  }

  /** Starts it with this file of dom0 as its disk. */
  void start(String image) throws IOException {
    String configuration =
        """
        name = "%s"
        type = "pv"
        memory = 400
        kernel = "%s"
        ramdisk = "%s"
        cmdline = "console=hvc0 rdinit=/driver-init"
        driver_domain = 1
        disk = [ 'format=raw,vdev=xvda,access=rw,target=%s' ]
        on_crash = "destroy"
        """
            .formatted(NAME, KERNEL, RAMDISK, image);
    String path = "/run/" + NAME + ".cfg";
    host.dom0().push(configuration.getBytes(StandardCharsets.UTF_8), path);
    host.dom0().run("rm", "-f", CONSOLE);
    host.dom0().run("xl", "create", path);
    host.await("grep -q 'DRIVER: ready' " + CONSOLE, BOOT_SECONDS);
  }

  /** What its kernel and its first process wrote. */
  String console() throws IOException {
    return host.dom0().run("cat", CONSOLE);
  }

  /** Ends it at once. */
  void kill() throws IOException {
    host.dom0().run("xl", "destroy", NAME);
  }
}
