// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.bridge;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.stream.Collectors;

/**
 * QEMU's side of the monitor: opens the device file the way a "pipe" character device does, greets,
 * refuses anything before qmp_capabilities, and lets the test answer what comes.
 */
final class FakeMonitor {
  /** As QEMU 7.2 sends it, but for the package name. */
  static final String VERSION =
      "{\"qemu\": {\"micro\": 19, \"minor\": 2, \"major\": 7}, \"package\": \"test\"}";

  private static final String GREETING =
      "{\"QMP\": {\"version\": " + VERSION + ", \"capabilities\": [\"oob\"]}}\r\n";

  private final BridgeDomain bridge;
  private final int fd;
  private final StringBuilder partial = new StringBuilder();
  private final Deque<JsonObject> commands = new ArrayDeque<>();
  private boolean negotiated;

  FakeMonitor(BridgeDomain bridge) {
    this.bridge = bridge;
    fd =
        (int)
            BridgeDomain.check(
                bridge.open("/dev/stubdom/qmp", BridgeDomain.O_RDWR | BridgeDomain.O_NONBLOCK),
                "open of the monitor");
  }

  void greet() {
    say(GREETING);
    JsonObject first = next();
    if (first == null || !first.get("execute").getAsString().equals("qmp_capabilities")) {
      throw new AssertionError("the bridge did not negotiate but said " + first);
    }
    negotiated = true;
    say("{\"return\": {}}\r\n");
  }

  /** Writes as QEMU does: again when the other side is not ready. */
  void say(String text) {
    byte[] data = text.getBytes(UTF_8);
    int refused = 0;
    for (int done = 0; done < data.length; ) {
      int n = Math.min(data.length - done, 4096);
      byte[] part = new byte[n];
      System.arraycopy(data, done, part, 0, n);
      long r = bridge.write(fd, part);
      if (r == -BridgeDomain.EAGAIN) {
        if (++refused > 10) {
          throw new AssertionError("nobody fetches what the monitor says");
        }
        continue;
      }
      done += (int) BridgeDomain.check(r, "write to the monitor");
    }
  }

  /** One write; what it returned. */
  long sayOnce(String text) {
    return bridge.write(fd, text.getBytes(UTF_8));
  }

  /** The next command from the bridge, null when there is none. */
  JsonObject next() {
    byte[] data;
    while ((data = bridge.read(fd, 512)) != null) {
      for (byte b : data) {
        partial.append((char) (b & 0xff));
        takeMessage();
      }
    }
    return commands.poll();
  }

  /** QEMU's parser takes a message when its braces are closed; line ends mean nothing to it. */
  private void takeMessage() {
    String text = partial.toString();
    if (!text.endsWith("}")) {
      return;
    }
    int depth = 0;
    boolean string = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (string && c == '\\') {
        i++;
      } else if (c == '"') {
        string = !string;
      } else if (!string && c == '{') {
        depth++;
      } else if (!string && c == '}') {
        depth--;
      }
    }
    if (depth == 0 && !string) {
      byte[] raw = new byte[text.length()];
      for (int i = 0; i < raw.length; i++) {
        raw[i] = (byte) text.charAt(i);
      }
      partial.setLength(0);
      commands.add(new Gson().fromJson(new String(raw, UTF_8), JsonObject.class));
    }
  }

  /** Answers a command with an empty success, repeating its id as QEMU does. */
  void succeed(JsonObject command) {
    if (!negotiated) {
      throw new AssertionError("a command before negotiation: " + command);
    }
    JsonObject answer = new JsonObject();
    answer.add("return", new JsonObject());
    if (command.has("id")) {
      answer.add("id", command.get("id"));
    }
    say(answer + "\r\n");
  }

  void event(String name) {
    say("{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": \"" + name + "\"}\r\n");
  }

  void close() {
    BridgeDomain.check(bridge.close(fd), "close of the monitor");
  }

  @Override
  public String toString() {
    return commands.stream().map(JsonObject::toString).collect(Collectors.joining("\n"));
  }
}
