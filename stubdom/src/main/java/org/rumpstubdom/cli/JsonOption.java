// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.cli;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import java.io.PrintWriter;
import picocli.CommandLine.Option;

/** The option of commands whose answer a program may want to read. */
public final class JsonOption {
  @Option(names = "--json", description = "Print the answer as JSON on standard output.")
  private boolean json;

  /** Prints an answer for programs. */
  void print(JsonElement answer, PrintWriter out) {
    out.println(
        new GsonBuilder()
            .setPrettyPrinting()
            .serializeNulls()
            .disableHtmlEscaping()
            .create()
            .toJson(answer));
  }

  /** Whether JSON was asked for. */
  public boolean json() {
    return json;
  }
}
