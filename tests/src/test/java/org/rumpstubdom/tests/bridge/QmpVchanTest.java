// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.bridge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.tests.hosted.RandomSteps;

/** The monitor as the toolstack sees it: short sessions over one vchan. */
@Tag("hosted")
class QmpVchanTest {

  private static final String GREETING =
      "{\"QMP\": {\"version\": " + FakeMonitor.VERSION + ", \"capabilities\": []}}\r\n";
  private static final String CAPABILITIES =
      "{\"execute\":\"qmp_capabilities\",\"id\":2020372736}\r\n";
  private static final String CAPABLE = "{\"id\": 2020372736, \"return\": {}}\r\n";

  private BridgeDomain bridge;
  private FakeMonitor qemu;
  private VchanClient client;

  @BeforeEach
  void start() {
    bridge = new BridgeDomain(List.of("-m", "64"), 1, 2).init();
    bridge.program();
    client = VchanClient.find(bridge.domain);
    assertNotNull(client, "the server is in xenstore");
    qemu = new FakeMonitor(bridge);
  }

  @AfterEach
  void stop() {
    bridge.close();
  }

  private void session() {
    client.connect();
    assertEquals(GREETING, client.receive());
    client.send(CAPABILITIES);
    assertEquals(CAPABLE, client.receive());
  }

  private static JsonObject json(String text) {
    return new Gson().fromJson(text, JsonObject.class);
  }

  @Test
  void aSessionAsLibxlHasIt() {
    qemu.greet();
    session();
    client.send("{\"execute\":\"cont\",\"id\":2020372737}\r\n");
    JsonObject command = qemu.next();
    assertEquals(json("{\"execute\":\"cont\",\"id\":2020372737}"), command);
    qemu.succeed(command);
    assertEquals("{\"return\":{},\"id\":2020372737}\r\n", client.receive());
    assertNull(qemu.next(), "negotiation is not QEMU's business");
    client.disconnect();
    bridge.domain.settle();
    session();
  }

  @Test
  void aClientThatComesBeforeQemuWaitsForTheGreeting() {
    client.connect();
    assertEquals("", client.receive());
    client.send(CAPABILITIES);
    assertEquals("", client.receive());
    qemu.greet();
    assertEquals(GREETING + CAPABLE, client.receive());
  }

  @Test
  void eventsGoNowhere() {
    qemu.greet();
    qemu.event("RESUME");
    session();
    qemu.event("STOP");
    client.send("{\"execute\":\"stop\",\"id\":1}");
    qemu.event("BALLOON_CHANGE");
    qemu.succeed(qemu.next());
    qemu.event("RESUME");
    assertEquals("{\"return\":{},\"id\":1}\r\n", client.receive());
    client.disconnect();
    qemu.event("RTC_CHANGE");
    session();
    assertEquals("", client.receive());
  }

  @Test
  void aReconnectTheServerNeverSawInBetween() {
    qemu.greet();
    session();
    client.send("{\"execute\":\"query-status\",\"id\":1}");
    JsonObject old = qemu.next();
    // Away and back before the domain runs again.
    client.disconnect();
    client.connect();
    assertEquals(GREETING, client.receive());
    // The answer to the session that is gone.
    qemu.succeed(old);
    assertEquals("", client.receive());
    client.send(CAPABILITIES);
    assertEquals(CAPABLE, client.receive());
    client.send("{\"execute\":\"query-status\",\"id\":1}");
    qemu.succeed(qemu.next());
    assertEquals("{\"return\":{},\"id\":1}\r\n", client.receive());
  }

  @Test
  void nothingIsLeftForTheNextClient() {
    qemu.greet();
    session();
    client.send("{\"execute\":\"query-pci\",\"id\":9}");
    JsonObject command = qemu.next();
    command.addProperty("filler", "x".repeat(10_000));
    qemu.say("{\"return\": {\"filler\": \"" + "x".repeat(10_000) + "\"}, \"id\": 9}\r\n");
    bridge.domain.settle(); // the ring is full and the rest waits, but nobody reads
    client.write("{\"execute\":\"half".getBytes(UTF_8), 0);
    client.disconnect();
    bridge.domain.settle();
    session();
    assertEquals("", client.receive());
    assertNull(qemu.next());
  }

