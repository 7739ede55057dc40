// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.source;

import java.math.BigInteger;

/** The order of Debian version numbers (deb-version(7)). */
final class DebianVersions {
  private DebianVersions() {}

  /** Negative when {@code a} is older than {@code b}, positive when newer, 0 when equal. */
  static int compare(String a, String b) {
    int byEpoch = new BigInteger(epoch(a)).compareTo(new BigInteger(epoch(b)));
    if (byEpoch != 0) {
      return byEpoch;
    }
    int byUpstream = compareParts(upstream(a), upstream(b));
    return byUpstream != 0 ? byUpstream : compareParts(revision(a), revision(b));
  }

  private static String epoch(String version) {
    int colon = version.indexOf(':');
    return colon < 0 ? "0" : version.substring(0, colon);
  }

  private static String upstream(String version) {
    String rest = version.substring(version.indexOf(':') + 1);
    int dash = rest.lastIndexOf('-');
    return dash < 0 ? rest : rest.substring(0, dash);
  }

  private static String revision(String version) {
    int dash = version.lastIndexOf('-');
    return dash < 0 ? "" : version.substring(dash + 1);
  }

  /** Alternates runs of non-digits, in the modified lexical order, and runs of digits. */
  private static int compareParts(String a, String b) {
    int i = 0;
    int j = 0;
    while (i < a.length() || j < b.length()) {
      while ((i < a.length() && !isDigit(a.charAt(i)))
          || (j < b.length() && !isDigit(b.charAt(j)))) {
        int order = order(a, i) - order(b, j);
        if (order != 0) {
          return order;
        }
        i++;
        j++;
      }
      int endA = endOfDigits(a, i);
      int endB = endOfDigits(b, j);
      int byNumber = number(a, i, endA).compareTo(number(b, j, endB));
      if (byNumber != 0) {
        return byNumber;
      }
      i = endA;
      j = endB;
    }
    return 0;
  }

  /** The tilde sorts before the end, the end before letters, letters before everything else. */
  private static int order(String s, int i) {
    if (i >= s.length() || isDigit(s.charAt(i))) {
      return 0;
    }
    char c = s.charAt(i);
    if (c == '~') {
      return -1;
    }
    boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter ? c : c + 256;
  }

  private static BigInteger number(String s, int from, int to) {
    return from >= to ? BigInteger.ZERO : new BigInteger(s.substring(from, to));
  }

  private static int endOfDigits(String s, int from) {
    int end = Math.min(from, s.length());
    while (end < s.length() && isDigit(s.charAt(end))) {
      end++;
    }
    return end;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
