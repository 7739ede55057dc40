// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.rumpstubdom.build.source.AptArchive;
import org.rumpstubdom.build.source.FetchedPackage;
import org.rumpstubdom.build.source.SourceLock.Kind;
import org.rumpstubdom.build.source.SourceLock.Pinned;
import org.rumpstubdom.build.source.SourceStore;
import org.rumpstubdom.image.ProgramImage;
import org.rumpstubdom.lab.guest.PvProgram;
import org.rumpstubdom.lab.host.Lab;
import org.rumpstubdom.lab.host.LabClock;
import org.rumpstubdom.lab.host.LabOptions;
import org.rumpstubdom.lab.root.LabRoot;
import org.rumpstubdom.progress.Progress;
import org.rumpstubdom.tests.linux.RumpKernels;
import org.rumpstubdom.util.CacheDirectory;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.util.Hashing;
import org.rumpstubdom.xl.StubNetwork;

/**
 * Programs from Debian's sources, as they are, compiled with {@code scripts/stubdom cc} and run on
 * NetBSD's rump kernel: netcat, LuaJIT and nginx. dom0's own tools talk to them. Needs NetBSD's
 * libraries.
 */
@Tag("lab")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SeedProgramsTest {
  private static final Path CHECKOUT = Path.of(System.getProperty("rumpstubdom.checkout"));
  private static final String CC = CHECKOUT.resolve("scripts/stubdom") + " cc";
  private static final int MEMORY_MIB = 160;
  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final int LARGE = 64 << 20;

  private static final Pinned NETCAT =
      new Pinned(
          "netcat",
          "1.10-47",
          Kind.SOURCE,
          List.of(),
          Map.of(
              "netcat_1.10-47.dsc",
              "64b6e30621d38c0ce5205531b4637a4be01404e988c45baf99d72d86f34a67e3",
              "netcat_1.10-47.debian.tar.xz",
              "033f4f8cd1114d3c8f3eb00c893eb7b4e16db61e79872c6a0189814b398f8254",
              "netcat_1.10.orig.tar.bz2",
              "64913dc3f0b4a96c3ab04d062d84f28ba6854152c94344e3985458b2aebca3d5"));

  private static final Pinned LUAJIT =
      new Pinned(
          "luajit",
          "2.1.0~beta3+git20220320+dfsg-4.1+deb12u1",
          Kind.SOURCE,
          List.of(),
          Map.of(
              "luajit_2.1.0~beta3+git20220320+dfsg-4.1+deb12u1.dsc",
              "4738332dcafdda10ade1a87fa0e3b51bce733bf715af0b50c8fb8c0ca3b651b6",
              "luajit_2.1.0~beta3+git20220320+dfsg-4.1+deb12u1.debian.tar.xz",
              "59c6b0aae91f9debe37045812d6fb99b39f41deb7d1b254467ed3d3d417352dd",
              "luajit_2.1.0~beta3+git20220320+dfsg.orig.tar.gz",
              "b4d18d2c5e663682bc7f473797e3ceaca8193e112824a5bdfa3e468d98618678"));

  private static final Pinned NGINX =
      new Pinned(
          "nginx",
          "1.22.1-9+deb12u11",
          Kind.UPSTREAM,
          List.of(),
          Map.of(
              "nginx_1.22.1.orig.tar.gz",
              "9ebb333a9e82b952acd3e2b4aeb1d4ff6406f72491bab6cd9fe69f0dea737f31"));

  private static final String SUM =
      "local s = 0 for i = 1, 1e7 do s = s + i % 7 end print(\"sum\", s, jit.status())";

  private static final String NGINX_CONF =
      """
      daemon off;
      master_process off;
      error_log stderr;
      pid /run/nginx.pid;
      events { }
      http {
        access_log off;
        server { listen 80; root /www; }
      }
      """;

  @TempDir private Path directory;
  private Path kernel;
  private Lab lab;

  /** Not once for all: so each test is counted that is skipped. */
  @BeforeEach
  void boot() throws IOException {
    Path libraries = RumpKernels.netbsd();
    if (lab != null) {
      return;
    }
    kernel = RumpKernels.build(libraries, List.of("inet", "virtif")).file();
    LabOptions options = LabOptions.of(LabClock.WALL, LabRoot.DEFAULT_SUITE);
    lab = Lab.open(options.withGuestMemory(MEMORY_MIB), Progress.silent());
  }

  @AfterAll
  void shutDown() {
    if (lab != null) {
      lab.close();
    }
  }

  /** The package's sources, unpacked; a directory of the test's own. */
  private Path sources(Pinned pin) throws IOException {
    CacheDirectory cache = CacheDirectory.ofUser();
    Path lists = cache.directory("apt").resolve(LabRoot.DEFAULT_SUITE);
    AptArchive archive = new AptArchive(lists, LabRoot.DEFAULT_SUITE, directory.resolve("apt.log"));
    FetchedPackage fetched =
        new SourceStore(cache, archive, null, false, Progress.silent()).get(pin);
    Path place = directory.resolve(pin.name());
    if (pin.kind() == Kind.SOURCE) {
      Command.of("dpkg-source", "--no-check", "-x", fetched.file(".dsc").toString())
          .args(place.toString())
          .run();
    } else {
      String archived = fetched.file(".orig.tar.gz").toString();
      Files.createDirectories(place);
      Command.of("tar", "-xf", archived, "-C", place.toString(), "--strip-components=1").run();
    }
    return place;
  }

  private static void make(Path in, String... arguments) {
    Command.of("make", "-j" + Runtime.getRuntime().availableProcessors())
        .args(arguments)
        .in(in)
        .run();
  }

  private PvProgram.Result run(
      Path program, List<String> arguments, Map<Path, String> files, String command)
      throws IOException {
    ProgramImage image = new ProgramImage(program);
    for (Map.Entry<Path, String> file : files.entrySet()) {
      image.add(file.getKey(), file.getValue());
    }
    Path ramdisk = directory.resolve(program.getFileName() + ".cpio");
    image.write(ramdisk, arguments, Map.of());
    PvProgram.Domain domain =
        new PvProgram.Domain(
            program.getFileName().toString(), StubNetwork.of("0,10.9.0.7/24,10.9.0.1"), MEMORY_MIB);
    return new PvProgram(lab, domain, Progress.silent()).run(kernel, ramdisk, command, LIMIT);
  }

  @Test
  void netcatHearsDom0() throws IOException {
    Path sources = sources(NETCAT);
    make(
        sources,
        "linux",
        "CC=" + CC + " -O2",
        "DFLAGS=-DLINUX -DTELNET -DIP_TOS -DDEBIAN_VERSION=\\\"1.10-47\\\"");
    PvProgram.Result result =
        run(
            sources.resolve("nc"),
            List.of("-l", "-p", "7000"),
            Map.of(),
            "until echo \"hello from dom0\" | busybox nc 10.9.0.7 7000; do sleep 1; done; sleep 2");
    assertEquals(0, result.command().status(), result::toString);
    assertTrue(result.console().contains("\nhello from dom0\n"), result::toString);
    assertTrue(result.console().contains("exited with status 0"), result::toString);
  }

  @Test
  void luajitCompilesAsItRuns() throws IOException {
    Path sources = sources(LUAJIT);
    make(
        sources,
        "CC=" + CC,
        "HOST_CC=gcc",
        "TARGET_SYS=Linux",
        "BUILDMODE=static",
        "XCFLAGS=-DLUAJIT_NO_UNWIND");
    Path program = sources.resolve("src/luajit");
    String onLinux = Command.of(program.toString(), "-e", SUM).capture().run().output();
    PvProgram.Result result = run(program, List.of("-e", SUM), Map.of(), null);
    assertTrue(result.succeeded(), result::toString);
    String sum = onLinux.lines().findFirst().orElseThrow().split("SSE", 2)[0];
    assertTrue(sum.contains("true"), sum);
    assertTrue(result.console().contains("\n" + sum), result::toString);
  }

  @Test
  void nginxSendsALargeFile() throws IOException {
    Path sources = sources(NGINX);
    Command.of("sh", "configure", "--with-cc=" + CC, "--prefix=/nginx")
        .args("--without-http_rewrite_module", "--without-http_gzip_module")
        .in(sources)
        .run();
    make(sources);
    Path large = directory.resolve("large");
    byte[] content = new byte[LARGE];
    new Random(1).nextBytes(content);
    Files.write(large, content);
    Path configuration = Files.writeString(directory.resolve("nginx.conf"), NGINX_CONF);
    Path page = Files.writeString(directory.resolve("page"), "ready\n");
    PvProgram.Result result =
        run(
            sources.resolve("objs/nginx"),
            List.of(),
            Map.of(
                configuration,
                "/nginx/conf/nginx.conf",
                page,
                "/www/index.html",
                large,
                "/www/large"),
            "until busybox wget -q -O- http://10.9.0.7/; do sleep 1; done;"
                + " busybox wget -q -O- http://10.9.0.7/large | sha256sum");
    assertEquals(
        "ready\n" + Hashing.sha256(large) + "  -\n", result.command().output(), result::toString);
  }
}
