// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.build.netbsd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.util.StubdomException;

/**
 * Libraries of a few lines each, compiled here, with the names that NetBSD's have. The compiler and
 * the linker are the judges of what is in an object and of what can be linked.
 */
final class RumpLibrariesTest {
  private static final String KERNEL =
      """
      int rumpuser_init(int, const void *);
      void *rumpuser_curlwp(void);
      const char rumpns_copyright[] = "(c)", rumpns_osrelease[] = "8.1";
      extern const char *__start_link_set_rump_components[], *__stop_link_set_rump_components[];
      extern const char *__start_link_set_sysctl[], *__stop_link_set_sysctl[];
      int rump_init(void) {
          int n = 0;
          if (rumpuser_init(17, rumpns_copyright) != 0)
              return -1;
          for (const char **p = __start_link_set_rump_components;
               p < __stop_link_set_rump_components; p++)
              n++;
          for (const char **p = __start_link_set_sysctl; p < __stop_link_set_sysctl; p++)
              n += 100;
          return n;
      }
      int rump_pub_lwproc_rfork(int flags) { return flags; }
      int rump___sysimpl_read(int fd) { return fd; }
      void *rumpns_curlwp(void) { return rumpuser_curlwp(); }
      """;

  private static final List<String> SYMBOLS =
      List.of(
          "main.o:",
          "rumpuser_init T 0 10",
          "rumpuser_curlwp T 10 10",
          "rumpcomp_virt_send T 20 10",
          "rump_init U ",
          "rump___sysimpl_read U ",
          "rump_stubdom_pollnotify w ",
          "kernel_end_address U ");

  /** Compiled once. */
  @TempDir static Path usual;

  @TempDir Path directory;
  private Path set;

  @BeforeEach
  void usualSet() throws IOException {
    set = Files.createDirectory(directory.resolve("a set"));
    try (Stream<Path> files = Files.list(usual)) {
      List<Path> all = files.toList();
      for (Path file : all) {
        Files.copy(file, set.resolve(file.getFileName()));
      }
      if (!all.isEmpty()) {
        return;
      }
    }
    compileUsualSet();
    try (Stream<Path> files = Files.list(set)) {
      for (Path file : files.toList()) {
        Files.copy(file, usual.resolve(file.getFileName()));
      }
    }
  }

  private void compileUsualSet() throws IOException {
    library("rump", KERNEL);
    library("rumpvfs", "int rumpns_vfs_attach(void) { return 0; }");
    library("rumpdev", "int rumpns_dev;");
    library("rumpnet", "int rumpns_ifnet_list = 1; int rumpns_net(void) { return 1; }");
    library("rumpfs_tmpfs", component("tmpfs", "rumpns_vfs_attach"));
    library("rumpnet_local", component("local", "rumpns_net"));
    library("rumpnet_net", component("net", "rumpns_net") + "int rumpns_ifnet_list = 2;");
    library("rumpnet_netinet", component("inet", "rumpns_component_net"));
    library("rumpfs_ext2fs", component("ext2fs", "rumpns_fifo_ops"));
    library("rumpvfs_fifofs", "int rumpns_fifo_ops(void) { return 1; }");
    library("rumpvfs_nofifofs", "int rumpns_fifo_ops(void) { return 0; }");
  }

  private static String component(String name, String needs) {
    return """
    int %s(void);
    int rumpns_component_%s(void) { return %s(); }
    static const char *const member __attribute__((section("link_set_rump_components"), used)) =
        "%s";
    """
        .formatted(needs, name, needs, name);
  }

  private Path object(Path into, String name, String source, String... options) throws IOException {
    Path file = into.resolve(name + ".o");
    Path text = Files.writeString(directory.resolve(name + ".c"), source);
    Command.of("gcc", "-c", "-O1", "-fPIE", "-fno-stack-protector", "-ffreestanding")
        .args(options)
        .args("-o", file.toString(), text.toString())
        .run();
    return file;
  }

