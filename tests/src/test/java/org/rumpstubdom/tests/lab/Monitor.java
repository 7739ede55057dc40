// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.rumpstubdom.lab.host.Dom0;
import org.rumpstubdom.util.Command;

/**
 * The monitor of a QEMU that runs in dom0 for one domain: for a guest without stub domain its
 * device model, for a stub domain the one that serves it, whose screen is what a VNC viewer sees
 * and whose keys are those the viewer sends. The socket is the one libxl itself does not use.
 */
final class Monitor {
  private static final String CLIENT = "/run/qmp";

  /** Long enough for a guest to take what a key says before the next one comes. */
  private static final int PAUSE_MILLIS = 40;

  private final Dom0 dom0;
  private final String socket;

  Monitor(Dom0 dom0, String domid) {
    this.dom0 = dom0;
    socket = "/var/run/xen/qmp-libxenstat-" + domid;
  }

  /** Compiles the client and puts it into dom0. */
  static void install(Dom0 dom0, Path scratch) throws IOException {
    Path source = scratch.resolve("qmp.c");
    try (InputStream in = Monitor.class.getResourceAsStream("qmp.c")) {
      Files.copy(in, source);
    }
    Path program = scratch.resolve("qmp");
    Command.of("gcc", "-static", "-O2", "-Wall", "-Wextra", "-Werror")
        .args("-o", program.toString(), source.toString())
        .run();
    dom0.push(program, CLIENT);
    dom0.run("chmod", "+x", CLIENT);
  }

  /** Runs commands one after the other; returns what they returned. */
  List<JsonObject> run(List<JsonObject> commands) throws IOException {
    String lines = commands.stream().map(line -> line + "\n").collect(Collectors.joining());
    dom0.push(lines.getBytes(StandardCharsets.UTF_8), CLIENT + ".in");
    return dom0.sh(
            "exec \"$1\" \"$2\" \"$3\" <\"$1.in\"", CLIENT, socket, Integer.toString(PAUSE_MILLIS))
        .lines()
        .map(line -> JsonParser.parseString(line).getAsJsonObject())
        .toList();
  }

  /** Has the screen written to a file in dom0, as a portable pixmap. */
  void dump(String path) throws IOException {
    JsonObject arguments = new JsonObject();
    arguments.addProperty("filename", path);
    run(List.of(command("screendump", arguments)));
  }

  /** The keys (in QEMU's words) go down in this order, then up. */
  static JsonObject keys(List<String> keys) {
    JsonObject arguments = new JsonObject();
    JsonArray values = new JsonArray();
    keys.forEach(key -> values.add(key(key)));
    arguments.add("keys", values);
    return command("send-key", arguments);
  }

  /** A key goes down and up. */
  static JsonObject press(String key) {
    return events(keyEvent(key, true), keyEvent(key, false));
  }

  /** A key of the pointer goes down or up. */
  static JsonObject button(String name, boolean down) {
    JsonObject data = new JsonObject();
    data.addProperty("button", name);
    data.addProperty("down", down);
    return event("btn", data);
  }

  /** Part of a movement: "abs", from 0 to 32767 whatever the screen's size, or "rel". */
  static JsonObject move(String type, String axis, int value) {
    JsonObject data = new JsonObject();
    data.addProperty("axis", axis);
    data.addProperty("value", value);
    return event(type, data);
  }

  /**
   * The pointer is somewhere.
   *
   * @param x from 0 to 32767, whatever the screen's width
   * @param y from 0 to 32767
   */
  static JsonObject place(int x, int y) {
    return events(move("abs", "x", x), move("abs", "y", y));
  }

  /** The pointer moves by so much. */
  static JsonObject motion(int x, int y) {
    return events(move("rel", "x", x), move("rel", "y", y));
  }

  /** Events that belong together. */
  static JsonObject events(JsonObject... events) {
    JsonArray list = new JsonArray();
    for (JsonObject event : events) {
      list.add(event);
    }
    JsonObject arguments = new JsonObject();
    arguments.add("events", list);
    return command("input-send-event", arguments);
  }

  private static JsonObject command(String name, JsonObject arguments) {
    JsonObject command = new JsonObject();
    command.addProperty("execute", name);
    command.add("arguments", arguments);
    return command;
  }

  private static JsonObject event(String type, JsonElement data) {
    JsonObject event = new JsonObject();
    event.addProperty("type", type);
    event.add("data", data);
    return event;
  }

  private static JsonObject keyEvent(String key, boolean down) {
    JsonObject data = new JsonObject();
    data.add("key", key(key));
    data.addProperty("down", down);
    return event("key", data);
  }

  private static JsonObject key(String name) {
    JsonObject key = new JsonObject();
    key.addProperty("type", "qcode");
    key.addProperty("data", name);
    return key;
  }
}
