// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.guest;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import org.rumpstubdom.image.ImageDirectory;
import org.rumpstubdom.lab.host.Json;
import org.rumpstubdom.lab.host.Lab;
import org.rumpstubdom.util.ProductVersion;

/** The report of a test run, as JSON; docs/report.md describes its form. */
public final class TestReport {
  private static final int VERSION = 1;
  private static final String QEMU = "qemu";

  /** Packages worth naming; the others are in the lab's own record. */
  private static final Set<String> NAMED =
      Set.of("qemu-system-xen", "seabios", "ipxe-qemu", "xenstore-utils", "busybox-static");

  private TestReport() {}

  /**
   * The report of one host.
   *
   * @param lab the host
   * @param results one for each guest
   */
  static JsonObject of(Lab lab, List<GuestResult> results) throws IOException {
    JsonObject report = new JsonObject();
    report.addProperty("version", VERSION);
    report.addProperty("clock", lab.options().clock().toString());
    report.add("lab", host(lab));
    report.add("versions", versions(lab));
    JsonArray guests = new JsonArray();
    results.forEach(result -> guests.add(guest(result)));
    report.add("guests", guests);
    return report;
  }

  /**
   * The text of the report of one host or several: what is said of a host is the first one's, and
   * all of them, each with its guests, are in {@code hosts}.
   *
   * @param reports one for each host, in order; at least one
   * @param image what the guests' stub domains were made of, or null when none was ours
   */
  public static String text(List<JsonObject> reports, ImageDirectory image) throws IOException {
    JsonObject whole = reports.get(0).deepCopy();
    JsonArray hosts = new JsonArray();
    JsonArray guests = new JsonArray();
    for (JsonObject report : reports) {
      JsonObject host = new JsonObject();
      host.add("lab", report.get("lab"));
      host.add("versions", report.get("versions"));
      hosts.add(host);
      guests.addAll(report.getAsJsonArray("guests"));
    }
    whole.add("hosts", hosts);
    whole.add("guests", guests);
    if (image != null) {
      whole.add("image", image(image));
    }
    return new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(whole);
  }

  /** Whose QEMU it has, and how large it is. */
  private static JsonObject image(ImageDirectory image) throws IOException {
    JsonObject facts = new JsonObject();
    image.version(QEMU).ifPresent(version -> facts.addProperty(QEMU, version));
    facts.addProperty("memoryMib", image.memoryMib());
    facts.addProperty("kernelBytes", Files.size(image.kernel()));
    facts.addProperty("ramdiskBytes", Files.size(image.ramdisk()));
    return facts;
  }

  private static JsonObject host(Lab lab) {
    return Json.object(
        Map.of(
            "restored", lab.boot().restored(),
            "wallSeconds", seconds(lab.boot().wallSeconds()),
            "virtualSeconds", seconds(lab.boot().virtualSeconds()),
            "memoryMib", lab.options().memoryMib(),
            "root", lab.root().key()));
  }

  private static JsonObject versions(Lab lab) throws IOException {
    JsonObject versions = new JsonObject();
    versions.addProperty("stubdom", ProductVersion.current());
    versions.addProperty("emulator", lab.emulatorVersion());
    versions.addProperty("suite", lab.options().suite());
    SortedMap<String, String> packages = lab.root().packages();
    packages.forEach(
        (name, version) -> {
          boolean hypervisor = name.startsWith("xen-hypervisor-") || name.startsWith("xen-utils-");
          boolean kernel = name.matches("linux-image-[0-9].*");
          if (hypervisor || kernel || NAMED.contains(name)) {
            versions.addProperty(name, version);
          }
        });
    return versions;
  }

  private static JsonObject guest(GuestResult result) {
    JsonObject guest = new JsonObject();
    guest.addProperty("name", result.name());
    guest.addProperty("configuration", result.configuration().toString());
    guest.addProperty("suite", result.suite());
    guest.addProperty("deviceModel", result.model().toString());
    guest.addProperty("status", word(result.status()));
    guest.addProperty("reason", result.reason());
    JsonObject phases = new JsonObject();
    result
        .phases()
        .forEach(
            (phase, span) ->
                phases.add(
                    phase.key(),
                    Json.object(
                        Map.of(
                            "virtualSeconds", seconds(span.virtualSeconds()),
                            "wallSeconds", seconds(span.wallSeconds())))));
    guest.add("phases", phases);
    JsonObject domains = new JsonObject();
    result
        .domains()
        .forEach(
            (name, domain) ->
                domains.add(
                    name,
                    Json.object(
                        Map.of(
                            "memoryMib", domain.memoryMib(),
                            "cpuSeconds", seconds(domain.cpuSeconds())))));
    guest.add("domains", domains);
    guest.add("imageBytes", Json.object(result.sizes()));
    guest.add("disks", Json.object(result.storage()));
    return guest;
  }

  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  /** Microseconds are the finest that means anything here. */
  private static double seconds(double value) {
    return Math.round(value * 1e6) / 1e6;
  }
}