  private void library(String name, String source, String... options) throws IOException {
    archive(name, List.of(object(directory, name, source, options)));
  }

  private void archive(String name, List<Path> objects) throws IOException {
    Path file = set.resolve("lib" + name + ".a");
    Files.deleteIfExists(file);
    Command.of("ar", "rc", file.toString())
        .args(objects.stream().map(Path::toString).toList())
        .run();
  }

  private RumpLibraries open() throws IOException {
    return RumpLibraries.open(set, new CacheDirectory(directory.resolve("cache")));
  }

  private RumpSelection choose(String... components) throws IOException {
    RumpLibraries libraries = open();
    RumpSelection.requireComponents(libraries, List.of(components));
    return RumpSelection.choose(
        libraries, List.of(components), KernelSymbols.parse(SYMBOLS.stream()));
  }

  /** What the choice says, without the place of the directory. */
  private String refusal(String... components) {
    String message = assertThrows(StubdomException.class, () -> choose(components)).getMessage();
    return message.replace(set.toString(), "SET");
  }

  @Test
  void theKernelsReleaseAndHypercallsAreReadFromIt() throws IOException {
    assertEquals(Optional.of("8.1"), open().release());
    assertEquals(Optional.of(17), open().hypercalls());
  }

  @Test
  void componentsComeWithWhatTheyNeedAndNothingElse() throws IOException {
    assertEquals(
        List.of("rumpfs_tmpfs", "rumpnet_local", "rump", "rumpnet", "rumpvfs"), choose().names());
    assertEquals(
        List.of(
            "rumpfs_tmpfs",
            "rumpnet_local",
            "rumpnet_net",
            "rumpnet_netinet",
            "rump",
            "rumpnet",
            "rumpvfs"),
        choose("inet").names());
  }

  @Test
  void fifosThatWorkAreTakenBeforeThoseThatDoNot() throws IOException {
    List<String> names = choose("ext2fs").names();
    assertTrue(names.contains("rumpvfs_fifofs"), names::toString);
    assertTrue(!names.contains("rumpvfs_nofifofs"), names::toString);
  }

  /** The program says how many components have made themselves known, and whose variable it has. */
  @Test
  void whatIsChosenCanBeLinkedAndFindsItsLinkSets() throws IOException {
    Path rules = Files.createDirectory(directory.resolve("it's for the linker"));
    choose("inet").write(rules, false);
    Path main =
        object(
            directory,
            "main",
            """
            int rump_init(void);
            extern int rumpns_ifnet_list;
            int rumpuser_init(int v, const void *p) { return v == 17 && p != 0 ? 0 : 1; }
            void *rumpuser_curlwp(void) { return 0; }
            int main(void) { return rump_init() * 10 + rumpns_ifnet_list; }
            """);
    Path program = directory.resolve("program");
    Command.of("gcc", "-static", "-no-pie", "-Wl,--gc-sections", "-o", program.toString())
        .args(main.toString(), "@" + rules.resolve("link.rsp"))
        .run();
    // Four components, and the variable of net, not its stub in rumpnet.
    assertEquals(42, Command.of(program.toString()).execute().status());
  }

