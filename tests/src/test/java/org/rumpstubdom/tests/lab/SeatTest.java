// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.google.gson.JsonObject;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.lab.guest.GuestPlan;
import org.rumpstubdom.lab.guest.GuestPlan.Reply;
import org.rumpstubdom.lab.guest.GuestSeries;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.lab.host.LabClock;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.xl.DeviceModel;
import org.rumpstubdom.xl.GuestConfiguration;

/**
 * What somebody at a VNC viewer sees of a guest, and what the guest gets of keys and pointer: as
 * with QEMU in dom0, which shows the same guest the same day and is asked the same questions.
 */
@Tag("lab")
@Results.Of({DeviceModel.DOM0, DeviceModel.STUBDOM})
final class SeatTest {
  /** What QEMU's VNC server shows when it has no screen to show. */
  private static final String NO_DISPLAY = "640x480";

  /** Of the package rump-stubdom, in dom0. */
  private static final String SHOW_SCREEN = "/run/show-screen";

  /** The keys of a PC keyboard with 105 keys, in QEMU's words. */
  private static final List<String> KEYBOARD =
      words(
          """
          esc f1 f2 f3 f4 f5 f6 f7 f8 f9 f10 f11 f12 print scroll_lock pause
          grave_accent 1 2 3 4 5 6 7 8 9 0 minus equal backspace
          tab q w e r t y u i o p bracket_left bracket_right ret
          caps_lock a s d f g h j k l semicolon apostrophe backslash
          shift less z x c v b n m comma dot slash shift_r
          ctrl meta_l alt spc alt_r meta_r compose ctrl_r
          insert home pgup delete end pgdn up left down right
          num_lock kp_divide kp_multiply kp_subtract kp_7 kp_8 kp_9 kp_add
          kp_4 kp_5 kp_6 kp_1 kp_2 kp_3 kp_enter kp_0 kp_decimal
          """);

  /** What other keyboards have besides. */
  private static final List<String> MORE_KEYS =
      words(
          """
          ro hiragana henkan yen muhenkan katakanahiragana kp_comma kp_equals lang1 lang2
          power sleep wake audionext audioprev audiostop audioplay audiomute volumeup volumedown
          mediaselect mail calculator computer ac_home ac_back ac_forward ac_refresh ac_bookmarks
          stop again undo copy open paste find cut help
          """);

  /** What a keyboard sends of it: down and up, as the BIOS leaves it (scan code set 1). */
  private static final String A_PRESSED = "1e9e";

  private static final int WIDTH = 1024;
  private static final int HEIGHT = 768;

  /** QEMU's range of absolute coordinates, whatever the screen's size. */
  private static final int RANGE = 32767;

  /** In pixels; a viewer's coordinates are. */
  private static final int TOLERANCE = 1;

  /** What the mouse says of {@link #clicks}. */
  private static final List<String> CLICKED =
      List.of("buttons 1", "buttons 0", "buttons 2", "buttons 0", "buttons 4", "buttons 0");

  /** What a viewer sees at the moment. */
  private static final String SEEN = "/run/seen.ppm";

  private static final int TRIES = 100;

  @TempDir private Path directory;

  /** An order to the guest, and the size of the picture it makes. */
  private record Step(String order, int width, int height) {
    static Step text() {
      return new Step("text", 720, 400);
    }

    static Step show(int width, int height, int bits) {
      return new Step("show " + width + " " + height + " " + bits, width, height);
    }

    static Step change(String order) {
      return new Step(order, WIDTH, HEIGHT);
    }
  }

  private static List<String> words(String text) {
    return List.of(text.strip().split("\\s+"));
  }

  /** A running guest and the monitor of the QEMU that has its VNC server. */
  private static final class Seat implements AutoCloseable {
    final XlHost host;
    final String name;

    /** The domain whose QEMU in dom0 has the VNC server. */
    final String viewed;

    XlHost.Console console;
    Monitor monitor;

    Seat(XlHost host, String guest, DeviceModel model, String more) throws IOException {
      this.host = host;
      name = guest + "-" + model;
      viewed = model == DeviceModel.STUBDOM ? name + "-dm" : name;
      String config = host.configure(name, TestGuest.named(guest), model, more);
      host.dom0().run("xl", "create", "-p", config);
      attach();
      host.dom0().run("xl", "unpause", name);
      console.await("NOTE seat: ready");
    }

    private void attach() throws IOException {
      monitor = new Monitor(host.dom0(), host.domid(viewed));
      console = host.console(name);
    }

    /** The guest goes on in new domains. */
    void saveAndRestore() throws IOException {
      console.close();
      host.dom0().run("xl", "save", name, "/run/saved");
      host.dom0().run("xl", "restore", "/run/saved");
      attach();
    }

