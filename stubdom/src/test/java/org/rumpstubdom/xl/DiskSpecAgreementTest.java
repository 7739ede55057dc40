// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.Structure;
import com.sun.jna.ptr.NativeLongByReference;
import com.sun.jna.ptr.PointerByReference;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Our reading of disk specifications and that of Xen's xlu_disk_parse are the same. */
class DiskSpecAgreementTest {
  private static final List<String> CORPUS =
      List.of(
          "/a.img,raw,hda,rw",
          "/a.img,,hda",
          "format=raw, vdev=hda, access=rw, target=/a,b c ",
          "raw:/a.img,hda,w",
          "/a.iso,,hdc,cdrom",
          "/a.iso,raw,hdc,devtype=cdrom",
          "raw:/a.iso,hdc:cdrom,ro",
          ",,hdc,cdrom",
          "vdev=hdc,cdrom",
          "vdev=hdc,access=ro,cdrom,target=",
          "phy:/dev/x,hda,w",
          "tap:qcow2:/a,hda,w",
          "nbd:host,hda,w",
          "script=block-x,vdev=xvda,target=y",
          "backend=storage,backendtype=phy,/a,raw,hda",
          "/a,raw,hda,rw,discard,direct-io-safe",
          "/a,qcow2,sdb,ro",
          "",
          "/a",
          "/a,raw",
          "/a,vmdk,hda",
          "/a,raw,hda,x",
          "/a,raw,hda,rw,extra",
          "foo=1,/a,raw,hda",
          "http:/x,raw,hda",
          "vdev=hda,vdev=hdb,target=/a",
          "vdev=hda,format=raw",
          "/a=b,raw,hda");

  private static final String[] FRAGMENTS = {
    ",",
    ",",
    ",",
    " ",
    "/a",
    "raw",
    "qcow2",
    "empty",
    "vhd",
    "hda",
    "xvdb",
    "sdc",
    "hdc:cdrom",
    "hda:disk",
    "rw",
    "ro",
    "r",
    "w",
    "cdrom",
    "devtype=cdrom",
    "devtype=disk",
    "devtype=x",
    "format=raw",
    "format=",
    "vdev=hda",
    "vdev=",
    "access=ro",
    "access=w",
    "access=",
    "target=/t",
    "target=",
    "raw:",
    "phy:",
    "file:",
    "tap:",
    "aio:",
    "nbd:",
    "abc:",
    "x:1",
    "discard",
    "no-discard",
    "script=s",
    "script=",
    "backend=d",
    "backendtype=qdisk",
    "colo-host=h",
    "zz=1",
    "specification=xen",
    "=",
    "-",
    ":"
  };

  private static final NativeLibrary XLUTIL = library("xlutil");
  private static final NativeLibrary XENLIGHT = library("xenlight");
  private static final NativeLibrary LIBC = NativeLibrary.getInstance("c");

  /** The beginning of libxl_device_disk in libxl 4.17 to 4.20; the rest is only reserved. */
  @Structure.FieldOrder({
    "backendDomid",
    "backendDomname",
    "pdevPath",
    "vdev",
    "backend",
    "format",
    "script",
    "removable",
    "readwrite",
    "isCdrom",
    "rest"
  })
  public static final class NativeDisk extends Structure {
    public int backendDomid;
    public String backendDomname;
    public String pdevPath;
    public String vdev;
    public int backend;
    public int format;
    public String script;
    public int removable;
    public int readwrite;
    public int isCdrom;
    public byte[] rest = new byte[512];
  }

  /** By number: enum libxl_disk_format. */
  private static final List<String> FORMATS =
      List.of("unknown", "qcow", "qcow2", "vhd", "raw", "empty", "qed");

  @Test
  void onTheCorpus() {
    CORPUS.forEach(DiskSpecAgreementTest::compare);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void onRandomSpecifications(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < 5000; i++) {
      StringBuilder spec = new StringBuilder();
      if (random.nextBoolean()) {
        spec.append(CORPUS.get(random.nextInt(CORPUS.size())));
      }
      for (int parts = random.nextInt(8); parts > 0; parts--) {
        spec.insert(
            random.nextInt(3) == 0 ? random.nextInt(spec.length() + 1) : spec.length(),
            FRAGMENTS[random.nextInt(FRAGMENTS.length)]);
        if (random.nextBoolean()) {
          spec.append(',');
        }
      }
      compare(spec.toString());
    }
  }

  private static void compare(String spec) {
    String ours;
    try {
      Disk disk = DiskSpec.parse(spec, 1);
      ours =
          String.join(
              "|",
              disk.target(),
              disk.vdev(),
              disk.format(),
              disk.script(),
              disk.backend(),
              disk.cdrom() ? "cdrom" : "disk",
              disk.writable() ? "rw" : "ro");
    } catch (SyntaxError e) {
      ours = "refused";
    }
    assertEquals(theirs(spec), ours, "'" + spec + "'");
  }

  private static String theirs(String spec) {
    PointerByReference messages = new PointerByReference();
    NativeLongByReference size = new NativeLongByReference();
    Pointer stream =
        LIBC.getFunction("open_memstream").invokePointer(new Object[] {messages, size});
    Pointer config =
        XLUTIL.getFunction("xlu_cfg_init").invokePointer(new Object[] {stream, "test"});
    byte[] bytes = spec.getBytes(StandardCharsets.UTF_8);
    Memory text = new Memory(bytes.length + 1L);
    Memory specs = new Memory(8);
    try {
      NativeDisk disk = new NativeDisk();
      XENLIGHT.getFunction("libxl_device_disk_init").invokeVoid(new Object[] {disk});
      text.clear();
      text.write(0, bytes, 0, bytes.length);
      specs.setPointer(0, text);
      int status =
          XLUTIL.getFunction("xlu_disk_parse").invokeInt(new Object[] {config, 1, specs, disk});
      if (status != 0) {
        return "refused";
      }
      return String.join(
          "|",
          text(disk.pdevPath),
          disk.vdev,
          FORMATS.get(disk.format),
          text(disk.script),
          text(disk.backendDomname),
          disk.isCdrom != 0 ? "cdrom" : "disk",
          disk.readwrite != 0 ? "rw" : "ro");
    } finally {
      XLUTIL.getFunction("xlu_cfg_destroy").invokeVoid(new Object[] {config});
      LIBC.getFunction("fclose").invokeInt(new Object[] {stream});
      LIBC.getFunction("free").invokeVoid(new Object[] {messages.getValue()});
      // The stream keeps the address of `size`, and `specs` that of `text`: the collector sees
      // neither.
      Reference.reachabilityFence(size);
      Reference.reachabilityFence(text);
    }
  }

  private static String text(String string) {
    return string == null ? "" : string;
  }

  private static NativeLibrary library(String name) {
    try {
      // The version that the program itself takes.
      Path xlutil = LibXlutil.find().orElseThrow().file();
      return NativeLibrary.getInstance(xlutil.toString().replace("libxlutil", "lib" + name));
    } catch (IOException | NoSuchElementException | UnsatisfiedLinkError e) {
      throw new AssertionError("Xen's lib" + name + " is missing; apt-get install libxen-dev", e);
    }
  }
}
