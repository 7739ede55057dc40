// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A change of a CD drive's medium by the commands that libxl 4.20 gives, in its order; the test
 * does to xenstore what libxl does in between.
 */
@Tag("hosted")
final class MediaTest {
  /** Numbers of hdc and xvdd: xen-vbd-interface(7). */
  private static final int HDC = 22 << 8;

  private static final int XVDD = 202 << 8 | 3 << 4;

  private BridgeDomain bridge;
  private FakeMonitor qemu;
  private VchanClient client;

  @BeforeEach
  void start() {
    bridge = new BridgeDomain(List.of("-m", "64"), 1, 2);
    attach(HDC);
    bridge.initWithDisks();
    bridge.program();
    client = VchanClient.find(bridge.domain);
    assertNotNull(client, "the server is in xenstore");
    qemu = new FakeMonitor(bridge);
    qemu.greet();
    client.connect();
    client.receive();
    client.send("{\"execute\":\"qmp_capabilities\",\"id\":1}\r\n");
    client.receive();
  }

  @AfterEach
  void stop() {
    bridge.close();
  }

  private static String front(int id) {
    return BridgeDomain.HOME + "/device/vbd/" + id;
  }

  private static String back(int id) {
    return "/local/domain/0/backend/vbd/7/" + id;
  }

  /** A vbd whose backend goes no further, which is none of the monitor's business. */
  private void attach(int id) {
    bridge.domain.xenstore().mkdir(front(id), "n7", "r0");
    bridge.domain.xenstore().mkdir(back(id), "n0", "r7");
    bridge.domain.xenstore().write(back(id) + "/state", 1);
    bridge.domain.xenstore().write(front(id) + "/backend", back(id));
    bridge.domain.xenstore().write(front(id) + "/backend-id", 0);
    bridge.domain.xenstore().write(front(id) + "/state", 1);
  }

  private void detach(int id) {
    bridge.domain.xenstore().remove(back(id));
    bridge.domain.xenstore().remove(front(id));
    bridge.domain.settle();
  }

  private JsonObject ask(String command) {
    client.send(command + "\r\n");
    return new Gson().fromJson(client.receive(), JsonObject.class);
  }

  /** What query-fdsets says: the set of each descriptor, by its name. */
  private Map<String, Integer> sets() {
    JsonObject answer = ask("{\"execute\":\"query-fdsets\",\"id\":2}");
    assertEquals(2, answer.get("id").getAsInt());
    assertNull(qemu.next(), "QEMU is not asked");
    Map<String, Integer> sets = new TreeMap<>();
    JsonArray all = answer.getAsJsonArray("return");
    for (JsonElement element : all) {
      JsonObject set = element.getAsJsonObject();
      for (JsonElement fd : set.getAsJsonArray("fds")) {
        sets.put(fd.getAsJsonObject().get("opaque").getAsString(), set.get("fdset-id").getAsInt());
      }
    }
    return sets;
  }

  @Test
  void aMediumIsChanged() {
    int set = sets().get("stub-devid:" + HDC);
    JsonObject removed =
        ask("{\"execute\":\"remove-fd\",\"id\":3,\"arguments\":{\"fdset-id\":" + set + "}}");
    assertEquals(new JsonObject(), removed.get("return"));
    assertNull(qemu.next(), "QEMU has no such set");
    detach(HDC);
    assertEquals(Map.of(), sets());
    attach(HDC);
    bridge.domain.settle();
    assertEquals(Map.of("stub-devid:" + HDC, set), sets());
    client.send(
        "{\"execute\":\"blockdev-change-medium\",\"id\":4,\"arguments\":{\"id\":\"ide-5632\","
            + "\"filename\":\"/dev/fdset/"
            + set
            + "\",\"format\":\"host_device\"}}\r\n");
    JsonObject command = qemu.next();
    assertEquals(
        new Gson()
            .fromJson(
                "{\"execute\":\"blockdev-change-medium\",\"id\":4,\"arguments\":{\"id\":"
                    + "\"ide-5632\",\"filename\":\"/dev/xvdc\",\"format\":\"host_device\"}}",
                JsonObject.class),
        command);
    qemu.succeed(command);
    assertEquals("{\"return\":{},\"id\":4}\r\n", client.receive());
  }

  /**
   * The toolstack asks for the new disk as soon as the old one's backend has closed: the old one
   * must not be taken for it, although its directory may still be there.
   */
  @Test
  void aDiskThatIsTakenAwayIsNotTheNextOne() {
    assertEquals(1, sets().size());
    for (int state : List.of(5, 6)) {
      bridge.domain.xenstore().write(back(HDC) + "/state", state);
      bridge.domain.settle();
      assertEquals(Map.of(), sets(), "state " + state);
    }
    bridge.domain.xenstore().remove(back(HDC));
    bridge.domain.settle();
    assertEquals(Map.of(), sets());
    detach(HDC);
    attach(HDC);
    bridge.domain.settle();
    assertEquals(1, sets().size());
  }

  @Test
  void everyDriveHasASetOfItsOwn() {
    attach(XVDD);
    bridge.domain.settle();
    Map<String, Integer> sets = sets();
    assertEquals(List.of("stub-devid:" + XVDD, "stub-devid:" + HDC), List.copyOf(sets.keySet()));
    assertEquals(2, List.copyOf(sets.values()).stream().distinct().count());
  }

  /** Other sets are QEMU's, and so are names that are no set's. */
  @Test
  void whatIsNotOursIsQemus() {
    for (String command :
        List.of(
            "{\"execute\":\"remove-fd\",\"arguments\":{\"fdset-id\":1},\"id\":5}",
            "{\"execute\":\"remove-fd\",\"arguments\":{\"fdset-id\":1000001},\"id\":5}",
            "{\"execute\":\"remove-fd\",\"id\":5}",
            "{\"execute\":\"blockdev-change-medium\",\"id\":5}",
            medium("/dev/fdset/1"),
            medium("/dev/fdset/"),
            medium("/dev/fdset/1000001"),
            medium("/dev/fdset/99999999999999999999999999"),
            medium("/dev/fdset/" + (1000000 + XVDD)),
            medium("/srv/other.iso"))) {
      client.send(command + "\r\n");
      JsonObject passed = qemu.next();
      assertEquals(new Gson().fromJson(command, JsonObject.class), passed);
      qemu.succeed(passed);
      assertEquals("{\"return\":{},\"id\":5}\r\n", client.receive());
    }
  }

  private static String medium(String file) {
    return "{\"execute\":\"blockdev-change-medium\",\"id\":5,\"arguments\":{\"filename\":\""
        + file
        + "\"}}";
  }
}
