// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rumpstubdom.tests.hosted.DomainEndedException;
import org.rumpstubdom.tests.hosted.HostedDomain;

/** libxl's argument list and what QEMU gets of it. */
@Tag("hosted")
class DmArgvTest {
  private static final String PLACEHOLDER = "$STUBDOM_RESTORE_INCOMING_ARG";

  /** As libxl 4.17 writes it for a guest with a disk, a CD, a NIC, a serial port and two CPUs. */
  private static final List<String> LIBXL =
      List.of(
          "-xen-domid",
          "5",
          "-no-shutdown",
          "-nodefaults",
          "-no-user-config",
          "-name",
          "win",
          "-display",
          "none",
          "-serial",
          "/dev/hvc3",
          "-device",
          "cirrus-vga,vgamem_mb=8",
          "-boot",
          "order=dc",
          "-smp",
          "2,maxcpus=2",
          "-device",
          "e1000,id=nic0,netdev=net0,mac=00:16:3e:11:22:33",
          "-netdev",
          "type=tap,id=net0,ifname=vif5.0-emu,br=xenbr0,script=no,downscript=no",
          "-machine",
          "xenfv,suppress-vmdesc=on",
          "-m",
          "1016",
          "-drive",
          "file=/dev/xvda,if=ide,index=0,media=disk,format=host_device,cache=writeback",
          "-drive",
          "if=none,readonly=on,id=ide-5632,file=/dev/xvdc,format=host_device",
          "-device",
          "ide-cd,id=ide-5632,drive=ide-5632,bus=ide.1,unit=0");

  private static final List<String> OURS =
      List.of(
          "/usr/bin/qemu",
          "-L",
          "/usr/share/qemu",
          "-L",
          "/usr/share/seabios",
          "-L",
          "/usr/lib/ipxe/qemu",
          "-chardev",
          "pipe,id=stubdom-qmp,path=/dev/stubdom/qmp",
          "-mon",
          "chardev=stubdom-qmp,mode=control",
          "-object",
          "main-loop,id=main-loop,thread-pool-max=8");

  /** Without the main loop's object: when the user has one. */
  private static final List<String> OURS_WITHOUT_LOOP = OURS.subList(0, OURS.size() - 2);

  private static final List<String> SAVE = List.of("-add-fd", "fd=10,set=1");

  @SafeVarargs
  private static List<String> concat(List<String>... lists) {
    List<String> all = new ArrayList<>();
    for (List<String> list : lists) {
      all.addAll(list);
    }
    return all;
  }

  private static final String DISK =
      "file=/dev/xvda,if=ide,index=0,media=disk,format=host_device,cache=writeback";

  /** The arguments of {@link #LIBXL} as QEMU gets them. */
  private static List<String> adapted(List<String> args) {
    return args.stream()
        .map(a -> a.equals("/dev/hvc3") ? "pipe:/dev/hvc3" : a)
        .map(a -> a.equals(DISK) ? DISK + ",aio=native,cache.direct=on" : a)
        .toList();
  }

  /** The result of dm_argv_build(), or one string "-errno reason". */
  private static List<String> build(List<String> dm, List<String> user, int saveFd, int restoreFd) {
    try (HostedDomain domain = HostedDomain.create(2048, 1)) {
      Memory dmText = BridgeDomain.strings(dm);
      Memory userText = BridgeDomain.strings(user);
      Memory out = new Memory(512 << 10);
      long n =
          domain.call(
              "hosted_bridge_argv",
              Pointer.nativeValue(dmText),
              dmText.size() - 1,
              Pointer.nativeValue(userText),
              userText.size() - 1,
              (saveFd & 0xffffffffL) | (long) restoreFd << 32,
              Pointer.nativeValue(out));
      return n < 0 ? List.of(n + " " + out.getString(0)) : BridgeDomain.strings(out, n);
    }
  }

  @Test
  void theLiteralExample() {
    assertEquals(concat(OURS, SAVE, adapted(LIBXL)), build(LIBXL, List.of(), 10, -1));
  }

  @Test
  void theSameThroughXenstore() {
    try (BridgeDomain bridge = new BridgeDomain(LIBXL, 1, 2, 3).init()) {
      assertEquals(
          concat(OURS, SAVE, adapted(LIBXL), List.of("-trace", "pci*")),
          bridge.program("-trace", "pci*"));
    }
  }

