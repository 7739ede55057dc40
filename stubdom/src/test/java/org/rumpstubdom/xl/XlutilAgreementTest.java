// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Our parser and Xen's accept the same configurations and read the same values from them. */
class XlutilAgreementTest {
  private static final Pattern LINE = Pattern.compile("F:([1-9]\\d*): .*");

  private static final List<String> CORPUS =
      List.of(
          "",
          ";",
          "\n\n",
          " ",
          "a=1",
          "a=1\n",
          "a = 1 ; b = 2;;c=3\n",
          "a='x'\nb=\"y'z\"\n",
          "a=[1,'2',]\n",
          "a=[\n1\n,\n2\n]\n",
          "a=[]\n",
          "a=[\n\n]\n",
          "a=[[1,2],[3],[]]\n",
          "a=[ # c\n 1, # d\n 2 ]\n",
          "a='x'\na+='y'\n",
          "a+=1\n",
          "a=['x']\na+=['y','z']\n",
          "a=['x']\na+=[['y']]\n",
          "a=1\na=[2]\n",
          "a=0777\nb=1x2\nc=99999999999999999999\n",
          "a='\\a\\b\\f\\n\\r\\t\\v\\\\\\'\\\"'\n",
          "a='x\\101y\\1234z'\n",
          "a='x#y' # z\n",
          "a.b=1\n",
          "a=1 #",
          "a='\u00c3\u00a9'\n",
          // What follows is broken, each in its own way.
          "a=[,]\n",
          "a=[1,,2]\n",
          "a=[1;2]\n",
          "a=[1 2]\n",
          "a=[1\nb=2\n",
          "a='x'\na+=['y']\n",
          "a=['x']\na+='y'\n",
          "A=1\n",
          "_a=1\n",
          "a=foo\n",
          "a=-1\n",
          "a=1 b=2\n",
          "a=1\r\nb=2\r\n",
          "a='multi\nline'\n",
          "a='''x'''\n",
          "a='\\x41'\n",
          "a='\\12'\n",
          "a='\\q'\n",
          "a='\\'\n",
          "a=\nb=2\n",
          "=1\n",
          "a\n",
          "a=1,\n",
          "a='x' 'y'\n",
          "a=1 # no newline",
          "def f():\n  return 1\n",
          "import os\n",
          "disk = [ 'phy:/dev/vg/guest,hda,w' ]\nif 1:\n  a = 2\n");

  private static final String[] FRAGMENTS = {
    "a",
    "b",
    "key",
    "=",
    "+=",
    "'",
    "\"",
    "[",
    "]",
    ",",
    ";",
    "\n",
    "#",
    " ",
    "\t",
    "\\",
    "\\n",
    "\\101",
    "1",
    "0x1f",
    "'x'",
    "\"y\"",
    "['p', \"q\"]",
    "a='1'\n",
    "b=[1,[2]]\n",
    "\r",
    "X",
    "-",
    "_",
    ".",
    "\u00e9",
    "\u0001",
    "# c\n",
    "a+=['z']\n",
    "\\'",
    "\\x41"
  };

  private static LibXlutil xlutil;

  @BeforeAll
  static void findXensParser() throws IOException {
    xlutil =
        LibXlutil.find()
            .orElseThrow(
                () -> new AssertionError("Xen's libxlutil is missing; apt-get install libxen-dev"));
  }

  @Test
  void onTheCorpus() {
    CORPUS.forEach(XlutilAgreementTest::compare);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void onMutationsOfTheCorpus(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < 5000; i++) {
      StringBuilder text = new StringBuilder(CORPUS.get(random.nextInt(CORPUS.size())));
      for (int edits = 1 + random.nextInt(3); edits > 0; edits--) {
        mutate(text, random);
      }
      compare(text.toString());
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13, 14})
  void onRandomFragments(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < 5000; i++) {
      StringBuilder text = new StringBuilder();
      for (int parts = random.nextInt(14); parts > 0; parts--) {
        text.append(FRAGMENTS[random.nextInt(FRAGMENTS.length)]);
      }
      compare(text.toString());
    }
  }

  @Test
  void onEveryByteInEveryPlace() {
    for (int b = 1; b < 256; b++) {
      char c = (char) b;
      compare("a" + c + "=1\n");
      compare("a=" + c + "\n");
      compare("a=1" + c + "\n");
      compare("a='" + c + "'\n");
      compare("a='\\" + c + "'\n");
      compare("a=[1" + c + "2]\n");
      compare("#" + c + "\n");
      compare(c + "a=1\n");
    }
  }

  private static void mutate(StringBuilder text, Random random) {
    int at = random.nextInt(text.length() + 1);
    switch (random.nextInt(3)) {
      case 0 -> text.insert(at, FRAGMENTS[random.nextInt(FRAGMENTS.length)]);
      case 1 -> text.delete(at, Math.min(text.length(), at + 1 + random.nextInt(3)));
      default -> {
        if (at < text.length()) {
          text.setCharAt(at, (char) (1 + random.nextInt(255)));
        }
      }
    }
  }

  private static void compare(String text) {
    Map<String, Object> ours = new HashMap<>();
    int errorLine = 0;
    List<String> keys = new ArrayList<>(List.of("a", "b", "c", "key", "a.b"));
    try {
      Map<String, Value> values = Parser.parse(text).values();
      values.forEach((key, value) -> ours.put(key, plain(value)));
      keys.addAll(values.keySet());
    } catch (SyntaxError e) {
      errorLine = e.line();
    }
    String shown = text.replace("\n", "\\n");
    try (LibXlutil.Document theirs = xlutil.parse(text, "F")) {
      assertEquals(theirs.accepted(), errorLine == 0, () -> shown + " -> " + theirs.messages());
      if (theirs.accepted()) {
        Map<String, Object> read = new HashMap<>();
        keys.forEach(key -> theirs.get(key).ifPresent(value -> read.put(key, plain(value))));
        assertEquals(read, ours, shown);
      } else {
        compareLine(errorLine, theirs.messages(), shown);
      }
    }
  }

  /**
   * Xen may name the line before for what only the next line shows; and names none for newlines.
   */
  private static void compareLine(int ours, List<String> messages, String shown) {
    Matcher first = LINE.matcher(messages.get(0));
    if (first.matches() && !messages.get(0).contains("near <newline>")) {
      int theirs = Integer.parseInt(first.group(1));
      assertTrue(Math.abs(ours - theirs) <= 1, shown + " line " + ours + " " + messages);
    }
  }

  private static Object plain(Value value) {
    if (value instanceof Value.Items items) {
      return items.values().stream().map(XlutilAgreementTest::plain).toList();
    }
    return ((Value.Text) value).text();
  }
}