  @Test
  void callsThatHadAnotherNameAreFoundByIt() throws IOException {
    library("rump", KERNEL + "int rump___sysimpl_statvfs1(void) { return 42; }");
    List<String> symbols = new ArrayList<>(SYMBOLS);
    symbols.add("rump___sysimpl_statvfs190 U ");
    RumpSelection selection =
        RumpSelection.choose(open(), List.of("inet"), KernelSymbols.parse(symbols.stream()));
    Path linking = Files.createDirectory(directory.resolve("linking"));
    selection.write(linking, true);
    Path main =
        object(
            directory,
            "main",
            """
            int rump_init(void), rump___sysimpl_statvfs190(void);
            int rumpuser_init(int v, const void *p) { return v == 17 && p != 0 ? 0 : 1; }
            void *rumpuser_curlwp(void) { return 0; }
            int main(void) { return rump_init() > 0 ? rump___sysimpl_statvfs190() : 0; }
            """);
    Path program = directory.resolve("program");
    Command.of("gcc", "-static", "-no-pie", "-Wl,--gc-sections", "-o", program.toString())
        .args(main.toString(), "@" + linking.resolve("link.rsp"))
        .run();
    assertEquals(42, Command.of(program.toString()).execute().status());
    // The linker was told of copies only.
    String copy = linking.resolve("librump.a").toString();
    List<String> told = Files.readAllLines(linking.resolve("link.rsp"));
    assertTrue(told.contains(copy), told.toString());
    assertTrue(
        told.stream().allMatch(name -> name.startsWith("-Wl,") || name.startsWith(linking + "/")),
        told.toString());
  }

  @Test
  void theHalfOfAComponentThatIsForHostsIsLeftOut() throws IOException {
    Path kernelHalf =
        object(
            directory,
            "if_virt",
            component("virt", "rumpns_net")
                + "void rumpcomp_virt_send(void);"
                + "void rumpns_virt_start(void) { rumpcomp_virt_send(); }");
    Path hostHalf =
        object(
            directory,
            "virtif_user",
            "int pthread_create(void); void rumpcomp_virt_send(void) { pthread_create(); }");
    archive("rumpnet_virtif", List.of(kernelHalf, hostHalf));
    RumpSelection selection = choose("virtif");
    selection.write(directory, false);
    List<String> arguments = Files.readAllLines(directory.resolve("link.rsp"));
    assertTrue(
        arguments.stream().anyMatch(argument -> argument.endsWith("if_virt.o")),
        arguments::toString);
    assertTrue(
        arguments.stream().noneMatch(argument -> argument.contains("virtif_user")),
        arguments::toString);
  }

  @Test
  void aSetIsReadWithoutUnpackingItElsewhere() throws IOException {
    Path tree = directory.resolve("tree/usr/lib");
    Files.createDirectories(tree.resolve("i386"));
    try (Stream<Path> files = Files.list(set)) {
      for (Path file : files.toList()) {
        Files.copy(file, tree.resolve(file.getFileName()));
        Files.writeString(tree.resolve("i386").resolve(file.getFileName()), "of another ABI");
      }
    }
    Path comp = directory.resolve("comp.tar.xz");
    Command.of("tar", "-cJf", comp.toString(), "-C", directory.resolve("tree").toString(), "./usr")
        .run();
    CacheDirectory cache = new CacheDirectory(directory.resolve("cache"));
    RumpLibraries libraries = RumpLibraries.open(comp, cache);
    assertEquals(Optional.of("8.1"), libraries.release());
    assertTrue(libraries.directory().startsWith(cache.root().toRealPath()));
    Files.write(comp, Arrays.copyOf(Files.readAllBytes(comp), 900));
    StubdomException failure =
        assertThrows(StubdomException.class, () -> RumpLibraries.open(comp, cache));
    assertTrue(failure.getMessage().startsWith(comp + ": not a whole set"), failure::getMessage);
  }

  @Test
  void whatIsNoSuchDirectoryIsRefusedInOneLine() throws IOException {
    Files.delete(set.resolve("librump.a"));
    assertEquals(
        "SET: no librump.a, which has rump_init;"
            + " name a directory with NetBSD's librump*.a, or its comp set",
        refusal());
    library("rump", "int rump_init(void) { return 0; }");
    assertEquals(
        "librump.a: has no rump_pub_lwproc_rfork: not NetBSD's rump kernel;"
            + " name a directory with NetBSD's librump*.a, or its comp set",
        refusal());
  }

