// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.lab.host.Lab;
import org.rumpstubdom.lab.host.LabClock;
import org.rumpstubdom.lab.host.LabOptions;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.xl.Checker;
import org.rumpstubdom.xl.DeviceModel;
import org.rumpstubdom.xl.Disk;
import org.rumpstubdom.xl.GuestConfiguration;
import org.rumpstubdom.xl.Problem;
import org.rumpstubdom.xl.Vif;
import org.rumpstubdom.xl.XenRelease;

/**
 * The stock xl on the configurations of tests/configs, by its dry run: what it ends at is an error
 * of {@code stubdom config}, and where it goes on it sees the same disks and cards as we do.
 */
@Tag("lab")
final class ConfigurationsTest {
  private static final Path CONFIGS =
      Path.of(System.getProperty("rumpstubdom.checkout"), "tests", "configs");

  /** What is said of a configuration that xl does not even read. */
  private static final String REFUSED = "refused";

  @Test
  void xlSeesWhatWeSee() throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.list(CONFIGS)) {
      files = all.filter(file -> file.toString().endsWith(".cfg")).sorted().toList();
    }
    assertFalse(files.isEmpty());
    List<String> ours = new ArrayList<>();
    List<String> xls = new ArrayList<>();
    try (Lab lab = Lab.open(LabOptions.of(LabClock.COUNTED), Progress.silent())) {
      for (Path file : files) {
        String said = seenByXl(lab.dom0(), file);
        if (said.equals(REFUSED) && asksForProcessors(file)) {
          continue;
        }
        String name = file.getFileName() + ": ";
        xls.add(name + said);
        ours.add(name + (said.equals(REFUSED) ? refusal(file) : seen(file)));
      }
    }
    assertEquals(String.join("\n", xls), String.join("\n", ours));
  }

  /** xl refuses what the emulated host has not: it has one processor, and one node. */
  private static boolean asksForProcessors(Path file) throws IOException {
    try {
      GuestConfiguration guest = GuestConfiguration.load(file);
      return guest.has("cpus") || guest.has("vnuma");
    } catch (StubdomException e) {
      return false; // we do not even read it
    }
  }

  private static String refusal(Path file) throws IOException {
    try {
      GuestConfiguration guest = GuestConfiguration.load(file);
      boolean error =
          Checker.checkWithoutFiles(guest, DeviceModel.DOM0, XenRelease.XEN_4_17, null).stream()
              .anyMatch(problem -> problem.severity() == Problem.Severity.ERROR);
      return error ? REFUSED : "no error";
    } catch (StubdomException e) {
      return REFUSED;
    }
  }

  private static String seen(Path file) throws IOException {
    GuestConfiguration guest = GuestConfiguration.load(file);
    List<String> devices = new ArrayList<>();
    for (Disk disk : guest.disks()) {
      devices.add(
          String.join(
              " ",
              disk.vdev(),
              disk.format(),
              disk.writable() ? "rw" : "ro",
              disk.cdrom() ? "cdrom" : "disk",
              disk.target()));
    }
    for (Vif vif : guest.vifs()) {
      devices.add(
          String.join(
              " ",
              vif.options().getOrDefault("model", "-"),
              vif.emulated() ? "ioemu" : "vif",
              vif.bridge(),
              vif.mac().toLowerCase(Locale.ROOT)));
    }
    return guest.name() + " " + devices;
  }

  private static String seenByXl(Dom0 dom0, Path file) throws IOException {
    dom0.push(file, "/run/guest.cfg");
    Dom0.Result result = dom0.execute("xl", "create", "-n", "/run/guest.cfg");
    int start = result.output().indexOf('{');
    if (result.status() != 0 || start < 0) {
      return REFUSED;
    }
    JsonObject guest = JsonParser.parseString(result.output().substring(start)).getAsJsonObject();
    List<String> devices = new ArrayList<>();
    for (JsonObject disk : objects(guest, "disks")) {
      devices.add(
          String.join(
              " ",
              text(disk, "vdev"),
              text(disk, "format"),
              flag(disk, "readwrite") ? "rw" : "ro",
              flag(disk, "is_cdrom") ? "cdrom" : "disk",
              text(disk, "pdev_path")));
    }
    for (JsonObject nic : objects(guest, "nics")) {
      String model = text(nic, "model");
      devices.add(
          String.join(
              " ",
              model.isEmpty() ? "-" : model,
              text(nic, "nictype").equals("vif") ? "vif" : "ioemu",
              text(nic, "bridge"),
              text(nic, "mac").replace("00:00:00:00:00:00", "")));
    }
    return text(guest.getAsJsonObject("c_info"), "name") + " " + devices;
  }

  private static List<JsonObject> objects(JsonObject parent, String key) {
    List<JsonObject> objects = new ArrayList<>();
    if (parent.has(key)) {
      parent.getAsJsonArray(key).forEach(item -> objects.add(item.getAsJsonObject()));
    }
    return objects;
  }

  private static String text(JsonObject object, String key) {
    JsonElement value = object.get(key);
    return value == null || value.isJsonNull() ? "" : value.getAsString();
  }

  private static boolean flag(JsonObject object, String key) {
    JsonElement value = object.get(key);
    return value != null && value.getAsInt() != 0;
  }
}
