// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.recipe;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.rumpstubdom.build.CrossCompiler;
import org.rumpstubdom.build.Recipe;
import org.rumpstubdom.build.Workspace;
import org.rumpstubdom.util.Directories;
import org.rumpstubdom.util.Hashing;
import org.rumpstubdom.util.StubdomException;
import org.rumpstubdom.util.Trees;

/**
 * QEMU itself: Debian's source package, untouched, with our device list. The tree is compared with
 * a fresh unpack afterwards.
 */
public final class QemuRecipe implements Recipe {
  /** Where the result lies in {@link Workspace#out}. */
  public static final String PROGRAM = "usr/bin/qemu-system-i386";

  /** The same with symbols. */
  public static final String UNSTRIPPED = "usr/lib/debug/qemu-system-i386";

  /** What went in, as JSON. */
  public static final String FACTS = "facts.json";

  private static final List<String> CONFIGURE =
      List.of(
          "--cross-prefix=" + CrossCompiler.PREFIX,
          "--static",
          "--disable-pie",
          "--target-list=i386-softmmu",
          "--without-default-features",
          "--without-default-devices",
          // configure looks below configs/devices in the source tree: lead it out again.
          "--with-devices-i386=../../../../devices/devices",
          "--enable-system",
          "--disable-user",
          "--disable-tools",
          "--disable-docs",
          "--disable-modules",
          "--enable-xen",
          "--enable-xen-pci-passthrough",
          "--disable-tcg",
          "--disable-kvm",
          "--enable-vnc",
          "--enable-nettle",
          "--enable-linux-aio",
          "--audio-drv-list=",
          "--enable-fdt=system",
          "--with-coroutine=ucontext",
          "--disable-debug-info",
          // Inlining across files: about 3 % less for each access to a device.
          "--enable-lto",
          "--disable-install-blobs",
          "--prefix=/usr",
          "--firmwarepath=/usr/share/qemu:/usr/share/seabios:/usr/lib/ipxe/qemu",
          "--disable-werror",
          "--extra-cflags=-fno-pie -mno-red-zone " + CrossCompiler.CFLAGS);

  /** What older versions do without being asked, and do not take as an option. */
  private static final List<String> CONFIGURE_NEWER = List.of("--enable-pixman");

  /** Devices that older versions build with their bus or machine, and do not know by a name. */
  private static final List<String> DEVICES_NEWER =
      List.of("CONFIG_FDC_ISA", "CONFIG_PCI_BRIDGE", "CONFIG_USB_HID", "CONFIG_USB_HUB");

  /**
   * ACPI's tables of some versions, 10.2 for one, call this function of CXL buses, which is not
   * among the stubs of a QEMU without such buses: it could not be linked. Nothing can bring it to
   * the call.
   */
  private static final String CXL_FUNCTION = "cxl_fmws_get_all_sorted";

  private static final Pattern DECLARED = Pattern.compile("(?m)^config ([A-Z0-9_]+)$");

  /** Where a QEMU lists the options of its configure script that are meson's. */
  private static final String OPTIONS = "scripts/meson-buildoptions.sh";

  private final String devices;
  private final boolean trace;

  /**
   * A recipe.
   *
   * @param devices the device list: Kconfig assignments as in QEMU's {@code configs/devices}
   * @param trace whether QEMU has its trace points, for {@code -trace}; they take 0.9 MB
   */
  public QemuRecipe(String devices, boolean trace) {
    this.devices = devices;
    this.trace = trace;
  }

  @Override
  public String name() {
    return "qemu";
  }

  @Override
  public String title() {
    return "build QEMU";
  }

  @Override
  public List<String> packages() {
    return List.of("qemu");
  }

  @Override
  public List<String> dependencies() {
    return List.of(
        "headers",
        "musl",
        "zlib",
        "nettle",
        "libaio",
        "pcre2",
        "glib",
        "pixman",
        "libfdt",
        "xen-libraries");
  }

  @Override
  public void addInputs(Hashing.Key key) {
    key.add("devices", devices);
    key.add("trace", backend(trace));
  }

  @Override
  public boolean resumes() {
    return true;
  }

  @Override
  public void build(Workspace work) throws IOException {
    configure(work, devices, List.of(backend(trace)));
    work.command("ninja", "-j" + work.jobs(), "qemu-system-i386").describe("compile QEMU").run();
    install(work);
    compareTree(work);
  }

  private static String backend(boolean trace) {
    return "--enable-trace-backends=" + (trace ? "log" : "nop");
  }