    /** Gives commands to the monitor; returns what the guest told of them. */
    String told(List<JsonObject> commands) throws IOException {
      monitor.run(commands);
      host.dom0().run("sleep", "1");
      return console.order("say");
    }

    /** The size of the screen as a VNC viewer finds it. */
    String viewed() throws IOException {
      return Viewer.look(host.dom0(), viewed);
    }

    /** Has dom0's VNC server show the stub domain's screen. */
    void show() throws IOException {
      assertEquals(name + ": xl vncviewer " + viewed, host.dom0().run(SHOW_SCREEN, name).strip());
    }

    /** The bytes of the keyboard or the mouse. */
    String bytes(String device, List<JsonObject> commands) throws IOException {
      return Pattern.compile(device + "=([0-9a-f]+)")
          .matcher(told(commands))
          .results()
          .map(found -> found.group(1))
          .collect(Collectors.joining());
    }

    @Override
    public void close() throws IOException {
      console.close();
      host.dom0().run("xl", "destroy", name);
    }
  }

  private XlHost host() throws IOException {
    XlHost host = new XlHost();
    Monitor.install(host.dom0(), directory);
    Path script =
        Path.of(System.getProperty("rumpstubdom.checkout"), "scripts/packaging/show-screen");
    host.dom0().push(script, SHOW_SCREEN);
    host.dom0().run("chmod", "+x", SHOW_SCREEN);
    return host;
  }

