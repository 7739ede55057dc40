// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.cli;

import com.google.gson.JsonObject;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.ProductVersion;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
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
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    if (json.json()) {
      JsonObject answer = new JsonObject();
      answer.addProperty("stubdom", ProductVersion.current());
      answer.addProperty("java", System.getProperty("java.version"));
      answer.addProperty("system", system());
      json.print(answer, out);
    } else {
      lines().forEach(out::println);
    }
    out.flush();
    return ExitCode.OK.status();
  }

  private static String system() {
    return System.getProperty("os.name") + " " + System.getProperty("os.version");
  }

  private static List<String> lines() {
    return List.of(
        "stubdom " + ProductVersion.current(),
        "Java " + System.getProperty("java.version") + " on " + system());
  }

  /** The same for {@code stubdom --version}. */
  static final class Lines implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return lines().toArray(String[]::new);
    }
  }
}