  @Test
  void anotherVersionOfTheHypercallsIsRefused() throws IOException {
    library("rump", KERNEL.replace("rumpuser_init(17,", "rumpuser_init(16,"));
    assertEquals(
        "librump.a: calls rumpuser_init for hypercalls of version 16, our kernel has version 17;"
            + " name libraries of a NetBSD release with version 17",
        refusal());
  }

  @Test
  void codeOfOtherMachinesIsRefusedByASymbol() throws IOException {
    library("rumpfs_tmpfs", "int rumpns_tmpfs(void) { return 1; }", "-m32");
    assertEquals(
        "librumpfs_tmpfs.a(rumpfs_tmpfs.o): rumpns_tmpfs is 32-bit code for i386;"
            + " name libraries of NetBSD/amd64",
        refusal());
    Path object = object(directory, "arm", "int rumpns_tmpfs(void) { return 1; }");
    byte[] content = Files.readAllBytes(object);
    content[18] = (byte) 183;
    archive("rumpfs_tmpfs", List.of(Files.write(object, content)));
    assertEquals(
        "librumpfs_tmpfs.a(arm.o): rumpns_tmpfs is 64-bit code for AArch64;"
            + " name libraries of NetBSD/amd64",
        refusal());
  }

  @Test
  void aKernelOfAnotherMachineIsRefusedByASymbol() throws IOException {
    library("rump", KERNEL, "-m32");
    assertEquals(
        "librump.a(rump.o): rump___sysimpl_read is 32-bit code for i386;"
            + " name libraries of NetBSD/amd64",
        refusal());
  }

  /** Before version 17 the kernel asked for the version by another call. */
  @Test
  void aKernelFromBeforeTheVersionsIsRefusedByASymbol() throws IOException {
    library(
        "rump",
        "int rumpuser_getversion(void);\n"
            + KERNEL.replace("rumpuser_init(17, rumpns_copyright)", "rumpuser_getversion()"));
    assertEquals(
        "librump.a(rump.o): calls rumpuser_getversion, a hypercall that our kernel has not got;"
            + " name all libraries of one NetBSD release",
        refusal());
  }

  @Test
  void aLibraryThatIsNotThereIsNamedWithWhatNeedsIt() throws IOException {
    Files.delete(set.resolve("librumpvfs.a"));
    assertEquals(
        "SET: no librumpvfs.a, and librumpfs_tmpfs.a(rumpfs_tmpfs.o) needs rumpns_vfs_attach;"
            + " name a directory with NetBSD's librump*.a, or its comp set",
        refusal());
    library("rumpvfs", "int rumpns_other;");
    assertEquals(
        "librumpfs_tmpfs.a(rumpfs_tmpfs.o): needs rumpns_vfs_attach, which no library here has;"
            + " name all libraries of one NetBSD release",
        refusal());
    Files.delete(set.resolve("librumpnet.a"));
    assertEquals(
        "SET: no librumpnet.a, and librumpnet_local.a(rumpnet_local.o) needs rumpns_net;"
            + " name a directory with NetBSD's librump*.a, or its comp set",
        refusal());
  }

  @Test
  void anArchiveThatIsNotWholeIsRefusedByItsName() throws IOException {
    Path tmpfs = set.resolve("librumpfs_tmpfs.a");
    byte[] whole = Files.readAllBytes(tmpfs);
    for (int length : new int[] {0, 4, 8, 40, 70, whole.length - 700}) {
      Files.write(tmpfs, Arrays.copyOf(whole, length));
      assertTrue(refusal().startsWith("librumpfs_tmpfs.a"), length + ": " + refusal());
    }
    Files.delete(tmpfs);
    Command.of("ar", "rcT", tmpfs.toString())
        .args(object(directory, "elsewhere", component("tmpfs", "rumpns_net")).toString())
        .run();
    assertEquals(
        "librumpfs_tmpfs.a: a thin archive: its objects are elsewhere; name whole archives",
        refusal());
  }

