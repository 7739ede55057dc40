// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.xl.DeviceModel;

/**
 * A disk of dom0 with sectors of 4096 bytes: the emulated disk has 512, and what the guest writes
 * of a large sector leaves the rest of it alone.
 */
@Tag("lab")
@Tag("long")
@Results.Of(DeviceModel.STUBDOM)
final class LargeSectorsTest {
  private static final String NAME = "large";

  @TempDir private Path directory;

  @Test
  void everythingIsReadAndWritten() throws IOException {
    run("disk-dma", "TEST disk-dma: (SUCCESS|FAILURE|ERROR)", "TEST disk-dma: SUCCESS");
  }

  @Test
  void whatWasFlushedIsThereAfterADestroyInTheMiddle() throws IOException {
    run("disk-truth-cut", "DATA disk-truth: flushed=40", "DATA disk-truth: flushed=40");
  }

  private void run(String guestName, String until, String expected) throws IOException {
    TestGuest guest = TestGuest.named(guestName);
    try (XlHost host = new XlHost()) {
      Dom0 dom0 = host.dom0();
      host.configure(NAME, guest, DeviceModel.STUBDOM, "");
      String image = "/run/" + NAME + ".img";
      String loop = dom0.run("/usr/sbin/losetup", "-b", "4096", "--find", "--show", image).strip();
      String sector = loop.replace("/dev/", "/sys/block/") + "/queue/logical_block_size";
      assertEquals("4096", dom0.run("cat", sector).strip());
      String disk = "disk = [ 'format=raw,vdev=hda,access=rw,target=" + loop + "' ]\n";
      String config = host.configure(NAME, guest, DeviceModel.STUBDOM, disk, false);
      dom0.run("xl", "create", "-p", config);
      StringBuilder serial = new StringBuilder();
      try (XlHost.Console console = host.console(NAME)) {
        dom0.run("xl", "unpause", NAME);
        serial.append(console.await("(?s).*?" + until));
      }
      dom0.run("xl", "destroy", NAME);
      assertTrue(serial.toString().contains(expected), serial::toString);
      dom0.run("/usr/sbin/losetup", "-d", loop);
      Path copy = directory.resolve(guestName + ".img");
      dom0.pull(image, copy);
      Path log = Files.writeString(directory.resolve(guestName + ".log"), serial);
      Path checker =
          Path.of(System.getProperty("rumpstubdom.checkout"), "tests/guests/tools/check-image");
      Command.of(checker.toString(), log.toString(), copy.toString()).run();
    }
  }
}
