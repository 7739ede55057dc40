// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.bridge;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.rumpstubdom.tests.bridge.BridgeDomain.EACCES;
import static org.rumpstubdom.tests.bridge.BridgeDomain.EINVAL;
import static org.rumpstubdom.tests.bridge.BridgeDomain.EIO;
import static org.rumpstubdom.tests.bridge.BridgeDomain.ENODEV;
import static org.rumpstubdom.tests.bridge.BridgeDomain.ENOENT;
import static org.rumpstubdom.tests.bridge.BridgeDomain.EPERM;
import static org.rumpstubdom.tests.bridge.BridgeDomain.O_RDONLY;
import static org.rumpstubdom.tests.bridge.BridgeDomain.O_RDWR;
import static org.rumpstubdom.tests.bridge.BridgeDomain.check;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rumpstubdom.tests.hosted.HostedDomain;
import org.rumpstubdom.tests.hosted.HostedDomain.Call;

/** What QEMU's PCI passthrough finds in sysfs and /dev/mem, and what the backend may do to it. */
@Tag("hosted")
class PassthroughTest {
  private static final long MILLISECOND = 1_000_000L;
  private static final long SECOND = 1_000 * MILLISECOND;
  private static final int PAGE = HostedDomain.PAGE_SIZE;
  private static final String HOST = "0000:00:05.0";
  private static final String SYSFS = "/sys/bus/pci/devices/";

  /** DOMID_IO: whose frames device memory is. */
  private static final int DEVICE_MEMORY = 0x7ff1;

  private static final int PROT_READ = 1;
  private static final int PROT_RW = 3;
  private static final int MAP_SHARED = 1;

  private BridgeDomain bridge;
  private HostedDomain domain;
  private PciBackend backend;

  @BeforeEach
  void start() {
    bridge = new BridgeDomain(List.of("-m", "64")).init();
    domain = bridge.domain;
    backend = new PciBackend(domain);
  }

  @AfterEach
  void stop() {
    bridge.close();
  }

  /** An edu device: 1 MiB of memory at 0xfea00000, interrupt 11. */
  private static PciFunction device() {
    return device(HOST, "0000:00:00.00");
  }

  private static PciFunction device(String host, String shown) {
    PciFunction f = new PciFunction(host, shown);
    new Random(host.hashCode()).nextBytes(f.config);
    for (int bar = PciFunction.BAR; bar < PciFunction.BAR + 24; bar += 4) {
      f.bar(bar, 0, 0);
    }
    f.bar(PciFunction.ROM, 0, 0);
    return f.put(0, 0x11e81234)
        .put(8, 0x00ff0010)
        .put(0x3c, 0x0000010b)
        .bar(0x10, 0xfea00000, 0xfff00000);
  }

  private void connect(PciFunction first) {
    backend.create(first);
    domain.settle();
    assertEquals(PciBackend.CONNECTED, backend.state());
    assertEquals(PciBackend.CONNECTED, backend.frontendState());
  }

  private int config(String address) {
    return (int) check(bridge.open(SYSFS + address + "/config", O_RDWR), "config");
  }

  private String text(String address, String name) {
    int fd = (int) check(bridge.open(SYSFS + address + "/" + name, O_RDONLY), name);
    byte[] all = bridge.read(fd, 1000);
    assertEquals(0, bridge.readResult(fd, 1000), "the end");
    assertEquals(0, bridge.close(fd));
    return new String(all, ISO_8859_1);
  }

  private byte[] pread(int fd, int size, long position) {
    byte[] data = new byte[(int) check(bridge.pread(fd, size, position), "pread")];
    bridge.scratch().get(0, data);
    return data;
  }

  // ---- configuration space ----------------------------------------------------------------------

  @Test
  void withoutDevicesNothingIsTaken() {
    int grants = domain.grantCount();
    int ports = domain.portCount();
    assertEquals(-ENOENT, bridge.open(SYSFS + HOST + "/config", O_RDWR));
    int mem = (int) check(bridge.open("/dev/mem", O_RDWR), "/dev/mem");
    assertEquals(-EPERM, bridge.mmap(0, PAGE, PROT_READ, MAP_SHARED, mem, 0xfea00000L));
    assertEquals(grants, domain.grantCount());
    assertEquals(ports, domain.portCount());
    connect(device());
    assertEquals(grants + 1, domain.grantCount());
    assertEquals(ports + 1, domain.portCount());
  }

