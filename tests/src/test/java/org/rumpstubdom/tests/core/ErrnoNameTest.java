// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.tests.hosted.HostedDomain;

/** The names of error numbers in the kernel's messages, judged by the C library's headers. */
@Tag("hosted")
class ErrnoNameTest {
  private static final String UNKNOWN = "an unknown error";
  private static final Pattern DEFINITION = Pattern.compile("#define\\s+(E\\w+)\\s+(\\d+)\\b.*");

  /** Asks the entry of rump-runtime/boot/core_hosted.c. */
  private static String nameOf(HostedDomain domain, long rc) {
    return new Pointer(domain.call("hosted_errno_name", rc)).getString(0);
  }

  private static Map<Integer, String> header(String name) throws IOException {
    Map<Integer, String> numbers = new HashMap<>();
    for (String line : Files.readAllLines(Path.of("/usr/include/asm-generic", name))) {
      Matcher m = DEFINITION.matcher(line);
      if (m.matches()) {
        numbers.put(Integer.parseInt(m.group(2)), m.group(1));
      }
    }
    return numbers;
  }

  @Test
  void namesAreLinuxNames() throws IOException {
    Map<Integer, String> judge = header("errno-base.h");
    judge.putAll(header("errno.h"));
    try (HostedDomain domain = HostedDomain.create(1024, 1)) {
      int known = 0;
      for (int number = 0; number < 200; number++) {
        String name = nameOf(domain, -number);
        assertEquals(name, nameOf(domain, number), "the sign does not matter");
        if (!name.equals(UNKNOWN)) {
          assertEquals(judge.get(number), name, "error " + number);
          known++;
        }
      }
      assertTrue(known > 60, "only " + known + " numbers have a name");
      assertEquals(UNKNOWN, nameOf(domain, Long.MIN_VALUE));
    }
  }
}