  @Test
  void messagesInPieces() {
    qemu.greet();
    session();
    String text =
        "  {\"execute\": \"cont\",\r\n \"arguments\": {\"a\": \"}\\\"{\"}, \"id\": \"x y\"}";
    for (int i = 0; i < text.length(); i++) {
      assertNull(qemu.next());
      client.send(text.substring(i, i + 1));
    }
    JsonObject command = qemu.next();
    assertEquals(json(text), command);
    qemu.say("{\"return\": {}, ");
    assertEquals("", client.receive());
    qemu.say("\"id\": \"x y\"}\r");
    assertEquals("", client.receive());
    qemu.say("\n");
    assertEquals("{\"return\": {}, \"id\": \"x y\"}\r\n", client.receive());
  }

  @Test
  void manyCommandsAtOnceAreAnsweredInOrder() {
    qemu.greet();
    session();
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < 60; i++) {
      all.append("{\"execute\":\"query-version\",\"id\":").append(i).append('}');
    }
    client.write(all.toString().getBytes(UTF_8), 0);
    bridge.domain.settle();
    StringBuilder answers = new StringBuilder();
    int sent = 1024;
    for (int i = 0; i < 60; i++) {
      JsonObject command = qemu.next();
      if (command == null) {
        sent += client.write(all.toString().getBytes(UTF_8), sent);
        bridge.domain.settle();
        command = qemu.next();
      }
      assertEquals(i, command.get("id").getAsInt());
      qemu.succeed(command);
      answers.append(client.receive());
    }
    assertEquals(60, answers.toString().split("\r\n").length);
  }

  @Test
  void largeAnswersComeWhole() {
    qemu.greet();
    session();
    client.send("{\"execute\":\"query-qmp-schema\",\"id\":1}");
    assertNotNull(qemu.next());
    String answer = "{\"return\": \"" + "s".repeat(700_000) + "\", \"id\": 1}\r\n";
    qemu.say(answer);
    assertEquals(answer, client.receive());
  }

  @Test
  void anAnswerBeyondTheLimitBecomesAnError() {
    qemu.greet();
    session();
    client.send("{\"execute\":\"query-qmp-schema\",\"id\":77}");
    assertNotNull(qemu.next());
    qemu.say("{\"return\": \"" + "s".repeat(1_100_000) + "\", \"id\": 77}\r\n");
    JsonObject answer = json(client.receive());
    assertEquals(77, answer.get("id").getAsInt());
    assertTrue(answer.has("error"));
    client.send("{\"execute\":\"cont\",\"id\":78}");
    qemu.succeed(qemu.next());
    assertEquals("{\"return\":{},\"id\":78}\r\n", client.receive());
  }

  @Test
  void aSlowClientSlowsQemuDown() {
    qemu.greet();
    session();
    for (int i = 0; i < 4; i++) {
      client.send("{\"execute\":\"query-qmp-schema\",\"id\":" + i + "}");
      assertNotNull(qemu.next());
    }
    String answer = "{\"return\": \"" + "s".repeat(150_000) + "\"}\r\n";
    assertEquals(answer.length(), qemu.sayOnce(answer));
    assertEquals(answer.length(), qemu.sayOnce(answer));
    assertEquals(-BridgeDomain.EAGAIN, qemu.sayOnce(answer));
    assertEquals(answer + answer, client.receive());
    assertEquals(answer.length(), qemu.sayOnce(answer));
    assertEquals(answer, client.receive());
  }

  @Test
  void aClientThatNeverReadsIsNotListenedToForEver() {
    qemu.greet();
    session();
    // Answered without QEMU.
    byte[] refused = "{\"execute\":\"qmp_capabilities\"}".repeat(30).getBytes(UTF_8);
    int written = 0;
    for (int i = 0; i < 5000; i++) {
      int n = client.write(refused, 0);
      written += n;
      bridge.domain.settle();
      if (n < refused.length) {
        break;
      }
    }
    assertTrue(written < 200_000, "commands of " + written + " bytes were taken");
    assertFalse(client.receive().isEmpty(), "they are answered as the client reads");
  }

  @Test
  void anOverlongCommandIsRefusedAndTheNextOneWorks() {
    qemu.greet();
    session();
    client.send("{\"execute\":\"x\",\"arguments\":{\"a\":\"" + "y".repeat(100_000) + "\"}}\r\n");
    assertTrue(json(client.receive()).has("error"));
    assertNull(qemu.next());
    client.send("{\"execute\":\"cont\",\"id\":3}\r\n");
    qemu.succeed(qemu.next());
    assertEquals("{\"return\":{},\"id\":3}\r\n", client.receive());
  }

  @Test
  void rubbishIsAnsweredHereAndNeverReachesQemu() {
    qemu.greet();
    session();
    for (String rubbish :
        List.of(
            "hello\n",
            "{]\n",
            "{'execute':'quit'}\r\n",
            "{\"execute\":\"quit\",}\r\n",
            "{\"a\":\"\n",
            "[1]\n",
            "{\"execute\":\"quit\",\"x\":%s}\n")) {
      client.send(rubbish);
      JsonObject answer = json(client.receive());
      assertTrue(answer.has("error"), rubbish);
      assertNull(qemu.next(), rubbish);
    }
    // A proxy's mark of a new connection, and empty lines.
    client.send("\001\r\n\n  ");
    assertEquals("", client.receive());
    client.send("{\"execute\":\"cont\"}");
    qemu.succeed(qemu.next());
    assertEquals("{\"return\":{}}\r\n", client.receive());
  }

  @Test
  void negotiationIsDemandedAndDoneOnce() {
    qemu.greet();
    client.connect();
    assertEquals(GREETING, client.receive());
    client.send("{\"execute\":\"cont\",\"id\":1}");
    JsonObject refusal = json(client.receive());
    assertEquals(1, refusal.get("id").getAsInt());
    assertEquals("CommandNotFound", refusal.getAsJsonObject("error").get("class").getAsString());
    client.send("{\"execute\":\"qmp_capabilities\",\"arguments\":{\"enable\":[\"oob\"]},\"id\":2}");
    assertTrue(json(client.receive()).has("error"));
    client.send(
        "{\"id\":{\"a\":[1]},\"execute\":\"qmp_capabilities\",\"arguments\":{\"enable\":[]}}");
    assertEquals("{\"id\": {\"a\":[1]}, \"return\": {}}\r\n", client.receive());
    client.send("{\"execute\":\"qmp_capabilities\",\"id\":4}");
    assertTrue(json(client.receive()).has("error"));
    assertNull(qemu.next());
  }

  @Test
  void wildWriteIndexEndsTheSession() {
    qemu.greet();
    session();
    client.put(VchanClient.LEFT_PROD, client.get(VchanClient.LEFT_CONS) + 1025);
    client.kick();
    bridge.domain.settle();
    assertFalse(client.serverLive());
    assertTrue(bridge.domain.console().contains("write index is out of range"));
    client.disconnect();
    bridge.domain.settle();
    assertTrue(client.serverLive());
    session();
  }

  @Test
  void wildReadIndexEndsTheSession() {
    qemu.greet();
    session();
    client.put(VchanClient.RIGHT_CONS, client.get(VchanClient.RIGHT_PROD) + 1);
    client.send("{\"execute\":\"qmp_capabilities\"}");
    assertFalse(client.serverLive());
    // Back at once: a new client is a new session, whatever the indexes are.
    client.connect();
    bridge.domain.settle();
    assertTrue(client.serverLive());
    assertEquals(GREETING, client.receive());
  }

  @Test
  void theEndOfQemuEndsTheSession() {
    qemu.greet();
    session();
    qemu.close();
    bridge.domain.settle();
    assertFalse(client.serverLive());
  }

  @Test
  void anAnswerWaitsForTheSavedState() {
    qemu.greet();
    session();
    client.send("{\"execute\":\"xen-save-devices-state\",\"id\":1}");
    JsonObject command = qemu.next();
    ConsoleBackend save = ConsoleBackend.connect(bridge.domain, 1);
    bridge.domain.addPeer(save);
    int fd = (int) BridgeDomain.check(bridge.open("/dev/hvc1", BridgeDomain.O_WRONLY), "hvc1");
    assertEquals(5, bridge.write(fd, "state".getBytes(UTF_8)));
    qemu.succeed(command);
    assertEquals("", client.receive(), "the backend may not have written the bytes yet");
    bridge.domain.advance(10_000_000);
    assertEquals("{\"return\":{},\"id\":1}\r\n", client.receive());
  }

  @Test
  void manySessionsLeaveNothingBehind() {
    qemu.greet();
    session();
    client.disconnect();
    bridge.domain.settle();
    int grants = bridge.domain.grantCount();
    int ports = bridge.domain.portCount();
    for (int i = 0; i < 300; i++) {
      session();
      client.disconnect();
      bridge.domain.settle();
    }
    assertEquals(grants, bridge.domain.grantCount());
    assertEquals(ports, bridge.domain.portCount());
  }

  /**
   * Sessions that come and go at random moments, with wild indexes among them: each one sees its
   * greeting and the answers to its own commands in order, whole, and nothing else.
   */
  @Test
  void randomSessions() {
    RandomSteps.run("qmp-sessions", this::randomSessions);
  }

  private void randomSessions(RandomSteps steps) {
    Random random = steps.random();
    Deque<JsonObject> atQemu = new ArrayDeque<>();
    Deque<String> expected = new ArrayDeque<>();
    StringBuilder received = new StringBuilder();
    boolean connected = false;
    boolean trusted = false; // indexes were never damaged in this session
    boolean negotiated = false;
    int id = 0;
    int answered = 0;
    qemu.greet();
    for (int step = 0; steps.next(); step++) {
      switch (random.nextInt(10)) {
        case 0 -> {
          if (random.nextInt(6) == 0) {
            client.disconnect();
            connected = false;
            if (random.nextBoolean()) {
              bridge.domain.settle();
            }
          }
        }
        case 1 -> {
          if (!connected) {
            // A client takes over the indexes as the shared page has them; ours are sane again
            // then.
            bridge.domain.settle();
            client.connect();
            bridge.domain.settle();
            connected = true;
            trusted = true;
            negotiated = false;
            received.setLength(0);
            expected.clear();
            expected.add(GREETING);
          }
        }
        case 2, 3, 4 -> {
          if (connected && trusted && !negotiated) {
            client.send("{\"execute\":\"qmp_capabilities\",\"id\":" + ++id + "}\r\n");
            expected.add("{\"id\": " + id + ", \"return\": {}}\r\n");
            negotiated = true;
          } else if (connected && trusted && atQemu.size() < 12) {
            client.send("{\"execute\":\"c\",\"id\":" + ++id + "}\r\n");
            expected.add("{\"return\":{},\"id\":" + id + "}\r\n");
          }
        }
        case 5, 6 -> {
          for (JsonObject c = qemu.next(); c != null; c = qemu.next()) {
            atQemu.add(c);
          }
          if (!atQemu.isEmpty()) {
            qemu.succeed(atQemu.remove());
          }
        }
        case 7 -> qemu.event("E" + step);
        case 8 -> {
          if (connected && trusted) {
            received.append(client.receive());
          }
        }
        default -> {
          if (connected && random.nextInt(20) == 0) {
            int field = random.nextBoolean() ? VchanClient.LEFT_PROD : VchanClient.RIGHT_CONS;
            client.put(field, random.nextInt());
            client.kick();
            bridge.domain.settle();
            trusted = false;
          }
        }
      }
      while (trusted && connected && received.indexOf("\r\n") >= 0) {
        int end = received.indexOf("\r\n") + 2;
        String line = received.substring(0, end);
        received.delete(0, end);
        assertEquals(expected.poll(), line);
        answered++;
      }
    }
    steps.report(answered + " answers");
    assertTrue(answered > steps.total() / 20, "only " + answered + " answers");
  }
}