  @Test
  void allOfConfigurationSpaceIsReadAtOnce() {
    PciFunction f = device();
    connect(f);
    assertArrayEquals(f.seen(), pread(config(HOST), 256, 0));
    int before = backend.accesses;
    pread(config(HOST), 256, 0);
    assertEquals(
        64 - 6, backend.accesses - before, "of four bytes each; what regions are is known");
  }

  @ParameterizedTest
  @CsvSource({"0,1", "1,1", "3,2", "2,4", "61,7", "255,1", "250,6", "0,255"})
  void anyPieceIsReadAndWritten(int position, int size) {
    PciFunction f = device();
    f.permissive = true;
    connect(f);
    int fd = config(HOST);
    assertArrayEquals(f.seen(position, size), pread(fd, size, position));
    byte[] data = new byte[size];
    new Random(size).nextBytes(data);
    byte[] expected = f.config.clone();
    System.arraycopy(data, 0, expected, position, size);
    // What is written to a base address register stays in the backend.
    System.arraycopy(f.config, 0x10, expected, 0x10, 24);
    System.arraycopy(f.config, 0x30, expected, 0x30, 4);
    assertEquals(size, bridge.pwrite(fd, data, position));
    assertArrayEquals(expected, f.config);
  }

  /**
   * A guest's firmware leaves the upper half of a register as it is when it gives the device an
   * address below 4 GiB: the host's must not be there.
   */
  @Test
  void noAddressOfTheHostIsShown() {
    PciFunction f =
        device()
            .bar(0x10, 0x40000004, 0xffffc004) // 16 KiB at 5 GiB
            .bar(0x14, 0x00000001, 0xffffffff)
            .bar(0x18, 0xfebf1008, 0xfffff008) // may be prefetched
            .bar(0x1c, 0x0000c001, 0xffffffc1) // ports
            .bar(0x20, 0x00000000, 0xffff0000); // not placed
    connect(f);
    byte[] registers = new byte[24];
    registers[0] = 4;
    registers[8] = 8;
    registers[12] = 1;
    int fd = config(HOST);
    assertArrayEquals(registers, pread(fd, 24, 0x10));
    assertArrayEquals(new byte[] {0, 0, 8}, pread(fd, 3, 0x16));
    int before = backend.accesses;
    assertEquals(24, bridge.pwrite(fd, registers, 0x10));
    assertEquals(before, backend.accesses, "and nobody moves the device");
    assertTrue(text(HOST, "resource").startsWith("0x0000000140000000 0x0000000140003fff 0x"));
  }

  /** QEMU reads a register there that some capabilities do not have, and fails when it cannot. */
  @Test
  void extendedSpaceCanBeReadOnly() {
    PciFunction f = device();
    f.extended = 0x12345678;
    connect(f);
    int fd = config(HOST);
    assertArrayEquals(new byte[] {0x78, 0x56}, pread(fd, 2, 0x108));
    assertArrayEquals(new byte[] {0x78, 0x56, 0x34, 0x12}, pread(fd, 4, 4092));
    assertEquals(0, bridge.pwrite(fd, new byte[4], 256));
    assertEquals(2, bridge.pwrite(fd, new byte[4], 254));
  }

  @Test
  void behindTheEndIsNothing() {
    connect(device());
    int fd = config(HOST);
    assertEquals(-EIO, bridge.pread(fd, 4, 256), "the backend has no more of this device");
    assertEquals(2, bridge.pread(fd, 4, 254));
    assertEquals(0, bridge.pread(fd, 4, 4096));
    assertEquals(0, bridge.pwrite(fd, new byte[4], 4096));
    assertEquals(-EINVAL, bridge.pread(fd, 4, -4));
  }

