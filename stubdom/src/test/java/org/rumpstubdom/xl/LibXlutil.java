// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.NativeLongByReference;
import com.sun.jna.ptr.PointerByReference;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The judge of our parser: Xen's own, libxlutil, as libxlutil.h declares it. Present where Xen's
 * tools are installed; any version serves, the newest is taken.
 *
 * <p>Not thread-safe for one document; documents are independent.
 */
final class LibXlutil {
  private static final List<Path> PLACES =
      List.of(
          Path.of("/usr/lib/x86_64-linux-gnu"),
          Path.of("/usr/lib64"),
          Path.of("/usr/lib"),
          Path.of("/usr/local/lib"));

  /** Meaning of xlu_cfg_value_type's answer: enum XLU_ConfigValueType. */
  private static final int TYPE_STRING = 0;

  private final Path file;
  private final NativeLibrary xlutil;
  private final NativeLibrary libc;

  private LibXlutil(Path file) {
    this.file = file;
    xlutil = NativeLibrary.getInstance(file.toString());
    libc = NativeLibrary.getInstance("c");
  }

  /** Where the library lies; Xen's other libraries of the same version lie beside it. */
  Path file() {
    return file;
  }

  /** The library of this machine; empty where Xen's tools are not installed. */
  static Optional<LibXlutil> find() throws IOException {
    List<Path> found = new ArrayList<>();
    for (Path place : PLACES) {
      if (Files.isDirectory(place)) {
        try (Stream<Path> files = Files.list(place)) {
          files
              .filter(file -> file.getFileName().toString().matches("libxlutil\\.so\\.\\d+\\.\\d+"))
              .forEach(found::add);
        }
      }
    }
    found.sort(Comparator.comparing(LibXlutil::version));
    if (found.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(new LibXlutil(found.get(found.size() - 1)));
    } catch (UnsatisfiedLinkError e) {
      // Half an installation, for instance without libxenlight: as good as none.
      return Optional.empty();
    }
  }

  private static int version(Path file) {
    String[] parts = file.getFileName().toString().split("\\.", -1);
    return Integer.parseInt(parts[2]) * 1000 + Integer.parseInt(parts[3]);
  }

  /**
   * Parses a configuration.
   *
   * @param text with one char per byte
   * @param name what error messages call it
   */
  Document parse(String text, String name) {
    return new Document(text, name);
  }

  private Function function(String name) {
    return xlutil.getFunction(name);
  }

  /** A configuration the library has read. Closing frees its memory. */
  final class Document implements AutoCloseable {
    private final PointerByReference messages = new PointerByReference();
    private final NativeLongByReference messagesSize = new NativeLongByReference();
    private final Pointer stream;
    private final Pointer config;
    private final int status;

    private Document(String text, String name) {
      stream =
          libc.getFunction("open_memstream").invokePointer(new Object[] {messages, messagesSize});
      config = function("xlu_cfg_init").invokePointer(new Object[] {stream, name});
      byte[] bytes = Bytes.bytes(text);
      Memory data = new Memory(bytes.length + 1L);
      data.write(0, bytes, 0, bytes.length);
      status = function("xlu_cfg_readdata").invokeInt(new Object[] {config, data, bytes.length});
    }

    /** Whether the library accepts the configuration. */
    boolean accepted() {
      return status == 0;
    }

    /** What the library has said so far, one message a line. */
    List<String> messages() {
      libc.getFunction("fflush").invokeInt(new Object[] {stream});
      return messages.getValue() == null
          ? List.of()
          : new String(
                  messages.getValue().getByteArray(0, messagesSize.getValue().intValue()),
                  StandardCharsets.UTF_8)
              .lines()
              .toList();
    }

    /** The value of a key; empty when it is not set. Line numbers are not known: they are 0. */
    Optional<Value> get(String key) {
      PointerByReference text = new PointerByReference();
      // The last argument asks the library not to warn about a value of another type.
      int problem = function("xlu_cfg_get_string").invokeInt(new Object[] {config, key, text, 1});
      if (problem == 0) {
        return Optional.of(text(text.getValue()));
      }
      PointerByReference list = new PointerByReference();
      problem =
          function("xlu_cfg_get_list")
              .invokeInt(new Object[] {config, key, list, new IntByReference(), 1});
      return problem == 0 ? Optional.of(items(list.getValue())) : Optional.empty();
    }

    private Value items(Pointer list) {
      List<Value> values = new ArrayList<>();
      for (int i = 0; ; i++) {
        Pointer item = function("xlu_cfg_get_listitem2").invokePointer(new Object[] {list, i});
        if (item == null) {
          return new Value.Items(values, 0);
        }
        PointerByReference content = new PointerByReference();
        if (function("xlu_cfg_value_type").invokeInt(new Object[] {item}) == TYPE_STRING) {
          function("xlu_cfg_value_get_string").invokeInt(new Object[] {config, item, content, 1});
          values.add(text(content.getValue()));
        } else {
          function("xlu_cfg_value_get_list").invokeInt(new Object[] {config, item, content, 1});
          values.add(items(content.getValue()));
        }
      }
    }

    private Value text(Pointer string) {
      return new Value.Text(string.getString(0, StandardCharsets.UTF_8.name()), 0);
    }

    @Override
    public void close() {
      try {
        function("xlu_cfg_destroy").invokeVoid(new Object[] {config});
        libc.getFunction("fclose").invokeInt(new Object[] {stream});
        libc.getFunction("free").invokeVoid(new Object[] {messages.getValue()});
      } finally {
        // The stream keeps the addresses of both, which the collector does not see.
        Reference.reachabilityFence(messages);
        Reference.reachabilityFence(messagesSize);
      }
    }
  }
}
