// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.host;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;
import org.rumpstubdom.util.StubdomException;

/**
 * A Unix socket on which we listen and the emulator connects: it does so before its machine exists,
 * so that the machine never sees an unconnected device. Reads and writes may happen at the same
 * time from two threads.
 */
final class HostSocket implements AutoCloseable {
  /** Of struct sockaddr_un, see unix(7), without the final zero. */
  private static final int MAX_PATH_BYTES = 107;

  private static final int CONNECT_MILLIS = 20_000;

  private final ServerSocketChannel server;
  private volatile SocketChannel channel;

  /**
   * Listens at {@code path}.
   *
   * @throws StubdomException (3) when the path is longer than the system allows for a socket
   */
  HostSocket(Path path) throws IOException {
    if (path.toString().getBytes(StandardCharsets.UTF_8).length > MAX_PATH_BYTES) {
      throw StubdomException.input(
          path.toString(),
          "longer than the " + MAX_PATH_BYTES + " bytes the system allows for a socket",
          "set TMPDIR to a shorter path");
    }
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(path));
    server.configureBlocking(false);
  }

  /**
   * Waits for the emulator.
   *
   * @param alive whether the emulator's process still runs
   * @throws IOException when it ended or did not connect
   */
  void connect(BooleanSupplier alive) throws IOException {
    long end = System.nanoTime() + CONNECT_MILLIS * 1_000_000L;
    while (channel == null) {
      channel = server.accept();
      if (channel == null) {
        if (!alive.getAsBoolean()) {
          throw new EOFException("the emulator ended at its start");
        }
        if (System.nanoTime() > end) {
          throw new IOException("the emulator does not connect");
        }
        pause();
      }
    }
    channel.configureBlocking(true);
    server.close();
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(5);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** Reads until the buffer is full. */
  void readFully(ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      if (channel.read(buffer) < 0) {
        throw new EOFException("the emulator closed the connection");
      }
    }
  }

  /** Reads what is there, at least one byte. */
  void readSome(ByteBuffer buffer) throws IOException {
    if (channel.read(buffer) < 0) {
      throw new EOFException("the emulator closed the connection");
    }
  }

  /** Writes the whole buffer. */
  synchronized void write(ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    SocketChannel open = channel;
    if (open != null) {
      open.close();
    }
  }
}
