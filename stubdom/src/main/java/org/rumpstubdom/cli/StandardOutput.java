// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.cli;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;

/** Standard output, for texts and for the bytes of files; remembers that a write failed. */
final class StandardOutput extends PrintWriter {
  private final Recorder stream;

  /** Writes to a stream; texts in the given encoding. */
  StandardOutput(OutputStream stream, Charset encoding) {
    this(new Recorder(stream), encoding);
  }

  private StandardOutput(Recorder stream, Charset encoding) {
    super(new OutputStreamWriter(stream, encoding));
    this.stream = stream;
  }

  /** That of a command. */
  static StandardOutput of(CommandSpec command) {
    return (StandardOutput) command.commandLine().getOut();
  }

  /** Writes bytes as they are. */
  void bytes(byte[] data) {
    flush();
    try {
      stream.write(data);
    } catch (IOException e) {
      setError();
    }
  }

  /** Why something was not written, after writing what is left; empty when all was. */
  Optional<String> failure() {
    flush();
    return Optional.ofNullable(stream.failure).map(IOException::getMessage);
  }

  /** Passes everything on and keeps the first failure, of which a PrintWriter only says "yes". */
  private static final class Recorder extends FilterOutputStream {
    private IOException failure;

    Recorder(OutputStream out) {
      super(out);
    }

    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] data, int offset, int length) throws IOException {
      try {
        out.write(data, offset, length);
      } catch (IOException e) {
        failure = failure == null ? e : failure;
        throw e;
      }
    }

    @Override
    public void flush() throws IOException {
      try {
        out.flush();
      } catch (IOException e) {
        failure = failure == null ? e : failure;
        throw e;
      }
    }
  }
}
