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
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
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
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class FirstScreenTest {
  private static final String NAME = "screen";

  /** How long, on dom0's clock, the firmware takes to start what is on a CD. */
  private static final String START_SECONDS = "3";

  private static final int MOMENTS = 4;
  private static final int PICTURES = 3;

  @TempDir private static Path directory;

  /** What programs before showed. */
  private final Set<String> others = new HashSet<>();

  private XlHost host;

  /**
   * What is looked at.
   *
   * @param guest the guest's configuration
   * @param rows how many rows of pixels, from the top, do not change by themselves
   */
  private record Program(String name, String guest, int rows) {}

  private static final String GUEST =
      """
      name = "%s"
      type = "hvm"
      memory = 128
      vnc = 1
      vga = "stdvga"
      serial = "pty"
      uuid = "8a8d3d5e-0000-4000-8000-000000000002"
      """;

  private static String cd(String image) {
    return GUEST.formatted(NAME)
        + """
        boot = "d"
        disk = [ 'format=raw,vdev=hdc,access=ro,devtype=cdrom,target=%s' ]
        """
            .formatted(image);
  }

  @BeforeAll
  void boot() throws IOException {
    host = new XlHost();
    Monitor.install(host.dom0(), directory);
  }

  @AfterAll
  void shutDown() {
    if (host != null) {
      host.close();
    }
  }

  /**
   * Looks at the program's screen at some moments, or until it is one of those that are expected.
   * While it is looked at the guest is paused: programs that wait for a key spin, which takes the
   * emulated host all of its time.
   *
   * @return digests of what was seen
   */
  private Set<String> seen(DeviceModel model, Program program, Set<String> expected)
      throws IOException {
    Dom0 dom0 = host.dom0();
    dom0.run("xl", "create", host.write(NAME, program.guest(), model, ""));
    String viewed = model == DeviceModel.STUBDOM ? NAME + "-dm" : NAME;
    Monitor monitor = new Monitor(dom0, host.domid(viewed));
    Set<String> pictures = new HashSet<>();
    for (int i = 0; i < MOMENTS && Collections.disjoint(pictures, expected); i++) {
      dom0.run("sleep", i == 0 ? START_SECONDS : "0.5");
      dom0.run("xl", "pause", NAME);
      // With the cursor and without.
      for (int j = 0; j < PICTURES; j++) {
        monitor.dump("/run/screen.ppm");
        pictures.add(top(bytes(dom0, "/run/screen.ppm"), program.rows()));
        dom0.run("sleep", "0.3");
      }
      dom0.run("xl", "unpause", NAME);
    }
    dom0.run("xl", "destroy", NAME);
    pictures.remove("");
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
  @CsvSource({"grub-rescue, 4096", "ipxe, 4096", "memtest86, 16"})
  void isTheSame(String name, int rows) throws IOException {
    String image = "/run/" + name + ".iso";
    host.dom0().push(TestGuest.file(name + ".iso"), image);
    compare(new Program(name, cd(image), rows));
  }

  private void compare(Program program) throws IOException {
    Set<String> expected = seen(DeviceModel.DOM0, program, Set.of());
    assertFalse(expected.isEmpty(), "there is nothing to see");
    // What is there without the program, the firmware's words, would be there with any of them.
    assertTrue(Collections.disjoint(expected, others), "as with another program");
    others.addAll(expected);
    Set<String> ours = seen(DeviceModel.STUBDOM, program, expected);
    assertFalse(Collections.disjoint(ours, expected), "another screen than with QEMU in dom0");
  }
}
