// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.rumpstubdom.image.ImageDirectory;
import org.rumpstubdom.util.AtomicFiles;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.xl.Checker;
import org.rumpstubdom.xl.DeviceModel;
import org.rumpstubdom.xl.GuestConfiguration;
import org.rumpstubdom.xl.MemoryNeeds;
import org.rumpstubdom.xl.Problem;
import org.rumpstubdom.xl.StubNetwork;
import org.rumpstubdom.xl.StubScreen;
import org.rumpstubdom.xl.StubdomKeys;
import org.rumpstubdom.xl.XenRelease;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code stubdom config}. */
@Command(
    name = "config",
    description = {
      "Give an xl guest configuration our device model.",
      "",
      "Prints the configuration with the keys of the stub domain set; comments and layout stay as"
          + " they are. Standard error names as an error what would not start, as a warning what"
          + " starts but does not work in full, and as a note what xl ignores or this command"
          + " replaces. An error ends the command with exit code 3, and nothing is written.",
    },
    // Without a heading the manual page drops the footer.
    footerHeading = "%nExample:%n",
    footer = "stubdom config /etc/xen/guest.cfg --image /usr/lib/rump-stubdom --in-place")
public final class ConfigCommand implements Callable<Integer> {
  /** Port 65535. */
  private static final int LAST_DISPLAY = 59635;

  @Spec private CommandSpec spec;

  @SuppressWarnings("UnusedVariable") // declares --help and its like
  @Mixin
  private CommonOptions common;

  @Mixin private JsonOption json;

  @Parameters(paramLabel = "GUEST.cfg", description = "The guest's xl configuration.")
  private Path guest;

  @Option(
      names = "--image",
      paramLabel = "DIR",
      description = {
        "The image directory written by `stubdom build`.",
        "Default: " + ImageDirectory.INSTALLED + " on the Xen host."
      })
  private Path image;

  @Option(
      names = "--in-place",
      description =
          "Change the file instead of printing the result; its owner and permissions stay.")
  private boolean inPlace;

  @Option(
      names = "--memory",
      paramLabel = "MIB",
      description =
          "Memory of the stub domain in MiB, "
              + MemoryNeeds.LEAST_MIB
              + " or more (default: what the file says; else what the image asks for, or 32, and"
              + " what this guest adds to it, which is said).")
  private Integer memory;

  @Option(
      names = "--xen",
      paramLabel = "RELEASE",
      description =
          "The release of Xen on which the guest will run, 4.17 or 4.20 (default: 4.20). What one"
              + " of them refuses or ignores is said for that one.")
  private String xen;

  @Option(
      names = "--stub-network",
      paramLabel = "VIF,ADDRESS",
      description =
          "Give the stub domain a network of its own on that vif: VIF,dhcp or"
              + " VIF,ADDRESS/PREFIX[,ROUTER], with IPv4, IPv6 or both. It needs an image with"
              + " NetBSD's TCP/IP.")
  private String stubNetwork;

  @Option(
      names = "--stub-vnc",
      paramLabel = "DISPLAY",
      description =
          "Have the stub domain serve the guest's screen on that network, at port 5900 and DISPLAY,"
              + " with the password vncpasswd; the server in dom0 is switched off.")
  private Integer stubVnc;

  @Option(names = "--strict", description = "Take warnings for errors.")
  private boolean strict;

