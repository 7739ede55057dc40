// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.bridge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.tests.hosted.HostedDomain;

/** What counts as a QMP message: judged against RFC 8259 by hand and against Gson by chance. */
@Tag("hosted")
class QmpJsonTest {
  private static final int RANDOM_TEXTS = 20_000;

  private HostedDomain domain;
  private final Memory text = new Memory(1 << 16);

  @BeforeEach
  void start() {
    domain = HostedDomain.create(2048, 1);
  }

  @AfterEach
  void stop() {
    domain.close();
  }

  private boolean accepted(byte[] bytes) {
    // At the very end of the memory, so that reading on is noticed.
    long at = text.size() - bytes.length;
    text.write(at, bytes, 0, bytes.length);
    return domain.call("hosted_bridge_json", Pointer.nativeValue(text) + at, bytes.length) == 1;
  }

  private boolean accepted(String s) {
    return accepted(s.getBytes(UTF_8));
  }

  @Test
  void goodObjects() {
    for (String good :
        List.of(
            "{}",
            " \t\r\n{ } ",
            "{\"execute\":\"cont\",\"id\":1}",
            "{\"a\":[1,-2.5e+3,0.1,0,-0,1E5,true,false,null,\"\",[],{}]}",
            "{\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\":\"\u00e4\u20ac\ud83d\ude00\"}",
            "{\"a\":{\"b\":{\"c\":[[[[1]]]]}}}")) {
      assertTrue(accepted(good), good);
    }
  }

  @Test
  void badTexts() {
    for (String bad :
        List.of(
            "",
            " ",
            "1",
            "[]",
            "\"x\"",
            "{",
            "}",
            "{}}",
            "{} {}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{,}",
            "{\"a\":1 \"b\":2}",
            "{a:1}",
            "{'a':1}",
            "{\"a\":'b'}",
            "{\"a\":01}",
            "{\"a\":1.}",
            "{\"a\":.5}",
            "{\"a\":1e}",
            "{\"a\":+1}",
            "{\"a\":-}",
            "{\"a\":tru}",
            "{\"a\":truely}",
            "{\"a\":NaN}",
            "{\"a\":[1,]}",
            "{\"a\":[1 2]}",
            "{\"a\":[}]",
            "{\"a\":\"\\x\"}",
            "{\"a\":\"\\u12g4\"}",
            "{\"a\":\"\\u12\"}",
            "{\"a\":\"\n\"}",
            "{\"a\":\"\0\"}",
            "{\"a\":\"\\\0\"}",
            "{\"a\":\"b",
            "{\"a\":\"b\\",
            "{/**/}",
            "{\"a\":%d}",
            "{\"a\":1}\0")) {
      assertFalse(accepted(bad), bad);
    }
  }

  @Test
  void depthIsBounded() {
    assertTrue(accepted("{\"a\":" + "[".repeat(40) + "]".repeat(40) + "}"));
    assertFalse(accepted("{\"a\":" + "[".repeat(20_000) + "]".repeat(20_000) + "}"));
    assertFalse(accepted("{\"a\":".repeat(5_000) + "1" + "}".repeat(5_000)));
  }

  @Test
  void stringsAreUtf8() {
    for (int[] bad :
        new int[][] {
          {0x80},
          {0xc0, 0x80},
          {0xc1, 0xbf},
          {0xc3},
          {0xe0, 0x80, 0x80},
          {0xe2, 0x82},
          {0xed, 0xa0, 0x80},
          {0xf0, 0x80, 0x80, 0x80},
          {0xf4, 0x90, 0x80, 0x80},
          {0xf5, 0x80},
          {0xff},
          {0xc3, 0x28},
        }) {
      byte[] before = "{\"a\":\"".getBytes(UTF_8);
      byte[] after = "\"}".getBytes(UTF_8);
      ByteBuffer bytes = ByteBuffer.allocate(before.length + bad.length + after.length);
      bytes.put(before);
      for (int b : bad) {
        bytes.put((byte) b);
      }
      bytes.put(after);
      assertFalse(accepted(bytes.array()), Integer.toHexString(bad[0]));
    }
  }

  // ---- by chance --------------------------------------------------------------------------------

  private static String value(Random random, int depth) {
    return switch (random.nextInt(depth > 5 ? 4 : 6)) {
      case 0 -> string(random);
      case 1 -> Integer.toString(random.nextInt());
      case 2 -> Double.toString(random.nextGaussian() * Math.pow(10, random.nextInt(40) - 20));
      case 3 -> List.of("true", "false", "null").get(random.nextInt(3));
      case 4 -> object(random, depth + 1);
      default -> {
        StringBuilder list = new StringBuilder("[");
        for (int n = random.nextInt(4); n > 0; n--) {
          list.append(value(random, depth + 1)).append(n > 1 ? " , " : "");
        }
        yield list.append(']').toString();
      }
    };
  }

  private static String string(Random random) {
    String[] parts = {"a", "\\\"", "\\\\", "\u00fc", "\ud83d\ude00", "\\u0041", " ", "{", "}", ":"};
    StringBuilder s = new StringBuilder("\"");
    for (int n = random.nextInt(6); n > 0; n--) {
      s.append(parts[random.nextInt(parts.length)]);
    }
    return s.append('"').toString();
  }

  private static String object(Random random, int depth) {
    StringBuilder o = new StringBuilder("{");
    for (int n = random.nextInt(4); n > 0; n--) {
      o.append(string(random)).append(": ").append(value(random, depth));
      o.append(n > 1 ? "," : "");
    }
    return o.append('}').toString();
  }

  /** Would Gson's strict reader take it for one object? */
  private static boolean gsonAccepts(byte[] bytes) {
    try {
      String s = UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      JsonReader reader = new JsonReader(new StringReader(s));
      if (reader.peek() != JsonToken.BEGIN_OBJECT) {
        return false;
      }
      reader.skipValue();
      return reader.peek() == JsonToken.END_DOCUMENT;
    } catch (CharacterCodingException e) {
      return false;
    } catch (IOException | IllegalStateException e) {
      return false;
    }
  }

  @Test
  void randomObjectsAreAcceptedAndBrokenOnesNeverMoreThanByGson() {
    long seed = Long.getLong("rumpstubdom.seed", 20260101);
    Random random = new Random(seed);
    int broken = 0;
    for (int i = 0; i < RANDOM_TEXTS; i++) {
      String good = object(random, 0);
      assertTrue(accepted(good), "seed " + seed + ": " + good);
      byte[] bad = good.getBytes(UTF_8);
      for (int n = 1 + random.nextInt(3); n > 0; n--) {
        bad[random.nextInt(bad.length)] =
            (byte) "{}[]\",:\\x1 \n\u0001\u00c3".charAt(random.nextInt(14));
      }
      if (accepted(bad)) {
        assertTrue(gsonAccepts(bad), "seed " + seed + ": " + new String(bad, UTF_8));
      } else {
        broken++;
      }
    }
    assertEquals(true, broken > RANDOM_TEXTS / 4, "mutations must hit something");
  }
}
