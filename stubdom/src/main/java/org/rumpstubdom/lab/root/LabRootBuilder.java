// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.root;

import com.google.gson.GsonBuilder;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.rumpstubdom.build.source.DebianPackages;
import org.rumpstubdom.image.NewcWriter;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.util.Hashing;
import org.rumpstubdom.util.Resources;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.util.TemporaryDirectory;

/**
 * Builds a {@link LabRoot} from {@link DebianPackages}: what the host really uses, some 60 of 600
 * MB, is picked out.
 *
 * <p>No version is named here: the packages of the chosen release decide, and the paths that carry
 * the hypervisor's version are looked up in what was unpacked.
 */
final class LabRootBuilder {
  /** Grows when this class makes something else from the same packages and resources. */
  private static final String RECIPE = "3";

  private static final List<String> PACKAGES =
      List.of(
          "xen-system-amd64",
          "xenstore-utils",
          // Serves consoles, file-backed disks and frame buffers even of guests with a stub domain.
          "qemu-system-xen",
          "qemu-system-data",
          "seabios",
          "ipxe-qemu",
          "linux-image-amd64",
          "busybox-static",
          "bash",
          "coreutils",
          "iproute2",
          "bridge-utils",
          "util-linux",
          "mount",
          "kmod");

  /** Where names are separated by a bar, the first that the release's kernel has. */
  private static final List<String> MODULES =
      List.of(
          "virtio_pci",
          "virtio_console",
          "virtio_scsi",
          "crct10dif_generic|crc_t10dif",
          "sd_mod",
          "xen-evtchn",
          "xenfs",
          "xen-gntdev",
          "xen-gntalloc",
          "xen-privcmd",
          "xen-blkback",
          "xen-netback",
          "tun",
          "bridge",
          "loop");

  /** Loaded only where devices are to be passed through. */
  private static final List<String> PCI_MODULES = List.of("xen-pciback");

  /** Loaded only where virtual functions are to be made, after {@link #MODULES}. */
  private static final List<String> NVME_MODULES = List.of("nvme");

  /** Scripts of the packages' own; nothing here runs Python. */
  private static final List<String> WITHOUT = List.of("./usr/lib/python3*");

  private static final List<String> TOOLSTACK =
      List.of(
          "xl",
          "xenstored",
          "xen-init-dom0",
          "xenconsoled",
          "xenconsole",
          "libxl-save-helper",
          "vchan-socket-proxy",
          "xenctx",
          "xentop");

  /** Programs of our own: resources with the suffix ".c", which go to /lab. */
  private static final List<String> PROGRAMS =
      List.of("agent", "follow-port", "meter", "nvme-manage");

  private final DebianPackages archive;
  private final Progress progress;

  LabRootBuilder(String suite, Progress progress) {
    this.archive = new DebianPackages(suite, PACKAGES, progress);
    this.progress = progress;
  }

  /** Hash of everything that decides the result for a release but the archive's state. */
  static String key(String suite) throws IOException {
    Hashing.Key key = Hashing.key();
    for (String program : PROGRAMS) {
      key.add(program, Hashing.sha256(resource(program + ".c")));
    }
    return key.add("recipe", RECIPE)
        .add("suite", suite)
        .add("packages", String.join(" ", PACKAGES))
        .add("modules", String.join(" ", MODULES))
        .add("pci-modules", String.join(" ", PCI_MODULES))
        .add("nvme-modules", String.join(" ", NVME_MODULES))
        .add("init", Hashing.sha256(resource("init")))
        .add("peer", Hashing.sha256(resource("peer-init")))
        .hex();
  }

  /** Fills the cache's entry. */
  void build(Path entry) throws IOException {
    try (TemporaryDirectory scratch = TemporaryDirectory.create(entry.getParent(), "lab-root")) {
      Path packages = Files.createDirectory(scratch.path().resolve("packages"));
      try (Progress.Step step = progress.begin("fetch Debian packages for the emulated host")) {
        archive.download(scratch.path(), packages, WITHOUT);
        step.done();
      }
      try (Progress.Step step = progress.begin("put the emulated host together")) {
        assemble(entry, scratch.path(), packages);
        step.done();
      }
    }
  }

