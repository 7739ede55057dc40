// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.rumpstubdom.util.Command;
import org.rumpstubdom.util.ExitCode;
import org.rumpstubdom.util.StubdomException;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** The command line as a user meets it: help, errors, exit codes, what is written where. */
class CommandLineTest {
  private static final String GUEST =
      "name = 'g'\ntype = 'hvm'\nvkb_device = 0\nvnc = 0\n"
          + "disk = [ '/absent.img,raw,hda' ] # mine\n";

  @TempDir Path directory;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final StringWriter err = new StringWriter();

  private int run(Object... arguments) {
    out.reset();
    return run(out, arguments);
  }

  private int run(OutputStream stdout, Object... arguments) {
    err.getBuffer().setLength(0);
    return Main.run(
        Main.commandLine()
            .setOut(new StandardOutput(stdout, StandardCharsets.UTF_8))
            .setErr(new PrintWriter(err)),
        Arrays.stream(arguments).map(Object::toString).toArray(String[]::new));
  }

  private Path guest(String text) throws IOException {
    return Files.writeString(directory.resolve("guest.cfg"), text);
  }

  static List<CommandLine> commands() {
    List<CommandLine> commands = new ArrayList<>();
    collect(Main.commandLine(), commands);
    return commands;
  }

  private static void collect(CommandLine command, List<CommandLine> all) {
    all.add(command);
    command.getSubcommands().values().forEach(sub -> collect(sub, all));
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyOptionAndParameterIsDescribed(CommandLine command) {
    command
        .getCommandSpec()
        .args()
        .forEach(
            argument ->
                assertFalse(
                    String.join("", argument.description()).isBlank(),
                    command.getCommandName() + ": " + argument));
    assertTrue(command.getCommandSpec().usageMessage().description().length > 0);
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandHasHelpAndAManualPage(CommandLine command) throws IOException {
    String name = command.getCommandSpec().qualifiedName(" ");
    String[] arguments = name.replaceFirst("^stubdom ?", "").split(" ", -1);
    assertEquals(
        0, name.equals("stubdom") ? run("--help") : run((Object[]) concat(arguments, "--help")));
    assertTrue(
        out.toString(StandardCharsets.UTF_8).contains("Usage: " + name),
        out.toString(StandardCharsets.UTF_8));
    Path page = Path.of(System.getProperty("rumpstubdom.manual"), name.replace(' ', '-') + ".adoc");
    String manual = Files.readString(page);
    command
        .getCommandSpec()
        .options()
        .forEach(option -> assertTrue(manual.contains(option.longestName()), option.toString()));
    for (String line : command.getCommandSpec().usageMessage().footer()) {
      assertTrue(manual.contains(line.replace("$$", "$")), line);
    }
  }

  /** Each command has -v: a value that begins so is a value all the same. */
  @ParameterizedTest
  @MethodSource("commands")
  void aValueMayLookLikeAnOption(CommandLine command) {
    String[] path =
        command.getCommandSpec().qualifiedName(" ").replaceFirst("^stubdom ?", "").split(" ", -1);
    for (OptionSpec option : command.getCommandSpec().options()) {
      Class<?> type = option.auxiliaryTypes()[0];
      if (option.arity().max() > 0 && (type == String.class || type == Path.class)) {
        for (String[] form :
            List.of(
                new String[] {option.longestName() + "=-vnc"},
                new String[] {option.longestName(), "-vnc"})) {
          assertEquals("-vnc", valueOf(option, concat(path, form)), String.join(" ", form));
        }
      }
    }
  }

  /** What an option gets from a command line in which other things may be missing. */
  private static String valueOf(OptionSpec option, String... arguments) {
    CommandLine line = Main.commandLine();
    subcommands(line).forEach(each -> each.getCommandSpec().parser().collectErrors(true));
    CommandLine.ParseResult parsed = line.parseArgs(arguments);
    while (parsed.hasSubcommand()) {
      parsed = parsed.subcommand();
    }
    Object value = parsed.matchedOptionValue(option.longestName(), (Object) "");
    return value instanceof List<?> list ? list.get(0).toString() : value.toString();
  }

  private static List<CommandLine> subcommands(CommandLine line) {
    List<CommandLine> all = new ArrayList<>();
    collect(line, all);
    return all;
  }

  /** The whole help, word for word: a change of it is to be looked at, not to slip in. */
  @ParameterizedTest
  @MethodSource("commands")
  void helpIsAsAgreed(CommandLine command) throws IOException {
    String name = command.getCommandSpec().qualifiedName(" ");
    String[] path = name.replaceFirst("^stubdom ?", "").split(" ", -1);
    assertEquals(0, run((Object[]) concat(path, "--help")));
    String file = "help/" + name.replaceFirst("^stubdom ", "").replace(' ', '-') + ".txt";
    try (InputStream in = CommandLineTest.class.getResourceAsStream(file)) {
      assertNotNull(in, file + " is missing");
      assertEquals(
          new String(in.readAllBytes(), StandardCharsets.UTF_8),
          out.toString(StandardCharsets.UTF_8));
    }
  }

  private static String[] concat(String[] arguments, String... more) {
    return Stream.concat(Arrays.stream(arguments), Arrays.stream(more))
        .filter(argument -> !argument.isEmpty())
        .toArray(String[]::new);
  }

  @Test
  void helpNamesEveryExitCodeAsDefined() {
    run("--help");
    for (ExitCode code : ExitCode.values()) {
      assertTrue(
          out.toString(StandardCharsets.UTF_8)
              .matches("(?s).*\\n  " + code.status() + " +" + code.meaning() + "\\n.*"),
          code + " in " + out);
    }
  }

  @Test
  void theDocumentedTableOfExitCodesIsTheDefinition() throws IOException {
    String documented =
        Files.readString(
            Path.of(System.getProperty("rumpstubdom.checkout"), "docs", "exit-codes.md"));
    for (ExitCode code : ExitCode.values()) {
      assertTrue(
          documented.contains("| " + code.status() + " | " + code.meaning() + " |"),
          code + " is not in docs/exit-codes.md");
    }
  }

  @Test
  void completionIsAScriptBashAccepts() throws IOException {
    assertEquals(0, run("completion"));
    Path script =
        Files.writeString(directory.resolve("completion"), out.toString(StandardCharsets.UTF_8));
    Command.of("bash", "-n", script.toString()).run();
    String offered =
        Command.of(
                "bash",
                "-c",
                "source "
                    + script
                    + "; COMP_WORDS=(stubdom config --i); COMP_CWORD=2;"
                    + " _complete_stubdom; echo ${COMPREPLY[@]}")
            .capture()
            .run()
            .output();
    assertEquals(
        List.of("--image", "--in-place"),
        List.copyOf(new TreeSet<>(List.of(offered.strip().split("[ '=]+", -1)))));
  }

  @Test
  void usageErrorsAreOneLine() {
    assertEquals(2, run());
    assertOneLine("stubdom: a command is missing; see `stubdom --help`");
    assertEquals(2, run("config"));
    assertOneLine("stubdom: Missing required parameter: 'GUEST.cfg'; see `stubdom config --help`");
    assertEquals(2, run("build", "--only=nonsense"));
    assertOneLine("stubdom: Invalid value for option '--only'");
    assertEquals(2, run("nonsense"));
    assertOneLine("stubdom: 'nonsense' is no command; see `stubdom --help`");
    assertEquals(2, run("confg"));
    assertOneLine("stubdom: 'confg' is no command, did you mean 'config'?; see");
    assertEquals(2, run("help", "bogus"));
    assertOneLine("stubdom: Unknown subcommand 'bogus'; see `stubdom --help`");
    assertEquals(2, run("config", "a", "b"));
    assertOneLine("stubdom: 'b' is too much: `stubdom config` takes one GUEST.cfg; see");
    assertEquals(2, run("version", "b"));
    assertOneLine("stubdom: 'b' is too much: `stubdom version` takes only options; see");
    assertEquals(2, run("config", "a", "--bogus"));
    assertOneLine("stubdom: Unknown option: '--bogus'; see `stubdom config --help`");
    assertEquals(2, run("test", "a", "--until=("));
    assertOneLine(
        "stubdom: Invalid value for option '--until' ([NAME=]REGEX): '(' is no regular expression:"
            + " Unclosed group; see");
    assertEquals(2, run("test", "a", "--clock=x"));
    assertOneLine(
        "stubdom: Invalid value for option '--clock': expected one of [counted, wall] but"
            + " was 'x'; see");
  }

  @Test
  void helpAndVersionAreFoundInTheUsualPlaces() {
    assertEquals(0, run("config", "--help"));
    String help = out.toString(StandardCharsets.UTF_8);
    assertEquals(0, run("help", "config"));
    assertEquals(help, out.toString(StandardCharsets.UTF_8));
    assertEquals(0, run("version"));
    String version = out.toString(StandardCharsets.UTF_8);
    for (String option : List.of("--version", "-V")) {
      assertEquals(0, run(option));
      assertEquals(version, out.toString(StandardCharsets.UTF_8));
    }
  }

  @Test
  void errorsOfJavaAreInternalErrors() {
    CommandLine line =
        Main.commandLine()
            .setErr(new PrintWriter(err))
            .setExecutionStrategy(
                parsed -> {
                  throw new StackOverflowError("deep");
                });
    assertEquals(1, Main.run(line, "version"));
    assertOneLine("stubdom: internal error: StackOverflowError: deep");
  }

  /** /dev/full fails each write with ENOSPC. */
  @Test
  void outputThatIsLostIsAnError() throws IOException {
    Path file = guest(GUEST);
    for (List<Object> command :
        List.<List<Object>>of(List.of("version"), List.of("config", file), List.of("--help"))) {
      try (OutputStream full = new FileOutputStream("/dev/full")) {
        assertEquals(3, run(full, command.toArray()));
      }
      assertOneLine("stubdom: standard output: the disk is full");
    }
  }

  @Test
  void configPrintsTheBytesOfTheFile() throws IOException {
    byte[] latin1 = (GUEST + "# caf\u00e9\n").getBytes(StandardCharsets.ISO_8859_1);
    Path file = Files.write(directory.resolve("guest.cfg"), latin1);
    assertEquals(0, run("config", file));
    assertArrayEquals(latin1, Arrays.copyOf(out.toByteArray(), latin1.length));
  }

  @Test
  void configSpeaksOfTheReleaseThatIsNamed() throws IOException {
    Path file = guest(GUEST + "disk += [ 'vdev=hdc,devtype=cdrom,backendtype=phy,target=' ]\n");
    assertEquals(0, run("config", file, "--strict"));
    assertEquals("", err.toString());
    assertEquals(3, run("config", file, "--strict", "--xen=4.17"));
    assertOneLine("stubdom: " + file + ":6: the empty drive hdc stays empty, before Xen 4.20");
    assertEquals(2, run("config", file, "--xen=4.16"));
    assertOneLine("stubdom: --xen=4.16: no guest was ever tried there; give 4.17 or 4.20");
  }

  @Test
  void configKeepsTheMemoryThatIsThere() throws IOException {
    assertEquals(0, run("config", guest(GUEST + "stubdomain_memory = 128\n")));
    assertTrue(out.toString(StandardCharsets.UTF_8).contains("stubdomain_memory = 128\n"));
    for (String unsound : List.of("4", "3000000000")) {
      assertEquals(0, run("config", guest(GUEST + "stubdomain_memory = " + unsound + "\n")));
      assertTrue(out.toString(StandardCharsets.UTF_8).contains("stubdomain_memory = 32\n"));
    }
    for (String command : List.of("config", "build")) {
      for (String wrong : List.of("-5", "0", "15")) {
        Object[] arguments =
            command.equals("build")
                ? new Object[] {command, "--memory=" + wrong}
                : new Object[] {command, "--memory=" + wrong, guest(GUEST)};
        assertEquals(2, run(arguments));
        assertOneLine("stubdom: --memory=" + wrong + ": must be at least 16");
      }
    }
  }

  /** 4 GiB beyond 2 and three interfaces: 4096 KiB and 560 KiB, which makes 5 MiB. */
  @Test
  void configAddsWhatTheGuestNeedsAndSaysWhy() throws IOException {
    String large = GUEST + "memory = 6144\nvif = [ '', '', '' ]\n";
    assertEquals(0, run("config", guest(large)));
    assertTrue(out.toString(StandardCharsets.UTF_8).contains("stubdomain_memory = 37\n"));
    assertOneLine(
        "stubdom: note: the stub domain gets 37 MiB, 5 more than usual: 6144 MiB of guest memory,"
            + " 3 network interfaces; the smallest is 17");
    assertEquals(0, run("config", guest(large), "--json"));
    JsonObject memory =
        JsonParser.parseString(out.toString(StandardCharsets.UTF_8))
            .getAsJsonObject()
            .getAsJsonObject("memory");
    assertEquals(
        "{'mib':37,'smallestMib':17,'added':[{'what':'6144 MiB of guest memory','kib':4096,"
            + "'required':false},{'what':'3 network interfaces','kib':560,'required':true}]}",
        memory.toString().replace('"', '\''));
    assertEquals(0, run("config", guest(large + "hdtype = 'ahci'\n")));
    assertOneLine(
        "stubdom: note: the stub domain gets 37 MiB, 5 more than usual: 6144 MiB of guest memory,"
            + " 3 network interfaces; the smallest is 21");
    assertEquals(0, run("config", guest(large), "--memory=17"));
    assertEquals("", err.toString());
    assertEquals(0, run("config", guest(large + "stubdomain_memory = 16\n")));
    assertTrue(out.toString(StandardCharsets.UTF_8).contains("stubdomain_memory = 16\n"));
    assertOneLine("stubdom: warning: " + directory.resolve("guest.cfg") + ":8: 16 MiB may be too");
  }

  @Test
  void buildRefusesBeforeItBuilds() throws IOException {
    Path file = guest(GUEST);
    assertEquals(3, run("build", "--out", directory));
    assertOneLine("stubdom: " + directory + ": exists and is not an image directory");
    assertEquals(3, run("build", "--out", file.resolve("x")));
    assertOneLine("stubdom: " + file + ": " + file + " exists and is not a directory");
    assertEquals(2, run("build", "--qemu-arg=a\nb"));
    assertOneLine("stubdom: --qemu-arg=a b: cannot hold a line break");
    assertEquals(2, run("build", "--suite=nosuchsuite"));
    assertOneLine("stubdom: --suite=nosuchsuite: no packages of it are pinned");
    for (String other : List.of("--trace", "--memory=40", "--only=kernel", "--host-compilers")) {
      assertEquals(2, run("build", "--verify", other));
      assertOneLine("stubdom: --verify: is for the image with default options");
      assertEquals(2, run("build", "--record", other));
      assertOneLine("stubdom: --record: is for the image with default options");
    }
    assertEquals(2, run("build", "--record", "--verify"));
    assertOneLine("stubdom: --verify and --record: exclude each other");
    assertEquals(2, run("build", "--rump-components=ext2fs"));
    assertOneLine("stubdom: --rump-components: is for NetBSD's rump kernel; give --rump-kernel");
    assertEquals(2, run("build", "--rump-copyright=x"));
    assertOneLine("stubdom: --rump-copyright: is for NetBSD's rump kernel; give --rump-kernel");
    assertEquals(3, run("build", "--rump-kernel", directory));
    assertOneLine("stubdom: " + directory + ": no librump.a, which has rump_init; name a");
  }

  @Test
  void configPrintsAndLeavesTheFileAlone() throws IOException {
    Path file = guest(GUEST);
    assertEquals(0, run("config", file));
    assertTrue(
        out.toString(StandardCharsets.UTF_8).startsWith(GUEST),
        out.toString(StandardCharsets.UTF_8));
    assertTrue(
        out.toString(StandardCharsets.UTF_8)
            .contains("stubdomain_kernel = \"/usr/lib/rump-stubdom/stubdom-kernel\"\n"),
        out.toString(StandardCharsets.UTF_8));
    assertEquals("", err.toString());
    assertEquals(GUEST, Files.readString(file));
  }

  @Test
  void configInPlaceIsIdempotent() throws IOException {
    Path file = guest(GUEST);
    assertEquals(0, run("config", file, "--in-place", "--memory", "48"));
    String once = Files.readString(file);
    assertTrue(once.contains("stubdomain_memory = 48\n"), once);
    assertEquals("", out.toString(StandardCharsets.UTF_8));
    assertEquals(0, run("config", file, "--in-place", "--memory", "48"));
    assertEquals(once, Files.readString(file));
  }

  @Test
  void configGivesTheStubDomainItsOwnNetwork() throws IOException {
    Path file = guest(GUEST + "vif = [ '', 'type=vif' ]\nvncpasswd = 'secret'\n");
    String[] more = {"--in-place", "--stub-network=1,192.0.2.7/24", "--stub-vnc=1"};
    assertEquals(0, run("config", file, more[0], more[1], more[2]));
    String once = Files.readString(file);
    assertTrue(once.contains("stubdomain_cmdline = \"rump.net=1,192.0.2.7/24\"\n"), once);
    assertTrue(once.contains("\"-vnc\", \":1,password-secret=stubdom-vnc\" ]\n"), once);
    assertEquals(0, run("config", file, more[0], more[1], more[2]));
    assertEquals(once, Files.readString(file));
    assertEquals(0, run("config", file, more[1], more[2], "--json"));
    JsonObject keys =
        JsonParser.parseString(out.toString(StandardCharsets.UTF_8))
            .getAsJsonObject()
            .getAsJsonObject("keys");
    assertEquals("rump.net=1,192.0.2.7/24", keys.get("stubdomain_cmdline").getAsString());
    assertEquals("0", keys.get("vnc").getAsString());
    assertEquals(4, keys.getAsJsonArray("device_model_args_hvm").size());
    assertEquals(2, run("config", file, "--stub-network=1"));
    assertOneLine("stubdom: --stub-network=1: says no address");
    assertEquals(2, run("config", file, "--stub-vnc=60000"));
    assertOneLine("stubdom: --stub-vnc=60000: is no display");
    assertEquals(2, run("config", guest(GUEST), "--stub-vnc=0"));
    assertOneLine("stubdom: --stub-vnc=0: the stub domain has no network");
  }

  @Test
  void runTakesAllBehindTheProgramForItsArguments() throws IOException {
    Path file = Files.writeString(directory.resolve("text"), "no program");
    assertEquals(3, run("run", file, "-l", "--timeout=x"));
    assertEquals(2, run("run", "--timeout=0", file));
    assertOneLine("stubdom: --timeout=0: must be at least 1");
    assertEquals(2, run("run", "--memory=0", file));
    assertOneLine("stubdom: --memory=0: must be at least 1");
    assertEquals(2, run("run", "--env=x", file));
    assertOneLine("stubdom: --env=x: is no variable of one line");
    assertEquals(2, run("run", "--network=10.0.0.1/8", file));
    assertOneLine("stubdom: --network: needs NetBSD's TCP/IP");
    assertEquals(2, run("run", "--dom0=true", "--out=x", file));
    assertOneLine("stubdom: --dom0: is for the emulated host");
    assertEquals(2, run("run", "--rump-components=inet", file));
    assertOneLine("stubdom: --rump-components: is for NetBSD's rump kernel");
  }

  @Test
  void aToolchainHasADirectoryOfItsOwn() throws IOException {
    Files.writeString(directory.resolve("text"), "");
    assertEquals(3, run("toolchain", directory));
    assertOneLine("stubdom: " + directory + ": is not empty");
    assertEquals(3, run("toolchain", directory.resolve("text")));
    assertOneLine("stubdom: " + directory.resolve("text") + ": is no directory");
  }

  @Test
  void configRefusesWhatWouldNotWorkAndWritesNothing() throws IOException {
    String text = GUEST + "gfx_passthru = 1\nsdl = 1\n";
    Path file = guest(text);
    assertEquals(3, run("config", file, "--in-place"));
    assertEquals(text, Files.readString(file));
    assertEquals("", out.toString(StandardCharsets.UTF_8));
    List<String> lines = err.toString().lines().toList();
    assertEquals(2, lines.size(), err.toString());
    assertTrue(lines.get(0).startsWith("stubdom: " + file + ":6: graphics"), err.toString());
    assertTrue(lines.get(1).startsWith("stubdom: warning: " + file + ":7: SDL"), err.toString());
  }

  @Test
  void configNamesThreeLevelsAndStrictKnowsTwo() throws IOException {
    String text = GUEST + "sdl = 1\nne2000 = 0\n";
    Path file = guest(text);
    assertEquals(0, run("config", file));
    List<String> lines = err.toString().lines().toList();
    assertEquals(2, lines.size(), err.toString());
    assertTrue(lines.get(0).startsWith("stubdom: warning: " + file + ":6: "), err.toString());
    assertTrue(lines.get(1).startsWith("stubdom: note: " + file + ":7: "), err.toString());
    assertEquals(3, run("config", file, "--strict", "--in-place"));
    lines = err.toString().lines().toList();
    assertTrue(lines.get(0).startsWith("stubdom: " + file + ":6: SDL"), err.toString());
    assertTrue(lines.get(1).startsWith("stubdom: note: " + file + ":7: "), err.toString());
    assertEquals(text, Files.readString(file));
    assertEquals(3, run("config", file, "--strict", "--json"));
    JsonObject answer =
        JsonParser.parseString(out.toString(StandardCharsets.UTF_8)).getAsJsonObject();
    assertEquals(false, answer.get("supported").getAsBoolean());
    List<String> levels =
        answer.getAsJsonArray("problems").asList().stream()
            .map(problem -> problem.getAsJsonObject().get("severity").getAsString())
            .toList();
    assertEquals(List.of("error", "note"), levels);
    assertEquals(0, run("config", guest(GUEST + "ne2000 = 0\n"), "--strict"));
  }

  @Test
  void configAnswersInJson() throws IOException {
    assertEquals(3, run("config", guest(GUEST + "gfx_passthru = 1\n"), "--json"));
    JsonObject answer =
        JsonParser.parseString(out.toString(StandardCharsets.UTF_8)).getAsJsonObject();
    assertEquals(false, answer.get("supported").getAsBoolean());
    JsonObject problem = answer.getAsJsonArray("problems").get(0).getAsJsonObject();
    assertEquals("error", problem.get("severity").getAsString());
    assertEquals(6, problem.get("line").getAsInt());
    assertEquals("", err.toString());
  }

  @Test
  void devicesOfTheEmulatedHostHaveToBeAskedFor() throws IOException {
    Path disk = Files.write(directory.resolve("disk.img"), new byte[512]);
    String text = GUEST.replace("/absent.img", disk.toString());
    Path file = guest(text + "pci = [ '00:10.0' ]\n");
    assertEquals(3, run("test", file));
    assertOneLine(
        "stubdom: "
            + file
            + ":6: the emulated host has no PCI device '0000:00:10.0'; give it one"
            + " with --pci=edu");
    assertEquals(3, run("test", file, "--pci=nvme"));
    assertOneLine("stubdom: " + file + ":6: the emulated host has no PCI device '0000:00:10.0'");
    assertEquals(3, run("test", guest(text + "pci = [ 'name=nic' ]\n"), "--pci=nvme"));
    assertOneLine(
        "stubdom: "
            + file
            + ":6: the emulated host has no PCI device 'nic'; use the address of"
            + " one of its own: 0000:00:10.0 (edu), 0000:00:11.0 (nvme)");
    assertEquals(2, run("test", file, "--pci=edu,edu,edu"));
    assertOneLine("stubdom: --pci=edu: there are no more than 2 of a kind");
  }

  @Test
  void brokenInputIsOneLineAndExitCode3() throws IOException {
    Path file = guest("name = \n");
    assertEquals(3, run("config", file));
    assertOneLine("stubdom: " + file + ":1: expected a quoted string");
    assertEquals(3, run("config", directory.resolve("absent.cfg")));
    assertOneLine("stubdom: " + directory.resolve("absent.cfg") + ": no such file");
    assertEquals(3, run("config", guest(GUEST), "--image", directory));
    assertOneLine("stubdom: " + directory + ": manifest.json is missing; name a directory that");
    assertEquals(3, run("inspect", file));
    assertOneLine("stubdom: " + file + ": neither an ELF file nor");
  }

  /** Nothing is built and no guest runs before these are refused. */
  @Test
  void outputsThatCannotBeWrittenAreRefusedFirst() throws IOException {
    Path file = guest(GUEST);
    Path absent = directory.resolve("absent/file.png");
    for (String option : List.of("--report", "--serial-log", "--screenshot")) {
      assertEquals(3, run("test", file, option, absent));
      assertOneLine("stubdom: " + absent + ": its directory does not exist");
      Path taken = Files.createDirectories(directory.resolve("taken.png"));
      assertEquals(3, run("test", file, option, taken));
      assertOneLine("stubdom: " + taken + ": is a directory");
    }
    for (Path logs : List.of(file, file.resolve("below"))) {
      assertEquals(3, run("test", file, "--logs", logs));
      assertOneLine("stubdom: " + logs + ": " + file + " exists and is not a directory");
    }
  }

  @Test
  void valuesThatMakeNoSenseAreUsageErrors() throws IOException {
    Path file = guest(GUEST);
    assertEquals(2, run("test", file, "--device-model=dom0,"));
    assertOneLine("stubdom: --device-model=dom0,: a name is missing beside a comma");
    assertEquals(2, run("test", file, "--suite=bookworm,"));
    assertOneLine("stubdom: --suite=bookworm,: a name is missing beside a comma");
    assertEquals(2, run("test", file, "--suite=bookworm,trixie", "--suite=bookworm"));
    assertOneLine("stubdom: --suite: names one twice");
    assertEquals(2, run("test", file, "--suite=bookworm,../etc"));
    assertOneLine("stubdom: --suite=../etc: is no Debian release");
    assertEquals(2, run("test", "--shell", "--suite=bookworm,trixie"));
    assertOneLine("stubdom: --suite: names several for one shell");
    assertEquals(
        2, run("test", file, "--suite=bookworm,trixie", "--serial-log", directory.resolve("log")));
    assertOneLine("stubdom: --serial-log: is for one guest on one device model and host");
    assertEquals(2, run("lab", "run-pv", "--kernel", file, "--timeout=-5"));
    assertOneLine("stubdom: --timeout=-5: must be at least 1");
    assertEquals(2, run("lab", "run-pv", "--kernel", file, "--memory=-1"));
    assertOneLine("stubdom: --memory=-1: must be at least 1");
    assertEquals(3, run("lab", "run-pv", "--kernel", directory));
    assertOneLine("stubdom: " + directory + ": is not a file");
  }

  @Test
  void whatHasNoProfileIsRefused() throws IOException {
    assertEquals(2, run("bench", "scale", "--profile"));
    assertOneLine("stubdom: scale: has no profile: it is of many guests");
    assertEquals(2, run("bench", "io", "--profile", "--against", directory.resolve("a.json")));
    assertOneLine("stubdom: --profile: is not compared");
    assertEquals(2, run("bench", "--from=a.json", "--from=b.json"));
    assertOneLine("stubdom: --from: is repeated");
    Path document = Files.writeString(directory.resolve("a.md"), "prose\n");
    assertEquals(3, run("bench", "io", "--profile", "--document", document));
    assertOneLine(
        "stubdom: " + document + ": has no part for figures; put the lines <!-- bench: p");
    Path figures = Files.writeString(directory.resolve("f.json"), "{\"figures\": []}");
    assertEquals(3, run("bench", "--profile", "--from", figures));
    assertOneLine("stubdom: " + figures + ": is no result of `stubdom bench --profile`");
  }

  @Test
  void aGuestHasOnePattern() throws IOException {
    Path disk = Files.write(directory.resolve("disk.img"), new byte[512]);
    Path file = guest(GUEST.replace("/absent.img", disk.toString()));
    assertEquals(2, run("test", file, "--until=g=(", "--until=b"));
    assertOneLine("stubdom: Invalid value for option '--until'");
    assertEquals(2, run("test", file, "--until=g=a", "--until=g=b"));
    assertOneLine("stubdom: --until: is given twice for g; join them with |");
    // Nobody is called h.
    assertEquals(2, run("test", file, "--until=g=a", "--until=h=b", "--until=c"));
    assertOneLine(
        "stubdom: --until=c: is the second pattern for all guests; put the name of its guest and ="
            + " before it; there is g");
  }

  @Test
  void picturesThatCannotBeAreRefused() throws IOException {
    Path file = guest(GUEST);
    Path picture = directory.resolve("a.png");
    assertEquals(2, run("test", file, "--screenshot-every=2"));
    assertOneLine("stubdom: --screenshot-every: says how often, not where to; add --screenshot=");
    assertEquals(2, run("test", file, "--screenshot", picture, "--screenshot-every=0"));
    assertOneLine("stubdom: --screenshot-every: must be positive");
    assertEquals(2, run("test", file, "--screenshot=a.jpg"));
    assertOneLine("stubdom: --screenshot=a.jpg: pictures are PNG files");
    assertEquals(2, run("test", file, "--device-model=linux", "--screenshot", picture));
    assertOneLine("stubdom: --screenshot: a Linux stub domain shows no screen");
    assertEquals(2, run("test", file, file, "--screenshot", picture));
    assertOneLine("stubdom: --screenshot: is for one guest on one device model");
    Path disk = Files.write(directory.resolve("disk.img"), new byte[512]);
    Path blind = guest(GUEST.replace("/absent.img", disk.toString()));
    assertEquals(3, run("test", blind, "--screenshot", picture));
    assertOneLine("stubdom: " + blind + ": vnc = 0 leaves a stub domain without a screen");
  }

  @Test
  void versionAndDoctorAnswerInJson() {
    assertEquals(0, run("version", "--json"));
    assertEquals(
        Integer.toString(Runtime.version().feature()),
        JsonParser.parseString(out.toString(StandardCharsets.UTF_8))
            .getAsJsonObject()
            .get("java")
            .getAsString()
            .replaceFirst("\\..*", ""));
    int status = run("doctor", "--json");
    JsonObject answer =
        JsonParser.parseString(out.toString(StandardCharsets.UTF_8)).getAsJsonObject();
    assertEquals(answer.get("ok").getAsBoolean() ? 0 : 3, status);
  }

  @Test
  void everyKindOfProblemBecomesALine() {
    assertExplained(3, "a: no such file or directory", new NoSuchFileException("a"));
    assertExplained(
        3, "a: permission denied; run as a user who may access it", new AccessDeniedException("a"));
    assertExplained(3, "a: exists and is not a directory", new FileAlreadyExistsException("a"));
    assertExplained(3, "a: directory not empty", new DirectoryNotEmptyException("a"));
    assertExplained(
        3, "a: Read-only file system", new FileSystemException("a", null, "Read-only file system"));
    assertExplained(
        3,
        "write: No space left on device: the disk is full; free some space there and run it again",
        new IOException("write: No space left on device"));
    assertExplained(
        1,
        "internal error: IllegalStateException: b; run again with --stacktrace and report it",
        new IllegalStateException("b"));
  }

  private static void assertExplained(int status, String message, Exception problem) {
    StubdomException explained = Main.explain(problem);
    assertEquals(status, explained.exitCode().status());
    assertEquals(message, explained.getMessage());
  }

  private void assertOneLine(String start) {
    assertEquals(1, err.toString().lines().count(), err.toString());
    assertTrue(err.toString().startsWith(start), err.toString());
  }
}
