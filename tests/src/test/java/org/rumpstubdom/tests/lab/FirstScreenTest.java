// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Tag;
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
final class FirstScreenTest {
  private static final String NAME = "screen";
  private static final int PICTURES = 8;

  @TempDir private Path directory;

  private static String guest(String image) {
    return """
        name = "%s"
        type = "hvm"
        memory = 128
        vnc = 1
        vga = "stdvga"
        boot = "d"
        serial = "pty"
        disk = [ 'format=raw,vdev=hdc,access=ro,devtype=cdrom,target=%s' ]
        """
        .formatted(NAME, image);
  }

  /**
   * Looks at the program's screen several times.
   *
   * @param seconds how long, on dom0's clock, it has to come up
   * @param rows how many rows of pixels, from the top, do not change by themselves
   */
  private Set<String> seen(XlHost host, DeviceModel model, String image, int seconds, int rows)
      throws IOException {
    Dom0 dom0 = host.dom0();
    dom0.run("xl", "create", host.write(NAME, guest(image), model, ""));
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
            java.util.List.of("cat", file),
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

  @ParameterizedTest
  @CsvSource({"grub-rescue, 20, 4096", "ipxe, 25, 4096", "memtest86, 25, 16"})
  void isTheSame(String program, int seconds, int rows) throws IOException {
    try (XlHost host = new XlHost()) {
      Monitor.install(host.dom0(), directory);
      String image = "/run/" + program + ".iso";
      host.dom0().push(TestGuest.file(program + ".iso"), image);
      Set<String> expected = seen(host, DeviceModel.DOM0, image, seconds, rows);
      expected.remove("");
      assertFalse(expected.isEmpty(), "there is nothing to see");
      Set<String> ours = seen(host, DeviceModel.STUBDOM, image, seconds, rows);
      ours.retainAll(expected);
      assertFalse(ours.isEmpty(), "another screen than with QEMU in dom0");
    }
  }
}
