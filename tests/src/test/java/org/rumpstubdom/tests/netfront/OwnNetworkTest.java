// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.netfront;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rumpstubdom.tests.hosted.HostedDomain;

/** The stub domain's own network. The rump kernel's TCP/IP is played, and so is a DHCP server. */
@Tag("hosted")
class OwnNetworkTest {
  private static final long SECOND = 1_000_000_000L;
  private static final int EINVAL = -22;
  private static final int TEXT = 4096;

  /** What the server gives: 10.9.0.40. */
  private static final int ADDRESS = 0x0a090028;

  private static final int SERVER = 0x0a090001;
  private static final int LEASE = 1000;

  private HostedDomain domain;
  private NetBackend backend;
  private long vifs;

  private void create(String net) {
    domain = new HostedDomain(4096, 1, net.isEmpty() ? "" : "loglevel=3 rump.net=" + net, null);
    backend = new NetBackend(domain, 1);
    backend.createNodes();
    backend.start();
    domain.addPeer(backend);
    domain.boot(HostedDomain.Service.XENSTORE, HostedDomain.Service.NETFRONT);
  }

  private void start(String net) {
    create(net);
    vifs = domain.call("hosted_own_start");
  }

  @AfterEach
  void closeDomain() {
    domain.close();
  }

  // ---- what the command line says --------------------------------------------------------------

  private String parse(String text) {
    try (Memory in = new Memory(text.length() + 1L);
        Memory out = new Memory(TEXT)) {
      in.setString(0, text);
      long rc = domain.call("hosted_own_parse", Pointer.nativeValue(in), Pointer.nativeValue(out));
      return rc == EINVAL ? "no" : rc + " " + out.getString(0).strip().replace("\n", ", ");
    }
  }

