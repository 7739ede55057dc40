// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.xl.DeviceModel;
import org.rumpstubdom.xl.GuestConfiguration;

/**
 * A guest's disk and network card are those of a driver domain, which is paused, killed and started
 * again while they are used.
 */
@Tag("lab")
@Tag("long")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class DriverDomainTest {
  private static final String NAME = "driven";
  private static final String WRITER = "disk-truth-cut";
  private static final String IMAGE = "/run/" + NAME + ".img";

  private static final String DISK =
      "format=raw,vdev=hda,access=rw,backendtype=phy,backend=driver,target=" + DriverDomain.DISK;

  private static final String CARD =
      "mac=00:16:3e:5d:00:05,model=e1000,bridge=xenbr0,backend=driver";

  private static final String DEVICES = "disk = [ '%s' ]\nvif = [ '%s' ]\n".formatted(DISK, CARD);

  /** What libxl says of a disk that QEMU in dom0 cannot reach. */
  private static final String NO_DISK = "not as an emulated disk";

  /** Seconds of dom0's clock. */
  private static final int END_SECONDS = 60;

  /** Milliseconds that the guest writes at most before the driver domain dies. */
  private static final int MOST_MILLIS = 500;

  @TempDir private Path directory;

  private XlHost host;
  private Dom0 dom0;
  private DriverDomain driver;

  @BeforeAll
  void boot() throws IOException {
    host = new XlHost();
    dom0 = host.dom0();
    driver = new DriverDomain(host);
  }

  @AfterAll
  void shutDown() {
    if (host != null) {
      host.close();
    }
  }

  /** What a test that failed left. */
  @AfterEach
  void clear() throws IOException {
    dom0.execute("xl", "destroy", NAME);
    dom0.execute("xl", "destroy", DriverDomain.NAME);
    ended();
  }

  private String configure(String guest, DeviceModel model, boolean fresh) throws IOException {
    return host.configure(NAME, TestGuest.named(guest), model, DEVICES, fresh);
  }

  private void ended() throws IOException {
    host.await("! xl domid " + NAME + " 2>/dev/null", END_SECONDS);
    host.await("[ \"$(xl list | wc -l)\" = 2 ]", END_SECONDS);
  }

  /** The driver domain of what a domain has as this device, by its frontend. */
  private String backendOf(String domain, String device) throws IOException {
    String node = "/local/domain/" + host.domid(domain) + "/device/" + device + "/backend-id";
    return dom0.run("xenstore-read", node).strip();
  }

  @Test
  void servesAGuestAndItsDeviceModel() throws IOException {
    String outcome = Results.FAILED;
    try {
      served();
      outcome = Results.PASSED;
    } finally {
      record("servesAGuestAndItsDeviceModel", DeviceModel.STUBDOM, outcome);
    }
  }

  private static void record(String test, DeviceModel model, String outcome) {
    Results.record("lab/DriverDomainTest#" + test, model, TestHost.suite(), outcome);
  }

  private void served() throws IOException {
    String config = configure("orders", DeviceModel.STUBDOM, true);
    driver.start(IMAGE);
    dom0.run("xl", "create", "-p", config);
    try (XlHost.Console console = host.console(NAME)) {
      dom0.run("xl", "unpause", NAME);
      console.await("NOTE orders: ready");
      console.order("disk");
      console.order("net");
      for (String domain : List.of(NAME, NAME + "-dm")) {
        for (String device : List.of("vbd/768", "vif/0")) {
          assertEquals(host.domid(DriverDomain.NAME), backendOf(domain, device));
        }
      }
      // While it stands still so does what it serves.
      dom0.run("xl", "pause", DriverDomain.NAME);
      console.type("disk");
      dom0.run("sleep", "10");
      assertEquals("", console.soFar().strip());
      dom0.run("xl", "unpause", DriverDomain.NAME);
      assertFalse(console.await("(?s).*?done=disk\\s").contains("FAIL"));
      console.order("net");
      // Without it frames go nowhere, which ends this guest; its device model goes on until then.
      driver.kill();
      String status = dom0.run("xl", "qemu-monitor-command", NAME, "info status");
      assertTrue(status.contains("running"), status);
      console.type("net");
      console.await("FAIL orders: e1000: no ARP reply");
    }
    ended();
  }

  /** What libxl makes of the same guest when its QEMU is in dom0: only PV drivers see devices. */
  @Test
  void toQemuInDom0NeitherIsThere() throws IOException {
    String config = configure("orders", DeviceModel.DOM0, true);
    driver.start(IMAGE);
    Dom0.Result created = dom0.execute("xl", "create", "-p", config);
    assertEquals(0, created.status(), created::errors);
    assertTrue(created.errors().contains(NO_DISK), created::errors);
    dom0.sh(
        "[ -e /sys/class/net/vif$1.0-emu ] && [ ! -e /sys/class/net/vif$1.0-emu/master ]",
        host.domid(NAME));
    record("servesAGuestAndItsDeviceModel", DeviceModel.DOM0, "refused");
    dom0.run("xl", "destroy", NAME);
    driver.kill();
    ended();
  }

  /**
   * The driver domain stands still, goes on and dies while a guest writes: what the guest flushed
   * is on the disk, its request fails, and nothing is left in dom0.
   */
  @Test
  void whatWasFlushedIsThereWhenItDies() throws IOException {
    String outcome = Results.FAILED;
    try {
      long seed = Long.getLong("rumpstubdom.lab.seed", System.nanoTime());
      System.out.println("DriverDomainTest: -Drumpstubdom.lab.seed=" + seed);
      Random random = new Random(seed);
      killed(random, false);
      String before = Dom0State.settled(host, "");
      killed(random, true);
      assertEquals(before, Dom0State.settled(host, before));
      outcome = Results.PASSED;
    } finally {
      record("whatWasFlushedIsThereWhenItDies", DeviceModel.STUBDOM, outcome);
    }
  }

  /** Its death is noticed by the stub domain's own patience, or xl takes the disk away before. */
  private void killed(Random random, boolean detached) throws IOException {
    TestGuest guest = TestGuest.named(WRITER);
    String config = configure(WRITER, DeviceModel.STUBDOM, true);
    driver.start(IMAGE);
    dom0.run("xl", "create", "-p", config);
    StringBuilder written = new StringBuilder();
    try (XlHost.Console console = host.console(NAME)) {
      dom0.run("xl", "unpause", NAME);
      written.append(console.await("(?s).*?flushed=4\\s"));
      dom0.run("xl", "pause", DriverDomain.NAME);
      dom0.run("sleep", "2");
      String still = console.soFar();
      dom0.run("sleep", "10");
      assertEquals(still, console.soFar());
      dom0.run("xl", "unpause", DriverDomain.NAME);
      written.append(console.await("(?s).*?flushed=.*?flushed=.*?[\r\n]"));
      dom0.sh(
          "sleep $1; xl destroy $2",
          "0.%03d".formatted(random.nextInt(MOST_MILLIS)),
          DriverDomain.NAME);
      if (detached) {
        dom0.run("xl", "block-detach", NAME + "-dm", "hda");
      }
      written.append(console.await("(?s).*TEST disk-truth: [A-Z]+"));
    }
    // An error of the disk's, not a time limit of the guest's: "aborted".
    assertTrue(written.toString().contains("status 41 error 4"), written::toString);
    ended();
    Path image = directory.resolve("disk.img");
    dom0.pull(IMAGE, image);
    Path cfg = directory.resolve("guest.cfg");
    Files.writeString(cfg, "name = 'x'\ndisk = [ 'format=raw,vdev=hda,target=" + image + "' ]\n");
    String log = written.toString();
    assertEquals("passed", guest.checkWritten(log, GuestConfiguration.load(cfg)), log);
    // With another driver domain, whose number is another, the guest starts anew.
    config = configure(WRITER, DeviceModel.STUBDOM, false);
    driver.start(IMAGE);
    dom0.run("xl", "create", "-p", config);
    try (XlHost.Console console = host.console(NAME)) {
      dom0.run("xl", "unpause", NAME);
      console.await("flushed=12\\s");
    }
    dom0.run("xl", "destroy", NAME);
    driver.kill();
    ended();
    dom0.run("rm", IMAGE);
  }
}
