// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.lab.host.Lab;
import org.rumpstubdom.lab.host.LabClock;
import org.rumpstubdom.lab.host.LabOptions;
import org.rumpstubdom.lab.host.LabPci;
import org.rumpstubdom.lab.host.RemoteCommand;
import org.rumpstubdom.lab.root.LabRoot;
import org.rumpstubdom.lab.root.PeerImage;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.xl.DeviceModel;
import org.rumpstubdom.xl.Disk;
import org.rumpstubdom.xl.GuestConfiguration;
import org.rumpstubdom.xl.MemoryNeeds;
import org.rumpstubdom.xl.StubScreen;

/** An emulated host on which a test types xl's commands itself, with a guest that takes orders. */
final class XlHost implements AutoCloseable {
  /** Where our image is in dom0. */
  static final String KERNEL = "/run/stubdom-kernel";

  static final String RAMDISK = "/run/stubdom-ramdisk";

  /** For all guests of a test. */
  private static final int GUEST_MIB = 512;

  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /** What a real dom0 has and the lab's has not: a bridge. */
  private static final String PREPARE =
      """
      ip link add xenbr0 type bridge && ip link set xenbr0 up && ip address add 10.9.0.1/24 dev xenbr0
      """;

  /**
   * Waits for a domain of that name and its serial port; says which they are and becomes xl
   * console.
   */
  private static final String ATTACH =
      """
      while :; do
        guest=$(xl domid "$1" 2>/dev/null)
        if [ -n "$guest" ]; then
          stub=$(xenstore-read "/local/domain/$guest/image/device-model-domid" 2>/dev/null)
          path=/local/domain/$guest/serial/0/tty
          [ -z "$stub" ] || path=/local/domain/$stub/device/console/3/tty
          tty=$(xenstore-read "$path" 2>/dev/null) && [ -n "$tty" ] && break
        fi
        sleep 0.1
      done
      echo "attached $guest $tty."
      exec xl console "$1"
      """;

  private final String suite;
  private final Lab lab;
  private final Dom0 dom0;

  XlHost() throws IOException {
    this(TestHost.suite());
  }

  /** A host of that Debian release. */
  XlHost(String suite) throws IOException {
    this(suite, LabPci.NONE);
  }

  /** A host with devices to be passed through. */
  XlHost(String suite, LabPci pci) throws IOException {
    this(LabOptions.of(LabClock.COUNTED, suite).withPci(pci), TestGuest.image().kernel());
  }

  /** A host whose stub domains have another kernel than the image's. */
  XlHost(Path kernel) throws IOException {
    this(LabOptions.of(LabClock.COUNTED, TestHost.suite()), kernel);
  }

  /** A host like that; there is room for guests besides. */
  XlHost(LabOptions options) throws IOException {
    this(options, TestGuest.image().kernel());
  }

  private XlHost(LabOptions options, Path kernel) throws IOException {
    suite = options.suite();
    lab = Lab.open(options.withGuestMemory(GUEST_MIB), Progress.silent());
    dom0 = lab.dom0();
    dom0.sh(PREPARE);
    dom0.push(kernel, KERNEL);
    dom0.push(TestGuest.image().ramdisk(), RAMDISK);
  }

  Dom0 dom0() {
    return dom0;
  }

  /** What the host was booted from. */
  LabRoot root() {
    return lab.root();
  }

  /** Presses a key of the host's keyboard. */
  void pressKey(String key) throws IOException {
    lab.pressKey(key);
  }

  /** Configures the guest "orders", see below. */
  String configure(String name, DeviceModel model) throws IOException {
    return configure(name, TestGuest.named("orders"), model, "");
  }

  /**
   * Writes a guest's configuration, with its disks, under a name of its own; returns its path.
   *
   * @param more lines of the configuration
   */
  String configure(String name, TestGuest guest, DeviceModel model, String more)
      throws IOException {
    return configure(name, guest, model, more, true);
  }

  /** The same; with {@code fresh} new copies of the disks, otherwise those that are there. */
  String configure(String name, TestGuest guest, DeviceModel model, String more, boolean fresh)
      throws IOException {
    String text =
        Files.readString(guest.file()).replaceFirst("name = .*", "name = \"" + name + "\"");
    String copy = "/run/" + name + ".img";
    for (Disk disk : GuestConfiguration.load(guest.file()).disks()) {
      if (fresh) {
        dom0.push(disk.path(), copy);
      }
      text = text.replace("target=" + disk.path() + "'", "target=" + copy + "'");
      copy += ".more";
    }
    // Of two lines with the same key xl takes the last.
    return write(name, text, model, more);
  }

  /** Writes a configuration of this text with the keys of a device model, and more lines. */
  String write(String name, String configuration, DeviceModel model, String more)
      throws IOException {
    String text = configuration + "device_model_version = \"qemu-xen\"\n";
    if (model == DeviceModel.LINUX) {
      text +=
          PeerImage.keys(
              lab.keepInDom0(lab.root().kernel()), lab.keepInDom0(lab.root().peerRamdisk()));
    } else if (model == DeviceModel.STUBDOM) {
      Path file = Files.createTempFile(name, ".cfg");
      int memory;
      boolean screen;
      try {
        Files.writeString(file, text + more);
        GuestConfiguration guest = GuestConfiguration.load(file);
        memory = MemoryNeeds.of(guest).mib(MemoryNeeds.BASE_MIB);
        screen = !StubScreen.missing(guest).isEmpty();
      } finally {
        Files.delete(file);
      }
      text +=
          """
          device_model_stubdomain_override = 1
          stubdomain_kernel = "%s"
          stubdomain_ramdisk = "%s"
          stubdomain_memory = %d
          """
              .formatted(KERNEL, RAMDISK, memory);
      text += screen ? StubScreen.KEY + " = [ \"-vga\", \"xenfb\" ]\n" : "";
    }
    text += more;
    String path = "/run/" + name + ".cfg";
    dom0.push(text.getBytes(StandardCharsets.UTF_8), path);
    return path;
  }

