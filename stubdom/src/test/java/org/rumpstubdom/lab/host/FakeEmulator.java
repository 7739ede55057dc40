// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.host;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** The emulator's end of a {@link HostSocket}. */
final class FakeEmulator implements AutoCloseable {
  private final HostSocket host;
  private final SocketChannel channel;

  FakeEmulator(Path socket) throws IOException {
    host = new HostSocket(socket);
    channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
    host.connect(() -> true);
  }

  /** Our end, connected. */
  HostSocket host() {
    return host;
  }

  /** Says a line of the control interface. */
  void say(String line) throws IOException {
    write(ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8)));
  }

  /** Sends a frame as dom0's agent does; see the resource agent.c. */
  void frame(int type, int id, String payload) throws IOException {
    byte[] bytes = payload.getBytes(StandardCharsets.UTF_8);
    ByteBuffer frame = ByteBuffer.allocate(24 + bytes.length).order(ByteOrder.LITTLE_ENDIAN);
    frame.putInt(type).putInt(id).putInt(bytes.length).putInt(0).putLong(0).put(bytes).flip();
    write(frame);
  }

  private void write(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
    host.close();
  }
}
