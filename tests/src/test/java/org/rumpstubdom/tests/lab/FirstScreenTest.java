// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.lab.host.RemoteCommand;
import org.rumpstubdom.xl.DeviceModel;

/**
 * Programs of others that start from a CD, none of which knows this project, show the same first
 * screen with QEMU in dom0 and with our stub domain.
 */
@Tag("lab")
@Tag("long")
@Results.Of({DeviceModel.DOM0, DeviceModel.STUBDOM})
final class FirstScreenTest {
  private static final String NAME = "screen";
  private static final int PICTURES = 8;

  @TempDir private Path directory;

  private static final String GUEST =
      """
      name = "%s"
      type = "hvm"
      memory = %d
      vnc = 1
      vga = "stdvga"
      serial = "pty"
      """;

  /** How Debian's installer is booted from the network. */
  private static final String BOOT =
      """
      #!ipxe
      kernel %1$slinux vga=normal fb=false --- quiet
      initrd %1$sinitrd.gz
      boot
      """;

  private static String cd(String image) {
    return GUEST.formatted(NAME, 128)
        + """
        boot = "d"
        disk = [ 'format=raw,vdev=hdc,access=ro,devtype=cdrom,target=%s' ]
        """
            .formatted(image);
  }

  private static String network() {
    return GUEST.formatted(NAME, 448)
        + """
        boot = "n"
        vif = [ 'mac=00:16:3e:5d:00:61,model=e1000,bridge=xenbr0' ]
        """;
  }

  /**
   * Looks at the program's screen several times.
   *
   * @param seconds how long, on dom0's clock, it has to come up
   * @param rows how many rows of pixels, from the top, do not change by themselves
   */
  private Set<String> seen(XlHost host, DeviceModel model, String guest, int seconds, int rows)
      throws IOException {
    Dom0 dom0 = host.dom0();
    dom0.run("xl", "create", host.write(NAME, guest, model, ""));
    String viewed = model == DeviceModel.STUBDOM ? NAME + "-dm" : NAME;
    Monitor monitor = new Monitor(dom0, host.domid(viewed));
    dom0.run("sleep", Integer.toString(seconds));
    Set<String> pictures = new HashSet<>();
    for (int i = 0; i < PICTURES; i++) {
      monitor.dump("/run/screen.ppm");
      pictures.add(top(bytes(dom0, "/run/screen.ppm"), rows));
      dom0.run("sleep", "0.7");
    }
    dom0.run("xl", "destroy", NAME);
    return pictures;
  }

  private static byte[] bytes(Dom0 dom0, String file) throws IOException {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    RemoteCommand command =
        dom0.start(
            List.of("cat", file),
            (error, data, nanos) -> {
              if (!error) {
                content.writeBytes(data);
              }
            });
    command.await();
    return content.toByteArray();
  }

  /** The size of a picture, and a digest of its first rows; empty for one of a single colour. */
  @SuppressWarnings("deprecation") // lines of a header in ASCII
  private static String top(byte[] pixmap, int rows) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(pixmap));
    assertTrue(in.readLine().equals("P6"));
    String size = in.readLine();
    in.readLine();
    int width = Integer.parseInt(size.split(" ", -1)[0]);
    byte[] pixels = new byte[Math.min(in.available(), 3 * width * rows)];
    in.readFully(pixels);
    boolean plain = true;
    for (int i = 3; i < pixels.length; i++) {
      plain &= pixels[i] == pixels[i - 3];
    }
    return plain ? "" : size + " " + Arrays.hashCode(pixels);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({"grub-rescue, 20, 4096", "ipxe, 25, 4096", "memtest86, 25, 16"})
  void isTheSame(String program, int seconds, int rows) throws IOException {
    try (XlHost host = new XlHost()) {
      Monitor.install(host.dom0(), directory);
      String image = "/run/" + program + ".iso";
      host.dom0().push(TestGuest.file(program + ".iso"), image);
      compare(host, cd(image), seconds, rows);
    }
  }

  /** Its card's firmware loads it. */
  @Test
  void installerIsTheSame() throws IOException {
    try (XlHost host = new XlHost()) {
      Dom0 dom0 = host.dom0();
      Monitor.install(dom0, directory);
      NetworkServers.start(dom0, "boot.ipxe");
      dom0.push(
          BOOT.formatted(NetworkServers.ADDRESS).getBytes(StandardCharsets.UTF_8),
          NetworkServers.FILES + "/boot.ipxe");
      for (String file : List.of("linux", "initrd.gz")) {
        dom0.push(TestGuest.file("installer/" + file), NetworkServers.FILES + "/" + file);
      }
      compare(host, network(), 180, 4096);
    }
  }

  private void compare(XlHost host, String guest, int seconds, int rows) throws IOException {
    Set<String> expected = seen(host, DeviceModel.DOM0, guest, seconds, rows);
    expected.remove("");
    assertFalse(expected.isEmpty(), "there is nothing to see");
    Set<String> ours = seen(host, DeviceModel.STUBDOM, guest, seconds, rows);
    ours.retainAll(expected);
    assertFalse(ours.isEmpty(), "another screen than with QEMU in dom0");
  }
}
