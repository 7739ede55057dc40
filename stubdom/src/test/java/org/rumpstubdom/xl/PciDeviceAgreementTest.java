// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.xl;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.Structure;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Our reading of PCI devices and that of Xen's xlu_pci_parse_spec_string are the same. */
class PciDeviceAgreementTest {
  private static final List<String> CORPUS =
      List.of(
          "01:00.0",
          "0000:01:00.0",
          "1:0.7",
          "ffff:ff:1f.7",
          "0000:01:00.*",
          "01:00.0@5",
          "01:00.0@1f,permissive=1",
          "01:00.0,permissive=1,seize=1,power_mgmt=0,msitranslate=1",
          "01:00.0,rdm_policy=strict",
          "01:00.0,vslot=7",
          "bdf=01:00.0,vslot=7,permissive=1",
          "name=nic,permissive=1",
          "permissive=1,bdf=01:00.0",
          "01:00.0,permissive=1,permissive=0",
          "01:00.0,",
          "",
          "x",
          "01:20.0",
          "01:00.8",
          "100:00.0",
          "10000:01:00.0",
          "0:1:2:3.0",
          "01:00.0@20",
          "01:00.0,permissive",
          "01:00.0,permissive=2",
          "01:00.0,foo=1",
          "01:00.0,name=x",
          "01:00.0,,seize=1",
          "permissive=1",
          "name=");

  private static final String[] FRAGMENTS = {
    ",",
    ",",
    ":",
    ".",
    "=",
    "@",
    "*",
    "0",
    "7",
    "1f",
    "20",
    "0001",
    "01:00.0",
    "02:1f.3",
    "0000:00:02.0",
    "bdf=",
    "name=",
    "name=a",
    "vslot=",
    "vslot=1e",
    "permissive=1",
    "permissive=",
    "permissive=0",
    "msitranslate=1",
    "seize=1",
    "power_mgmt=10",
    "rdm_policy=relaxed",
    "rdm_policy=STRICT",
    "rdm_policy=x",
    "zz=1"
  };

  private static final Pattern UNFINISHED =
      Pattern.compile("^([0-9a-f]+:){1,2}[0-9a-f]++(?![.:])", Pattern.CASE_INSENSITIVE);

  private static final Pattern WIDE = Pattern.compile("[0-9a-fA-F]{9}");

  private static final NativeLibrary XLUTIL = library();

  /** libxl_device_pci of libxl 4.17 to 4.20. */
  @Structure.FieldOrder({
    "func",
    "dev",
    "bus",
    "domain",
    "vdevfn",
    "functions",
    "msitranslate",
    "powerManagement",
    "permissive",
    "seize",
    "rdmPolicy",
    "name"
  })
  public static final class NativePci extends Structure {
    public byte func;
    public byte dev;
    public byte bus;
    public int domain;
    public int vdevfn;
    public int functions;
    public byte msitranslate;
    public byte powerManagement;
    public byte permissive;
    public byte seize;
    public int rdmPolicy;
    public String name;
  }

  @Test
  void onTheCorpus() {
    CORPUS.forEach(PciDeviceAgreementTest::compare);
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
      for (int parts = random.nextInt(6); parts > 0; parts--) {
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

  /**
   * What libxlutil 4.17 does not decide: an address without its function makes it use a number it
   * never got, and crash; of a number of more than 32 bits it takes the lower ones.
   */
  private static boolean undecided(String spec) {
    return Arrays.stream(spec.split("bdf=", -1)).anyMatch(UNFINISHED.asPredicate())
        || WIDE.matcher(spec).find();
  }

  private static void compare(String spec) {
    if (undecided(spec)) {
      return;
    }
    String ours;
    try {
      PciDevice device = PciDevice.parse(spec, 1);
      ours =
          String.join(
              "|",
              device.address(),
              device.name(),
              device.flag("permissive", false) ? "permissive" : "",
              device.flag("seize", false) ? "seize" : "");
    } catch (SyntaxError e) {
      ours = "refused";
    }
    assertEquals(theirs(spec), ours, "'" + spec + "'");
  }

  private static String theirs(String spec) {
    NativePci pci = new NativePci();
    int status =
        XLUTIL
            .getFunction("xlu_pci_parse_spec_string")
            .invokeInt(new Object[] {Pointer.NULL, pci, spec});
    if (status != 0) {
      return "refused";
    }
    String address =
        "%04x:%02x:%02x.%s"
            .formatted(
                pci.domain,
                pci.bus & 0xff,
                pci.dev,
                pci.functions == -1 ? "*" : Byte.toString(pci.func));
    return String.join(
        "|",
        pci.functions == 0 ? "" : address,
        pci.name == null ? "" : pci.name,
        pci.permissive != 0 ? "permissive" : "",
        pci.seize != 0 ? "seize" : "");
  }

  private static NativeLibrary library() {
    try {
      return NativeLibrary.getInstance(LibXlutil.find().orElseThrow().file().toString());
    } catch (IOException | NoSuchElementException | UnsatisfiedLinkError e) {
      throw new AssertionError("Xen's libxlutil is missing; apt-get install libxen-dev", e);
    }
  }
}
