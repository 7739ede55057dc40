// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The host's end of the control channel into dom0. The wire format is described at the top of the
 * resource agent.c, dom0's end. Any number of commands run at the same time; their output arrives
 * on the channel's own thread. Thread-safe.
 */
final class AgentChannel implements AutoCloseable {
  private static final int HEADER_BYTES = 24;
  private static final int MAX_PAYLOAD = 1 << 20;
  private static final int INPUT_CHUNK = 1 << 18;

  /** Frame types, with the numbers of the wire. */
  private static final class Type {
    static final int RUN = 1;
    static final int RUN_TTY = 2;
    static final int INPUT = 3;
    static final int INPUT_END = 4;
    static final int SIGNAL = 5;
    static final int WINDOW = 6;
    static final int HELLO = 7;
    static final int RUN_AFTER = 8;
    static final int READY = 16;
    static final int OUTPUT = 17;
    static final int ERRORS = 18;
    static final int EXIT = 19;
  }

  /** On this computer's clock; a healthy dom0 answers within seconds. */
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private final HostSocket socket;
  private final Duration patience;
  private final Thread reader;
  private final Map<Integer, RemoteCommand> commands = new ConcurrentHashMap<>();
  private final CountDownLatch ready = new CountDownLatch(1);
  private volatile long readyNanos;
  private volatile IOException broken;
  private int lastId;

  /** Takes over a connected socket. */
  AgentChannel(HostSocket socket) {
    this(socket, PATIENCE);
  }

  /**
   * Takes over a connected socket.
   *
   * @param patience how long a command may take that a program waits for
   */
  AgentChannel(HostSocket socket, Duration patience) {
    this.socket = socket;
    this.patience = patience;
    reader = new Thread(this::readFrames, "lab agent");
    reader.setDaemon(true);
    reader.start();
  }

  /** How long a command may take that a program waits for. */
  Duration patience() {
    return patience;
  }

  /** Whether the other end has gone. */
  boolean isBroken() {
    return broken != null;
  }

  /** Asks the agent for a sign of life, in a machine that was restored with the agent running. */
  void hello() throws IOException {
    send(Type.HELLO, 0, new byte[0]);
  }

  /**
   * Waits until the agent has reported that it listens.
   *
   * @return dom0's clock at that moment, in nanoseconds; -1 when time ran out
   * @throws IOException when the channel broke
   */
  long awaitReady(long millis) throws IOException {
    try {
      boolean came = ready.await(millis, TimeUnit.MILLISECONDS);
      if (broken != null) {
        throw new IOException(broken.getMessage(), broken);
      }
      return came ? readyNanos : -1;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /**
   * Starts a command in dom0.
   *
   * @param terminal whether its standard streams are a terminal (then all output is "output")
   * @param listener hears its output and end, on the channel's thread; must not block
   */
  RemoteCommand start(List<String> argv, boolean terminal, RemoteCommand.Listener listener)
      throws IOException {
    RemoteCommand command = register(argv, listener);
    send(terminal ? Type.RUN_TTY : Type.RUN, command.id(), strings(argv));
    return command;
  }

  /**
   * Has dom0 start a command by itself as soon as another one writes a text.
   *
   * @param other a command that was started or registered before
   * @param text what it writes, at most 60 bytes
   */
  RemoteCommand startAfter(
      RemoteCommand other, String text, List<String> argv, RemoteCommand.Listener listener)
      throws IOException {
    RemoteCommand command = register(argv, listener);
    byte[] awaited = (text + "\0").getBytes(StandardCharsets.UTF_8);
    byte[] arguments = strings(argv);
    ByteBuffer payload =
        ByteBuffer.allocate(Integer.BYTES + awaited.length + arguments.length)
            .order(ByteOrder.LITTLE_ENDIAN);
    payload.putInt(other.id()).put(awaited).put(arguments);
    send(Type.RUN_AFTER, command.id(), payload.array());
    return command;
  }

  private RemoteCommand register(List<String> argv, RemoteCommand.Listener listener)
      throws IOException {
    RemoteCommand command;
    synchronized (this) {
      command = new RemoteCommand(this, ++lastId, argv, listener);
    }
    commands.put(command.id(), command);
    if (broken != null) {
      throw new IOException(broken.getMessage(), broken);
    }
    return command;
  }

  private static byte[] strings(List<String> argv) {
    return (String.join("\0", argv) + "\0").getBytes(StandardCharsets.UTF_8);
  }

  void input(int id, byte[] data, int length) throws IOException {
    for (int at = 0; at < length; at += INPUT_CHUNK) {
      int size = Math.min(INPUT_CHUNK, length - at);
      send(Type.INPUT, id, java.util.Arrays.copyOfRange(data, at, at + size));
    }
  }

  void endInput(int id) throws IOException {
    send(Type.INPUT_END, id, new byte[0]);
  }

  void signal(int id, int number) throws IOException {
    send(Type.SIGNAL, id, words(number));
  }

  void window(int id, int rows, int columns) throws IOException {
    send(Type.WINDOW, id, words(rows, columns));
  }

  private static byte[] words(int... values) {
    ByteBuffer buffer = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int value : values) {
      buffer.putInt(value);
    }
    return buffer.array();
  }

  private void send(int type, int id, byte[] payload) throws IOException {
    ByteBuffer frame =
        ByteBuffer.allocate(HEADER_BYTES + payload.length).order(ByteOrder.LITTLE_ENDIAN);
    frame.putInt(type).putInt(id).putInt(payload.length).putInt(0).putLong(0).put(payload).flip();
    socket.write(frame);
  }

  private void readFrames() {
    ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    try {
      while (true) {
        header.clear();
        socket.readFully(header);
        header.flip();
        int type = header.getInt();
        int id = header.getInt();
        int length = header.getInt();
        header.getInt();
        long nanos = header.getLong();
        if (length < 0 || length > MAX_PAYLOAD) {
          throw new IOException("the lab's agent sends nonsense");
        }
        byte[] payload = new byte[length];
        socket.readFully(ByteBuffer.wrap(payload));
        deliver(type, id, payload, nanos);
      }
    } catch (IOException e) {
      breakOff(e);
    } catch (RuntimeException | Error e) {
      // A listener's fault. Nobody reads any more: who waits has to hear of it.
      breakOff(new IOException("its output could not be taken in: " + e, e));
    }
  }

  private void breakOff(IOException why) {
    broken = why;
    ready.countDown();
    commands.values().forEach(command -> command.broken(why));
  }

  private void deliver(int type, int id, byte[] payload, long nanos) throws IOException {
    RemoteCommand command = commands.get(id);
    switch (type) {
      case Type.READY -> {
        readyNanos = nanos;
        ready.countDown();
      }
      case Type.OUTPUT, Type.ERRORS -> {
        if (command != null) {
          command.output(type == Type.ERRORS, payload, nanos);
        }
      }
      case Type.EXIT -> {
        if (command != null) {
          commands.remove(id);
          int status = ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN).getInt();
          command.ended(new RemoteCommand.End(status, nanos));
        }
      }
      default -> throw new IOException("the lab's agent sends frames of type " + type);
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
