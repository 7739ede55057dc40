// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.rumpstubdom.util.NearestWord;

/** Keys that take one word of a few, as xl.cfg(5) lists them: xl ends at any other. */
final class KnownWords {
  private static final List<String> ACTIONS =
      List.of(
          "destroy",
          "restart",
          "rename-restart",
          "preserve",
          "coredump-destroy",
          "coredump-restart",
          "soft-reset");

  private static final List<String> ENLIGHTENMENTS =
      List.of(
          "all",
          "defaults",
          "base",
          "freq",
          "time_ref_count",
          "reference_tsc",
          "hcall_remote_tlb_flush",
          "apic_assist",
          "crash_ctl",
          "synic",
          "stimer",
          "hcall_ipi",
          "ex_processor_masks",
          "no_vp_limit",
          "cpu_hotplug");

  /** Words whose case does not matter; a place in the list may be written as a number. */
  private static final Map<String, List<String>> NUMBERED =
      Map.of(
          "tsc_mode",
          List.of("default", "always_emulate", "native", "native_paravirt"),
          "timer_mode",
          List.of(
              "delay_for_missed_ticks",
              "no_delay_for_missed_ticks",
              "no_missed_ticks_pending",
              "one_missed_tick_pending"),
          "altp2m",
          List.of("disabled", "mixed", "external", "limited"));

  /** Words whose case does not matter. */
  private static final Map<String, List<String>> WORDS =
      Map.of(
          "bios", List.of("seabios", "ovmf", "rombios", "unknown"),
          "hdtype", List.of("ide", "ahci"),
          "passthrough", List.of("disabled", "enabled", "sync_pt", "share_pt", "default"),
          "vendor_device", List.of("none", "xenserver"));

  /** Words that are looked for as they are. */
  private static final Map<String, List<String>> EXACT =
      new TreeMap<>(
          Map.of(
              "ms_vm_genid", List.of("generate", "none"),
              "on_crash", ACTIONS,
              "on_poweroff", ACTIONS,
              "on_reboot", ACTIONS,
              "on_soft_reset", ACTIONS,
              "on_watchdog", ACTIONS));

  private KnownWords() {}

  static void check(GuestConfiguration guest, Checker.Report error) {
    EXACT.forEach((key, words) -> check(guest, key, words, error));
    WORDS.forEach((key, words) -> checkAnyCase(guest, key, words, error));
    NUMBERED.forEach(
        (key, words) -> {
          if (guest.number(key).isEmpty()) {
            checkAnyCase(guest, key, words, error);
          } else if (guest.number(key).getAsLong() < 0
              || guest.number(key).getAsLong() >= words.size()) {
            refuse(guest.line(key), key, guest.number(key).getAsLong() + "", words, error);
          }
        });
    for (Value.Text enlightenment : guest.texts("viridian")) {
      boolean listed = guest.values().get("viridian") instanceof Value.Items;
      String word = enlightenment.text().replaceFirst("^!", "");
      boolean group = word.equals("all") || word.equals("defaults");
      boolean known = ENLIGHTENMENTS.contains(word.toLowerCase(Locale.ROOT));
      if (listed && (!known || (group && enlightenment.text().startsWith("!")))) {
        refuse(enlightenment.line(), "viridian", enlightenment.text(), ENLIGHTENMENTS, error);
      }
    }
  }

  private static void checkAnyCase(
      GuestConfiguration guest, String key, List<String> words, Checker.Report error) {
    String word = guest.string(key).orElse("");
    if (!word.isEmpty() && !words.contains(word.toLowerCase(Locale.ROOT))) {
      refuse(guest.line(key), key, word, words, error);
    }
  }

  private static void check(
      GuestConfiguration guest, String key, List<String> words, Checker.Report error) {
    String word = guest.string(key).orElse("");
    if (guest.has(key) && !words.contains(word)) {
      refuse(guest.line(key), key, word, words, error);
    }
  }

  private static void refuse(
      int line, String key, String word, List<String> words, Checker.Report error) {
    error.add(
        line,
        "'" + key + "' cannot be '" + word + "'",
        NearestWord.among(words, word)
            .map(near -> "did you mean '" + near + "'?")
            .orElse("use one of " + String.join(", ", words)));
  }
}