  @Test
  void addressesAndRouters() {
    create("");
    assertEquals("1 dhcp", parse("1,dhcp"));
    assertEquals("0 add c0000207/24", parse("0,192.0.2.7/24"));
    assertEquals("12 add 0a000001/8, route 0affffff", parse("12,10.255.255.255,10.0.0.1/8"));
    assertEquals(
        "1 dhcp, add fd000009000000000000000000000007/64, route fd000009000000000000000000000001",
        parse("1,fd00:9::7/64,dhcp,fd00:9::1"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1",
        "1,",
        ",dhcp",
        "x,dhcp",
        "1,dhcp,",
        "1,dhcp,10.0.0.1/8",
        "1,10.0.0.1",
        "1,10.0.0.1/33",
        "1,10.0.0.1/0",
        "1,10.0.0/8",
        "1,10.0.0.256/8",
        "1,10.0.0.1/8,10.0.0.2/8",
        "1,10.0.0.1/8/9",
        "1,10.0.0.1/8,10.0.0.2,10.0.0.3",
        "1,fd00::1",
        "1,10.0.0.1/8,fd00::1",
        "1,fd00::1/129",
        "99999,dhcp",
        "1,fd00:9:7/64",
        "1,1:2:3:4:5:6:7:8:9/64",
        "1,1::2::3/64",
        "1,:1/64",
        "1,1:/64",
        "1,12345::/64",
        "1,1:2:3:4:5:6:7::8/64",
        "1,g::/64",
        "1,dhcpx",
        "1,:::/64"
      })
  void whatIsNoAddressIsRefused(String text) {
    create("");
    assertEquals("no", parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "::",
        "::1",
        "1::",
        "fe80::1",
        "1:2:3:4:5:6:7:8",
        "::2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7::",
        "1:2:3::6:7:8",
        "FD00:aBc::0",
        "2001:db8:0:0:1::"
      })
  void addressesOfIpv6AreReadAsJavaReadsThem(String text) throws UnknownHostException {
    create("");
    String bytes = HexFormat.of().formatHex(InetAddress.getByName(text).getAddress());
    assertEquals("1 add " + bytes + "/64", parse("1," + text + "/64"));
  }

  @Test
  void aMistakeIsSaidAndTheDomainGoesOn() {
    start("1,nonsense");
    assertEquals(0, vifs);
    assertEquals("", told());
    assertTrue(domain.console().contains("rump.net= says not"), domain.console());
  }

  @Test
  void aVifThatIsNotThereIsSaid() {
    start("5,10.0.0.1/8");
    assertEquals(1, vifs);
    assertTrue(domain.console().contains("network: cannot make the interface"), domain.console());
    assertTrue(domain.console().contains("ENODEV"), domain.console());
  }

  @Test
  void addressesAreGivenToTheInterface() {
    start("1,10.9.0.7/24,10.9.0.1,fd00::7/64");
    assertEquals(
        "virt1, add 0a090007/24, route 0a090001, up, add fd000000000000000000000000000007/64",
        told());
    assertTrue(backend.connected());
    backend.deliver(NetBackend.frame(new Random(1), 60));
    domain.settle();
    assertEquals("frame", told());
  }

  private String told() {
    try (Memory out = new Memory(TEXT)) {
      long n = domain.call("hosted_own_told", Pointer.nativeValue(out), TEXT);
      return new String(out.getByteArray(0, (int) n), StandardCharsets.US_ASCII)
          .strip()
          .replace("\n", ", ");
    }
  }

  // ---- DHCP ------------------------------------------------------------------------------------

  private static Map<Integer, byte[]> options(int seconds) {
    Map<Integer, byte[]> options = new TreeMap<>();
    options.put(DhcpServer.SERVER, DhcpServer.number(SERVER));
    options.put(DhcpServer.MASK, DhcpServer.number(0xffffff00));
    options.put(DhcpServer.ROUTER, DhcpServer.number(SERVER));
    options.put(DhcpServer.SECONDS, DhcpServer.number(seconds));
    return options;
  }

  private DhcpServer.Message next() {
    byte[] frame = backend.received.poll();
    return frame == null ? null : DhcpServer.read(frame);
  }

  private DhcpServer.Message await(int kind) {
    DhcpServer.Message message = next();
    for (int i = 0; message == null && i < 200; i++) {
      domain.advance(SECOND);
      message = next();
    }
    assertEquals(kind, message == null ? 0 : message.kind(), domain::console);
    return message;
  }

  private void answer(DhcpServer.Message to, int kind, Map<Integer, byte[]> options) {
    backend.deliver(DhcpServer.answer(to, kind, ADDRESS, options));
    domain.settle();
  }

  /** A domain with a lease. */
  private void lease(Map<Integer, byte[]> options) {
    start("1,dhcp");
    assertEquals("virt1, up", told());
    DhcpServer.Message discover = await(DhcpServer.DISCOVER);
    assertEquals(0x00163eaabb01L, discover.mac());
    assertEquals(0, discover.source());
    answer(discover, DhcpServer.OFFER, options);
    DhcpServer.Message request = await(DhcpServer.REQUEST);
    assertEquals(ADDRESS, request.options().get(DhcpServer.REQUESTED));
    assertEquals(SERVER, request.options().get(DhcpServer.SERVER));
    assertEquals(0, request.client());
    answer(request, DhcpServer.ACK, options);
  }

  @Test
  void anAddressForAsLongAsThereIsAServer() {
    lease(options(LEASE));
    assertEquals("add 0a090028/24, route 0a090001", told());
    domain.advance((LEASE / 2 - 10) * SECOND);
    assertNull(next());
    for (int i = 0; i < 5; i++) {
      domain.advance(20 * SECOND);
      DhcpServer.Message again = await(DhcpServer.REQUEST);
      assertEquals(ADDRESS, again.client());
      assertEquals(ADDRESS, again.source());
      assertNull(again.options().get(DhcpServer.REQUESTED));
      assertNull(again.options().get(DhcpServer.SERVER));
      answer(again, DhcpServer.ACK, options(LEASE));
      domain.advance((LEASE / 2 - 10) * SECOND);
      assertNull(next());
    }
    assertEquals("", told());
    // The server is gone.
    domain.advance((LEASE / 2 + 20) * SECOND);
    assertEquals("unroute 0a090001, remove 0a090028", told());
    backend.received.clear(); // it was asked for long enough
    await(DhcpServer.DISCOVER);
    assertTrue(domain.console().contains("the lease has ended"), domain.console());
  }

  @Test
  void aServerMayTakeItBack() {
    lease(options(LEASE));
    told();
    domain.advance((LEASE / 2 + 10) * SECOND);
    answer(await(DhcpServer.REQUEST), DhcpServer.NAK, options(0));
    assertEquals("unroute 0a090001, remove 0a090028", told());
    await(DhcpServer.DISCOVER);
  }

  @Test
  void aServerMayRefuseWhatItOffered() {
    start("1,dhcp");
    answer(await(DhcpServer.DISCOVER), DhcpServer.OFFER, options(LEASE));
    answer(await(DhcpServer.REQUEST), DhcpServer.NAK, options(0));
    assertEquals("virt1, up", told());
    await(DhcpServer.DISCOVER);
  }

  @Test
  void itIsAskedAgainAndNeverOften() {
    start("1,dhcp");
    int asked = 0;
    int xid = 0;
    for (int i = 0; i < 3600; i++) {
      for (DhcpServer.Message m = next(); m != null; m = next()) {
        assertNotEquals(xid, m.xid());
        xid = m.xid();
        asked++;
      }
      domain.advance(SECOND);
    }
    assertTrue(asked > 3600 / 70 && asked < 3600 / 60 + 10, "asked " + asked + " times");
    assertTrue(domain.console().contains("no DHCP server answers"), domain.console());
    answer(await(DhcpServer.DISCOVER), DhcpServer.OFFER, options(LEASE));
    answer(await(DhcpServer.REQUEST), DhcpServer.ACK, options(LEASE));
    assertEquals("virt1, up, add 0a090028/24, route 0a090001", told());
  }

  /** A server that refuses what it offers, and one whose leases are over at once. */
  @ParameterizedTest
  @ValueSource(ints = {DhcpServer.NAK, DhcpServer.ACK})
  void noServerMakesItAskOften(int answer) {
    start("1,dhcp");
    int asked = 0;
    for (int i = 0; i < 600; i++) {
      for (DhcpServer.Message m = next(); m != null && asked < 1000; m = next()) {
        answer(m, m.kind() == DhcpServer.DISCOVER ? DhcpServer.OFFER : answer, options(1));
        asked++;
      }
      domain.advance(SECOND);
    }
    assertTrue(asked > 10 && asked <= 2 * 60 + 10, "asked " + asked + " times in ten minutes");
  }

  @Test
  void aLeaseForEverIsNotAskedForAgain() {
    lease(options(-1));
    domain.advance(10_000_000 * SECOND);
    assertNull(next());
    assertEquals("add 0a090028/24, route 0a090001", told());
  }

  @Test
  void theServerSaysWhenToAskAgain() {
    Map<Integer, byte[]> options = options(LEASE);
    options.put(DhcpServer.RENEW, DhcpServer.number(100));
    lease(options);
    domain.advance(90 * SECOND);
    assertNull(next());
    domain.advance(20 * SECOND);
    await(DhcpServer.REQUEST);
  }

  @ParameterizedTest
  @CsvSource({"ff000000,8", "fffffffc,30", "ffffffff,32", "ff00ff00,8", "00000000,8"})
  void whatIsNoMaskIsTheClass(String mask, int prefix) {
    Map<Integer, byte[]> options = options(LEASE);
    options.put(DhcpServer.MASK, HexFormat.of().parseHex(mask));
    options.remove(DhcpServer.ROUTER);
    lease(options);
    assertEquals("add 0a090028/" + prefix, told());
  }

  // ---- what others on the network send
  // -------------------------------------------------------------

  @Test
  void onlyAnAnswerToOurQuestionIsHeard() {
    start("1,dhcp");
    DhcpServer.Message discover = await(DhcpServer.DISCOVER);
    DhcpServer.Message ours = discover;
    for (DhcpServer.Message to :
        new DhcpServer.Message[] {
          new DhcpServer.Message(1, ours.xid() + 1, ours.mac(), 0, 0, Map.of()),
          new DhcpServer.Message(1, ours.xid(), ours.mac() + 1, 0, 0, Map.of())
        }) {
      answer(to, DhcpServer.OFFER, options(LEASE));
      assertNull(next());
    }
    Map<Integer, byte[]> nameless = options(LEASE);
    nameless.remove(DhcpServer.SERVER);
    answer(discover, DhcpServer.OFFER, nameless);
    answer(discover, DhcpServer.OFFER, options(0));
    answer(discover, DhcpServer.ACK, options(LEASE));
    assertNull(next());
    for (int address : new int[] {0, -1, 0x7f000001, 0xe0000001}) {
      backend.deliver(DhcpServer.answer(discover, DhcpServer.OFFER, address, options(LEASE)));
      domain.settle();
      assertNull(next());
    }
    answer(discover, DhcpServer.OFFER, options(LEASE));
    await(DhcpServer.REQUEST);
    assertEquals("virt1, up", told());
  }

  /** From a heap block of exactly the frame's length, so that AddressSanitizer sees a byte more. */
  private void read(byte[] frame, DhcpServer.Message to) {
    try (Memory in = new Memory(frame.length);
        Memory mac = new Memory(6)) {
      in.write(0, frame, 0, frame.length);
      mac.write(0, to.hardware(), 0, 6);
      domain.call(
          "hosted_own_dhcp",
          Pointer.nativeValue(in),
          frame.length,
          Pointer.nativeValue(mac),
          to.xid());
    }
  }

  /** Frames that are cut or changed anywhere; AddressSanitizer watches. */
  @Test
  void noiseIsNotBelieved() {
    start("1,dhcp");
    Random random = new Random(7);
    DhcpServer.Message last = await(DhcpServer.DISCOVER);
    for (int i = 0; i < 20_000; i++) {
      for (DhcpServer.Message m = next(); m != null; m = next()) {
        last = m;
      }
      byte[] frame =
          DhcpServer.answer(
              last,
              last.kind() == DhcpServer.DISCOVER ? DhcpServer.OFFER : DhcpServer.ACK,
              ADDRESS,
              options(LEASE));
      int changes = 1 + random.nextInt(4);
      for (int c = 0; c < changes; c++) {
        int at = random.nextBoolean() ? 280 + random.nextInt(40) : random.nextInt(frame.length);
        frame[at] = (byte) random.nextInt();
      }
      frame = Arrays.copyOf(frame, 60 + random.nextInt(frame.length - 59));
      if (random.nextBoolean()) { // its headers say so
        ByteBuffer.wrap(frame).putShort(16, (short) (frame.length - 14));
        ByteBuffer.wrap(frame).putShort(38, (short) (frame.length - 34));
      }
      read(frame, last);
      backend.deliver(frame);
      if (i % 8 == 0) {
        domain.advance(SECOND * (1 + random.nextInt(100)));
      } else {
        domain.settle();
      }
      if (i % 500 == 0) {
        told();
      }
    }
  }
}
