// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.hosted;

import com.sun.jna.Callback;
import com.sun.jna.FunctionMapper;
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The C functions of {@code rump-runtime/platform/hosted/hosted.h}, one native method each: {@code
 * evtchnSend} is {@code hosted_evtchn_send}. The header says what they do.
 *
 * <p>A domain is a loaded copy of the library: {@link #load} copies the file and binds the methods
 * to the fresh copy, {@link #unload} gives it back. At most one copy is bound at a time.
 */
public final class HostedLibrary {
  /** System property that names the library; the test run sets it. */
  public static final String PROPERTY = "rumpstubdom.hosted.library";

  /** Without RTLD_GLOBAL: the symbols of one copy must not be found by the next. */
  private static final int RTLD_LAZY = 1;

  private static final List<Class<?>> bound = new ArrayList<>();
  private static NativeLibrary loaded;
  private static Path copy;

  private HostedLibrary() {}

  /** Answers hypercalls; see {@code hosted_hypercall_fn}. */
  public interface Hypercalls extends Callback {
    long call(int op, long a1, long a2, long a3, long a4, long a5);
  }

  static synchronized void load() {
    if (loaded != null) {
      throw new IllegalStateException("a hosted domain is open already: close it first");
    }
    String file = System.getProperty(PROPERTY, "");
    if (file.isEmpty()) {
      throw new IllegalStateException(
          "no hosted library: build it (ninja libstubdom-hosted.so) and pass -D"
              + PROPERTY
              + "=FILE");
    }
    try {
      copy = Files.createTempFile("stubdom-hosted-", ".so");
      copy.toFile().deleteOnExit(); // for a domain nobody closed
      Files.write(copy, Files.readAllBytes(Path.of(file)));
    } catch (IOException e) {
      throw new UncheckedIOException("hosted library " + file, e);
    }
    FunctionMapper names = (library, method) -> symbolOf(method.getName());
    loaded =
        NativeLibrary.getInstance(copy.toString(), Map.of(Library.OPTION_FUNCTION_MAPPER, names));
    Native.register(HostedLibrary.class, loaded);
  }

  /** evtchnSend is hosted_evtchn_send. */
  private static String symbolOf(String method) {
    StringBuilder name = new StringBuilder("hosted_");
    for (int i = 0; i < method.length(); i++) {
      char c = method.charAt(i);
      if (Character.isUpperCase(c)) {
        name.append('_');
      }
      name.append(Character.toLowerCase(c));
    }
    return name.toString();
  }

  static synchronized void unload() {
    Native.unregister(HostedLibrary.class);
    bound.forEach(Native::unregister);
    bound.clear();
    loaded.close();
    loaded = null;
    try {
      Files.deleteIfExists(copy);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The address of an exported test entry, for {@link #workerCall}. */
  static synchronized Pointer symbol(String name) {
    return loaded.getGlobalVariableAddress(name);
  }

  /** Binds the native methods of a class to test entries of a room, in the same way. */
  public static synchronized void bind(Class<?> natives) {
    Native.register(natives, loaded);
    bound.add(natives);
  }

  static native int create(
      long ramPages, long seed, String cmdline, byte[] ramdisk, long ramdiskSize);

  static native void destroy();

  static native int run();

  static native int endReason();

  static native int workerCreate();

  static native int workerCall(
      int worker, Pointer fn, long a1, long a2, long a3, long a4, long a5, long a6);

  static native int workerSyscall(
      int worker, long nr, long a1, long a2, long a3, long a4, long a5, long a6);

  static native int workerResult(int worker, LongByReference result);

  static native Pointer page(long gfn);

  static native Pointer foreignMemory(int domid, long firstFrame, long pages);

  static native int foreignGrant(int domid, int ref, long frame, boolean readonly);

  static native Pointer grantPage(int ref, IntByReference domid, IntByReference readonly);

  static native int grantHold(int ref);

  static native int grantRelease(int ref);

  static native void grantLimit(int limit);

  static native int grantCount();

  static native void scarcity(long first, long count);

  static native long allocations();

  static native int evtchnSend(int port);

  static native int evtchnNotified(int port);

  static native int evtchnRemote(int port);

  static native int evtchnOffer(int domid, int remotePort);

  static native int evtchnCount();

  static native Pointer xenstoreRing(IntByReference port);

  static native long consoleRead(byte[] buf, long size);

  static native void clockAdvance(long ns);

  static native long clockNow();

  static native long clockReads();

  static native void hypercalls(Hypercalls fn);
}
