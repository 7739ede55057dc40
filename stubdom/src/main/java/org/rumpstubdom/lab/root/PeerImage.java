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

  /**
   * What dom0's QEMU has to be told, as the backend of the stub domain's consoles: it gets more
   * serial ports. libxl leaves the console of a restore without an output when nothing is restored;
   * QEMU since 9.0 then makes none unless it has a serial port of that number, and Linux as a stub
   * domain waits for it for 30 s, which is all the time libxl gives it.
   */
  public static final List<String> DOM0_ARGUMENTS =
      List.of("-serial", "null", "-serial", "null", "-serial", "null");

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

  /**
   * The lines of a guest's configuration that choose it.
   *
   * @param kernel the path in dom0, without anything that xl wants quoted
   * @param ramdisk the same
   */
  public static String keys(String kernel, String ramdisk) {
    return """
        device_model_version = "qemu-xen"
        device_model_stubdomain_override = 1
        stubdomain_kernel = "%s"
        stubdomain_ramdisk = "%s"
        stubdomain_memory = %d
        stubdomain_cmdline = "%s"
        device_model_args_pv = [ "%s" ]
        """
        .formatted(
            kernel, ramdisk, MEMORY_MIB, COMMAND_LINE, String.join("\", \"", DOM0_ARGUMENTS));
  }

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