  @Test
  void componentsThatStartByConstructorsAreRefusedByASymbol() throws IOException {
    library(
        "rumpfs_tmpfs",
        component("tmpfs", "rumpns_vfs_attach")
            + "int rumpns_n; __attribute__((constructor)) void rumpns_attach(void) { rumpns_n = 1; }");
    assertEquals(
        "librumpfs_tmpfs.a(rumpfs_tmpfs.o): rumpns_attach comes with constructors, not link sets;"
            + " name libraries of a NetBSD release",
        refusal());
  }

  /** Another set of a release, and a file that is none. */
  @Test
  void anotherSetIsRefused() throws IOException {
    Path tree = Files.createDirectories(directory.resolve("tree/usr/lib"));
    Files.writeString(tree.resolve("libc.a"), "no rump kernel");
    Path base = directory.resolve("base.tar.xz");
    Command.of("tar", "-cJf", base.toString(), "-C", directory.resolve("tree").toString(), "./usr")
        .run();
    CacheDirectory cache = new CacheDirectory(directory.resolve("cache"));
    assertEquals(
        base
            + ": no librump.a, which has rump_init;"
            + " name a directory with NetBSD's librump*.a, or its comp set",
        assertThrows(StubdomException.class, () -> RumpLibraries.open(base, cache)).getMessage());
    Path text = Files.writeString(directory.resolve("text"), "neither one nor the other");
    assertEquals(
        text
            + ": neither a directory nor a set;"
            + " name a directory with NetBSD's librump*.a, or its comp set",
        assertThrows(StubdomException.class, () -> RumpLibraries.open(text, cache)).getMessage());
  }

  @Test
  void codeThatCannotBeLinkedHighIsRefusedByASymbol() throws IOException {
    library(
        "rumpfs_tmpfs",
        component("tmpfs", "rumpns_vfs_attach")
            + "extern int rumpns_x; void f(void *); void g(void) { f(&rumpns_x); }",
        "-fno-pie",
        "-mcmodel=small");
    assertEquals(
        "librumpfs_tmpfs.a(rumpfs_tmpfs.o): compiled for the low 4 GiB: R_X86_64_32 against"
            + " rumpns_x; name libraries compiled with -fPIE or -mcmodel=kernel",
        refusal());
  }

  @Test
  void damagedLibrariesAreRefusedWhenTheyAreUsed() throws IOException {
    Path file =
        Files.writeString(directory.resolve("text.o"), "no object, but long enough".repeat(9));
    archive("rumpfs_ext2fs", List.of(file));
    assertEquals(5, choose().names().size());
    assertEquals(
        "librumpfs_ext2fs.a(text.o): not an ELF object; name libraries of NetBSD/amd64",
        refusal("ext2fs"));
    Path object = object(directory, "whole", component("tmpfs", "rumpns_vfs_attach"));
    byte[] content = Files.readAllBytes(object);
    archive(
        "rumpfs_ext2fs", List.of(Files.write(object, Arrays.copyOf(content, content.length / 2))));
    assertEquals(
        "librumpfs_ext2fs.a(whole.o): cut off or damaged; name libraries of NetBSD/amd64",
        refusal("ext2fs"));
  }

  @Test
  void whatIsMissingIsNamedWithTheOneWhoNeedsIt() throws IOException {
    library("rumpfs_tmpfs", component("tmpfs", "rumpns_uvm_missing"));
    assertEquals(
        "librumpfs_tmpfs.a(rumpfs_tmpfs.o): needs rumpns_uvm_missing, which no library here has;"
            + " name all libraries of one NetBSD release",
        refusal());
    library("rumpfs_tmpfs", component("tmpfs", "rumpuser_of_tomorrow"));
    assertEquals(
        "librumpfs_tmpfs.a(rumpfs_tmpfs.o): calls rumpuser_of_tomorrow, a hypercall that our"
            + " kernel has not got; name all libraries of one NetBSD release",
        refusal());
    library("rump", KERNEL.replace("rump___sysimpl_read", "rump_sys_read"));
    StubdomException failure = assertThrows(StubdomException.class, () -> choose());
    assertEquals(
        "librump.a: has no rump___sysimpl_read, nor has another library; our kernel calls it"
            + " (and 1 more); name all libraries of one NetBSD release",
        failure.getMessage());
    assertEquals(2, failure.details().size());
  }

