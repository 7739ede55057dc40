// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rumpstubdom.image.ElfFile;
import org.rumpstubdom.image.Ramdisk;
import org.rumpstubdom.image.RamdiskManifest;
import org.rumpstubdom.lab.guest.PvRun;
import org.rumpstubdom.lab.host.Lab;
import org.rumpstubdom.lab.host.LabClock;
import org.rumpstubdom.lab.host.RemoteCommand;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.tests.lab.TestHost;
import org.rumpstubdom.util.Command;

/**
 * What a domain says when it cannot go on: each bad input and each broken rule has a message of its
 * own on console 0, and xl sees a crash.
 */
@Tag("lab")
final class FaultsInDomainTest {
  private static final int MEMORY_MIB = 32;
  private static final int WRITABLE = 2;

  /** Of an entry in a newc archive, before its name: cpio(5). */
  private static final int NEWC_HEADER = 110;

  // In an ELF header: System V ABI.
  private static final int ELF_MACHINE = 18;
  private static final int EM_AARCH64 = 183;

  /** Linux cuts a thread's name here; the program's first thread keeps more of it. */
  private static final int THREAD_NAME_MAX = 15;

  private static final Duration LIMIT = Duration.ofMinutes(2);

  @TempDir static Path directory;
  private static TestPrograms programs;
  private static Path kernel;
  private static Path fault;
  private static Lab lab;

  @BeforeAll
  static void build() throws IOException {
    programs = new TestPrograms(directory);
    fault = programs.compile("faults/fault");
    kernel = TestPrograms.kernel();
    lab = Lab.open(TestHost.of(LabClock.WALL), Progress.silent());
  }

  @AfterAll
  static void close() {
    if (lab != null) {
      lab.close();
    }
  }

  private static PvRun.Result run(Path ramdisk, int memoryMib) throws IOException {
    PvRun.Result result =
        new PvRun(lab, new PvRun.Plan("fault", kernel, ramdisk, "", memoryMib, null, LIMIT, ""))
            .run();
    assertEquals(PvRun.Ending.ENDED, result.ending(), result::toString);
    return result;
  }

  /** Runs a domain that must crash after a line with this text. */
  private static PvRun.Result crash(Path ramdisk, int memoryMib, String line) throws IOException {
    PvRun.Result result = run(ramdisk, memoryMib);
    assertTrue(
        Pattern.compile(line, Pattern.MULTILINE).matcher(result.console()).find(),
        () -> "no line like \"" + line + "\" in:\n" + result);
    assertEquals("crash", result.shutdown(), result::toString);
    return result;
  }

  private static Path broken(String name) throws IOException {
    long data =
        ElfFile.read(kernel).segments().stream()
            .filter(segment -> (segment.flags() & WRITABLE) != 0 && segment.memorySize() > 0)
            .mapToLong(ElfFile.Segment::address)
            .findFirst()
            .orElseThrow();
    return programs.ramdisk(
        name, fault, List.of(name), Map.of("KERNEL_DATA", "0x" + Long.toHexString(data)));
  }

  @ParameterizedTest
  @CsvSource({
    "read-null, fault: read of a null pointer \\(address 0x8\\)",
    "write-null, fault: write to a null pointer",
    "jump-null, fault: jump to a null pointer",
    "read-unmapped, fault: read of unmapped address 0x",
    "write-text, fault: write to 0x[0-9a-f]+ is not allowed \\(mapped r-x\\)",
    "write-constant, fault: write to 0x[0-9a-f]+ is not allowed \\(mapped r--\\)",
    "jump-stack, fault: jump to 0x[0-9a-f]+ is not allowed \\(mapped rw-\\)",
    "jump-data, fault: jump to 0x[0-9a-f]+ is not allowed \\(mapped rw-\\)",
    "write-guard, fault: write to guard page at 0x",
    "write-kernel-text, fault: write to 0xffffffff80000000: the kernel's own memory",
    "jump-kernel-data, fault: jump to 0xffffffff8[0-9a-f]+: the kernel's own memory",
    "bad-instruction, panic: invalid opcode in the program",
    "divide, panic: divide error in the program",
    "not-canonical, panic: general protection fault in the program",
    "overflow-with-calls, panic: stack overflow",
    "overflow-with-faults, panic: stack overflow",
    "overflow-in-thread, panic: stack overflow",
  })
  void brokenRule(String name, String report) throws IOException {
    PvRun.Result result = crash(broken(name), MEMORY_MIB, "^" + report);
    String thread = name.substring(0, Math.min(name.length(), THREAD_NAME_MAX));
    assertTrue(result.console().contains("about to " + name), result::toString);
    assertTrue(
        Pattern.compile("^panic: .* thread \\d+ \\(" + thread, Pattern.MULTILINE)
            .matcher(result.console())
            .find(),
        result::toString);
  }