  /**
   * Unpacks and configures QEMU, unless an interrupted run has done so.
   *
   * @param more arguments for configure beyond the emulator's own
   */
  static void configure(Workspace work, String devices, List<String> more) throws IOException {
    Path configured = work.root().resolve("configured");
    if (Files.exists(configured)) {
      return;
    }
    Trees.clear(work.build());
    Directories.delete(work.source());
    work.unpack("qemu");
    CrossCompiler.install(work);
    Path list = Files.createDirectories(work.root().resolve("devices")).resolve("devices.mak");
    Files.writeString(list, devices + newerDevices(work.source(), devices));
    work.note("configure");
    work.script("../src/configure").args(options(work)).args(more).describe("configure QEMU").run();
    Files.createFile(configured);
  }

  private static String newerDevices(Path source, String devices) throws IOException {
    Set<String> declared = new HashSet<>();
    try (Stream<Path> files = Files.walk(source.resolve("hw"))) {
      for (Path file : (Iterable<Path>) files::iterator) {
        if (file.endsWith("Kconfig")) {
          DECLARED.matcher(Files.readString(file)).results().forEach(m -> declared.add(m.group(1)));
        }
      }
    }
    return DEVICES_NEWER.stream()
        .filter(name -> declared.contains(name.substring("CONFIG_".length())))
        .filter(name -> !devices.contains(name + "="))
        .map(name -> name + "=y\n")
        .collect(Collectors.joining());
  }

  /** What the linker is told beside what it is always told. */
  static List<String> linkOptions(Path source) throws IOException {
    boolean missing =
        names(source.resolve("hw/acpi/cxl.c"), CXL_FUNCTION)
            && !names(source.resolve("hw/cxl/cxl-host-stubs.c"), CXL_FUNCTION);
    return missing ? List.of("-Wl,--defsym=" + CXL_FUNCTION + "=abort") : List.of();
  }

  private static boolean names(Path file, String word) throws IOException {
    return Files.exists(file) && Files.readString(file).contains(word);
  }

  private static List<String> options(Workspace work) throws IOException {
    String known = Files.readString(work.source().resolve(OPTIONS));
    List<String> options = new ArrayList<>(CONFIGURE);
    CONFIGURE_NEWER.stream().filter(option -> known.contains(option + ")")).forEach(options::add);
    List<String> link = new ArrayList<>(List.of("-Wl,--gc-sections"));
    link.addAll(linkOptions(work.source()));
    options.add("--extra-ldflags=" + String.join(" ", link));
    return options;
  }

  private void install(Workspace work) throws IOException {
    Path built = work.build().resolve("qemu-system-i386");
    Path program = work.out().resolve(PROGRAM);
    Path unstripped = work.out().resolve(UNSTRIPPED);
    Files.createDirectories(program.getParent());
    Files.createDirectories(unstripped.getParent());
    Files.copy(built, unstripped);
    work.command(CrossCompiler.PREFIX + "strip", "--remove-section=.comment", "-o")
        .args(program.toString(), built.toString())
        .describe("strip")
        .run();
    JsonObject facts = new JsonObject();
    facts.addProperty("sha256", Hashing.sha256(program));
    facts.addProperty("size", Files.size(program));
    facts.addProperty("patches", 0);
    facts.addProperty("debianPatches", debianPatches(work.source()));
    facts.addProperty("libraryFlags", CrossCompiler.CFLAGS);
    JsonArray configure = new JsonArray();
    options(work).forEach(configure::add);
    configure.add(backend(trace));
    facts.add("configure", configure);
    JsonArray chosen = new JsonArray();
    Files.readString(work.root().resolve("devices").resolve("devices.mak"))
        .lines()
        .filter(line -> line.startsWith("CONFIG_"))
        .forEach(chosen::add);
    facts.add("devices", chosen);
    facts.addProperty("meson", work.tools().firstLine("meson", "--version"));
    facts.addProperty("ninja", work.tools().firstLine("ninja", "--version"));
    facts.addProperty("python", work.tools().firstLine("python3", "--version"));
    Files.writeString(
        work.out().resolve(FACTS),
        new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(facts));
  }

  /** How many patches Debian's own package applies: part of the source as distributed. */
  private static long debianPatches(Path tree) throws IOException {
    try (Stream<String> lines = Files.lines(tree.resolve("debian/patches/series"))) {
      return lines.filter(line -> !line.isBlank() && !line.startsWith("#")).count();
    }
  }

  private static void compareTree(Workspace work) throws IOException {
    work.note("comparing the source tree");
    // The lock that newer versions of meson take while they configure stays behind.
    Files.deleteIfExists(work.source().resolve("subprojects/.wraplock"));
    Path fresh = work.root().resolve("fresh");
    Directories.delete(fresh);
    work.unpack("qemu", fresh);
    Optional<String> difference = Trees.difference(work.source(), fresh);
    if (difference.isPresent()) {
      throw StubdomException.build(
          "QEMU's source tree",
          "differs from the source package after the build: " + difference.get(),
          "remove " + work.root() + " and build again");
    }
  }
}
