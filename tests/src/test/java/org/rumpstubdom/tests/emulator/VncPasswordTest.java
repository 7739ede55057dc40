// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.emulator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.util.Command;

/**
 * VNC's password check (RFC 6143, 7.2.2): the server's DES comes from nettle, the client's from the
 * Java platform.
 */
@Tag("emulator")
final class VncPasswordTest {
  private static final String PASSWORD = "secret12";

  @TempDir Path directory;

  @Test
  void acceptsTheRightPasswordAndNoOther() throws Exception {
    Path socket = directory.resolve("vnc");
    Path password = Files.writeString(directory.resolve("password"), PASSWORD);
    Command emulator =
        Command.of(BuiltEmulator.get().program().toString())
            .args("-M", "none", "-accel", "qtest", "-nodefaults", "-S", "-display", "none")
            .args("-L", BuiltEmulator.get().runtimeFiles().resolve("usr/share/qemu").toString())
            .args("-object", "secret,id=p,file=" + password)
            .args("-vnc", "unix:" + socket + ",password-secret=p");
    try (Command.Running running = emulator.start()) {
      while (!Files.exists(socket)) {
        assertTrue(running.isAlive(), () -> String.join("\n", running.lastLines()));
        Thread.sleep(20);
      }
      assertEquals(0, authenticate(socket, PASSWORD));
      assertEquals(1, authenticate(socket, "secret13"));
    }
  }

  /** The server's verdict: 0 is success. */
  private static int authenticate(Path socket, String password) throws Exception {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(socket));
      DataInputStream in = new DataInputStream(Channels.newInputStream(channel));
      OutputStream out = Channels.newOutputStream(channel);
      byte[] version = in.readNBytes(12);
      assertArrayEquals("RFB 003.008\n".getBytes(StandardCharsets.US_ASCII), version);
      out.write(version);
      byte[] types = in.readNBytes(in.readUnsignedByte());
      assertArrayEquals(new byte[] {2}, types);
      out.write(2);
      out.write(encrypt(in.readNBytes(16), password));
      return in.readInt();
    }
  }

  private static byte[] encrypt(byte[] challenge, String password)
      throws GeneralSecurityException, IOException {
    byte[] key = new byte[8];
    byte[] characters = password.getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i < key.length && i < characters.length; i++) {
      // RFC 6143 leaves it unsaid: the bits of each byte of the key are mirrored.
      key[i] = (byte) (Integer.reverse(characters[i] & 0xff) >>> 24);
    }
    Cipher cipher = Cipher.getInstance("DES/ECB/NoPadding");
    cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "DES"));
    return cipher.doFinal(challenge);
  }
}
