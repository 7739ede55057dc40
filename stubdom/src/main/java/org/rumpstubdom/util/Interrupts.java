// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.util;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/**
 * Cleaning up when the process is told to end: Ctrl-C, SIGTERM, SIGHUP.
 *
 * <p>Whatever outlives the process if nobody removes it (a child process, a temporary directory, a
 * mount) is acquired through {@link #acquire}. A signal then runs the clean-ups of everything not
 * yet released, newest first, and ends the process with exit code 130. An ordinary end releases
 * each thing where it was acquired, by closing its {@link Held}.
 *
 * <p>Thread-safe. The registry belongs to the process, as the signals do.
 */
public final class Interrupts {
  private static final Object LOCK = new Object();
  private static final Deque<Held<?>> HELD = new ArrayDeque<>();
  private static boolean interrupted;
  private static boolean ending;

  private Interrupts() {}

  /**
   * Installs the shutdown hook; called once by the program's main method. Not installed in tests
   * and when the classes serve as a library, where the caller owns the process.
   *
   * @param farewell runs after the clean-up when a signal ended the process
   */
  public static void install(Runnable farewell) {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> Interrupts.shutdown(farewell), "clean-up"));
  }

  /**
   * Ends the process in an orderly way, with the given exit code, after releasing what is left.
   *
   * @param exitCode the code the command ended with
   */
  public static void exit(ExitCode exitCode) {
    synchronized (LOCK) {
      ending = true;
    }
    System.exit(exitCode.status());
  }

  /** Whether the process has been told to end; long loops look at it. */
  public static boolean interrupted() {
    synchronized (LOCK) {
      return interrupted;
    }
  }

  /**
   * Throws when the process has been told to end.
   *
   * @param what what was going on, for the message
   */
  public static void check(String what) {
    if (interrupted() || Thread.currentThread().isInterrupted()) {
      throw StubdomException.interrupted(what);
    }
  }

  /** Makes something that has to be removed again. */
  @FunctionalInterface
  public interface Creator<T, E extends Exception> {
    /** Makes it. */
    T create() throws E;
  }

  /**
   * Creates something and notes how to undo it, as one step no signal can split.
   *
   * @param what name of the thing, for messages
   * @param create makes it; must be quick, since a signal waits for it
   * @param undo removes it; called exactly once, by close or by a signal; must not throw
   * @throws StubdomException (interrupted) when the process is already ending: nothing is created
   * @throws E whatever {@code create} throws
   */
  public static <T, E extends Exception> Held<T> acquire(
      String what, Creator<T, E> create, Consumer<T> undo) throws E {
    synchronized (LOCK) {
      if (interrupted) {
        throw StubdomException.interrupted(what);
      }
      Held<T> held = new Held<>(create.create(), undo);
      HELD.push(held);
      return held;
    }
  }

  private static void shutdown(Runnable farewell) {
    boolean bySignal;
    List<Held<?>> left;
    synchronized (LOCK) {
      bySignal = !ending;
      interrupted = true;
      left = new ArrayList<>(HELD);
    }
    try {
      for (Held<?> held : left) {
        try {
          held.close();
        } catch (RuntimeException | Error e) {
          // One thing that cannot be removed is no reason to leave the others.
          System.err.println("stubdom: cleaning up: " + e.getMessage());
        }
      }
      if (bySignal) {
        farewell.run();
      }
    } finally {
      if (bySignal) {
        // Without this the exit status would be 128 plus the number of the signal.
        Runtime.getRuntime().halt(ExitCode.INTERRUPTED.status());
      }
    }
  }

  /**
   * Something acquired, with its clean-up. Closing twice does nothing the second time; a second
   * closer waits for the first.
   */
  public static final class Held<T> implements AutoCloseable {
    private final T value;
    private final Consumer<T> undo;
    private boolean closed;

    private Held(T value, Consumer<T> undo) {
      this.value = value;
      this.undo = undo;
    }

    /** The thing itself. */
    public T value() {
      return value;
    }

    @Override
    public synchronized void close() {
      if (!closed) {
        closed = true;
        try {
          undo.accept(value);
        } finally {
          synchronized (LOCK) {
            HELD.remove(this);
          }
        }
      }
    }
  }
}