  @Test
  void theBackendsOwnAddressNamesTheDeviceToo() {
    PciFunction one = device("0000:03:00.1", "0000:00:00.01");
    PciFunction two = device("0000:00:02.0", "0000:00:01.00");
    connect(one);
    backend.add(two);
    domain.settle();
    assertArrayEquals(one.seen(), pread(config("0000:00:00.1"), 256, 0));
    assertArrayEquals(two.seen(), pread(config("0000:00:01.0"), 256, 0));
    assertArrayEquals(two.seen(), pread(config("0000:00:02.0"), 256, 0));
  }

  @Test
  void hostAddressesComeBeforeTheBackends() {
    PciFunction one = device("0000:00:05.0", "0000:00:00.00");
    PciFunction two = device("0000:00:00.0", "0000:00:05.00");
    connect(one);
    backend.add(two);
    domain.settle();
    assertArrayEquals(one.seen(), pread(config("0000:00:05.0"), 256, 0));
    assertArrayEquals(two.seen(), pread(config("0000:00:00.0"), 256, 0));
  }

  @Test
  void furtherDevicesComeWhileOthersAreUsed() {
    PciFunction first = device();
    connect(first);
    int fd = config(HOST);
    for (int i = 1; i < 8; i++) {
      PciFunction f = device("0000:01:0" + i + ".0", "0000:00:0" + i + ".00");
      assertEquals(-ENOENT, bridge.open(SYSFS + f.host + "/config", O_RDWR));
      backend.add(f);
      assertArrayEquals(first.seen(0, 4), pread(fd, 4, 0));
      domain.settle();
      assertEquals(PciBackend.CONNECTED, backend.state());
      assertArrayEquals(f.seen(), pread(config(f.host), 256, 0));
    }
    assertArrayEquals(first.seen(), pread(fd, 256, 0));
  }

  // ---- attributes -------------------------------------------------------------------------------

  @Test
  void attributesAreThoseOfSysfs() {
    connect(device());
    assertEquals("0x1234\n", text(HOST, "vendor"));
    assertEquals("0x11e8\n", text(HOST, "device"));
    assertEquals("0x00ff00\n", text(HOST, "class"));
    assertEquals("11\n", text(HOST, "irq"));
    assertEquals(0, bridge.stat(SYSFS + HOST + "/config"));
    assertEquals(-ENOENT, bridge.stat(SYSFS + HOST + "/physfn"), "it is no virtual function");
    assertEquals(-ENOENT, bridge.open(SYSFS + HOST + "/rom", O_RDONLY));
    assertEquals(-ENOENT, bridge.open(SYSFS + HOST, O_RDONLY));
    assertEquals(-EACCES, bridge.open(SYSFS + HOST + "/vendor", O_RDWR));
  }

  /** Lines as Linux prints them for such devices; a host of QEMU's shows them. */
  @Test
  void regionsAreThoseOfSysfs() {
    PciFunction f =
        device()
            .bar(0x10, 0xfebc0000, 0xfffe0000) // e1000
            .bar(0x14, 0x0000c001, 0xffffffc1)
            .bar(0x18, 0x0000000c, 0x0000000c) // 8 GiB that may be prefetched, at 16 GiB
            .bar(0x1c, 0x00000004, 0xfffffffe)
            .bar(0x20, 0xfebf1000, 0xffffff00) // less than a page
            .bar(0x24, 0x00000000, 0xffff0000) // not placed
            .bar(0x30, 0xfeb80000, 0xfffc0000);
    connect(f);
    assertEquals(
        """
        0x00000000febc0000 0x00000000febdffff 0x0000000000040200
        0x000000000000c000 0x000000000000c03f 0x0000000000040101
        0x0000000400000000 0x00000005ffffffff 0x000000000014220c
        0x0000000000000000 0x0000000000000000 0x0000000000000000
        0x00000000febf1000 0x00000000febf10ff 0x0000000000040200
        0x0000000000000000 0x0000000000000000 0x0000000000000000
        0x00000000feb80000 0x00000000febbffff 0x0000000000046200
        """,
        text(HOST, "resource"));
    assertTrue(f.atRest(), "every register holds its address again");
    int before = backend.accesses;
    text(HOST, "resource");
    assertEquals(before, backend.accesses, "asked once");
  }