  /** Goes through the steps with QEMU in dom0 and keeps the pictures in dom0. */
  private static void expect(Seat seat, List<Step> steps) throws IOException {
    Dom0 dom0 = seat.host.dom0();
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      seat.console.order(step.order());
      seat.monitor.dump(picture(i));
      assertEquals(
          "P6 %d %d 255".formatted(step.width(), step.height()),
          header(dom0, picture(i)),
          step.order());
      // A picture that does not change would be easy to agree with.
      if (i > 0) {
        assertNotEquals(0, dom0.execute("cmp", "-s", picture(i - 1), picture(i)).status());
      }
    }
  }

  /** Goes through the steps and waits for each picture. */
  private static void compare(Seat seat, List<Step> steps) throws IOException {
    for (int i = 0; i < steps.size(); i++) {
      seat.console.order(steps.get(i).order());
      awaitPicture(seat, i);
    }
  }

  private static void awaitPicture(Seat seat, int step) throws IOException {
    Dom0 dom0 = seat.host.dom0();
    for (int i = 0; i < TRIES; i++) {
      seat.monitor.dump(SEEN);
      if (dom0.execute("cmp", "-s", picture(step), SEEN).status() == 0) {
        return;
      }
      dom0.run("sleep", "0.1");
    }
    fail("not what step " + step + " shows but a picture of " + header(dom0, SEEN));
  }

  private static String picture(int step) {
    return "/run/expected-" + step + ".ppm";
  }

  private static String header(Dom0 dom0, String file) throws IOException {
    return dom0.sh("head -n 3 \"$1\" | tr '\\n' ' '", file).strip();
  }

  private static List<JsonObject> typing(List<String> keys) {
    List<JsonObject> commands = new ArrayList<>(keys.stream().map(Monitor::press).toList());
    commands.add(Monitor.keys(List.of("ctrl", "alt", "delete")));
    return commands;
  }

  /** The pointer at a pixel of the screen. */
  private static JsonObject at(int x, int y) {
    return Monitor.place(scaled(x, WIDTH), scaled(y, HEIGHT));
  }

  /** The coordinate for which QEMU's VNC server takes a pixel. */
  private static int scaled(int pixel, int pixels) {
    return pixel * RANGE / pixels;
  }

  private static List<JsonObject> clicks() {
    List<JsonObject> commands = new ArrayList<>();
    for (String button : List.of("left", "right", "middle")) {
      commands.add(Monitor.events(Monitor.button(button, true)));
      commands.add(Monitor.events(Monitor.button(button, false)));
    }
    return commands;
  }

  /** One report of the tablet. */
  private record Report(int buttons, int x, int y, int wheel) {
    private static final Pattern LINE = Pattern.compile("tablet=(\\d+),(\\d+),(\\d+),(-?\\d+)");

    /** All reports of a text, without those that only say again what is known. */
    static List<Report> of(String text) {
      List<Report> reports = new ArrayList<>();
      Matcher matcher = LINE.matcher(text);
      while (matcher.find()) {
        Report report =
            new Report(
                Integer.parseInt(matcher.group(1)),
                Integer.parseInt(matcher.group(2)),
                Integer.parseInt(matcher.group(3)),
                Integer.parseInt(matcher.group(4)));
        if (report.wheel != 0
            || reports.isEmpty()
            || !report.equals(reports.get(reports.size() - 1))) {
          reports.add(report);
        }
      }
      return reports;
    }

    /** The same in pixels. */
    Report pixels() {
      return new Report(
          buttons,
          (int) Math.ceil(x * (double) WIDTH / RANGE),
          (int) Math.ceil(y * (double) HEIGHT / RANGE),
          wheel);
    }

    boolean near(Report other) {
      return buttons == other.buttons
          && wheel == other.wheel
          && Math.abs(x - other.x) <= TOLERANCE
          && Math.abs(y - other.y) <= TOLERANCE;
    }
  }

  private static List<Report> pointing(Seat seat) throws IOException {
    List<JsonObject> commands =
        new ArrayList<>(List.of(at(1, 1), at(100, 50), at(1023, 767), at(512, 384)));
    commands.addAll(clicks());
    // As a viewer whose pointer was away tells it: pressed in a place not told before.
    commands.add(
        Monitor.events(
            Monitor.button("left", true),
            Monitor.move("abs", "x", scaled(77, WIDTH)),
            Monitor.move("abs", "y", scaled(66, HEIGHT))));
    commands.add(Monitor.events(Monitor.button("left", false)));
    for (String wheel : List.of("wheel-up", "wheel-down")) {
      commands.add(Monitor.events(Monitor.button(wheel, true), Monitor.button(wheel, false)));
    }
    return Report.of(seat.told(commands)).stream().map(Report::pixels).toList();
  }

  /** What the mouse's packets of three bytes say: changes of its buttons, and the whole way. */
  private static List<String> motion(String bytes) {
    List<String> said = new ArrayList<>();
    int x = 0;
    int y = 0;
    int buttons = 0;
    for (int i = 0; i < bytes.length(); i += 6) {
      int first = Integer.parseInt(bytes.substring(i, i + 2), 16);
      // Nine bits, the sign is in the first byte.
      x += Integer.parseInt(bytes.substring(i + 2, i + 4), 16) - ((first & 0x10) << 4);
      y += Integer.parseInt(bytes.substring(i + 4, i + 6), 16) - ((first & 0x20) << 3);
      if ((first & 7) != buttons) {
        buttons = first & 7;
        said.add("buttons " + buttons);
      }
    }
    if (x != 0 || y != 0) {
      said.add("moved " + x + " " + y);
    }
    return said;
  }

  private static void assertNear(List<Report> expected, List<Report> seen) {
    boolean near = expected.size() == seen.size();
    for (int i = 0; near && i < seen.size(); i++) {
      near = expected.get(i).near(seen.get(i));
    }
    assertTrue(near, "expected: " + expected + ", seen: " + seen);
  }

  @Test
  void standardVgaAndTablet() throws IOException {
    List<Step> steps =
        List.of(
            Step.text(),
            Step.show(WIDTH, HEIGHT, 32),
            Step.change("box"),
            Step.change("scroll"),
            Step.show(1920, 1080, 32),
            Step.text(),
            Step.show(WIDTH, HEIGHT, 16));
    try (XlHost host = host()) {
      String keys;
      String moreKeys;
      List<Report> reports;
      try (Seat seat = new Seat(host, "seat", DeviceModel.DOM0, "")) {
        expect(seat, steps);
        keys = seat.bytes("keys", typing(KEYBOARD));
        moreKeys = seat.bytes("keys", typing(MORE_KEYS));
        reports = pointing(seat);
      }
      try (Seat seat = new Seat(host, "seat", DeviceModel.STUBDOM, "")) {
        compare(seat, steps);
        assertEquals(keys, seat.bytes("keys", typing(KEYBOARD)));
        assertEquals(moreKeys, seat.bytes("keys", typing(MORE_KEYS)));
        assertNear(reports, pointing(seat));
      }
    }
  }

  @Test
  void cirrusAndMouse() throws IOException {
    List<Step> steps =
        List.of(
            Step.text(),
            Step.show(1280, 1024, 16),
            Step.show(WIDTH, HEIGHT, 24),
            Step.change("box"),
            Step.change("scroll"));
    String size = WIDTH + "x" + HEIGHT;
    try (XlHost host = host()) {
      try (Seat seat = new Seat(host, "seat-cirrus", DeviceModel.DOM0, "")) {
        expect(seat, steps);
        assertEquals(size, seat.viewed());
        String moved = seat.bytes("mouse", List.of(Monitor.motion(100, 50)));
        assertEquals(List.of("moved 100 -50"), motion(moved));
        assertEquals(CLICKED, motion(seat.bytes("mouse", clicks())));
      }
      try (Seat seat = new Seat(host, "seat-cirrus", DeviceModel.STUBDOM, "")) {
        compare(seat, steps);
        assertEquals(
            TestHost.showsFramebuffers(TestHost.suite()) ? size : NO_DISPLAY, seat.viewed());
        seat.show();
        assertEquals(size, seat.viewed());
        seat.told(List.of());
        Viewer.press(host.dom0(), seat.viewed, 'a');
        assertEquals(A_PRESSED, seat.bytes("keys", List.of()));
        seat.saveAndRestore();
        awaitPicture(seat, steps.size() - 1);
        seat.show();
        assertEquals(size, seat.viewed());
        seat.told(List.of(at(200, 100)));
        String moved = seat.bytes("mouse", List.of(at(300, 150)));
        assertEquals(List.of("moved 100 -50"), motion(moved));
        assertEquals(CLICKED, motion(seat.bytes("mouse", clicks())));
      }
    }
  }

  @Test
  @Results.Of(DeviceModel.STUBDOM)
  void withoutVncThereIsNoServer() throws IOException {
    try (XlHost host = host();
        Seat seat = new Seat(host, "seat", DeviceModel.STUBDOM, "vnc = 0\n")) {
      seat.console.order("box");
      assertEquals(
          "None", host.dom0().run("xl", "qemu-monitor-command", seat.name, "info vnc").strip());
      String stub = host.domid(seat.name + "-dm");
      String devices = host.dom0().run("xenstore-ls", "/local/domain/" + stub + "/device");
      assertFalse(devices.contains("vfb") || devices.contains("vkbd"), devices);
    }
  }

  /** A mode that is too large for the stub domain's memory costs the picture, not the guest. */
  @Test
  @Results.Of(DeviceModel.STUBDOM)
  void withoutMemoryThereIsNoPictureForAWhile() throws IOException {
    try (XlHost host = host();
        Seat seat = new Seat(host, "seat", DeviceModel.STUBDOM, "stubdomain_memory = 28\n")) {
      seat.monitor.dump(picture(0));
      assertEquals("P6 720 400 255", header(host.dom0(), picture(0)));
      seat.console.order("show 1920 1080 32");
      host.await(
          "grep -q 'picture: .*stubdomain_memory' /var/log/xen/qemu-dm-" + seat.name + ".log", 30);
      seat.console.order("box");
      seat.monitor.dump(SEEN);
      String black = host.dom0().sh("tail -n +4 \"$1\" | tr -d '\\0' | wc -c", SEEN);
      assertEquals("0", black.strip(), header(host.dom0(), SEEN));
      seat.console.order("text");
      awaitPicture(seat, 0);
    }
  }

  /**
   * What {@code stubdom test} keeps with --logs, after the verdict, and with --screenshot and
   * --screenshot-every.
   */
  @Test
  void testsKeepTheScreen() throws IOException {
    List<GuestPlan> plans = new ArrayList<>();
    for (DeviceModel model : List.of(DeviceModel.DOM0, DeviceModel.STUBDOM)) {
      boolean ours = model == DeviceModel.STUBDOM;
      plans.add(
          new GuestPlan(
                  GuestConfiguration.load(TestGuest.named("seat").file()),
                  model,
                  ours ? TestGuest.image() : null,
                  Pattern.compile("DATA seat: done=say"),
                  Duration.ofSeconds(60),
                  false,
                  List.of(new Reply(Pattern.compile("NOTE seat: ready"), "say\n")))
              .with(new GuestPlan.Pictures(directory.resolve(model + ".png"), 1)));
    }
    new GuestSeries(TestHost.of(LabClock.COUNTED), plans, directory, Progress.silent())
        .run(lab -> {});
    byte[] screen = Files.readAllBytes(directory.resolve("seat-stubdom").resolve("screen.ppm"));
    String header = "P6\n720 400\n255\n";
    assertEquals(header, new String(screen, 0, header.length(), StandardCharsets.US_ASCII));
    BufferedImage seen = ImageIO.read(directory.resolve("stubdom.png").toFile());
    assertEquals(720, seen.getWidth());
    assertEquals(400, seen.getHeight());
    // No clock's or cursor's place is in it: QEMU in dom0 shows the same.
    assertArrayEquals(pixels(ImageIO.read(directory.resolve("dom0.png").toFile())), pixels(seen));
    // The firmware's picture comes before the guest's.
    assertTrue(Files.exists(directory.resolve("stubdom-0001.png")));
  }

  private static int[] pixels(BufferedImage image) {
    return image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
  }
}
