// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rumpstubdom.image.QemuVersion;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;

class CheckerTest {
  @TempDir Path directory;
  private Path file;
  private Path disk;

  @BeforeEach
  void makeDisk() throws IOException {
    file = directory.resolve("guest.cfg");
    disk = Files.write(directory.resolve("disk.img"), new byte[512]);
  }

  private String good() {
    return """
    name = "guest"
    type = "hvm"
    memory = 64
    vkb_device = 0; vnc = 0
    disk = [ '%s,raw,hda' ]
    """
        .formatted(disk);
  }

  private List<String> problems(String text, DeviceModel model) throws IOException {
    return problems(text, model, XenRelease.oldest());
  }

  private List<String> problems(String text, DeviceModel model, XenRelease xen) throws IOException {
    Files.writeString(file, text);
    return Checker.check(GuestConfiguration.load(file), model, xen, null).stream()
        .map(problem -> problem.severity() + " " + problem.text().replace(file.toString(), "F"))
        .toList();
  }

  @Test
  void aPlainGuestHasNoProblem() throws IOException {
    for (DeviceModel model : DeviceModel.values()) {
      assertEquals(List.of(), problems(good(), model));
    }
  }

  @Test
  void theGuestsOfTheIssueAreNamedInOneLine() throws IOException {
    assertOnly("F:5: disk hda: no such file", good().replace("disk.img", "absent.img"));
    assertOnly("F:2: this is a PV guest", good().replace("\"hvm\"", "\"pv\""));
    assertOnly("F:2: this is a PVH guest", good().replace("\"hvm\"", "\"pvh\""));
    assertOnly("F: this is a PV guest", good().replace("type = \"hvm\"", ""));
  }

  @Test
  void brokenSyntaxIsNamedWithItsLine() {
    StubdomException failure =
        assertThrows(
            StubdomException.class,
            () -> problems(good() + "vif = [ 'bridge=xenbr0'\n\n", DeviceModel.STUBDOM));
    assertEquals(ExitCode.INPUT, failure.exitCode());
    assertEquals(
        file
            + ":8: expected ',' or ']' in the list begun in line 6, found end of file; mend the"
            + " line; see `man 5 xl.cfg`",
        failure.getMessage());
  }

  @Test
  void requireThrowsTheFirstErrorOnly() throws IOException {
    Files.writeString(file, good() + "sdl = 1\nspice = 1\nchannel = [ 'name=x' ]\n");
    GuestConfiguration guest = GuestConfiguration.load(file);
    StubdomException failure =
        assertThrows(
            StubdomException.class, () -> Checker.require(guest, DeviceModel.STUBDOM, false, null));
    assertTrue(failure.getMessage().startsWith(file + ":7: SPICE"), failure.getMessage());
    Checker.require(guest, DeviceModel.DOM0, false, null);
  }

