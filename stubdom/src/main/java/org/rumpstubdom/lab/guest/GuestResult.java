// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.guest;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.rumpstubdom.xl.DeviceModel;

/**
 * What came of a guest's run.
 *
 * @param name the guest's name
 * @param configuration its configuration file
 * @param suite the Debian release of the host it ran on
 * @param model whose device model served it
 * @param status the verdict
 * @param reason why, in one line
 * @param timedOut whether it failed because time ran out
 * @param phases how long things took, in order
 * @param domains what its domains used, by name; as seen when the verdict fell
 * @param sizes bytes of the files of the stub domain; empty with QEMU in dom0
 * @param storage where each disk, by its name in the guest, was during the run: "memory" of dom0,
 *     or a "device" whose delays are this computer's
 * @param serial what the guest wrote on its serial port
 * @param deviceModelLog the last lines the device model wrote
 * @param measured what the commands of its plan's measurement wrote, in order
 */
public record GuestResult(
    String name,
    Path configuration,
    String suite,
    DeviceModel model,
    Status status,
    String reason,
    boolean timedOut,
    Map<Phase, Span> phases,
    Map<String, Domain> domains,
    Map<String, Long> sizes,
    Map<String, String> storage,
    SerialFollower serial,
    List<String> deviceModelLog,
    List<String> measured) {
  /** The verdicts. */
  public enum Status {
    /** The guest did what was expected. */
    PASS,
    /** It did not. */
    FAIL,
    /** It could not be told, because the emulated host itself failed. */
    ERROR,
    /** It was not tried. */
    SKIP
  }

  /** What is timed. */
  public enum Phase {
    /** From the start of xl create to its end, the guest still paused. */
    CREATE("create", "created in"),
    /** From the start of the device model (its domain or process) until it says it runs. */
    DEVICE_MODEL("deviceModel", "device model up in"),
    /** From the start of xl unpause to the first byte on the guest's serial port. */
    FIRST_SERIAL_BYTE("firstSerialByte", "first output after"),
    /** From the start of xl unpause to the pattern, or without one to the guest's end. */
    MATCH("match", "decided after");

    private final String key;
    private final String words;

    Phase(String key, String words) {
      this.key = key;
      this.words = words;
    }

    /** What a time belongs to, in words before it. */
    public String words() {
      return words;
    }

    /** Its name in reports. */
    public String key() {
      return key;
    }
  }

  /**
   * How long something took.
   *
   * @param virtualSeconds on the emulated host's clock
   * @param wallSeconds on this computer's clock
   */
  public record Span(double virtualSeconds, double wallSeconds) {}

  /**
   * What a domain used.
   *
   * @param memoryMib its memory
   * @param cpuSeconds processor time so far, on the emulated host's clock
   */
  public record Domain(long memoryMib, double cpuSeconds) {}

  /**
   * A guest that was not run, or whose run could not be finished; time may have run out over it.
   */
  static GuestResult without(
      GuestPlan plan, String suite, Status status, String reason, boolean timedOut) {
    return new GuestResult(
        plan.guest().name(),
        plan.guest().file(),
        suite,
        plan.model(),
        status,
        reason,
        timedOut,
        Map.of(),
        Map.of(),
        Map.of(),
        Map.of(),
        new SerialFollower(null, List.of()),
        List.of(),
        List.of());
  }
}
