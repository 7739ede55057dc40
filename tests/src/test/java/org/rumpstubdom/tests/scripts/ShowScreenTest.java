// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.scripts;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.util.Command;

/**
 * {@code show-screen} of the package: what it says to a VNC server, and to whom it says what of a
 * server or guest that is none. That QEMU's server shows the screen then, {@code lab/SeatTest}
 * sees.
 */
@Timeout(60)
final class ShowScreenTest {
  private static final int USAGE = 2;
  private static final int CANNOT = 3;
  private static final int TOO_LATE = 6;

  private static final byte[] VERSION = "RFB 003.008\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] NONE = {1};
  private static final byte[] WELCOME = {0, 0, 0, 0};

  /** 640x480, 16 bytes of pixel format, and a name as long as the bytes that say so allow for. */
  private static final int NAME_LENGTH = 0x102;

  /** Ctrl, Alt and 1 down and up (7.5.4); then 16x16 of the picture are asked for (7.5.3). */
  private static final String SAID =
      "040100000000ffe3 040100000000ffe9 0401000000000031 0400000000000031"
          + " 040000000000ffe9 040000000000ffe3 03000000000000100010";

  @TempDir private Path directory;
  private Path programs;
  private Path store;
  private ServerSocket server;

  @BeforeEach
  void makeGoodHost() throws IOException {
    programs = Files.createDirectories(directory.resolve("bin"));
    store = Files.createDirectories(directory.resolve("store"));
    server = new ServerSocket(0, 1, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}));
    program("xl", "case $* in 'domid g') echo 7 ;; 'domname 8') echo g-dm ;; *) exit 1 ;; esac");
    program("xenstore-read", "cat \"" + store + "/$1\"");
    write("/local/domain/7/image/device-model-domid", "8");
    write("/local/domain/8/console/vnc-port", Integer.toString(server.getLocalPort()));
    write("/local/domain/8/console/vnc-listen", "127.0.0.1");
    write("/local/domain/8/device/vfb/0/state", "4");
  }

  @AfterEach
  void close() throws IOException {
    server.close();
  }

  private void program(String name, String script) throws IOException {
    Path file = Files.writeString(programs.resolve(name), "#!/bin/sh\n" + script + "\n");
    assertTrue(file.toFile().setExecutable(true));
  }

  private void write(String key, String value) throws IOException {
    Path file = store.resolve(key.substring(1));
    Files.createDirectories(file.getParent());
    Files.writeString(file, value + "\n");
  }

  private Command.Result run(int status, String... arguments) {
    String script = System.getProperty("rumpstubdom.checkout") + "/scripts/packaging/show-screen";
    Command.Result result =
        Command.of(script)
            .args(arguments)
            .env("PATH", programs + ":/usr/bin:/bin")
            .capture()
            .execute();
    assertEquals(status, result.status(), result::toString);
    return result;
  }

  private void refuses(int status, String words, String... arguments) {
    List<String> said = run(status, arguments).lastLines();
    assertEquals(1, said.size(), said::toString);
    assertTrue(said.get(0).startsWith("show-screen: "), said::toString);
    assertTrue(said.get(0).contains(words), said::toString);
  }

  /** A server that offers these security types; what it was told after its greetings. */
  private CompletableFuture<byte[]> serve(byte[] types, int told) {
    return CompletableFuture.supplyAsync(
        () -> {
          try (Socket viewer = server.accept()) {
            DataInputStream input = new DataInputStream(viewer.getInputStream());
            OutputStream output = viewer.getOutputStream();
            output.write(VERSION);
            assertArrayEquals(VERSION, input.readNBytes(VERSION.length));
            output.write(types.length);
            output.write(types);
            if (input.readNBytes(1).length == 0) {
              return new byte[0];
            }
            output.write(WELCOME);
            assertArrayEquals(NONE, input.readNBytes(1)); // beside others
            output.write(new byte[22]);
            output.write(new byte[] {NAME_LENGTH >> 8, (byte) NAME_LENGTH});
            output.write(new byte[NAME_LENGTH]);
            byte[] said = input.readNBytes(told);
            output.write(new byte[4]);
            return said;
          } catch (IOException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  @Test
  void theKeysThatChangeTheScreenArePressed() {
    byte[] expected = HexFormat.of().parseHex(SAID.replace(" ", ""));
    for (String guest : List.of("g", "7")) {
      // Types that nobody knows do not matter.
      CompletableFuture<byte[]> said = serve(new byte[] {19, 1, 2}, expected.length);
      assertEquals(guest + ": xl vncviewer g-dm\n", run(0, guest).output());
      assertArrayEquals(expected, said.join());
    }
  }

  @Test
  void aPasswordIsLeftToTheViewer() {
    CompletableFuture<byte[]> said = serve(new byte[] {2}, 0);
    refuses(CANNOT, "asks for a password; press Ctrl, Alt and 1", "g");
    assertEquals(0, said.join().length);
  }

  @Test
  void whatCannotBeShownIsNamed() throws IOException {
    refuses(USAGE, "no guest: not understood");
    refuses(USAGE, "-v: not understood", "-v");
    refuses(USAGE, "h: not understood", "g", "h");
    refuses(CANNOT, "other: no guest of that name", "other");
    refuses(CANNOT, "12: has no stub domain", "12");
    Files.delete(store.resolve("local/domain/8/console/vnc-port"));
    refuses(CANNOT, "needs vnc = 1", "g");
    assertTrue(run(0, "--help").output().contains("Exit codes:"));
  }

  @Test
  void aServerThatIsGoneOrSaysNothingIsNamed() throws IOException {
    List<CompletableFuture<Void>> closed = new ArrayList<>();
    for (int sent : new int[] {0, VERSION.length}) {
      closed.add(
          CompletableFuture.runAsync(
              () -> {
                try (Socket viewer = server.accept()) {
                  viewer.getOutputStream().write(VERSION, 0, sent);
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              }));
      refuses(TOO_LATE, "does not answer", "g");
      closed.get(closed.size() - 1).join();
    }
    server.close();
    refuses(TOO_LATE, "no VNC server at 127.0.0.1:", "g");
  }
}
