// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.lab.guest;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;

/**
 * Collects a console's output, looks for a pattern in it and answers what it asks. Times are those
 * of dom0's clock. The console's thread writes, others read: thread-safe.
 */
public final class SerialFollower {
  /** A pattern is found when it spans no more than this many characters. */
  private static final int WINDOW = 4096;

  private final Pattern until;
  private final List<GuestPlan.Reply> open;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final StringBuilder text = new StringBuilder();
  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);
  private byte[] undecoded = new byte[0];
  private long firstByteWall;
  private final CompletableFuture<Long> firstByte = new CompletableFuture<>();
  private final CompletableFuture<Long> match = new CompletableFuture<>();

  /**
   * Waits for a pattern.
   *
   * @param until searched anywhere in the output, whose line ends are plain; null: no pattern
   * @param replies what to type when
   */
  SerialFollower(Pattern until, List<GuestPlan.Reply> replies) {
    this.until = until;
    this.open = new ArrayList<>(replies);
  }

  /**
   * Takes output in.
   *
   * @return what to type now; usually empty
   */
  synchronized String accept(byte[] data, long nanos) {
    if (data.length == 0) {
      return "";
    }
    int before = text.length();
    bytes.writeBytes(data);
    decode(data);
    if (firstByte.complete(nanos)) {
      firstByteWall = System.nanoTime();
    }
    int from = Math.max(0, before - WINDOW);
    if (until != null && !match.isDone()) {
      try {
        if (occurs(until, text.substring(from))) {
          match.complete(nanos);
        }
      } catch (StubdomException e) {
        match.completeExceptionally(e);
      }
    }
    StringBuilder answer = new StringBuilder();
    open.removeIf(
        reply -> {
          Matcher matcher = found(reply.when(), from);
          if (matcher != null) {
            int start = answer.length();
            matcher.appendReplacement(answer, reply.text());
            // Only what is typed, without the output before the match.
            answer.delete(start, start + matcher.start());
          }
          return matcher != null;
        });
    return answer.toString();
  }

  /**
   * Whether a text has the pattern.
   *
   * @throws StubdomException (2) when the pattern needs too much to tell: Java's matcher calls
   *     itself for every character that a repeated group takes
   */
  static boolean occurs(Pattern pattern, String text) {
    try {
      return pattern.matcher(text).find();
    } catch (StackOverflowError e) {
      throw new StubdomException(
          ExitCode.USAGE,
          "--until",
          "is too complex for this output",
          "repeat no groups, as in (a|b)*: use [ab]*",
          List.of(),
          e);
    }
  }

  private Matcher found(Pattern pattern, int from) {
    Matcher matcher = pattern.matcher(text.substring(from));
    return matcher.find() ? matcher : null;
  }

  /** Appends as text, without carriage returns; a character may arrive in pieces. */
  private void decode(byte[] data) {
    ByteBuffer in = ByteBuffer.allocate(undecoded.length + data.length);
    in.put(undecoded).put(data).flip();
    CharBuffer out = CharBuffer.allocate(in.remaining());
    decoder.decode(in, out, false);
    undecoded = new byte[in.remaining()];
    in.get(undecoded);
    out.flip();
    while (out.hasRemaining()) {
      char c = out.get();
      if (c != '\r') {
        text.append(c);
      }
    }
  }

  /** Completed with the time of the first byte. */
  CompletableFuture<Long> firstByte() {
    return firstByte;
  }

  /** This computer's clock ({@link System#nanoTime}) at the first byte. */
  synchronized long firstByteWall() {
    return firstByteWall;
  }

  /**
   * Completed with the time at which the output had the pattern; exceptionally, with a {@link
   * StubdomException}, when the pattern cannot be looked for.
   */
  CompletableFuture<Long> match() {
    return match;
  }

  /** Everything so far, as it came. */
  public synchronized byte[] raw() {
    return bytes.toByteArray();
  }

  /** Everything so far as text with plain line ends. */
  public synchronized String text() {
    return text.toString();
  }
}
