// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.host;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import org.rumpstubdom.util.Interrupts;

/** A shell in dom0 on this program's own terminal, or on its plain standard streams. */
public final class LabShell {
  private final Lab lab;

  /** Prepares a shell in a host. */
  public LabShell(Lab lab) {
    this.lab = lab;
  }

  /** Runs the shell to its end; how the user's last command ended is no verdict of ours. */
  public void run() throws IOException {
    String saved = stty("-g").strip();
    if (saved.isEmpty()) {
      // Standard input is no terminal.
      relay(lab.dom0().start(List.of("sh"), LabShell::print));
      return;
    }
    Interrupts.Held<String> raw = makeRaw(saved);
    try {
      String[] size = stty("size").strip().split(" ", -1);
      RemoteCommand shell = lab.dom0().startOnTerminal(List.of("sh", "-l"), LabShell::print);
      shell.window(Integer.parseInt(size[0]), Integer.parseInt(size[1]));
      relay(shell);
    } finally {
      raw.close();
    }
  }

  private static Interrupts.Held<String> makeRaw(String saved) throws IOException {
    return Interrupts.acquire(
        "terminal",
        () -> {
          stty("raw", "-echo");
          return saved;
        },
        LabShell::restore);
  }

  private static void restore(String saved) {
    try {
      stty(saved);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static void relay(RemoteCommand shell) throws IOException {
    Thread keys =
        new Thread(
            () -> {
              byte[] buffer = new byte[4096];
              try {
                InputStream in = System.in;
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                  shell.input(buffer, n);
                }
                shell.endInput();
              } catch (IOException e) {
                // The machine ended; the main thread hears of it too.
                Thread.currentThread().interrupt();
              }
            },
            "lab keyboard");
    keys.setDaemon(true);
    keys.start();
    shell.awaitUser();
  }

  private static void print(boolean error, byte[] data, long nanos) {
    OutputStream out = error ? System.err : System.out;
    try {
      out.write(data);
      out.flush();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** stty works on the terminal of its standard input, which has to be ours. */
  private static String stty(String... arguments) throws IOException {
    List<String> line = new java.util.ArrayList<>(List.of("stty"));
    line.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(line).redirectInput(ProcessBuilder.Redirect.INHERIT).start();
    return new String(
        process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
  }
}
