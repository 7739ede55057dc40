// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.guest;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rumpstubdom.xl.Disk;
import org.rumpstubdom.xl.GuestConfiguration;
import org.rumpstubdom.xl.Literal;
import org.rumpstubdom.xl.StubScreen;
import org.rumpstubdom.xl.Value;

/**
 * The configuration the emulated host's xl reads: the user's, with paths of this computer replaced
 * by those of dom0, and the keys of the chosen device model.
 */
final class HostConfiguration {
  private static final List<String> STUBDOMAIN_KEYS =
      List.of(
          "device_model_stubdomain_override",
          "stubdomain_kernel",
          "stubdomain_ramdisk",
          "stubdomain_memory",
          "stubdomain_cmdline");

  private final GuestConfiguration guest;
  private final Map<String, Value> values;

  HostConfiguration(GuestConfiguration guest) {
    this.guest = guest;
    values = new LinkedHashMap<>(guest.values());
    // A display server nobody looks at costs time and a frame buffer's memory.
    values.putIfAbsent("vnc", text("0"));
    // With one, dom0's QEMU does not start: Debian's has no cipher for it.
    values.remove("vncpasswd");
    values.putIfAbsent("serial", text("pty"));
  }

  private static Value text(String value) {
    return new Value.Text(value, 0);
  }

  /** Has somebody look at the display: it is there unless the user says otherwise, as for xl. */
  HostConfiguration withScreen() {
    return guest.values().containsKey("vnc") ? this : set("vnc", "1");
  }

  HostConfiguration set(String key, String value) {
    values.put(key, text(value));
    return this;
  }

  /**
   * Replaces the disks.
   *
   * @param devices each disk's device node in dom0, in order; empty for an empty drive
   */
  HostConfiguration disks(List<Disk> disks, List<String> devices) {
    List<Value> items = new ArrayList<>();
    for (int i = 0; i < disks.size(); i++) {
      items.add(text(disk(disks.get(i), devices.get(i))));
    }
    if (!items.isEmpty()) {
      values.put("disk", new Value.Items(items, 0));
    }
    return this;
  }

  private static String disk(Disk disk, String device) {
    // Whatever the image's format, the device in dom0 has plain sectors.
    String format = device.isEmpty() ? "empty" : "raw";
    String target = device.isEmpty() ? "" : ",target=" + device;
    return "format=%s,vdev=%s,access=%s%s%s"
        .formatted(
            format,
            disk.vdev(),
            disk.writable() ? "rw" : "ro",
            disk.cdrom() ? ",devtype=cdrom" : "",
            target);
  }

  /** Chooses QEMU in dom0, whatever the user's configuration says. */
  HostConfiguration deviceModelInDom0() {
    STUBDOMAIN_KEYS.forEach(values::remove);
    return set("device_model_version", "qemu-xen");
  }

  /** Chooses a stub domain. */
  HostConfiguration stubDomain(String kernel, String ramdisk, int memoryMib, String commandLine) {
    STUBDOMAIN_KEYS.forEach(values::remove);
    set("device_model_version", "qemu-xen");
    set("device_model_stubdomain_override", "1");
    set("stubdomain_kernel", kernel);
    set("stubdomain_ramdisk", ramdisk);
    set("stubdomain_memory", Integer.toString(memoryMib));
    return commandLine.isEmpty() ? this : set("stubdomain_cmdline", commandLine);
  }

  /** Gives more arguments to the QEMU of dom0 that serves the stub domain. */
  HostConfiguration tellDom0(List<String> arguments) {
    if (!arguments.isEmpty()) {
      Value.Items more =
          new Value.Items(arguments.stream().map(HostConfiguration::text).toList(), 0);
      values.merge(StubScreen.KEY, more, HostConfiguration::both);
    }
    return this;
  }

  private static Value both(Value one, Value more) {
    Value.Items list =
        one instanceof Value.Items items ? items : new Value.Items(List.of(one), one.line());
    return list.plus((Value.Items) more);
  }

  /** The text xl reads. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    values.forEach(
        (key, value) -> text.append(key).append(" = ").append(Literal.of(value)).append('\n'));
    return text.toString();
  }
}