  /** The forms of libxl 4.17, and what a user may have put among them. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      textBlock =
          """
          file=/dev/xvdz,if=none,id=ahcidisk-3,format=host_device,cache=writeback true
          file=/dev/xvdb,id=scsi0-hd1,format=host_device,if=none,readonly=off,cache=writeback true
          if=none,readonly=on,id=ide-5632,file=/dev/xvdc,format=host_device false
          if=none,readonly=on,id=ide-5632 false
          file=/dev/xvdb,if=ide,format=qcow2,cache=writeback false
          file=/dev/xvdb,if=ide,format=host_device,cache=writeback,aio=threads false
          file=/dev/xvdb,if=ide,format=host_device,cache=writeback,cache.direct=off false
          file=/dev/xvdb,if=ide,format=host_device,cache=writethrough false
          file=/dev/xvdb1,if=ide,format=host_device,cache=writeback false
          file=/tmp/disk,if=ide,format=host_device,cache=writeback false
          """)
  void disksAreReadWithoutThreads(String drive, boolean changed) {
    List<String> dm = concat(LIBXL, List.of("-drive", drive, "-name", drive));
    String wanted = changed ? drive + ",aio=native,cache.direct=on" : drive;
    assertEquals(
        concat(OURS, SAVE, adapted(LIBXL), List.of("-drive", wanted, "-name", drive)),
        build(dm, List.of(), 10, -1));
    // The image's own arguments are nobody's to change.
    assertEquals(
        concat(OURS, SAVE, adapted(LIBXL), List.of("-drive", drive)),
        build(LIBXL, List.of("-drive", drive), 10, -1));
  }

  private static String devices(List<String> dm) {
    try (HostedDomain domain = HostedDomain.create(2048, 1)) {
      Memory text = BridgeDomain.strings(dm);
      long all = domain.call("hosted_bridge_devices", Pointer.nativeValue(text), text.size() - 1);
      return "%d disks, %d that queue, %d NICs, %d MiB of video memory"
          .formatted(all & 0xff, all >> 16 & 0xff, all >> 8 & 0xff, all >> 24);
    }
  }

  @Test
  void devicesAreCounted() {
    assertEquals("2 disks, 0 that queue, 1 NICs, 8 MiB of video memory", devices(LIBXL));
    assertEquals(
        "0 disks, 0 that queue, 0 NICs, 256 MiB of video memory",
        devices(List.of("-device", "VGA,vgamem_mb=99999999999999999999")));
    assertEquals(
        "0 disks, 0 that queue, 0 NICs, 0 MiB of video memory",
        devices(List.of("-name", "drive", "-drive")));
  }

  /** The forms of libxl 4.17, and what a user may add: which disks take many commands. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      textBlock =
          """
          ahci,id=ahci0 file=/dev/xvdb,if=none,id=ahcidisk-1,format=host_device 1
          ich9-ahci,id=a file=/dev/xvdb,if=none,id=mine 1
          lsi53c895a file=/dev/xvdb,id=scsi0-hd1,format=host_device,if=none 1
          usb-uas,id=u file=/dev/xvdb,id=stick,if=none 1
          usb-storage,id=u file=/dev/xvdb,id=stick,if=none 0
          ahci,id=ahci0 if=none,readonly=on,id=ide-832,file=/dev/xvdc 0
          ahci,id=ahci0 file=/dev/xvdb,if=ide,index=1,media=disk 0
          e1000 file=/dev/xvdb,if=scsi,bus=0,unit=1,format=host_device 1
          """)
  void disksThatQueueAreCounted(String device, String drive, int queueing) {
    List<String> dm = concat(LIBXL, List.of("--device", device, "-drive", drive));
    assertEquals(
        "3 disks, " + queueing + " that queue, 1 NICs, 8 MiB of video memory", devices(dm));
  }

  @Test
  void restoreReadsTheDescriptor() {
    List<String> dm = concat(LIBXL, List.of("-incoming", PLACEHOLDER));
    List<String> wanted = concat(OURS, adapted(LIBXL), List.of("-incoming", "fd:11"));
    assertEquals(wanted, build(dm, List.of(), -1, 11));
  }

  @Test
  void restoreThroughXenstoreOpensConsole2() {
    List<String> dm = concat(LIBXL, List.of("-incoming", PLACEHOLDER));
    try (BridgeDomain bridge = new BridgeDomain(dm, 1, 2).init()) {
      List<String> argv = bridge.program();
      assertEquals("fd:11", argv.get(argv.indexOf("-incoming") + 1));
    }
  }

  @Test
  void thePlaceholderIsOnlyReplacedWhereItBelongs() {
    List<String> dm = List.of("-name", PLACEHOLDER, "-incoming", "tcp:0:1", PLACEHOLDER);
    assertEquals(concat(OURS, dm), build(dm, List.of(), -1, 11));
  }

  @Test
  void restoreWithoutTheConsoleIsRefused() {
    assertEquals(
        List.of("-22 a restore was asked for, but there is no console 2 to read it from"),
        build(List.of("-incoming", PLACEHOLDER), List.of(), 10, -1));
  }

  @Test
  void soundGetsASilentBackend() {
    List<String> dm = List.of("-device", "intel-hda", "-device", "hda-duplex,id=s", "-m", "64");
    List<String> wanted =
        List.of(
            "-audiodev",
            "none,id=stubdom-audio",
            "-device",
            "intel-hda",
            "-device",
            "hda-duplex,id=s,audiodev=stubdom-audio",
            "-m",
            "64");
    assertEquals(concat(OURS, wanted), build(dm, List.of(), -1, -1));
  }

  @Test
  void soundOfTheUsersOwnIsLeftAlone() {
    List<String> dm = List.of("-device", "AC97");
    List<String> user = List.of("-audiodev", "wav,id=w");
    assertEquals(concat(OURS, dm, user), build(dm, user, -1, -1));
    List<String> named = List.of("-device", "AC97,audiodev=w", "-device", "AC97x");
    assertEquals(concat(OURS, named), build(named, List.of(), -1, -1));
  }

  /** QEMU allows one; what it is called decides, not what it contains. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "main-loop,id=mine,thread-pool-max=64",
        "qom-type=main-loop,id=mine",
        "{\"qom-type\": \"main-loop\", \"id\": \"mine\"}",
      })
  void mainLoopOfTheUsersOwnIsLeftAlone(String object) {
    List<String> own = List.of("-object", object);
    assertEquals(concat(OURS_WITHOUT_LOOP, own), build(own, List.of(), -1, -1));
    List<String> dm = List.of("-m", "64");
    assertEquals(concat(OURS_WITHOUT_LOOP, dm, own), build(dm, own, -1, -1));
  }

  @Test
  void otherObjectsAreNoMainLoop() {
    List<String> dm = List.of("-object", "iothread,id=main-loop", "-name", "main-loop,x");
    assertEquals(concat(OURS, dm), build(dm, List.of(), -1, -1));
  }

  @Test
  void onlyOurConsolesBecomePipes() {
    List<String> dm = List.of("-serial", "pty", "-serial", "/dev/hvc", "-serial", "/dev/hvc3x");
    assertEquals(concat(OURS, dm), build(dm, List.of(), -1, -1));
  }

  @Test
  void valuesAreNotInterpreted() {
    List<String> dm =
        List.of("-name", "a b,c=\"d\" $HOME %s %n \\ \u00e9", "", "-device", ",", "-device");
    List<String> user = List.of("", "%d", "-device", "AC97");
    assertEquals(concat(OURS, dm, user), build(dm, user, -1, -1));
  }

  @Test
  void nothingIsNoCommandLine() {
    assertEquals(
        List.of("-22 no arguments from the toolstack"), build(List.of(), List.of(), -1, -1));
  }

  @Test
  void tooMuchIsRefused() {
    List<String> many = new ArrayList<>();
    for (int i = 0; i < 1020; i++) {
      many.add("x");
    }
    assertEquals(List.of("-7 too many arguments"), build(many, List.of(), -1, -1));
    List<String> large = new ArrayList<>();
    for (int i = 0; i < 70; i++) {
      large.add("y".repeat(4096));
    }
    assertEquals(List.of("-7 too many arguments"), build(large, List.of(), -1, -1));
  }

  @Test
  void aThousandArgumentsStayInOrder() {
    List<String> dm = new ArrayList<>();
    for (int i = 0; i < 1005; i++) {
      dm.add("arg" + i);
    }
    try (BridgeDomain bridge = new BridgeDomain(dm).init()) {
      assertEquals(concat(OURS, dm), bridge.program());
    }
  }

  @Test
  void aStrangeNodeIsNamed() {
    try (BridgeDomain bridge = new BridgeDomain(LIBXL, 1).init()) {
      bridge.domain.xenstore().write(BridgeDomain.VM + "/image/dm-argv/abc", "-m");
      AssertionError e = assertThrows(AssertionError.class, bridge::program);
      assertTrue(e.getMessage().contains("errno 22"), e.getMessage());
      assertTrue(bridge.domain.console().contains("\"abc\" is not the number of an argument"));
    }
  }

  @Test
  void aZeroByteIsNoArgument() {
    try (BridgeDomain bridge = new BridgeDomain(LIBXL, 1).init()) {
      bridge.domain.xenstore().write(BridgeDomain.VM + "/image/dm-argv/007", "wi\0n");
      AssertionError e = assertThrows(AssertionError.class, bridge::program);
      assertTrue(e.getMessage().contains("errno 22"), e.getMessage());
      assertTrue(bridge.domain.console().contains("argument 007 contains a zero byte"));
    }
  }

  @Test
  void withoutATargetThisIsNoStubDomain() {
    try (BridgeDomain bridge = new BridgeDomain(LIBXL, 1).init()) {
      bridge.domain.xenstore().remove(BridgeDomain.HOME + "/target");
      AssertionError e = assertThrows(AssertionError.class, bridge::program);
      assertTrue(e.getMessage().contains("errno 2"), e.getMessage());
      assertTrue(bridge.domain.console().contains("no target"));
    }
  }

  @Test
  void anEndOfTheDeviceModelCrashesTheDomain() {
    try (BridgeDomain bridge = new BridgeDomain(LIBXL, 1).init()) {
      DomainEndedException e =
          assertThrows(
              DomainEndedException.class, () -> bridge.domain.call("hosted_bridge_ended", 3, 0));
      assertEquals(DomainEndedException.Reason.CRASH, e.reason());
      assertTrue(e.getMessage().contains("exit status 3"), e.getMessage());
    }
  }
}