  @ParameterizedTest
  @CsvSource({
    "0xfea00100,0xfff00000", // does not begin at a multiple of its size
    "0xffff8000,0x00010000", // a size that reaches beyond 4 GiB
    "0x0000c101,0xfffffe01", // ports, the same
    "0x0000fffd,0x00000001", // no size
    "0xfea00004,0xfff00004", // the upper half is not there
  })
  void aRegionThatCannotBeIsLeftOut(long value, long mask) {
    // In the last register, behind which there is no upper half.
    PciFunction f = device().bar(0x10, 0, 0).bar(0x24, (int) value, (int) mask);
    connect(f);
    String[] lines = text(HOST, "resource").split("\n", -1);
    assertEquals(8, lines.length, "and nothing behind the last");
    if (value == 0xfea00004L) {
      assertEquals("0x00000000fea00000 0x00000000feafffff 0x0000000000040204", lines[5]);
    } else {
      assertEquals("0x0000000000000000 0x0000000000000000 0x0000000000000000", lines[5]);
    }
  }

  @Test
  void aRegionWithinAPageIsExplained() {
    connect(device().bar(0x14, 0xfebf1800, 0xffffff00));
    assertFalse(domain.console().contains("resource_alignment"));
    text(HOST, "resource");
    assertTrue(domain.console().contains("pci=resource_alignment="), domain.console());
  }

  // ---- /dev/mem ---------------------------------------------------------------------------------

  private long mapMem(long length, int prot, long offset) {
    int fd = (int) check(bridge.open("/dev/mem", O_RDWR), "/dev/mem");
    long at = bridge.mmap(0, length, prot, MAP_SHARED, fd, offset);
    bridge.close(fd);
    return at;
  }

