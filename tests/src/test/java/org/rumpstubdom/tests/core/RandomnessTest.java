// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import javax.crypto.Cipher;
import javax.crypto.spec.ChaCha20ParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rumpstubdom.tests.hosted.HostedDomain;

/** The generator of random numbers: RFC 8439 by its vectors and by another implementation. */
@Tag("hosted")
final class RandomnessTest {
  private static final int KEY = 32;
  private static final int NONCE = 12;
  private static final int BLOCK = 64;

  private HostedDomain domain;

  @BeforeEach
  void create() {
    domain = HostedDomain.create(1024, 1);
  }

  @AfterEach
  void close() {
    domain.close();
  }

  private static Memory memory(byte[] bytes) {
    Memory memory = new Memory(bytes.length);
    memory.write(0, bytes, 0, bytes.length);
    return memory;
  }

  private byte[] block(byte[] key, int counter, byte[] nonce) {
    try (Memory k = memory(key);
        Memory n = memory(nonce);
        Memory out = new Memory(BLOCK)) {
      domain.call(
          "hosted_chacha20_block",
          Pointer.nativeValue(k),
          Integer.toUnsignedLong(counter),
          Pointer.nativeValue(n),
          Pointer.nativeValue(out));
      return out.getByteArray(0, BLOCK);
    }
  }

  private byte[] random(byte[] seed, int size) {
    try (Memory s = memory(seed);
        Memory out = new Memory(size)) {
      domain.call(
          "hosted_random", Pointer.nativeValue(s), seed.length, Pointer.nativeValue(out), size);
      return out.getByteArray(0, size);
    }
  }

  /** The key stream as Java's own library makes it. */
  private static byte[] stream(byte[] key, int counter, byte[] nonce, int size)
      throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("ChaCha20");
    cipher.init(
        Cipher.ENCRYPT_MODE,
        new SecretKeySpec(key, "ChaCha20"),
        new ChaCha20ParameterSpec(nonce, counter));
    return cipher.doFinal(new byte[size]);
  }

  /** RFC 8439, section 2.3.2 and appendix A.1. */
  @ParameterizedTest
  @CsvSource({
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f, 1,"
        + " 000000090000004a00000000,"
        + " 10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e"
        + "d2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e",
    "0000000000000000000000000000000000000000000000000000000000000000, 0,"
        + " 000000000000000000000000,"
        + " 76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
        + "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586",
    "0000000000000000000000000000000000000000000000000000000000000000, 1,"
        + " 000000000000000000000000,"
        + " 9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
        + "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f",
  })
  void vectorsOfTheStandard(String key, int counter, String nonce, String block) {
    HexFormat hex = HexFormat.of();
    assertEquals(block, hex.formatHex(block(hex.parseHex(key), counter, hex.parseHex(nonce))));
  }

  @Test
  void blocksAreThoseOfAnotherImplementation() throws GeneralSecurityException {
    Random random = new Random(8439);
    byte[] key = new byte[KEY];
    byte[] nonce = new byte[NONCE];
    for (int i = 0; i < 200; i++) {
      random.nextBytes(key);
      random.nextBytes(nonce);
      int counter = random.nextInt(Integer.MAX_VALUE);
      assertArrayEquals(stream(key, counter, nonce, BLOCK), block(key, counter, nonce));
    }
  }

  /** As random.h has it: half of the first block is the next key, the rest is given away. */
  @Test
  void outputIsTheKeyStreamBehindTheNextKey() throws GeneralSecurityException {
    byte[] seed = new byte[KEY];
    new Random(1).nextBytes(seed);
    byte[] key = Arrays.copyOf(stream(seed, KEY, new byte[NONCE], BLOCK), KEY);
    for (int size : new int[] {1, 31, 32, 33, 96, 97, 1000}) {
      byte[] stream = stream(key, 0, new byte[NONCE], KEY + size);
      assertArrayEquals(Arrays.copyOfRange(stream, KEY, KEY + size), random(seed, size));
    }
  }

  @Test
  void everyByteOfTheSeedCounts() {
    byte[] seed = new byte[3 * KEY + 5];
    byte[] first = random(seed, BLOCK);
    for (int i = 0; i < seed.length; i++) {
      byte[] other = seed.clone();
      other[i] ^= 1;
      assertFalse(Arrays.equals(first, random(other, BLOCK)), "byte " + i);
    }
  }
}
