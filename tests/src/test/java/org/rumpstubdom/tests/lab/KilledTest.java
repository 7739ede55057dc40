// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.xl.DeviceModel;
import org.rumpstubdom.xl.GuestConfiguration;

/**
 * The device model ends at some moment while its guest writes: the guest ends as crashed at once,
 * what it has flushed is on the disk, and nothing is left in dom0.
 */
@Tag("lab")
final class KilledTest {
  private static final String NAME = "killed";
  private static final String LOG = "/var/log/xen/xl-" + NAME + ".log";

  /**
   * How long the guest writes at most before its device model ends, in milliseconds: hundreds of
   * writes, on an emulated host that takes minutes for seconds.
   */
  private static final int MOST_MILLIS = 500;

  /** After so many times it says how far it is. */
  private static final int SAID = 20;

  /** Seconds of dom0's clock from the end of the device model to that of the guest. */
  private static final int AT_ONCE = 2;

  /** Characters of the guest's lines that a failure shows. */
  private static final int LAST = 200;

  @TempDir private Path directory;

  @Test
  void someTimes() throws IOException {
    killed(2);
  }

  @Test
  @Tag("long")
  void twoHundredTimes() throws IOException {
    killed(200);
  }

  private void killed(int times) throws IOException {
    long seed = Long.getLong("rumpstubdom.lab.seed", System.nanoTime());
    System.out.println("KilledTest: -Drumpstubdom.lab.seed=" + seed);
    Random random = new Random(seed);
    TestGuest guest = TestGuest.named("disk-truth-cut");
    try (XlHost host = new XlHost()) {
      String before = "";
      for (int i = 0; i < times; i++) {
        once(host, guest, i, random.nextInt(MOST_MILLIS));
        String after = Dom0State.settled(host, before);
        if (i == 0) {
          before = after;
        }
        assertEquals(before, after, "left behind after time " + i);
        if ((i + 1) % SAID == 0) {
          System.out.println("KilledTest: " + (i + 1) + " of " + times + " times");
        }
      }
    }
  }

  /** QEMU leaves, or our kernel panics, after so many milliseconds of writing. */
  private void once(XlHost host, TestGuest guest, int number, int millis) throws IOException {
    Dom0 dom0 = host.dom0();
    String kill =
        number % 2 == 0
            ? "timeout 60 xl qemu-monitor-command \"$1\" quit >/dev/null 2>&1"
            : "xl sysrq \"$1-dm\" c";
    dom0.sh("rm -f \"$1\"", LOG);
    dom0.run("xl", "create", "-p", host.configure(NAME, guest, DeviceModel.STUBDOM, ""));
    String written;
    try (XlHost.Console console = host.console(NAME)) {
      dom0.run("xl", "unpause", NAME);
      String region = console.await("(?s).*?DATA \\S+ region [^\r\n]*[\r\n]");
      console.await("flushed=4\\s");
      dom0.sh("sleep $2; " + kill + " &", NAME, "0.%03d".formatted(millis));
      host.await("grep -q 'reason code 3' " + LOG, AT_ONCE);
      written = region + "DATA disk-truth: flushed=4\n" + console.soFar();
    }
    host.await("! xl domid " + NAME + " 2>/dev/null", 60);
    host.await("[ \"$(xl list | wc -l)\" = 2 ]", 60);
    Path image = directory.resolve("disk.img");
    dom0.pull("/run/" + NAME + ".img", image);
    Path cfg = directory.resolve("guest.cfg");
    Files.writeString(cfg, "name = 'x'\ndisk = [ 'format=raw,vdev=hda,target=" + image + "' ]\n");
    String last = written.substring(Math.max(0, written.length() - LAST));
    assertEquals("passed", guest.checkWritten(written, GuestConfiguration.load(cfg)), last);
    dom0.run("rm", "/run/" + NAME + ".img");
  }
}