  @Test
  void deviceMemoryIsMappedToBeRead() {
    ByteBuffer memory = domain.foreignMemory(DEVICE_MEMORY, 0xfea00, 256);
    connect(device());
    assertEquals(-EPERM, mapMem(PAGE, PROT_READ, 0xfea00000L), "nobody has asked for it yet");
    text(HOST, "resource");
    memory.putInt(0x2000, 0x1234567).putInt(0x3ffc, 89);
    long at = check(mapMem(2 * PAGE, PROT_READ, 0xfea02000L), "mmap");
    assertEquals(0x1234567, domain.memory(at, 4).getInt(0));
    assertEquals(89, domain.memory(at + 0x1ffc, 4).getInt(0));
    assertEquals(0, bridge.munmap(at, 2 * PAGE));
    assertEquals(-EACCES, mapMem(PAGE, PROT_RW, 0xfea02000L));
    check(mapMem(PAGE, PROT_READ, 0xfeaff000L), "its last page");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 0xfe9ff000L, 0xfeb00000L, 0xfea000L, 0xffff_ffff_f000L, 0x1_fea0_0000L})
  void otherMemoryIsNotMapped(long address) {
    domain.foreignMemory(DEVICE_MEMORY, address / PAGE, 1);
    connect(device());
    text(HOST, "resource");
    assertEquals(-EPERM, mapMem(PAGE, PROT_READ, address));
  }

  @Test
  void aMappingStaysWithinOneRegion() {
    domain.foreignMemory(DEVICE_MEMORY, 0xfea00, 257);
    connect(device().bar(0x14, 0xfeb01000, 0xfffff000));
    text(HOST, "resource");
    assertEquals(-EPERM, mapMem(2 * PAGE, PROT_READ, 0xfeaff000L), "over its end");
    assertEquals(-EPERM, mapMem(2 * PAGE, PROT_READ, 0xfe9ff000L), "over its beginning");
    assertEquals(-EPERM, mapMem(17 * PAGE, PROT_READ, 0xfea00000L), "more than any table has");
  }

  @Test
  void portsAreNoMemory() {
    connect(device().bar(0x10, 0x0000c001, 0xfffff001));
    text(HOST, "resource");
    assertEquals(-EPERM, mapMem(PAGE, PROT_READ, 0xc000L));
  }

  @Test
  void whatXenRefusesLeavesNothingBehind() {
    connect(device());
    text(HOST, "resource");
    long at = mapMem(PAGE, PROT_READ, 0xfea00000L);
    assertEquals(-ENOENT, at, "there is no such frame");
    domain.foreignMemory(DEVICE_MEMORY, 0xfea00, 1);
    check(mapMem(PAGE, PROT_READ, 0xfea00000L), "the same again");
  }

  // ---- a backend that is slow, refuses, or goes -------------------------------------------------

  @Test
  void aRefusedWriteIsExplainedOnce() {
    PciFunction f = device();
    f.config[PciFunction.MSI_CONTROL] = 0;
    connect(f);
    int fd = config(HOST);
    byte[] enable = {1, 0};
    assertEquals(-EACCES, bridge.pwrite(fd, enable, PciFunction.MSI_CONTROL));
    assertEquals(-EACCES, bridge.pwrite(fd, enable, PciFunction.MSI_CONTROL));
    String console = domain.console();
    assertTrue(console.contains("allow_interrupt_control"), console);
    assertEquals(
        console.indexOf("allow_interrupt_control"), console.lastIndexOf("allow_interrupt_control"));
    f.permissive = true;
    assertEquals(2, bridge.pwrite(fd, enable, PciFunction.MSI_CONTROL));
    assertEquals(1, f.config[PciFunction.MSI_CONTROL]);
  }

  @ParameterizedTest
  @CsvSource({"-1,19", "-2,5", "-3,13", "-4,5", "-5,5", "1,5", "22,5", "-2147483648,5"})
  void errorsOfTheBackendBecomeErrors(int err, int errno) {
    connect(device());
    int fd = config(HOST);
    backend.answering = false;
    Call read = bridge.startPread(fd, 0, 4, 0);
    domain.settle();
    backend.put(PciBackend.ERR, err);
    backend.finish();
    domain.settle();
    assertEquals(-errno, read.result());
  }

  @Test
  void anAnswerIsLookedAtOnce() {
    PciFunction f = device();
    connect(f);
    int fd = config(HOST);
    backend.answering = false;
    Call read = bridge.startPread(fd, 0, 1, 0);
    domain.settle();
    backend.put(PciBackend.ERR, 0);
    backend.put(PciBackend.VALUE, 0xffffff42); // more than was asked for
    backend.finish();
    domain.settle();
    assertEquals(1, read.result());
    assertEquals(0x42, bridge.scratch().get(0));
  }

  @Test
  void anOverdueAnswerIsNotWaitedForAndNotMistaken() {
    PciFunction f = device();
    connect(f);
    int fd = config(HOST);
    backend.answering = false;
    Call read = bridge.startPread(fd, 0, 4, 0);
    domain.settle();
    domain.advance(1999 * MILLISECOND);
    assertFalse(read.done());
    domain.advance(2 * MILLISECOND);
    assertEquals(-EIO, read.result());
    assertEquals(-EIO, bridge.pread(fd, 4, 8), "at once: the backend owes an answer");
    assertEquals(-EIO, bridge.pwrite(fd, new byte[4], 0x40));
    assertTrue(domain.console().contains("owes an answer"), domain.console());
    assertTrue(backend.answer(), "the first access, late");
    backend.answering = true;
    domain.settle();
    assertArrayEquals(f.seen(8, 4), pread(fd, 4, 8), "not what was asked for first");
    assertArrayEquals(f.seen(), pread(fd, 256, 0));
  }

  @Test
  void accessesTakeTurns() {
    PciFunction f = device();
    connect(f);
    int fd = config(HOST);
    backend.answering = false;
    Call one = bridge.startPread(fd, 0, 4, 0);
    Call two = bridge.startPread(fd, 4, 4, 8);
    domain.settle();
    backend.answer();
    domain.settle();
    assertTrue(one.done());
    assertFalse(two.done());
    backend.answer();
    domain.settle();
    assertEquals(4, two.result());
    byte[] got = new byte[8];
    bridge.scratch().get(0, got);
    assertArrayEquals(f.seen(0, 4), Arrays.copyOfRange(got, 0, 4));
    assertArrayEquals(f.seen(8, 4), Arrays.copyOfRange(got, 4, 8));
  }

  @Test
  void aBackendThatGoesEndsWhatWaitsForIt() {
    connect(device());
    int fd = config(HOST);
    backend.answering = false;
    Call read = bridge.startPread(fd, 0, 4, 0);
    domain.settle();
    backend.state(PciBackend.CLOSING);
    domain.settle();
    assertEquals(-ENODEV, read.result());
    assertEquals(PciBackend.CLOSED, backend.frontendState());
    assertEquals(-ENODEV, bridge.pread(fd, 4, 0));
    domain.advance(SECOND);
    assertEquals(0, domain.grantCount());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aBackendThatComesBackIsUsedAgain(boolean letsGo) {
    PciFunction f = device();
    connect(f);
    int fd = config(HOST);
    int ports = domain.portCount();
    if (letsGo) {
      backend.unmap();
    }
    domain.xenstore().remove(PciBackend.BACKEND);
    domain.settle();
    assertEquals(-ENODEV, bridge.pread(fd, 4, 0));
    assertEquals(-ENOENT, bridge.open(SYSFS + HOST + "/config", O_RDWR));
    assertEquals(letsGo ? 0 : 1, domain.grantCount(), "a page that is mapped is not used again");
    backend.create(f);
    domain.settle();
    assertArrayEquals(f.seen(), pread(fd, 256, 0), "by the file that was open");
    domain.advance(200 * SECOND);
    assertEquals(1, domain.grantCount());
    assertEquals(ports, domain.portCount());
  }

  @Test
  void aDeviceThatMovedIsFoundWhereItIs() {
    connect(device("0000:00:05.0", "0000:00:00.00"));
    int fd = config(HOST);
    text(HOST, "resource");
    domain.xenstore().remove(PciBackend.BACKEND);
    domain.settle();
    PciFunction now = device("0000:00:05.0", "0000:00:09.00").bar(0x10, 0xfe000000, 0xffff0000);
    backend.create(now);
    domain.settle();
    assertNotEquals(-1, config(HOST));
    assertArrayEquals(now.seen(), pread(fd, 256, 0));
    backend.unmap();
  }

  @Test
  void aFrontendThatIsTakenAwayLeavesNothing() {
    int ports = domain.portCount();
    connect(device());
    backend.unmap();
    domain.xenstore().remove(PciBackend.FRONTEND);
    domain.xenstore().remove(PciBackend.BACKEND);
    domain.settle();
    assertEquals(0, domain.grantCount());
    assertEquals(ports, domain.portCount());
    assertEquals(-ENOENT, bridge.open(SYSFS + HOST + "/config", O_RDWR));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "0000:00:05",
        "0000:00:05.0 ",
        "0000:00:20.0",
        "0000:00:05.8",
        "10000:00:05.0",
        "0000:100:05.0",
        ":::.",
        "0000:00:0g.0",
        "ffffffffffffffffffffffffffff0000:00:05.0"
      })
  void nonsenseIsNoAddress(String address) {
    connect(device());
    domain.xenstore().write(PciBackend.BACKEND + "/dev-0", address);
    domain.settle();
    assertEquals(-ENOENT, bridge.open(SYSFS + HOST + "/config", O_RDWR));
    assertEquals(-ENOENT, bridge.open(SYSFS + address + "/config", O_RDWR));
  }

  @ParameterizedTest
  @ValueSource(strings = {"18446744073709551615", "4294967297", "1000", "-1", "x"})
  void aClaimOfManyDevicesIsBounded(String count) {
    PciFunction f = device();
    connect(f);
    domain.xenstore().write(PciBackend.BACKEND + "/num_devs", count);
    domain.settle();
    long free = bridge.freeMemory();
    int fd = bridge.open(SYSFS + HOST + "/config", O_RDWR);
    if (count.length() > 2) {
      assertArrayEquals(f.seen(), pread(fd, 256, 0));
    } else {
      assertEquals(-ENOENT, fd);
    }
    assertTrue(free - bridge.freeMemory() <= 2 * PAGE);
  }
}
