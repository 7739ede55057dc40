// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;

class GuestConfigurationTest {
  private static final Path FILE = Path.of("/etc/xen/guest.cfg");

  private static final String TEXT =
      """
      # The mail server.
      name = 'mail'   # short
      type="hvm"; memory = 0x200
      disk = [
          '/dev/vg/mail,raw,xvda',   # root
          'format=raw, vdev=hdc, access=ro, devtype=cdrom, target=/iso/with, comma.iso',
      ]
      vif = [ 'mac=00:16:3e:00:00:01,bridge=xenbr0', 'type=vif' ]
      stubdomain_memory = 128 # too much
      """;

  private static GuestConfiguration parse(String text) throws IOException {
    return GuestConfiguration.parse(FILE, Bytes.encode(text));
  }

  private static String with(String text, Map<String, String> settings) throws IOException {
    String edited = Bytes.of(parse(text).with(settings));
    assertXenReads(edited);
    return Bytes.decode(edited);
  }

  @Test
  void readsWhatAToolNeeds() throws IOException {
    GuestConfiguration guest = parse(TEXT);
    assertEquals("mail", guest.name());
    assertEquals(512, guest.memoryMib());
    assertEquals(1, guest.vcpus());
    assertEquals(Path.of("/dev/vg/mail"), guest.disks().get(0).path());
    assertEquals(5, guest.disks().get(0).line());
    assertEquals("/iso/with, comma.iso", guest.disks().get(1).target());
    assertTrue(guest.disks().get(1).cdrom());
    assertEquals(2, guest.disks().get(1).index());
    assertEquals(List.of("xenbr0", ""), guest.vifs().stream().map(vif -> vif.bridge()).toList());
    assertEquals(List.of(true, false), guest.vifs().stream().map(vif -> vif.emulated()).toList());
  }

  @Test
  void xensParserReadsTheSame() throws IOException {
    assertXenReads(TEXT);
  }

  /** Xen's own parser accepts it, with the values that ours has read. */
  private static void assertXenReads(String text) throws IOException {
    GuestConfiguration ours = GuestConfiguration.parse(FILE, text);
    try (LibXlutil.Document theirs = LibXlutil.find().orElseThrow().parse(text, "F")) {
      assertTrue(theirs.accepted(), () -> theirs.messages().toString());
      ours.values()
          .forEach(
              (key, value) -> assertEquals(plain(theirs.get(key).orElseThrow()), plain(value)));
    }
  }

  private static Object plain(Value value) {
    return value instanceof Value.Items items
        ? items.values().stream().map(GuestConfigurationTest::plain).toList()
        : ((Value.Text) value).text();
  }

  @Test
  void editingKeepsAllElse() throws IOException {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("stubdomain_memory", "32");
    settings.put("memory", "256");
    settings.put("stubdomain_kernel", "/a \"b\"\\c");
    assertEquals(
        TEXT.replace("memory = 0x200", "memory = 256").replace("= 128 #", "= 32 #")
            + "\n# Device model in a stub domain, added by stubdom config.\n"
            + "stubdomain_kernel = \"/a \\\"b\\\"\\\\c\"\n",
        with(TEXT, settings));
  }

  @Test
  void editingTwiceIsEditingOnce() throws IOException {
    Map<String, String> settings = Map.of("stubdomain_memory", "32", "stubdomain_kernel", "/é");
    String once = with(TEXT, settings);
    assertEquals(once, with(once, settings));
    assertEquals("/é", parse(once).string("stubdomain_kernel").orElse(""));
  }

  @Test
  void aSettingThatIsRightStaysAsItIsWritten() throws IOException {
    String text = "a.b = 'x' # mine\n";
    assertEquals(text, with(text, Map.of("a.b", "x")));
  }

  @Test
  void theLastAssignmentIsTheOneChanged() throws IOException {
    assertEquals("memory=1\nmemory=3\n", with("memory=1\nmemory=2\n", Map.of("memory", "3")));
  }

  @Test
  void aSumIsNotChangedButOverruled() throws IOException {
    String edited = with("extra='a'\nextra+='b'", Map.of("extra", "c"));
    assertTrue(edited.startsWith("extra='a'\nextra+='b'\n\n#"), edited);
    assertEquals("c", parse(edited).string("extra").orElse(""));
  }

  @Test
  void bytesThatAreNotUtf8Survive() throws IOException {
    byte[] bytes = {'#', (byte) 0xff, (byte) 0xfe, '\n', 'a', '=', '1', '\n'};
    GuestConfiguration guest = GuestConfiguration.parse(FILE, Bytes.of(bytes));
    assertArrayEquals(bytes, guest.with(Map.of()));
  }

  /** Xen's parser overlooks a last char that means nothing, but not before further lines. */
  @ParameterizedTest
  @ValueSource(strings = {"\u001a", "\"", "+", "\r", "\u00e9", "#"})
  void aStrayLastCharacterDoesNotSpoilTheResult(String stray) throws IOException {
    String text = "a=1" + stray;
    GuestConfiguration guest = GuestConfiguration.parse(FILE, text);
    assertEquals(text, Bytes.of(guest.with(Map.of("a", "1"))));
    String edited = Bytes.of(guest.with(Map.of("memory", "3")));
    assertTrue(edited.startsWith("a=1\n\n#"), edited);
    assertXenReads(edited);
    GuestConfiguration result = GuestConfiguration.parse(FILE, edited);
    assertEquals("1", result.string("a").orElse(""));
    assertEquals(3, result.memoryMib());
  }

  /** Its parser of brackets is recursive, as is ours. */
  @Test
  void endlessBracketsAreRefused() {
    String deep = "a=" + "[".repeat(200_000);
    StubdomException failure =
        assertThrows(StubdomException.class, () -> parse("\n" + deep + "\n"));
    assertEquals(
        FILE + ":2: lists in lists go deeper than 100 brackets; mend the line; see `man 5 xl.cfg`",
        failure.getMessage());
  }

  @Test
  void valuesAreReadBackAsTheyWere() throws IOException {
    String odd = "it's \"x\\y\"\nnext\ttab é";
    assertEquals(odd, parse(with("", Map.of("extra", odd))).string("extra").orElse(""));
  }

  @Test
  void filesThatAreNoConfigurationAreNamed(@TempDir Path directory) throws IOException {
    assertInput("no such file", directory.resolve("absent.cfg"));
    assertInput("is not a file", directory);
    assertInput(
        "is not a text file", Files.writeString(directory.resolve("nul.cfg"), "a='x\0y'\n"));
    assertInput(
        "is too large", Files.write(directory.resolve("disk.img"), new byte[(1 << 20) + 1]));
  }

  private static void assertInput(String expected, Path file) {
    StubdomException failure =
        assertThrows(StubdomException.class, () -> GuestConfiguration.load(file));
    assertEquals(ExitCode.INPUT, failure.exitCode());
    assertTrue(failure.getMessage().contains(expected), failure.getMessage());
  }
}
