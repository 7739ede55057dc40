// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.cli;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.ProductVersion;
import org.rumpstubdom.xl.GuestConfiguration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code stubdom version}. */
@Command(
    name = "version",
    description = "Print the version of this program and of what it runs on.")
public final class VersionCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @SuppressWarnings("UnusedVariable") // declares --help and its like
  @Mixin
  private CommonOptions common;

  @Mixin private JsonOption json;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    Optional<Path> xlutil = GuestConfiguration.xensParser();
    String system = System.getProperty("os.name") + " " + System.getProperty("os.version");
    if (json.json()) {
      JsonObject answer = new JsonObject();
      answer.addProperty("stubdom", ProductVersion.current());
      answer.addProperty("java", System.getProperty("java.version"));
      answer.addProperty("system", system);
      answer.add("libxlutil", JsonNull.INSTANCE);
      xlutil.ifPresent(path -> answer.addProperty("libxlutil", path.toString()));
      json.print(answer, out);
    } else {
      out.println("stubdom " + ProductVersion.current());
      out.println("Java " + System.getProperty("java.version") + " on " + system);
      out.println(
          xlutil
              .map(path -> "Xen's parser of configurations: " + path)
              .orElse("Xen's libxlutil is not installed; our own parser reads configurations"));
    }
    out.flush();
    return ExitCode.OK.status();
  }
}
