// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.rumpstubdom.image.Inspection;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.xl.MemoryNeeds;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code stubdom inspect}. */
@Command(
    name = "inspect",
    description = {
      "Show what is inside a kernel, a ramdisk or an image directory.",
      "",
      "Of an ELF file: segments, sections and notes, Xen's by name; of our kernel"
          + " also the size of each room. Of a ramdisk: its manifest and"
          + " files. An image directory is checked against the hashes in its manifest first; what guests"
          + " add to its memory is shown, which `stubdom config` gives them.",
    })
public final class InspectCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @SuppressWarnings("UnusedVariable") // declares --help and its like
  @Mixin
  private CommonOptions common;

  @Mixin private JsonOption json;

  @Parameters(
      paramLabel = "FILE",
      description = "An ELF file, a newc ramdisk or an image directory.")
  private Path file;

  @Override
  public Integer call() throws IOException {
    JsonObject answer = Inspection.of(file);
    if (text(answer, "kind").equals("image")) {
      answer.add("needs", needs());
    }
    PrintWriter out = spec.commandLine().getOut();
    if (json.json()) {
      json.print(answer, out);
    } else {
      print(answer, out);
    }
    out.flush();
    return ExitCode.OK.status();
  }

  private static void print(JsonObject answer, PrintWriter out) {
    switch (text(answer, "kind")) {
      case "elf" -> elf(answer, out);
      case "ramdisk" -> ramdisk(answer, out);
      default -> {
        JsonObject manifest = answer.getAsJsonObject("manifest");
        out.printf(
            "%s: image of version %s for %s MiB%n",
            text(answer, "file"), text(manifest, "version"), text(manifest, "memory"));
        needs(answer.getAsJsonArray("needs"), out);
        print(answer.getAsJsonObject("kernel"), out);
        out.println();
        print(answer.getAsJsonObject("ramdisk"), out);
      }
    }
  }

  /** What guests add to the image's memory. */
  private static JsonArray needs() {
    JsonArray needs = new JsonArray();
    for (MemoryNeeds.Rule rule : MemoryNeeds.RULES) {
      JsonObject need = new JsonObject();
      need.addProperty("what", rule.what());
      need.addProperty("included", rule.included());
      need.addProperty("kib", rule.kib());
      need.addProperty("required", rule.required());
      needs.add(need);
    }
    return needs;
  }

  private static void needs(JsonArray needs, PrintWriter out) {
    for (JsonElement element : needs) {
      JsonObject need = element.getAsJsonObject();
      String included = text(need, "included");
      String beyond = included.equals("0") ? "" : " beyond " + included;
      out.printf("add     %4s KiB for each %s%s%n", text(need, "kib"), text(need, "what"), beyond);
    }
    out.println();
  }

  private static void head(JsonObject answer, String what, PrintWriter out) {
    out.printf(
        "%s: %s, %s bytes%nsha256 %s%n",
        text(answer, "file"), what, text(answer, "size"), text(answer, "sha256"));
  }

  private static void elf(JsonObject answer, PrintWriter out) {
    head(
        answer,
        (answer.get("static").getAsBoolean() ? "static " : "dynamic ")
            + "ELF file, entry "
            + text(answer, "entry"),
        out);
    for (JsonElement element : answer.getAsJsonArray("segments")) {
      JsonObject segment = element.getAsJsonObject();
      out.printf(
          "segment %s %-18s %10s bytes in the file, %10s in memory%n",
          text(segment, "access"),
          text(segment, "address"),
          text(segment, "fileSize"),
          text(segment, "memorySize"));
    }
    for (JsonElement element : answer.getAsJsonArray("sections")) {
      JsonObject section = element.getAsJsonObject();
      out.printf(
          "section %-22s %-18s %10s bytes%n",
          text(section, "name"), text(section, "address"), text(section, "size"));
    }
    if (answer.has("rooms")) {
      for (JsonElement element : answer.getAsJsonArray("rooms")) {
        JsonObject room = element.getAsJsonObject();
        out.printf(
            "room    %-28s text %6s, constants %6s, data %6s, bss %6s%n",
            text(room, "name"),
            text(room, "text"),
            text(room, "constants"),
            text(room, "data"),
            text(room, "bss"));
      }
    }
    for (JsonElement element : answer.getAsJsonArray("notes")) {
      JsonObject note = element.getAsJsonObject();
      out.printf(
          "note    %s %s = %s%n", text(note, "owner"), text(note, "name"), text(note, "value"));
    }
  }

  private static void ramdisk(JsonObject answer, PrintWriter out) {
    head(answer, "newc ramdisk", out);
    if (answer.has("manifest")) {
      text(answer, "manifest").lines().forEach(line -> out.println("manifest  " + line));
    }
    for (JsonElement element : answer.getAsJsonArray("entries")) {
      JsonObject entry = element.getAsJsonObject();
      out.printf(
          "%7s %10s  %s%s%n",
          text(entry, "mode"),
          text(entry, "size"),
          text(entry, "name"),
          entry.has("target") ? " -> " + text(entry, "target") : "");
    }
  }

  private static String text(JsonObject object, String name) {
    return object.get(name).getAsString();
  }
}
