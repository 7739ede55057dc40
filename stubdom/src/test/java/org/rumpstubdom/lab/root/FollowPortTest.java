// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.root;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.util.Command;

/** Dom0's follower of a serial port, run here, against a process that offers a terminal. */
@Timeout(60)
final class FollowPortTest {
  /**
   * Stands for a device model: says which terminal it offers, writes a number of lines when it is
   * told one, and what was typed on its standard output. Ends when nothing more is to be read.
   */
  private static final String DEVICE_MODEL =
      """
      #define _GNU_SOURCE
      #include <fcntl.h>
      #include <stdio.h>
      #include <stdlib.h>
      #include <unistd.h>
      int main(void)
      {
          int lines, master = posix_openpt(O_RDWR | O_NOCTTY);
          char typed[64];
          ssize_t n;

          if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
              return 1;
          printf("%s\\n", ptsname(master));
          fflush(stdout);
          while (scanf("%d", &lines) == 1) {
              for (int i = 0; i < lines; i++)
                  dprintf(master, "line %d\\n", i);
              if (lines == 0 && (n = read(master, typed, sizeof(typed))) > 0) {
                  printf("%.*s", (int)n, typed);
                  fflush(stdout);
              }
          }
          return 0;
      }
      """;

  /** More than the terminal's line buffer, less than all that a terminal holds. */
  private static final int LINES = 700;

  @TempDir Path directory;

  private Process model;
  private BufferedReader modelSays;
  private Process follower;
  private Reader heard;

  @BeforeEach
  void connect() throws IOException {
    Path source = Files.writeString(directory.resolve("model.c"), DEVICE_MODEL);
    Path program = directory.resolve("model");
    Command.of("gcc", "-o", program.toString(), source.toString()).run();
    model = new ProcessBuilder(program.toString()).start();
    modelSays = model.inputReader();
    String terminal = modelSays.readLine();
    follower =
        new ProcessBuilder(
                LabRootBuilder.compile("follow-port", directory).toString(), terminal, "ready\n")
            .start();
    heard = new InputStreamReader(follower.getInputStream(), StandardCharsets.UTF_8);
    assertEquals("ready", follower.errorReader().readLine());
  }

  private void tell(Process process, String text) throws IOException {
    OutputStream in = process.getOutputStream();
    in.write(text.getBytes(StandardCharsets.UTF_8));
    in.flush();
  }

  private static String lines(int count) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append("line ").append(i).append('\n');
    }
    return text.toString();
  }

  private void signal(String name) throws IOException {
    Command.of("kill", "-s", name, Long.toString(follower.pid())).run();
  }

  private String rest() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int c = heard.read(); c >= 0; c = heard.read()) {
      text.append((char) c);
    }
    return text.toString();
  }

  /** The reader gets no processor until the device model is gone: nothing is lost all the same. */
  @Test
  void whatAReaderThatLagsHasNotReadIsNotLost() throws IOException, InterruptedException {
    signal("STOP");
    Path state = Path.of("/proc", Long.toString(follower.pid()), "stat");
    while (!Files.readString(state).contains(") T ")) {
      Thread.onSpinWait();
    }
    tell(model, LINES + "\n");
    model.getOutputStream().close();
    assertTrue(model.waitFor(30, TimeUnit.SECONDS));
    assertEquals(0, model.exitValue());
    signal("CONT");
    assertEquals(lines(LINES), rest());
    assertEquals(0, follower.waitFor());
  }

  @Test
  void bothDirectionsAndASignalThatMayNotEndIt() throws IOException, InterruptedException {
    tell(model, "3\n");
    StringBuilder first = new StringBuilder();
    while (first.length() < lines(3).length()) {
      first.append((char) heard.read());
    }
    assertEquals(lines(3), first.toString());
    signal("TERM");
    tell(follower, "typed\n");
    tell(model, "0\n");
    assertEquals("typed", modelSays.readLine());
    tell(model, "2\n");
    model.getOutputStream().close();
    assertEquals(lines(2), rest());
    assertEquals(0, follower.waitFor());
  }

  @Test
  void aPortThatNobodyOffersIsSaidSo() throws IOException, InterruptedException {
    model.getOutputStream().close();
    rest();
    Process late =
        new ProcessBuilder(directory.resolve("follow-port").toString(), "/dev/pts/4000", "ready\n")
            .start();
    assertEquals(1, late.waitFor());
    assertEquals("", new String(late.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
  }
}
