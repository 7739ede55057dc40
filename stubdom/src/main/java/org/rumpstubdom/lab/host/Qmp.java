// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.host;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.rumpstubdom.util.StubdomException;

/**
 * QEMU's control interface (the QEMU Machine Protocol: one JSON object per line). One command at a
 * time, from one thread; events arrive on a thread of their own.
 */
final class Qmp {
  private static final int POLL_MILLIS = 10;

  /** On this computer's clock; a healthy emulator answers at once. */
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private final HostSocket socket;
  private final Duration patience;
  private final Consumer<JsonObject> events;

  /** What has come and was not taken; empty where the connection ended. */
  private final BlockingQueue<Optional<JsonObject>> answers = new LinkedBlockingQueue<>();

  private final ByteBuffer input = ByteBuffer.allocate(65536).flip();
  private volatile IOException broken;

  /**
   * Takes over a connected socket and does the handshake.
   *
   * @param events hears every event
   */
  Qmp(HostSocket socket, Consumer<JsonObject> events) throws IOException {
    this(socket, events, PATIENCE);
  }

  /**
   * As above.
   *
   * @param patience how long an answer may take
   */
  Qmp(HostSocket socket, Consumer<JsonObject> events, Duration patience) throws IOException {
    this.socket = socket;
    this.events = events;
    this.patience = patience;
    Thread reader = new Thread(this::read, "lab monitor");
    reader.setDaemon(true);
    reader.start();
    answer();
    execute("qmp_capabilities", Map.of());
  }

  private void read() {
    try {
      while (true) {
        JsonObject object = readObject();
        if (object.has("event")) {
          events.accept(object);
        } else {
          answers.add(Optional.of(object));
        }
      }
    } catch (IOException e) {
      breakOff(e);
    } catch (RuntimeException | Error e) {
      // Nonsense, or a listener's fault. Nobody reads any more: who waits has to hear of it.
      breakOff(new IOException("the emulator's message could not be taken in: " + e, e));
    }
  }

  private void breakOff(IOException why) {
    broken = why;
    answers.add(Optional.empty());
  }

  private JsonObject answer() throws IOException {
    try {
      Optional<JsonObject> answer = answers.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
      if (answer == null) {
        throw StubdomException.timeout(
            "the emulator", "has not answered for " + patience.toSeconds() + " s", "");
      }
      if (answer.isEmpty()) {
        // For whoever asks next.
        answers.add(answer);
        throw new IOException(broken.getMessage(), broken);
      }
      return answer.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** QEMU refused a command. */
  static final class Refused extends IOException {
    private static final long serialVersionUID = 1;

    Refused(String command, String reason) {
      super(command + ": " + reason);
    }
  }

  /** As {@link #execute(String, JsonObject)} with string, number and boolean arguments. */
  JsonElement execute(String command, Map<String, ?> arguments) throws IOException {
    return execute(command, Json.object(arguments));
  }

  /**
   * Runs a command.
   *
   * @return its result
   * @throws Refused when QEMU answers with an error
   */
  JsonElement execute(String command, JsonObject arguments) throws IOException {
    JsonObject message = new JsonObject();
    message.addProperty("execute", command);
    message.add("arguments", arguments);
    socket.write(ByteBuffer.wrap((message + "\n").getBytes(StandardCharsets.UTF_8)));
    JsonObject answer = answer();
    if (answer.has("error")) {
      throw new Refused(command, answer.getAsJsonObject("error").get("desc").getAsString());
    }
    return answer.get("return");
  }

  /** Writes the state of the stopped machine, without memory that is shared with a file. */
  void save(String uri) throws IOException {
    ignoreSharedMemory();
    execute("migrate", Map.of("uri", uri));
    awaitMigration();
  }

  /** Reads a state into a machine that was started to wait for one. */
  void restore(String uri) throws IOException {
    ignoreSharedMemory();
    execute("migrate-incoming", Map.of("uri", uri));
    awaitMigration();
  }

  private void ignoreSharedMemory() throws IOException {
    JsonObject capability = Json.object(Map.of("capability", "x-ignore-shared", "state", true));
    JsonObject arguments = new JsonObject();
    arguments.add("capabilities", Json.array(capability));
    execute("migrate-set-capabilities", arguments);
  }

  private void awaitMigration() throws IOException {
    while (true) {
      JsonObject state = execute("query-migrate", Map.of()).getAsJsonObject();
      String status = state.has("status") ? state.get("status").getAsString() : "none";
      switch (status) {
        case "completed" -> {
          return;
        }
        case "failed", "cancelled" ->
            throw new Refused(
                "migration",
                state.has("error-desc") ? state.get("error-desc").getAsString() : status);
        default -> pause();
      }
    }
  }

  /** Runs a block-layer creation job to its end. */
  void createImage(JsonObject options) throws IOException {
    JsonObject arguments = Json.object(Map.of("job-id", "create"));
    arguments.add("options", options);
    execute("blockdev-create", arguments);
    while (true) {
      for (JsonElement element : execute("query-jobs", Map.of()).getAsJsonArray()) {
        JsonObject job = element.getAsJsonObject();
        if (job.get("status").getAsString().equals("concluded")) {
          execute("job-dismiss", Map.of("id", "create"));
          if (job.has("error")) {
            throw new Refused("blockdev-create", job.get("error").getAsString());
          }
          return;
        }
      }
      pause();
    }
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(POLL_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private JsonObject readObject() throws IOException {
    java.io.ByteArrayOutputStream line = new java.io.ByteArrayOutputStream();
    while (true) {
      if (!input.hasRemaining()) {
        input.clear();
        socket.readSome(input);
        input.flip();
      }
      byte next = input.get();
      if (next == '\n') {
        return JsonParser.parseString(line.toString(StandardCharsets.UTF_8)).getAsJsonObject();
      }
      line.write(next);
    }
  }
}
