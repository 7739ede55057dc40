// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.root;

import java.io.IOException;
import java.util.List;

/**
 * The Linux stub domain our image is compared with: Debian's kernel, Debian's QEMU and a shell
 * script, as a packager would put one together from stock parts. It creates, boots, runs and
 * destroys guests; it does not save them.
 */
public final class PeerImage {
  /** Memory the peer needs, in MiB. */
  public static final int MEMORY_MIB = 256;

  /** Its kernel's command line. */
  public static final String COMMAND_LINE = "console=hvc0 quiet";

  private static final List<String> MODULES =
      List.of(
          "bridge",
          "tun",
          "xen-evtchn",
          "xen-gntdev",
          "xen-gntalloc",
          "xen-privcmd",
          "xen-blkfront",
          "xen-netfront");

  private PeerImage() {}

  /** Fills the peer's file system. */
  static void fill(SystemTree tree, String release, String toolstack, byte[] init)
      throws IOException {
    tree.program("usr/libexec/xen-qemu-system-i386");
    tree.program(toolstack + "/bin/vchan-socket-proxy");
    tree.link("usr/bin/vchan-socket-proxy", "/" + toolstack + "/bin/vchan-socket-proxy");
    tree.program("usr/bin/xenstore");
    for (String verb : List.of("list", "read", "write")) {
      tree.link("usr/bin/xenstore-" + verb, "xenstore");
    }
    tree.libraries();
    tree.busybox();
    // QEMU refuses a display or NIC adapter whose ROM is missing.
    tree.files("usr/share/seabios", "*");
    tree.files("usr/share/qemu", "*.bin");
    tree.files("usr/share/qemu/keymaps", "*");
    tree.filesAnywhere("{efi,pxe}-*.rom");
    tree.write("lab/modules", String.join("\n", tree.modules(release, MODULES)) + "\n");
    tree.write("init", init, true);
  }
}