  @Test
  void strictTakesWarningsForErrorsAndNotesForNotes() throws IOException {
    Files.writeString(file, good() + "ne2000 = 0\n");
    Checker.require(GuestConfiguration.load(file), DeviceModel.STUBDOM, true, null);
    Files.writeString(file, good() + "ne2000 = 0\nsdl = 1\n");
    GuestConfiguration guest = GuestConfiguration.load(file);
    Checker.require(guest, DeviceModel.STUBDOM, false, null);
    StubdomException failure =
        assertThrows(
            StubdomException.class, () -> Checker.require(guest, DeviceModel.STUBDOM, true, null));
    assertTrue(failure.getMessage().startsWith(file + ":7: SDL"), failure.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "device_model_args = [ '-x' ] | WARNING F:6: device_model_args also reaches QEMU in dom0",
        "device_model_user = 'x' | WARNING F:6: device_model_user concerns",
        "device_model_override = '/q' | WARNING F:6: device_model_override does not change",
        "dm_restrict = 1 | ERROR F:6: dm_restrict passes a path of dom0",
        "pci = [ '01:00.0' ] | NOTE F:6: interrupts of 0000:01:00.0 by MSI or MSI-X need dom0's"
            + " consent; before each start: echo 0000:01:00.0"
            + " >/sys/bus/pci/drivers/pciback/allow_interrupt_control, or permissive=1 here",
        "pci = [ '01:00.0' ] | NOTE F:6: `xl pci-list` and `xl pci-detach` do not find",
        "pci = [ '01:00.0,permissive=1' ] | NOTE F:6: permissive lets the guest write to all",
        "pci = [ '01:00.*' ]; pci_permissive = 1 | NOTE F:6: permissive lets the guest",
        "pci = [ 'name=nic' ] | NOTE F:6: interrupts of nic by MSI",
        "pci = [ '01:00' ] | ERROR F:6: PCI device '01:00' has no address",
        "pci = [ '01:00.0,foo=1' ] | ERROR F:6: PCI device '01:00.0,foo=1' has an unknown option"
            + " 'foo=1'",
        "pci = [ '01:00.0,rdm_policy=strict' ] | NOTE F:6: reserved device memory",
        "rdm = 'strategy=host'; pci = [ '01:00.0' ] | NOTE F:6: reserved device memory",
        "pci = [ '01:00.0' ]; passthrough = 'disabled' | ERROR F:6: passthrough is disabled, but",
        "pci = [ '01:00.0' ]; maxmem = 128 | ERROR F:6: passthrough needs all of the guest's"
            + " memory",
        "passthrough = 'enabled'; maxmem = 128 | ERROR F:6: passthrough needs all of the guest's",
        "pci = [ '01:00.0', '02:00.0' ]; stubdomain_memory = 20 | WARNING F:6: 20 MiB may be too"
            + " few for the stub domain of 1 disk, 2 devices passed through; set"
            + " stubdomain_memory = 32",
        "gfx_passthru = 1 | ERROR F:6: graphics passthrough (Intel's) needs memory",
        "gfx_passthru = 'igd' | ERROR F:6: graphics passthrough (Intel's)",
        "spice = 1 | ERROR F:6: SPICE",
        "sdl = 1 | WARNING F:6: SDL",
        "kernel = '/boot/vmlinuz' | ERROR F:6: direct kernel boot",
        "channel = [ 'name=a' ] | ERROR F:6: channels",
        "p9 = [ 'tag=a' ] | ERROR F:6: 9pfs",
        "usbdevice = 'host:1.2' | ERROR F:6: USB device 'host:1.2'",
        "usbdev = [ 'hostbus=1' ] | ERROR F:6: USB devices of the host",
        "vnc = 1 | WARNING F:6: the VNC server is the stub domain's, `xl vncviewer guest` finds"
            + " none; use `xl vncviewer guest-dm`, and press Ctrl, Alt and 1 there when a newer QEMU"
            + " in dom0 shows an empty screen",
        "vnc = 1; vncpasswd = 'x' | WARNING F:6: Debian's QEMU in dom0 has no cipher for VNC"
            + " passwords",
        "name = '../../x' | ERROR F:6: the name '../../x' cannot be that of a file",
        "name = '..' | ERROR F:6: the name '..' cannot be that of a file",
        "memory = 3000000000 | ERROR F:6: memory is not between 1 MiB and 16777216 MiB",
        "memory = 0 | ERROR F:6: memory is not between",
        "maxmem = 3000000000 | ERROR F:6: maxmem is not between 1 MiB and 16777216 MiB",
        "stubdomain_memory = 15 | ERROR F:6: stubdomain_memory is not between 16 MiB and",
        "disk += [ '/dev/null,raw,sdh' ] | ERROR F:6: sdh is beyond the SCSI controller",
        "vga = 'qxl' | ERROR F:6: QXL",
        "soundhw = 'ac97' | WARNING F:6: the sound card works but is silent",
        "vkb_device = 1 | WARNING F:6: a PV keyboard",
        "vif = [ 'model=virtio-scsi' ] | ERROR F:6: network card 'virtio-scsi'",
        "vif = [ 'modell=e1000' ] | ERROR F:6: vif 'modell=e1000': unknown option 'modell'",
        "vif = [ 'mac=1:2' ] | ERROR F:6: '1:2' is no MAC address",
        "device_model_version = 'qemu-xen-traditional' | NOTE F:6: device model version",
        "bios = 'rombios' | ERROR F:6: rombios",
        "boot = 'x' | ERROR F:6: unknown boot device",
        "boot = 'cc' | ERROR F:6: a boot device is given twice",
        "boot = 'acdn' | ERROR F:6: QEMU takes no more than 3 boot devices",
        "boot = 'c,d' | ERROR F:6: QEMU's -boot has no option 'd'",
        "boot = 'c,splash=/x.jpg' | WARNING F:6: splash= names a file of dom0",
        "hdtype = 'scsi' | ERROR F:6: 'hdtype' cannot be 'scsi'; use one of ide, ahci",
        "firmware = 'rombios' | ERROR F:6: rombios",
        "bios = 'uefi' | ERROR F:6: 'bios' cannot be 'uefi'",
        "on_reboot = 'restrat' | ERROR F:6: 'on_reboot' cannot be 'restrat'; did you mean 'restart'?",
        "on_crash = 'Destroy' | ERROR F:6: 'on_crash' cannot be 'Destroy'",
        "tsc_mode = 4 | ERROR F:6: 'tsc_mode' cannot be '4'",
        "timer_mode = 'none' | ERROR F:6: 'timer_mode' cannot be 'none'",
        "viridian = [ 'base', 'speed' ] | ERROR F:6: 'viridian' cannot be 'speed'",
        "viridian = [ '!all' ] | ERROR F:6: 'viridian' cannot be '!all'",
        "ms_vm_genid = 'new' | ERROR F:6: 'ms_vm_genid' cannot be 'new'",
        "builder = 'generic' | ERROR F:6: builder = 'generic' contradicts type = 'hvm'",
        "uuid = '5b001f4d' | ERROR F:6: '5b001f4d' is no UUID",
        "vcpus = 4; maxvcpus = 2 | ERROR F:6: vcpus is more than maxvcpus",
        "usbversion = 3; usbdevice = 'tablet' | ERROR F:6: libxl refuses usbversion beside usb",
        "usbversion = 2; usb = 1 | ERROR F:6: libxl refuses usbversion beside usb",
        "usbversion = 4 | ERROR F:6: there is no USB 4",
        "vfb = [ 'vnc=1' ] | WARNING F:6: an HVM guest's vfb is a PV frame buffer",
        "disk = [] | WARNING F:6: the guest has no disk to boot from",
        "disk += [ '/dev/null,raw,hdb,backendtype=qdisk' ] | WARNING F:6: hdb is for qdisk, which no",
        "disk += [ '/dev/null,raw,hdb,backendtype=tap' ] | ERROR F:6: backendtype=tap is refused",
        "device_model_args_hvm = [ '-cdrom', '/x.iso' ] | ERROR F:6: device_model_args_hvm names the"
            + " file /x.iso",
        "cpu_cap = 50 | NOTE F:6: xl ignores 'cpu_cap', which it does not know; did you mean 'cap'?",
        "vga = 'vmware' | ERROR F:6: xl knows no video card 'vmware'",
        "videoram = 4 | ERROR F:6: videoram = 4 is refused: cirrus takes 8 or 16; set one",
        "videoram = 12 | ERROR F:6: videoram = 12 is refused: cirrus",
        "videoram = 32 | ERROR F:6: videoram = 32 is refused: cirrus takes 8 or 16; set vga",
        "stdvga = 1; videoram = 15 | ERROR F:6: videoram = 15 is refused: stdvga",
        "vga = 'stdvga'; videoram = 48 | ERROR F:6: videoram = 48 is refused: stdvga",
        "vga = 'qxl'; videoram = 64 | ERROR F:6: videoram = 64 is refused: qxl",
        "soundhw = 'pcspk' | ERROR F:6: libxl knows no sound card 'pcspk'",
        "extra = 'quiet' | ERROR F:6: 'extra' without a kernel",
        "root = '/dev/sda' | ERROR F:6: 'root' without a kernel",
        "kernel = '/x/hvmloader'; ramdisk = '/i' | ERROR F:6: 'ramdisk' without a kernel",
        "kernel = '/x/hvmloader' | NOTE F:6: xl ignores 'kernel'",
        "memroy = 3 | NOTE F:6: xl ignores 'memroy', which it does not know; did you mean"
            + " 'memory'?",
        "ne2000 = 0 | NOTE F:6: xl ignores 'ne2000', a key of xm",
        "device_model = 'qemu-dm' | NOTE F:6: xl ignores 'device_model'",
        "bootloader = 'pygrub' | NOTE F:6: xl ignores 'bootloader'",
        "builder = 'hvm' | NOTE F:6: xl ignores 'builder' beside 'type'",
        "maxmem = 128 | NOTE F:3: memory is less than maxmem",
        "memory = 64 | NOTE F:3: 'memory' is said again below",
        "vtpm = [ 'backend=x' ] | WARNING F:6: no TPM is emulated",
        "device_model_args_hvm = [ '-drive', 'if=floppy,file=/f' ] | ERROR F:6:"
            + " device_model_args_hvm names the file /f",
        "device_model_args_hvm = [ 'telnet:127.0.0.1:1' ] | WARNING F:6: device_model_args_hvm"
            + " opens a socket",
        "vif = [ '', '', '', '', 'model=e1000' ] | ERROR F:6: the option ROMs of more than 4",
        "memory = 'lots' | ERROR F:6: 'memory' is not a number: lots",
        "name = [ 'a' ] | ERROR F:6: 'name' is a list",
        "vif = 'bridge=x' | ERROR F:6: 'vif' is not a list",
        "disk += [ ',,hdc,cdrom' ] | WARNING F:6: the empty drive hdc stays empty",
        "disk += [ '/dev/null,qcow2,hdb' ] | WARNING F:6: hdb is qcow2",
        "disk += [ '/dev/null,raw,hdb,ro' ] | ERROR F:6: the IDE disk hdb is read-only",
        "disk += [ '/dev/null,raw,xvde' ] | WARNING F:6: xvde is beyond",
        "disk += [ '/dev/null,raw,hde' ] | ERROR F:6: unknown vdev 'hde'; names are hda to hdd,",
        "disk += [ '/dev/null,raw,hda' ] | ERROR F:6: two disks are named hda",
        "disk += [ '/dev/null,raw,xvda' ] | ERROR F:6: hda and xvda are the same device",
        "disk += [ '/dev/null,raw,zz9' ] | ERROR F:6: unknown vdev",
        "disk += [ '/dev/null,row,hdb' ] | ERROR F:6: disk '/dev/null,row,hdb': unknown format",
        "disk += [ '/etc,raw,hdb' ] | ERROR F:6: disk hdb: /etc is a directory",
        "disk += [ '/dev/null,raw,xvdb,specification=virtio' ] | ERROR F:6: xvdb is a virtio disk",
      })
  void everyLimitIsNamed(String line, String expected) throws IOException {
    List<String> found = problems(good() + line + "\n", DeviceModel.STUBDOM);
    assertTrue(
        found.stream().anyMatch(problem -> problem.startsWith(expected)), () -> "found " + found);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "vif = [ '' ]",
        "vif = [ 'mac=00:16:3e:12:34:56, bridge=xenbr0, model=e1000' ]",
        "usbdevice = [ 'tablet' ]",
        "device_model_args_hvm = [ '-d', 'x' ]",
        "spice = 0",
        "vncpasswd = 'x'",
        "pci = []",
        "firmware = 'uefi'; bios = 'OVMF'",
        "tsc_mode = 'Native'; timer_mode = 3; altp2m = 'external'",
        "viridian = [ 'all', '!stimer', 'Synic' ]",
        "viridian = 1; ms_vm_genid = 'generate'; vendor_device = 'xenserver'",
        "on_reboot = 'rename-restart'; on_crash = 'coredump-restart'; on_soft_reset = 'soft-reset'",
        "uuid = '5B001F4D-7891-90d8-2f55-96a56e8d07df'; vcpus = 2; maxvcpus = 4",
        "usbversion = 3; usb = 0",
        "device_model_args_hvm = [ '-L', '/srv/firmware' ]",
        "gfx_passthru = 0",
        "passthrough = 'enabled'",
        "disk += [ '/dev/null,raw,sdb,ro' ]",
        "disk += [ '/dev/null,raw,sdg' ]",
        "disk += [ '/dev/null,raw,sdh,cdrom' ]",
        "disk += [ '/dev/null,raw,hdc,cdrom' ]",
        "stubdomain_memory = 16",
        "serial = 'pty'",
        "boot = 'dc'",
        "shadow_memory = 0x40",
        "boot = 'cd,menu=on,splash-time=2000'",
        "vga = 'stdvga'; videoram = 64",
        "videoram = 16",
        "vga = 'none'; videoram = 3",
        "extra = ''; root = ''",
        "device_model_args_hvm = [ '-drive', 'file=/dev/xvdb,format=raw' ]",
        "vif = [ 'type=vif', 'model=tulip', '', '', '', '' ]",
        "vif = [ '', '', '', '', '' ]; device_model_args_hvm = [ '-global', 'rtl8139.romfile=' ]",
      })
  void whatWorksIsNotBlamed(String line) throws IOException {
    assertEquals(List.of(), problems(good() + line + "\n", DeviceModel.STUBDOM));
  }

  @Test
  void manyDevicesNeedMoreMemory() throws IOException {
    String devices = "pci = [" + "'01:00.0',".repeat(8) + " ]\n";
    assertTrue(
        problems(good() + devices, DeviceModel.STUBDOM).stream()
            .allMatch(p -> p.startsWith("NOTE")));
    String more = devices.replace("]", "'02:00.0' ]");
    String few = "stubdomain_memory = 32\n";
    assertTrue(
        problems(good() + devices + few, DeviceModel.STUBDOM).stream()
            .allMatch(p -> p.startsWith("NOTE")));
    assertTrue(
        problems(good() + more + few, DeviceModel.STUBDOM)
            .contains(
                "WARNING F:7: 32 MiB may be too few for the stub domain of 1 disk, 9 devices passed"
                    + " through; set stubdomain_memory = 33"));
    assertEquals(List.of(), problems(good() + more + few, DeviceModel.DOM0));
    assertTrue(
        problems(good() + more, DeviceModel.STUBDOM).stream().allMatch(p -> p.startsWith("NOTE")),
        "it gets what it needs");
  }

  /** libxl switches it on when nothing is said. */
  @Test
  void vncThatIsNotSwitchedOffIsNamed() throws IOException {
    List<String> found = problems(good().replace("; vnc = 0", ""), DeviceModel.STUBDOM);
    assertEquals(1, found.size(), found.toString());
    assertTrue(found.get(0).startsWith("WARNING F: the VNC server"), found.toString());
    assertEquals(List.of(), problems(good().replace("; vnc = 0", ""), DeviceModel.DOM0));
  }

  @Test
  void aNetworkBootNeedsNoDisk() throws IOException {
    assertEquals(
        List.of(),
        problems(
            "name='g'\ntype='hvm'\nvkb_device=0\nvnc=0\nboot='n'\nvif=['']\n",
            DeviceModel.STUBDOM));
  }

  @Test
  void filesAreNotLookedAtForAnotherHost() throws IOException {
    Files.writeString(file, good().replace("disk.img", "absent.img"));
    assertEquals(
        List.of(),
        Checker.checkWithoutFiles(
            GuestConfiguration.load(file), DeviceModel.STUBDOM, XenRelease.newest(), null));
  }

  @Test
  void whatANewerQemuDoesNotTakeIsNamed() throws IOException {
    Files.writeString(file, good() + "acpi = 0\n");
    for (int major : new int[] {7, 10}) {
      List<Problem> problems =
          Checker.checkWithoutFiles(
              GuestConfiguration.load(file),
              DeviceModel.STUBDOM,
              XenRelease.newest(),
              new QemuVersion(major));
      boolean named =
          problems.stream()
              .anyMatch(problem -> problem.reason().contains("does not know -no-acpi"));
      assertEquals(major == 10, named, problems::toString);
    }
  }

  /** What the older release refuses or ignores; the newer one has no word against it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "disk += [ 'vdev=hdc,devtype=cdrom,backendtype=phy,target=' ] | WARNING F:6: the empty drive"
            + " hdc stays empty, before Xen 4.20",
        "smbios = [ 'bios_vendor=x' ] | NOTE F:6: Xen 4.17 ignores 'smbios', Xen 4.20 knows it",
        "bootloader_user = 'x' | NOTE F:6: Xen 4.17 ignores 'bootloader_user'",
      })
  void theNewerReleaseDoesMore(String line, String expected) throws IOException {
    String text = good() + line + "\n";
    List<String> older = problems(text, DeviceModel.STUBDOM, XenRelease.XEN_4_17);
    assertTrue(older.stream().anyMatch(found -> found.startsWith(expected)), older::toString);
    List<String> newer = problems(text, DeviceModel.STUBDOM, XenRelease.XEN_4_20);
    assertTrue(newer.size() < older.size() && older.containsAll(newer), newer::toString);
  }

  @Test
  void aDriveWhoseMediumMayChangeWantsTheKernelsBackend() throws IOException {
    for (String more : List.of("", ",backendtype=qdisk")) {
      String empty = good() + "disk += [ 'vdev=hdc,devtype=cdrom" + more + ",target=' ]\n";
      List<String> found = problems(empty, DeviceModel.STUBDOM, XenRelease.XEN_4_20);
      assertTrue(
          found.get(0).startsWith("WARNING F:6: the empty drive hdc stays empty, `xl cd-insert`"),
          found::toString);
      String full = good() + "disk += [ 'vdev=hdc,devtype=cdrom" + more + ",target=/dev/null' ]\n";
      found = problems(full, DeviceModel.STUBDOM, XenRelease.XEN_4_20);
      assertTrue(
          found.get(0).startsWith("NOTE F:6: after an `xl cd-eject` the drive hdc"),
          found::toString);
      assertEquals(List.of(), problems(full, DeviceModel.STUBDOM, XenRelease.XEN_4_17));
    }
  }

  @Test
  void blktapIsRefusedByTheOlderReleaseOnly() throws IOException {
    String text = good() + "disk += [ '/dev/null,raw,hdb,backendtype=tap' ]\n";
    assertTrue(problems(text, DeviceModel.DOM0, XenRelease.XEN_4_17).get(0).startsWith("ERROR"));
    assertTrue(problems(text, DeviceModel.DOM0, XenRelease.XEN_4_20).get(0).startsWith("WARNING"));
  }

  @Test
  void suggestionsAreNear() {
    assertEquals("disk", KnownKeys.nearest("dsik").orElse(""));
    assertEquals("stubdomain_memory", KnownKeys.nearest("stubdom_memory").orElse("none"));
    assertEquals("", KnownKeys.nearest("completely_else").orElse(""));
  }

  private void assertOnly(String expected, String text) throws IOException {
    List<String> found = problems(text, DeviceModel.STUBDOM);
    assertEquals(1, found.size(), found.toString());
    assertTrue(found.get(0).startsWith("ERROR " + expected), found.toString());
  }
}
