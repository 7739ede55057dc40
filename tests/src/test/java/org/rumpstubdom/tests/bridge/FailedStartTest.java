// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.bridge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.tests.hosted.DomainEndedException;
import org.rumpstubdom.tests.hosted.HostedDomain;

/** A device model that ends before it is ready: the toolstack hears why from the one it asks. */
@Tag("hosted")
class FailedStartTest {
  private static final String STATE =
      BridgeDomain.HOME + "/device-model/" + BridgeDomain.GUEST + "/state";
  private static final String CAPABILITIES = "{\"execute\":\"qmp_capabilities\",\"id\":1}\r\n";
  private static final String CONT = "{\"execute\":\"cont\",\"id\":2}\r\n";
  private static final long SECOND = 1_000_000_000L;
  private static final int STANDARD_ERROR = 2;

  /** 14 MiB: enough for one disk at rest. */
  private static final int FEW_PAGES = 3584;

  private BridgeDomain bridge;
  private VchanClient client;
  private FakeMonitor qemu;
  private boolean ended;

  @BeforeEach
  void start() {
    bridge = new BridgeDomain(List.of("-xen-domid", "5")).init();
    bridge.program();
    client = VchanClient.find(bridge.domain);
    assertNotNull(client, "the server is in xenstore");
    qemu = new FakeMonitor(bridge);
  }

  @AfterEach
  void stop() {
    bridge.close();
  }

  private void says(String words) {
    byte[] bytes = words.getBytes(UTF_8);
    assertEquals(bytes.length, bridge.write(STANDARD_ERROR, bytes));
  }

  private void ends(int status, int signal) {
    HostedDomain.Call ended = bridge.domain.start("hosted_bridge_ended", status, signal);
    bridge.domain.settle();
    assertFalse(ended.done());
  }

  /** The description of the error that answers libxl's first command. */
  private String refusal() {
    client.connect();
    JsonObject version =
        JsonParser.parseString(client.receive())
            .getAsJsonObject()
            .getAsJsonObject("QMP")
            .getAsJsonObject("version")
            .getAsJsonObject("qemu");
    assertEquals(0, version.get("major").getAsInt(), "libxl reads a version from each greeting");
    client.send(CAPABILITIES);
    assertEquals("{\"id\": 1, \"return\": {}}\r\n", client.receive());
    client.send(CONT);
    return refusalIn(answer());
  }

  /** What the client reads until the domain ends or falls silent. */
  private String answer() {
    StringBuilder all = new StringBuilder();
    try {
      bridge.domain.settle();
      for (byte[] part = client.read(); part.length > 0; part = client.read()) {
        all.append(new String(part, UTF_8));
        bridge.domain.settle();
      }
    } catch (DomainEndedException e) {
      assertEquals(DomainEndedException.Reason.CRASH, e.reason());
      ended = true;
    }
    return all.toString();
  }

  private static String refusalIn(String answer) {
    JsonObject message = JsonParser.parseString(answer).getAsJsonObject();
    assertEquals(2, message.get("id").getAsInt());
    JsonObject error = message.getAsJsonObject("error");
    assertEquals("GenericError", error.get("class").getAsString());
    return error.get("desc").getAsString();
  }

  @Test
  void lastWordsReachTheToolstack() {
    says("qemu-system-i386: -nonsense: invalid option\n");
    ends(1, 0);
    assertEquals("running", bridge.domain.xenstore().read(STATE), "libxl waits for that word");
    assertEquals(
        "the device model ended with exit status 1 before it was ready:"
            + " qemu-system-i386: -nonsense: invalid option",
        refusal());
    assertTrue(ended, "as crashed, once the toolstack knows");
  }

  @Test
  void quotesControlCharactersAndForeignLettersDoNoHarm() {
    says("a \"b\" \\ \t\u001b[1mc\nd é\u007f\n\n");
    ends(0, 6);
    assertEquals(
        "the device model was killed by signal 6 before it was ready: a \"b\" \\ [1mc d ",
        refusal());
  }

  @Test
  void ofManyWordsTheLastOnesCount() {
    says("first " + "x".repeat(5000) + "\n");
    says("y".repeat(100) + " last\n");
    ends(1, 0);
    String refusal = refusal();
    assertTrue(refusal.endsWith("xxx " + "y".repeat(100) + " last"), refusal);
    assertFalse(refusal.contains("first"), refusal);
  }

  @Test
  void silentEnd() {
    ends(3, 0);
    assertEquals("the device model ended with exit status 3 before it was ready", refusal());
  }

  @Test
  void commandThatQemuOwesAnAnswerToIsRefused() {
    qemu.greet();
    client.connect();
    client.receive();
    client.send(CAPABILITIES);
    client.receive();
    client.send(CONT);
    assertNotNull(qemu.next(), "the command has reached QEMU");
    says("no more\n");
    bridge.domain.start("hosted_bridge_ended", 1, 0);
    assertTrue(refusalIn(answer()).endsWith("before it was ready: no more"));
    assertTrue(ended);
  }

  @Test
  void clientThatWaitsForTheGreetingGetsOne() {
    client.connect();
    assertEquals("", client.receive());
    ends(1, 0);
    assertTrue(client.receive().startsWith("{\"QMP\""));
  }

  @Test
  void nobodyAsks() {
    ends(1, 0);
    bridge.domain.advance(9 * SECOND);
    assertThrows(DomainEndedException.class, () -> bridge.domain.advance(2 * SECOND));
  }

  @Test
  void endOfOneThatWasReadyIsNotKept() {
    bridge.domain.xenstore().write(STATE, "running");
    assertThrows(DomainEndedException.class, () -> bridge.domain.call("hosted_bridge_ended", 1, 0));
  }

  /** Disks that can have more under way than there is memory for: said before they do. */
  @Test
  void tooLittleMemoryForTheGuestIsTold() {
    bridge.close();
    List<String> args = new ArrayList<>(List.of("-xen-domid", "5", "-device", "ahci,id=ahci0"));
    for (int i = 0; i < 6; i++) {
      args.addAll(List.of("-drive", "file=/dev/xvd" + (char) ('a' + i) + ",if=none"));
    }
    bridge = new BridgeDomain(HostedDomain.create(FEW_PAGES, 1), args).init();
    HostedDomain.Call program = bridge.startProgram();
    bridge.domain.settle();
    assertFalse(program.done(), "it waits for who asks");
    client = VchanClient.find(bridge.domain);
    assertNotNull(client, "the server is in xenstore");
    assertEquals("running", bridge.domain.xenstore().read(STATE));
    String refusal = refusal();
    assertTrue(
        refusal.matches(
            "its stub domain has too little memory for this guest's devices:"
                + " give it \\d MiB more, by stubdomain_memory"),
        refusal);
    assertTrue(ended, "as crashed, once the toolstack knows");
  }
}