  /** The domain's number. */
  String domid(String name) throws IOException {
    return dom0.run("xl", "domid", name).strip();
  }

  /** The guest's serial port, read by xl console as soon as there is a domain of that name. */
  Console console(String name) throws IOException {
    return new Console(name);
  }

  /** Waits until the shell's condition holds; fails after this many seconds of dom0's clock. */
  void await(String condition, int seconds) throws IOException {
    String loop =
        "tries=0; until "
            + condition
            + "; do tries=$((tries + 1)); [ $tries -lt $1 ] || exit 1; sleep 0.1; done";
    dom0.sh(loop, Integer.toString(10 * seconds));
  }

  @Override
  public void close() {
    lab.close();
  }

  /** One session of xl console. */
  final class Console implements AutoCloseable {
    private final StringBuilder text = new StringBuilder();
    private final RemoteCommand command;
    private final String domid;
    private final String tty;

    Console(String name) throws IOException {
      command =
          dom0.startOnTerminal(
              List.of("sh", "-c", ATTACH, "attach", name),
              (error, data, nanos) -> {
                synchronized (text) {
                  text.append(new String(data, StandardCharsets.ISO_8859_1));
                  text.notifyAll();
                }
              });
      String[] words = await("attached \\d+ [^.]+\\.").split("[ .]", -1);
      domid = words[1];
      tty = words[2];
      // xl has the port open; the device model notices within a second, the firmware takes longer.
      XlHost.this.await("ls -l /proc/[0-9]*/fd 2>/dev/null | grep -q ' " + tty + "$'", 30);
    }

    /** The number of the domain it is attached to. */
    String domid() {
      return domid;
    }

    /** Waits for text; it and what came before are taken. */
    String await(String regex) throws IOException {
      return await(regex, PATIENCE);
    }

    /** Waits for text no longer than that. */
    String await(String regex, Duration patience) throws IOException {
      Pattern pattern = Pattern.compile(regex);
      long end = System.nanoTime() + patience.toNanos();
      synchronized (text) {
        while (true) {
          var matcher = pattern.matcher(text);
          if (matcher.find()) {
            String found = matcher.group();
            text.delete(0, matcher.end());
            return found;
          }
          long left = (end - System.nanoTime()) / 1_000_000;
          if (left <= 0 || command.end().isDone()) {
            throw new AssertionError("no \"" + regex + "\" in: " + text);
          }
          try {
            text.wait(Math.min(left, 1000));
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
          }
        }
      }
    }

    /** Gives a guest that may not listen yet an order until it is carried out. */
    void awaitAnswer(String order) throws IOException {
      Pattern answer = Pattern.compile("(?s).*DATA \\S+ done=" + order + "\\s");
      long end = System.nanoTime() + PATIENCE.toNanos();
      while (true) {
        type(order);
        dom0.run("sleep", "1");
        boolean answered;
        synchronized (text) {
          answered = answer.matcher(text).find();
        }
        if (answered) {
          // What was typed before it listened may be answered too.
          dom0.run("sleep", "1");
          synchronized (text) {
            text.setLength(0);
          }
          return;
        }
        if (System.nanoTime() > end) {
          throw new AssertionError("no answer to " + order + " in: " + text);
        }
      }
    }

    /** What has come since the text that was awaited last. */
    String soFar() {
      synchronized (text) {
        return text.toString();
      }
    }

    void type(String line) throws IOException {
      byte[] keys = (line + "\n").getBytes(StandardCharsets.UTF_8);
      command.input(keys, keys.length);
    }

    /**
     * Gives the guest an order and waits until it is carried out, every check of it passed.
     *
     * @return what it wrote since the text that was awaited last
     */
    String order(String order) throws IOException {
      String answer = answer(order);
      if (answer.contains("FAIL")) {
        throw new AssertionError(answer);
      }
      return answer;
    }

    /**
     * Has the guest "orders" use its network card.
     *
     * @return whether the card's interrupt came, which it does not by the PIC with every QEMU; all
     *     else has to be right
     */
    boolean net(DeviceModel model) throws IOException {
      if (TestHost.routesToPic(model, suite)) {
        order("net");
        return true;
      }
      List<String> failed = answer("net").lines().filter(line -> line.contains("FAIL")).toList();
      if (failed.size() != 1 || !failed.get(0).contains("no interrupt on line")) {
        throw new AssertionError(failed);
      }
      return false;
    }

    /** The same as {@link #order}, whatever became of the checks. */
    String answer(String order) throws IOException {
      type(order);
      return await("(?s).*?DATA \\S+ done=" + order + "\\s");
    }

    @Override
    public void close() throws IOException {
      command.signal(9);
    }
  }
}