  private void assemble(Path entry, Path scratch, Path packages) throws IOException {
    String release = onlyName(packages.resolve("usr/lib/modules"), "*");
    // Newer packages of Debian's kernel have it beside the modules.
    Path kernel = packages.resolve("usr/lib/modules/" + release + "/vmlinuz");
    if (!Files.exists(kernel)) {
      kernel = packages.resolve("boot/vmlinuz-" + release);
    }
    Files.copy(kernel, entry.resolve("vmlinuz"), StandardCopyOption.REPLACE_EXISTING);
    Path xen = packages.resolve("boot").resolve(onlyName(packages.resolve("boot"), "xen-*.gz"));
    try (InputStream in = new GZIPInputStream(Files.newInputStream(xen))) {
      Files.copy(in, entry.resolve("xen"));
    }
    // depmod of the packages, run by their own loader: this machine may have none, or another.
    Path system = packages.resolve("usr/lib/x86_64-linux-gnu");
    Command.of(system.resolve("ld-linux-x86-64.so.2").toString(), "--argv0", "depmod")
        .args("--library-path", system.toString())
        .args(packages.resolve("usr/bin/kmod").toString())
        .args("-b", packages.toString(), release)
        .describe("depmod")
        .run();
    String toolstack = "usr/lib/" + onlyName(packages.resolve("usr/lib"), "xen-[0-9]*");
    Path root = Files.createDirectory(scratch.resolve("root"));
    SystemTree tree = new SystemTree(packages, root);
    dom0(tree, release, toolstack);
    for (String program : PROGRAMS) {
      tree.write("lab/" + program, Files.readAllBytes(compile(program, scratch)), true);
    }
    pack(root, entry.resolve("dom0.cpio"));
    Path peer = Files.createDirectory(scratch.resolve("peer"));
    PeerImage.fill(new SystemTree(packages, peer), release, toolstack, resource("peer-init"));
    Path plain = scratch.resolve("peer.cpio");
    pack(peer, plain);
    Command.of("gzip", "-9n").input(plain).outputTo(entry.resolve("peer.cpio.gz")).run();
    String json = new GsonBuilder().setPrettyPrinting().create().toJson(archive.versions(scratch));
    Files.writeString(entry.resolve("packages.json"), json + "\n");
  }

  /**
   * Compiles one of dom0's programs of our own, as a static executable.
   *
   * @param scratch where source and executable go
   */
  static Path compile(String program, Path scratch) throws IOException {
    Path source = scratch.resolve(program + ".c");
    Path executable = scratch.resolve(program);
    Files.write(source, resource(program + ".c"));
    Command.of("gcc", "-static", "-O2", "-std=gnu11", "-Wall", "-Wextra", "-Werror")
        .args("-o", executable.toString(), source.toString())
        .describe("compile the lab's " + program)
        .whenMissing("apt-get install gcc libc6-dev")
        .run();
    return executable;
  }

  private static void dom0(SystemTree tree, String release, String toolstack) throws IOException {
    for (String program : TOOLSTACK) {
      tree.program(toolstack + "/bin/" + program);
    }
    tree.files(toolstack + "/boot", "*");
    tree.link("lab/xen", "/" + toolstack + "/bin");
    // The packages' own entries there are shell scripts that look for the version at each call.
    tree.link("usr/sbin/xl", "/lab/xen/xl");
    tree.link("usr/bin/vchan-socket-proxy", "/lab/xen/vchan-socket-proxy");
    tree.program("usr/libexec/xen-qemu-system-i386");
    tree.program("usr/bin/xenstore");
    for (String verb : List.of("chmod", "exists", "list", "ls", "read", "rm", "watch", "write")) {
      tree.link("usr/bin/xenstore-" + verb, "xenstore");
    }
    for (String program :
        List.of(
            "bin/bash",
            "bin/stat",
            "bin/stty",
            "bin/flock",
            "bin/ip",
            "sbin/losetup",
            "sbin/brctl",
            "sbin/bridge")) {
      tree.program("usr/" + program);
    }
    tree.link("usr/sbin/ip", "../bin/ip");
    tree.libraries();
    tree.busybox();
    tree.files("etc/xen/scripts", "*");
    tree.write("etc/xen/xl.conf", "");
    tree.files("usr/share/seabios", "*");
    tree.files("usr/share/qemu", "*.bin");
    tree.files("usr/share/qemu/keymaps", "*");
    tree.filesAnywhere("{efi,pxe}-*.rom");
    tree.write("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
    tree.write("etc/group", "root:x:0:\n");
    List<String> modules = tree.modules(release, MODULES);
    tree.write("lab/modules", String.join("\n", modules) + "\n");
    List<String> pciModules = tree.modules(release, PCI_MODULES);
    tree.write("lab/pci-modules", String.join("\n", pciModules) + "\n");
    List<String> nvmeModules = new ArrayList<>(tree.modules(release, NVME_MODULES));
    nvmeModules.removeAll(modules);
    tree.write("lab/nvme-modules", String.join("\n", nvmeModules) + "\n");
    tree.write("init", resource("init"), true);
  }

  private static void pack(Path tree, Path archive) throws IOException {
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(archive), 1 << 20)) {
      NewcWriter.tree(tree, out);
    }
  }

  private static String onlyName(Path directory, String glob) throws IOException {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, glob)) {
      entries.forEach(entry -> names.add(entry.getFileName().toString()));
    }
    if (names.size() != 1) {
      throw StubdomException.build(
          "lab root",
          "the packages have " + names.size() + " entries " + directory.getFileName() + "/" + glob,
          "report it");
    }
    return names.get(0);
  }

  private static byte[] resource(String name) {
    return Resources.bytes(LabRootBuilder.class, name);
  }
}