  /**
   * The exception: nobody but Xen can speak, see docs/decisions.md. It does, and xl sees a crash.
   */
  @Test
  void overflowThatTheKernelCannotSee() throws IOException {
    String before = lab.domainMessages();
    PvRun.Result result = crash(broken("overflow-alone"), MEMORY_MIB, "^about to overflow-alone");
    String xen = lab.domainMessages().substring(before.length());
    assertTrue(xen.contains("domain_crash_sync called from entry.S"), xen);
    assertFalse(result.console().contains("panic"), result::toString);
  }

  /** A busy host's xenconsoled reads late; the domain waits for that before it is gone. */
  @Test
  void consoleDaemonReadsLate() throws IOException {
    Path ramdisk = programs.ramdisk("late", fault, List.of("read-null", "3"), Map.of());
    // It stops before the fault, three seconds after the line, and goes on three seconds later.
    String stop =
        """
        until grep -q 'about to' "$1"; do sleep 0.1; done 2>/dev/null
        kill -STOP $(pidof xenconsoled)
        sleep 6
        kill -CONT $(pidof xenconsoled)
        """;
    String log = "/var/log/xen/console/guest-late.log";
    RemoteCommand pause = lab.dom0().start(List.of("sh", "-c", stop, "sh", log), (e, d, n) -> {});
    PvRun.Result result =
        new PvRun(lab, new PvRun.Plan("late", kernel, ramdisk, "", MEMORY_MIB, null, LIMIT, ""))
            .run();
    assertTrue(result.console().contains("fault: read of a null pointer"), result::toString);
    assertEquals("crash", result.shutdown(), result::toString);
    assertEquals(0, pause.await().status());
  }

  /** What can be wrong with the file that xl hands over. */
  @ParameterizedTest
  @CsvSource({
    "missing, no ramdisk: set stubdomain_ramdisk to the file that belongs to this kernel",
    "half, bad ramdisk: truncated in a file \\(at byte \\d+ of \\d+\\)",
    "no-end, bad ramdisk: truncated",
    "text, bad ramdisk: no newc header",
    "unnamed, bad ramdisk: no stubdom.manifest in it: was it made for this kernel\\?",
    "bad-manifest, bad stubdom.manifest: unknown key \\(line 1\\)",
  })
  void badRamdisk(String kind, String report) throws IOException {
    Path good = programs.ramdisk("ramdisk", fault);
    // One byte is one character here, as in every newc header.
    String bytes = Files.readString(good, StandardCharsets.ISO_8859_1);
    String bad =
        switch (kind) {
          case "half" -> bytes.substring(0, bytes.length() / 2);
          case "no-end" -> bytes.substring(0, bytes.indexOf("TRAILER!!!") - NEWC_HEADER);
          case "text" -> "not a ramdisk\n".repeat(1000);
          case "unnamed" -> bytes.replace(RamdiskManifest.NAME, "stubdom.manifesT");
          case "bad-manifest" -> bytes.replace("program /", "programs/");
          default -> "";
        };
    Path ramdisk = null;
    if (!kind.equals("missing")) {
      assertNotEquals(bytes, bad);
      ramdisk = directory.resolve("bad.cpio");
      Files.writeString(ramdisk, bad, StandardCharsets.ISO_8859_1);
    }
    crash(ramdisk, MEMORY_MIB, "^panic: " + report);
  }

  /** What can be wrong with the program in it. */
  @ParameterizedTest
  @CsvSource({
    "dynamic, a dynamic executable: link it statically",
    "other-machine, wrong architecture: not a 64-bit x86 ELF",
    "half, truncated: a segment is not in the file",
  })
  void badProgram(String kind, String report) throws IOException {
    Path program = directory.resolve("bad-" + kind);
    byte[] bytes = Files.readAllBytes(fault);
    switch (kind) {
      case "dynamic" -> bytes = Files.readAllBytes(dynamicProgram());
      case "other-machine" -> bytes[ELF_MACHINE] = (byte) EM_AARCH64;
      default -> bytes = Arrays.copyOf(bytes, bytes.length / 2);
    }
    Files.write(program, bytes);
    PvRun.Result result =
        crash(
            programs.ramdisk("bad", program),
            MEMORY_MIB,
            "^\\[ *[0-9.]+] error: program /bin/bad: " + report + "$");
    assertTrue(result.console().contains("program exited with status 127"), result::toString);
  }

  /** This computer's own compiler makes one. */
  private static Path dynamicProgram() throws IOException {
    Path source = Files.writeString(directory.resolve("dynamic.c"), "int main(void){return 0;}\n");
    Path program = directory.resolve("dynamic");
    Command.of("gcc", "-o", program.toString(), source.toString()).run();
    return program;
  }

  @Test
  void missingProgram() throws IOException {
    SortedMap<String, Ramdisk.Entry> entries = new TreeMap<>();
    entries.put("bin/here", Ramdisk.file(fault));
    Path ramdisk = directory.resolve("missing.cpio");
    Ramdisk.write(ramdisk, RamdiskManifest.plain("/bin/there", List.of(), Map.of()), entries);
    crash(ramdisk, MEMORY_MIB, "error: program /bin/there: not in the ramdisk$");
  }
}
