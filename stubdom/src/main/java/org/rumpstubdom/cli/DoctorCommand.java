// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.rumpstubdom.doctor.Doctor;
import org.rumpstubdom.doctor.Finding;
import org.rumpstubdom.util.ExitCode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code stubdom doctor}. */
@Command(
    name = "doctor",
    description = {
      "Say what this machine has and lacks.",
      "",
      "Each lack comes with the command that mends it. The exit code is 3 when something lacks.",
    })
public final class DoctorCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @SuppressWarnings("UnusedVariable") // declares --help and its like
  @Mixin
  private CommonOptions common;

  @Mixin private JsonOption json;

  @Override
  public Integer call() throws IOException {
    List<Finding> findings = Doctor.examine();
    boolean ok = findings.stream().allMatch(Finding::ok);
    PrintWriter out = spec.commandLine().getOut();
    if (json.json()) {
      JsonArray items = new JsonArray();
      for (Finding finding : findings) {
        JsonObject item = new JsonObject();
        item.addProperty("name", finding.name());
        item.addProperty("ok", finding.ok());
        item.addProperty("detail", finding.detail());
        item.addProperty("fix", finding.fix());
        items.add(item);
      }
      JsonObject answer = new JsonObject();
      answer.addProperty("ok", ok);
      answer.add("findings", items);
      json.print(answer, out);
    } else {
      for (Finding finding : findings) {
        out.printf(
            "%-6s %s: %s%n", finding.ok() ? "ok" : "LACKS", finding.name(), finding.detail());
        if (!finding.ok()) {
          out.printf("       %s%n", finding.fix());
        }
      }
    }
    out.flush();
    return (ok ? ExitCode.OK : ExitCode.INPUT).status();
  }
}