  @Override
  public Integer call() throws IOException {
    if (memory != null && memory < MemoryNeeds.LEAST_MIB) {
      throw StubdomException.usage(
          "--memory=" + memory,
          "must be at least " + MemoryNeeds.LEAST_MIB,
          "leave it out for what the guest needs");
    }
    XenRelease release = release();
    GuestConfiguration configuration =
        StubScreen.applyTo(ownNetwork(GuestConfiguration.load(guest)));
    ImageDirectory directory = image == null ? null : ImageDirectory.open(image);
    int base = directory == null ? MemoryNeeds.BASE_MIB : directory.memoryMib();
    MemoryNeeds needs = MemoryNeeds.of(configuration);
    Integer wanted = memory == null ? StubdomKeys.memoryMib(configuration) : memory;
    int mib = wanted == null ? needs.mib(base) : wanted;
    List<Problem> problems =
        Checker.checkWithoutFiles(
                configuration,
                DeviceModel.STUBDOM,
                release,
                directory == null ? null : directory.qemu().orElse(null))
            .stream()
            .map(problem -> strict ? problem.strict() : problem)
            .toList();
    Map<String, String> keys =
        directory == null ? StubdomKeys.installed(mib) : StubdomKeys.of(directory, mib);
    boolean wrong =
        problems.stream().anyMatch(problem -> problem.severity() == Problem.Severity.ERROR);
    PrintWriter err = spec.commandLine().getErr();
    if (!json.json()) {
      problems.forEach(problem -> err.println("stubdom: " + level(problem) + problem.text()));
      if (mib > base && wanted == null) {
        err.printf(
            "stubdom: note: the stub domain gets %d MiB, %d more than usual: %s; the smallest is"
                + " %d%n",
            mib, mib - base, needs.why(), needs.smallestMib());
      }
      err.flush();
    }
    byte[] result = configuration.with(keys);
    if (!wrong && inPlace) {
      AtomicFiles.write(guest, result);
    }
    StandardOutput out = StandardOutput.of(spec);
    if (json.json()) {
      JsonObject answer = answer(keys, problems, wrong);
      addNetwork(answer.getAsJsonObject("keys"), configuration);
      addList(answer.getAsJsonObject("keys"), StubScreen.KEY, configuration);
      answer.addProperty("xen", release.toString());
      answer.add("memory", memory(mib, needs));
      json.print(answer, out);
    } else if (!wrong && !inPlace) {
      out.bytes(result);
    }
    out.flush();
    return (wrong ? ExitCode.INPUT : ExitCode.OK).status();
  }

  private GuestConfiguration ownNetwork(GuestConfiguration configuration) {
    GuestConfiguration result = configuration;
    if (stubNetwork != null) {
      result = StubNetwork.of(stubNetwork).applyTo(result);
    }
    if (stubVnc != null) {
      if (stubVnc < 0 || stubVnc > LAST_DISPLAY) {
        throw StubdomException.usage(
            "--stub-vnc=" + stubVnc, "is no display", "give 0 for port 5900, 1 for 5901 and so on");
      }
      result = StubNetwork.serveScreen(result, stubVnc);
    }
    return result;
  }

  /** What {@link #ownNetwork} has changed. */
  private void addNetwork(JsonObject settings, GuestConfiguration configuration) {
    if (stubNetwork != null) {
      settings.addProperty(
          StubNetwork.COMMAND_LINE, configuration.string(StubNetwork.COMMAND_LINE).orElseThrow());
    }
    if (stubVnc != null) {
      settings.addProperty("vnc", "0");
      addList(settings, StubNetwork.ARGUMENTS, configuration);
    }
  }

  private static void addList(JsonObject settings, String key, GuestConfiguration configuration) {
    JsonArray items = new JsonArray();
    configuration.strings(key).forEach(items::add);
    if (!items.isEmpty()) {
      settings.add(key, items);
    }
  }

  private XenRelease release() {
    if (xen == null) {
      return XenRelease.newest();
    }
    return XenRelease.of(xen)
        .orElseThrow(
            () ->
                StubdomException.usage(
                    "--xen=" + xen, "no guest was ever tried there", "give 4.17 or 4.20"));
  }

  private static String level(Problem problem) {
    return switch (problem.severity()) {
      case ERROR -> "";
      case WARNING -> "warning: ";
      case NOTE -> "note: ";
    };
  }

  private static JsonObject memory(int mib, MemoryNeeds needs) {
    JsonArray reasons = new JsonArray();
    for (MemoryNeeds.Need need : needs.needs()) {
      if (need.kib() == 0) {
        continue;
      }
      JsonObject reason = new JsonObject();
      reason.addProperty("what", need.what());
      reason.addProperty("kib", need.kib());
      reason.addProperty("required", need.rule().required());
      reasons.add(reason);
    }
    JsonObject answer = new JsonObject();
    answer.addProperty("mib", mib);
    answer.addProperty("smallestMib", needs.smallestMib());
    answer.add("added", reasons);
    return answer;
  }

  private JsonObject answer(Map<String, String> keys, List<Problem> problems, boolean wrong) {
    JsonObject settings = new JsonObject();
    keys.forEach(settings::addProperty);
    JsonArray found = new JsonArray();
    for (Problem problem : problems) {
      JsonObject item = new JsonObject();
      item.addProperty("severity", problem.severity().name().toLowerCase(Locale.ROOT));
      item.addProperty("line", problem.line());
      item.addProperty("reason", problem.reason());
      item.addProperty("fix", problem.fix());
      found.add(item);
    }
    JsonObject answer = new JsonObject();
    answer.addProperty("file", guest.toString());
    answer.addProperty("supported", !wrong);
    answer.addProperty("written", !wrong && inPlace);
    answer.add("keys", settings);
    answer.add("problems", found);
    return answer;
  }
}