  /** A function of tmpfs with an array that a stack protector watches. */
  private static String withArray() {
    return component("tmpfs", "rumpns_vfs_attach")
        + """
        void f(char *);
        int rumpns_g(int i) { char c[99]; f(c); return c[i]; }
        void f(char *p) { *p = 1; }
        """;
  }

  /** As NetBSD's own compiler would; our kernel or librump has what it calls. */
  @Test
  void netbsdsStackProtectorIsTaken() throws IOException {
    library("rumpfs_tmpfs", withArray(), "-fstack-protector-all", "-mstack-protector-guard=global");
    assertTrue(
        Command.of("nm", set.resolve("librumpfs_tmpfs.a").toString())
            .capture()
            .run()
            .output()
            .contains("U __stack_chk_guard"));
    List<String> symbols = new ArrayList<>(SYMBOLS);
    symbols.add("__stack_chk_fail W 30 10");
    symbols.add("__stack_chk_guard V 40 8");
    assertEquals(
        5,
        RumpSelection.choose(open(), List.of(), KernelSymbols.parse(symbols.stream()))
            .names()
            .size());
    library(
        "rump",
        KERNEL + "long __stack_chk_guard[8]; void __stack_chk_fail(void) { for (;;) ; }",
        "-fno-stack-protector");
    assertEquals(
        5,
        RumpSelection.choose(open(), List.of(), KernelSymbols.parse(symbols.stream()))
            .names()
            .size());
  }

  @Test
  void theStackProtectorOfAnotherSystemIsRefused() throws IOException {
    library("rumpfs_tmpfs", withArray(), "-fstack-protector-all", "-mstack-protector-guard=tls");
    List<String> symbols = new ArrayList<>(SYMBOLS);
    symbols.add("__stack_chk_fail W 30 10");
    symbols.add("__stack_chk_guard V 40 8");
    RumpLibraries libraries = open();
    KernelSymbols kernel = KernelSymbols.parse(symbols.stream());
    StubdomException failure =
        assertThrows(
            StubdomException.class, () -> RumpSelection.choose(libraries, List.of(), kernel));
    assertEquals(
        "librumpfs_tmpfs.a(rumpfs_tmpfs.o): calls __stack_chk_fail without __stack_chk_guard:"
            + " compiled with the stack protector of another system; name all libraries of one"
            + " NetBSD release",
        failure.getMessage());
  }

  @Test
  void whatIsThereTwiceIsNamedWithBoth() throws IOException {
    library(
        "rumpnet_local",
        component("local", "rumpns_net") + "int rumpns_component_tmpfs(void) { return 9; }");
    assertEquals(
        "librumpnet_local.a(rumpnet_local.o): defines rumpns_component_tmpfs, as"
            + " librumpfs_tmpfs.a(rumpfs_tmpfs.o) does; name all libraries of one NetBSD release",
        refusal());
    library(
        "rumpnet_local",
        component("local", "rumpns_net") + "void *rumpuser_curlwp(void) { return 0; }");
    assertEquals(
        "librumpnet_local.a(rumpnet_local.o): defines rumpuser_curlwp, as our kernel does;"
            + " name all libraries of one NetBSD release",
        refusal());
  }

  @Test
  void anUnknownComponentIsAMistakeOfTheCommandLine() throws IOException {
    assertEquals(
        "--rump-components: ext2f: no such component in SET; did you mean ext2fs?",
        refusal("ext2f"));
    List<String> names = new ArrayList<>(choose("rumpfs_ext2fs", "ext2fs").names());
    assertTrue(names.contains("rumpfs_ext2fs"), names::toString);
  }
}
