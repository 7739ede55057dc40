// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.tests.linux.RumpKernels;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.xl.DeviceModel;
import org.rumpstubdom.xl.GuestConfiguration;

/**
 * A guest's disk is a qcow2 file on a PV disk of the stub domain, with NetBSD's ext2. The file
 * system is made by mke2fs and the file by qemu-img, and they judge what is left. Needs NetBSD's
 * libraries and qemu-img.
 */
@Tag("lab")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class StubDisksTest {
  private static final String NAME = "images";
  private static final String DISK = "/run/images.ext2";

  /** The fifth disk: libxl gives the guest no emulated one for it. */
  private static final String CONFIGURATION =
      """
      disk = [ 'format=raw,vdev=xvde,access=rw,target=%s' ]
      stubdomain_cmdline = "rump.mount=xvde,ext2fs,/images"
      device_model_args_hvm = [ "-drive", "file=/images/guest.qcow2,format=qcow2,if=ide,index=0" ]
      """
          .formatted(DISK);

  private static final int RECORDS_PER_FLUSH = 4;

  @TempDir private Path directory;
  private XlHost host;

  /** Not once for all: so each test is counted that is skipped. */
  @BeforeEach
  void boot() throws IOException {
    Path libraries = RumpKernels.netbsd();
    if (host == null) {
      host = new XlHost(RumpKernels.build(libraries, List.of("ext2fs")).file());
    }
  }

  @AfterAll
  void shutDown() {
    if (host != null) {
      host.close();
    }
  }

  /** An ext2 file system with the guest's disk as a qcow2 file. */
  private Path fileSystem(TestGuest guest) throws IOException {
    Path disk = GuestConfiguration.load(guest.file()).disks().get(0).path();
    Path files = Files.createDirectories(directory.resolve("files"));
    String file = files.resolve("guest.qcow2").toString();
    Command.of("qemu-img", "convert", "-O", "qcow2", disk.toString(), file).run();
    Path image = directory.resolve("images.ext2");
    Command.of("mke2fs", "-q", "-t", "ext2", "-d", files.toString(), image.toString(), "48M").run();
    return image;
  }

  /** Starts the guest, and ends it once it has flushed so many records; returns what it said. */
  private String cut(TestGuest guest, int records) throws IOException {
    Dom0 dom0 = host.dom0();
    String text =
        Files.readString(guest.file()).replaceFirst("name = .*", "name = \"" + NAME + "\"");
    String cfg = host.write(NAME, text, DeviceModel.STUBDOM, CONFIGURATION);
    dom0.run("xl", "create", "-p", cfg);
    try (XlHost.Console console = host.console(NAME)) {
      dom0.run("xl", "unpause", NAME);
      String region = console.await("(?s).*?DATA \\S+ region [^\r\n]*[\r\n]");
      console.await("flushed=" + records + "\\s");
      // A guest's flush goes through NetBSD's file system to dom0, which counts them.
      String count = "cat /sys/bus/xen-backend/devices/vbd-$(xl domid $1-dm)-*/statistics/f_req";
      String flushes = dom0.sh(count, NAME).strip();
      assertTrue(Integer.parseInt(flushes) >= records / RECORDS_PER_FLUSH, flushes);
      dom0.run("xl", "destroy", NAME);
      return region + "DATA disk-truth: flushed=" + records + "\n" + console.soFar();
    }
  }

  @Test
  void whatTheGuestFlushedIsInTheFile() throws IOException {
    TestGuest guest = TestGuest.named("disk-truth-cut");
    host.dom0().push(fileSystem(guest), DISK);
    for (int records : new int[] {8, 24}) {
      String written = cut(guest, records);
      Path left = directory.resolve("left.ext2");
      host.dom0().pull(DISK, left);
      Command.Result repaired = Command.of("e2fsck", "-fy", left.toString()).execute();
      assertTrue(repaired.status() <= 1, repaired::toString);
      host.dom0().push(left, DISK);
      Path file = directory.resolve("left.qcow2");
      Command.of("debugfs", "-R", "dump /guest.qcow2 " + file, left.toString()).run();
      Command.Result check = Command.of("qemu-img", "check", file.toString()).execute();
      assertTrue(check.status() == 0 || check.status() == 3, check::toString); // 3: leaks
      Path raw = directory.resolve("left.img");
      Command.of("qemu-img", "convert", "-O", "raw", file.toString(), raw.toString()).run();
      Path cfg = directory.resolve("guest.cfg");
      Files.writeString(cfg, "name = 'x'\ndisk = [ 'format=raw,vdev=hda,target=" + raw + "' ]\n");
      assertEquals("passed", guest.checkWritten(written, GuestConfiguration.load(cfg)), written);
    }
  }
}
