// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.netfront;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rumpstubdom.tests.hosted.HostedDomain;
import org.rumpstubdom.xl.MemoryNeeds;

@Tag("hosted")
class NetfrontTest {
  private static final long SECOND = 1_000_000_000L;

  /** Of enum budget_share. */
  private static final int NETWORK_SHARE = 4;

  private static final int RESERVE = 7;

  /** Of enum mem_owner. */
  private static final int MEM_NET = 6;

  /** Of a connected interface, with its rings. */
  private static final int NET_PAGES = 130;

  private static final int EAGAIN = -11;
  private static final int ENODEV = -19;
  private static final int EBUSY = -16;
  private static final int EINVAL = -22;
  private static final int EMSGSIZE = -90;

  private final Random random = new Random(1);
  private HostedDomain domain;
  private NetBackend backend;
  private NetClient client;

  @BeforeEach
  void createDomain() {
    domain = HostedDomain.create(4096, 1);
    backend = new NetBackend(domain, 0);
  }

  @AfterEach
  void closeDomain() {
    domain.close();
  }

  private void connect() {
    backend.createNodes();
    backend.start();
    domain.addPeer(backend);
    domain.boot(HostedDomain.Service.XENSTORE, HostedDomain.Service.NETFRONT);
    client = NetClient.open(domain, 0);
    domain.settle();
    assertTrue(client.connected() && backend.connected(), () -> domain.console());
  }

  private byte[] frame(int len) {
    return NetBackend.frame(random, len);
  }

  @Test
  void onlyADeviceInUseIsConnected() {
    NetBackend other = new NetBackend(domain, 3);
    other.createNodes();
    other.start();
    domain.addPeer(other);
    connect();
    assertFalse(other.connected());
    assertEquals(1, other.frontendState());
    assertEquals(NetBackend.CONNECTED, backend.frontendState());
    assertArrayEquals(new byte[] {0, 0x16, 0x3e, (byte) 0xaa, (byte) 0xbb, 0}, client.mac());
    assertEquals(EBUSY, NetClient.tryOpen(domain, 0));
    assertEquals(ENODEV, NetClient.tryOpen(domain, 1));
    NetClient third = NetClient.open(domain, 3);
    domain.settle();
    assertTrue(third.connected() && other.connected());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void framesGoBothWays(boolean split) {
    backend.splitChannels = split;
    connect();
    for (int len : new int[] {14, 60, 1514, 4095, 4096, 4097, 9018, 65535}) {
      byte[] out = frame(len);
      assertEquals(len, client.send(out));
      domain.settle();
      assertArrayEquals(out, backend.received.remove(), len + " bytes out");
      byte[] in = frame(len);
      assertTrue(backend.deliver(in));
      domain.settle();
      assertTrue(client.receivable());
      assertArrayEquals(in, client.receive(), len + " bytes in");
      assertNull(client.receive());
    }
  }

  @Test
  void piecesAtAnyOffsetMakeAFrame() {
    connect();
    byte[] in = frame(3000);
    backend.deliver(in, 0, 700, 3396); // the last byte of the page
    backend.pushFrames();
    domain.settle();
    assertArrayEquals(in, client.receive());
  }

  @Test
  void framesOfAWrongLengthAreRefused() {
    connect();
    assertEquals(EINVAL, client.send(frame(13)));
    assertEquals(EMSGSIZE, client.send(frame(65536)));
    backend.unmap();
    backend.scatterGather = false;
    backend.setState(NetBackend.CLOSED);
    domain.settle();
    assertTrue(client.connected());
    assertEquals(EMSGSIZE, client.send(frame(4097)));
    assertEquals(4096, client.send(frame(4096)));
  }

  @Test
  void aReadIsCutAsADatagram() {
    connect();
    byte[] first = frame(1000);
    byte[] second = frame(100);
    backend.deliver(first);
    backend.deliver(second);
    domain.settle();
    assertArrayEquals(Arrays.copyOf(first, 301), client.receive(301));
    assertArrayEquals(second, client.receive(301));
  }

  @Test
  void aFullRingHoldsTheSenderBackUntilAnAnswerComes() {
    connect();
    backend.automatic = false;
    int sent = 0;
    while (client.sendable()) {
      assertEquals(100, client.send(frame(100)));
      sent++;
    }
    assertEquals(EAGAIN, client.send(frame(100)));
    domain.settle();
    assertFalse(client.sendable());
    assertEquals(sent, backend.takeFrames());
    backend.answerAll();
    domain.settle();
    assertTrue(client.sendable());
  }

  @Test
  void fewNotificationsAreNeeded() {
    connect();
    backend.automatic = false;
    for (int i = 0; i < 40; i++) {
      client.send(frame(100));
    }
    assertEquals(40, backend.takeFrames());
    assertEquals(1, backend.txNotifications);
    backend.answerAll();
    int before = backend.rxNotifications;
    for (int i = 0; i < 40; i++) {
      backend.deliver(frame(100));
    }
    domain.settle();
    for (int i = 0; i < 40; i++) {
      client.receive();
    }
    backend.pushFrames();
    assertTrue(backend.rxNotifications - before <= 1, "posting buffers one by one notifies once");
  }

  @Test
  void buffersComeBackInBatches() {
    connect();
    int all = backend.posted();
    for (int i = 0; i < 40; i++) {
      assertTrue(backend.deliver(frame(100)));
    }
    domain.settle();
    for (int i = 0; i < 40; i++) {
      assertTrue(client.receive() != null);
      int given = i < 15 ? 0 : i < 31 ? 16 : i < 39 ? 32 : 40;
      assertEquals(all - 40 + given, backend.posted(), "after frame " + i);
    }
  }

  @Test
  void anIdleReaderHoldsTheBackendBackAndLosesNothing() {
    connect();
    List<byte[]> frames = new ArrayList<>();
    byte[] frame = frame(60);
    while (backend.deliver(frame)) {
      frames.add(frame);
      frame = frame(60 + frames.size());
      domain.settle();
    }
    assertTrue(frames.size() >= 32, "buffers: " + frames.size());
    for (byte[] expected : frames) {
      assertArrayEquals(expected, client.receive());
    }
    assertTrue(backend.deliver(frame));
    assertArrayEquals(frame, client.receive());
  }

  // ---- checksums
  // -----------------------------------------------------------------------------------

  @ParameterizedTest
  @CsvSource({
    "false,6,0,0,0", "false,17,0,0,0", "true,6,0,0,0", "true,17,0,0,0", "false,6,1,0,0",
    "false,17,2,0,0", "true,6,2,0,0", "false,6,0,40,0", "false,17,0,4,6", "true,17,1,0,9"
  })
  void aBlankChecksumIsFilledIn(boolean v6, int protocol, int tags, int options, int trailer) {
    connect();
    Packets.Kind kind = new Packets.Kind(v6, protocol, tags, options, trailer);
    for (int payload : new int[] {0, 1, 1400, 1401, 9000}) {
      byte[] whole = Packets.frame(kind, random, payload);
      byte[] blank = whole.clone();
      int at = Packets.checksumOffset(kind);
      blank[at] = (byte) random.nextInt();
      blank[at + 1] = (byte) random.nextInt();
      backend.deliver(blank, NetBackend.RXF_BLANK | NetBackend.RXF_VALIDATED, 1000, 8);
      backend.deliver(blank, 0, 4096, 0);
      backend.pushFrames();
      assertArrayEquals(whole, client.receive(), kind + " with " + payload + " bytes");
      assertArrayEquals(blank, client.receive(), "not flagged, so left alone");
    }
  }

  @Test
  void aUdpChecksumOfZeroIsWrittenAsAllOnes() {
    connect();
    Packets.Kind kind = new Packets.Kind(false, Packets.UDP, 0, 0, 0);
    int at = Packets.checksumOffset(kind);
    byte[] whole;
    do {
      whole = Packets.frame(kind, random, 8);
    } while (whole[at] != -1 || whole[at + 1] != -1); // one in 65536
    byte[] blank = whole.clone();
    blank[at] = 0;
    backend.deliver(blank, NetBackend.RXF_BLANK, 4096, 0);
    backend.pushFrames();
    assertArrayEquals(whole, client.receive());
  }

  @Test
  void aFlaggedFrameThatIsNoPacketIsLeftAlone() {
    connect();
    for (int len = 14; len < 140; len++) {
      for (int type : new int[] {0x0800, 0x86dd, 0x8100, 0x0806}) {
        byte[] junk = frame(len);
        ByteBuffer.wrap(junk).putShort(12, (short) type);
        if (len > 16) {
          junk[14] = (byte) 0x11; // neither version 4 nor 6, nor another tag behind a tag
          junk[16] = 0;
        }
        backend.deliver(junk, NetBackend.RXF_BLANK, 4096, 0);
        backend.pushFrames();
        assertArrayEquals(junk, client.receive());
      }
    }
  }

  // ---- answers without a frame
  // --------------------------------------------------------------------

  @Test
  void aFrameWithAnErrorIsDropped() {
    connect();
    for (int status : new int[] {-1, -2, 0, -32768}) {
      ByteBuffer request = backend.rx.take();
      backend.rx.respond(NetBackend.rxResponse(request.getShort(0), 0, 0, status));
      byte[] in = frame(70);
      backend.deliver(in);
      domain.settle();
      assertArrayEquals(in, client.receive());
      assertNull(client.receive());
    }
  }

  /** Any status does, also 1, which is for extra information and makes no sense here. */
  @Test
  void aTransmitErrorFreesItsBuffer() {
    connect();
    backend.automatic = false;
    for (int i = 0; i < 500; i++) {
      assertEquals(100, client.send(frame(100)));
      backend.takeFrames();
      backend.answer(0, i % 4 - 2);
      backend.pushAnswers();
    }
    assertTrue(client.connected());
  }

  // ---- closing
  // -------------------------------------------------------------------------------------

  /** A backend that is taken away waits for the end of a frontend nobody has opened. */
  @Test
  void aDeviceNobodyOpenedIsLetGo() {
    backend.createNodes();
    backend.start();
    domain.addPeer(backend);
    domain.boot(HostedDomain.Service.XENSTORE, HostedDomain.Service.NETFRONT);
    domain.settle();
    backend.setState(NetBackend.CLOSING);
    domain.settle();
    assertEquals(NetBackend.CLOSED, backend.frontendState());
    client = NetClient.open(domain, 0);
    domain.settle();
    assertTrue(client.connected() && backend.connected(), () -> domain.console());
  }

  @Test
  void closingLetsGoOfTheDeviceAndOpeningTakesItAgain() {
    connect();
    backend.deliver(frame(100));
    client.close();
    domain.settle();
    assertEquals(NetBackend.CLOSED, backend.frontendState());
    assertFalse(backend.connected());
    domain.advance(SECOND);
    assertEquals(0, domain.grantCount());
    assertEquals(1, domain.portCount());
    client = NetClient.open(domain, 0);
    domain.settle();
    assertTrue(client.connected());
    assertNull(client.receive(), "a frame from before leaked past the close");
    byte[] out = frame(60);
    client.send(out);
    domain.settle();
    assertArrayEquals(out, backend.received.remove());
  }

  @Test
  void closingAndOpeningAtOnceStartsAFreshConnection() {
    connect();
    backend.deliver(frame(100));
    client.close();
    client = NetClient.open(domain, 0);
    domain.settle();
    assertTrue(client.connected());
    assertNull(client.receive());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aRestartOfTheBackendIsFollowed(boolean orderly) {
    connect();
    if (orderly) {
      backend.setState(NetBackend.CLOSING);
    } else {
      backend.unmap();
      domain.xenstore().remove(backend.backend);
      domain.settle();
      assertFalse(client.connected());
      assertEquals(60, client.send(frame(60)), "dropped, as on an unplugged cable");
      assertTrue(client.sendable());
      backend.splitChannels = true;
      backend.createNodes();
      backend.start();
    }
    domain.settle();
    assertTrue(client.connected() && backend.connected(), () -> domain.console());
    byte[] in = frame(100);
    backend.deliver(in);
    domain.settle();
    assertArrayEquals(in, client.receive());
  }

  @Test
  void aRestartBetweenTwoLooksIsNoticed() {
    connect();
    backend.unmap();
    domain.xenstore().remove(backend.backend);
    backend.createNodes();
    backend.start(); // the frontend sees nothing but InitWait
    domain.settle();
    assertTrue(client.connected() && backend.connected(), () -> domain.console());
    byte[] out = frame(100);
    client.send(out);
    domain.settle();
    assertArrayEquals(out, backend.received.remove());
  }

  @Test
  void aRemovedDeviceLeavesNothingBehind() {
    connect();
    client.send(frame(100));
    backend.removeNodes();
    domain.settle();
    assertFalse(client.connected());
    assertEquals(0, domain.grantCount());
    assertEquals(1, domain.portCount());
    assertNull(client.receive());
    assertEquals(100, client.send(frame(100)));
  }

  @Test
  void withoutGrantsTheConnectionIsTriedAgain() {
    domain.grantLimit(50);
    backend.createNodes();
    backend.start();
    domain.addPeer(backend);
    domain.boot(HostedDomain.Service.XENSTORE, HostedDomain.Service.NETFRONT);
    client = NetClient.open(domain, 0);
    domain.advance(5 * SECOND);
    assertFalse(client.connected());
    assertEquals(0, domain.grantCount());
    domain.grantLimit(1000);
    domain.advance(2 * SECOND);
    assertTrue(client.connected());
  }

  @Test
  void buffersAreNotTakenFromTheReserve() {
    backend.createNodes();
    backend.start();
    domain.addPeer(backend);
    domain.boot(HostedDomain.Service.XENSTORE, HostedDomain.Service.NETFRONT);
    long block = 64L * HostedDomain.PAGE_SIZE;
    List<Long> taken = new ArrayList<>();
    try (Memory slot = new Memory(8)) {
      // What a program may have touched by now: a NIC's 130 pages are left, with half the reserve.
      long left = domain.call("hosted_budget_pages", RESERVE) / 2 + 130;
      while (domain.call("hosted_pages_free") - 64 > left) {
        assertEquals(
            0, domain.call("rumpuser_anonmmap", 0, block, 12, 0, Pointer.nativeValue(slot)));
        taken.add(slot.getLong(0));
      }
    }
    client = NetClient.open(domain, 0);
    domain.advance(5 * SECOND);
    assertFalse(client.connected());
    assertEquals(0, domain.grantCount());
    for (long address : taken.subList(0, 4)) {
      domain.call("rumpuser_unmap", address, block);
    }
    domain.advance(2 * SECOND);
    assertTrue(client.connected());
  }

  // ---- lies
  // ----------------------------------------------------------------------------------------

  private void assertBrokenThenUsableAgain(String message) {
    assertNull(client.receive());
    client.sendable();
    domain.settle();
    assertTrue(domain.console().contains(message), domain.console());
    domain.settle();
    assertTrue(client.connected(), () -> domain.console());
    byte[] in = frame(100);
    backend.deliver(in);
    domain.settle();
    assertArrayEquals(in, client.receive());
  }

  @ParameterizedTest
  @ValueSource(ints = {65, 257, 100_000, -1, Integer.MIN_VALUE})
  void aWildReceiveIndex(int index) {
    connect();
    backend.rx.forgeResponseIndex(index);
    domain.send(backend.rxPort);
    domain.run();
    assertBrokenThenUsableAgain("receive index out of range");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 257, 100_000, -1, Integer.MIN_VALUE})
  void aWildTransmitIndex(int index) {
    connect();
    backend.tx.forgeResponseIndex(index);
    domain.send(backend.txPort);
    domain.run();
    assertBrokenThenUsableAgain("transmit index out of range");
  }

  @ParameterizedTest
  @CsvSource({
    "64,0,100,answer to a receive request",
    "65535,0,100,answer to a receive request",
    "0,4096,1,over the end",
    "0,4095,2,over the end",
    "0,65535,1,over the end",
    "0,0,4097,over the end",
    "0,1,32767,over the end"
  })
  void anImpossibleReceiveAnswer(int id, int offset, int status, String message) {
    connect();
    backend.rx.take();
    backend.rx.respond(NetBackend.rxResponse(id, offset, 0, status));
    backend.pushFrames();
    domain.run();
    assertBrokenThenUsableAgain(message);
  }

  @Test
  void aRepeatedReceiveAnswer() {
    connect();
    for (int i = 0; i < 2; i++) {
      backend.rx.take();
      backend.rx.respond(NetBackend.rxResponse(5, 0, NetBackend.RXF_MORE, 10));
    }
    backend.pushFrames();
    domain.run();
    assertBrokenThenUsableAgain("answer to a receive request that was not made");
  }

  /** Such slots come only to a frontend that has asked for offloads: this one never does. */
  @Test
  void extraInformationThatWasNotAskedFor() {
    connect();
    int id = backend.rx.take().getShort(0);
    backend.rx.respond(NetBackend.rxResponse(id, 0, NetBackend.RXF_EXTRA, 80));
    backend.pushFrames();
    domain.run();
    assertBrokenThenUsableAgain("extra information that was not asked for");
  }

  @Test
  void aFrameWithoutEnd() {
    connect();
    while (backend.posted() > 0) {
      int id = backend.rx.take().getShort(0);
      backend.rx.respond(NetBackend.rxResponse(id, 0, NetBackend.RXF_MORE, 10));
    }
    backend.pushFrames();
    domain.run();
    assertBrokenThenUsableAgain("more than all buffers");
  }

  @ParameterizedTest
  @ValueSource(ints = {5, 64, 65535})
  void anAnswerToATransmitThatWasNotMade(int id) {
    connect();
    backend.automatic = false;
    client.send(frame(60));
    backend.takeFrames();
    int made = backend.unanswered.get(0);
    backend.tx.respond(NetBackend.txResponse(id == made ? id + 1 : id, 0));
    backend.pushAnswers();
    domain.send(backend.txPort);
    domain.run();
    backend.automatic = true;
    assertBrokenThenUsableAgain("answer to a transmit request that was not made");
  }

  /** `stubdom config` adds so much for each interface. */
  @Test
  void anInterfaceTakesWhatTheBudgetSays() {
    long before = domain.call("hosted_memory_used", MEM_NET);
    connect();
    long taken = domain.call("hosted_memory_used", MEM_NET) - before;
    assertTrue(taken <= MemoryNeeds.NIC.kib() * 1024L, () -> "bytes: " + taken);
    assertTrue(taken >= MemoryNeeds.NIC.kib() * 1024L / 2, () -> "far less: " + taken);
  }

  /** Interfaces have a share: one that would take more waits until another is closed. */
  @Test
  void anInterfaceBeyondTheShareWaitsItsTurn() {
    long pages = domain.call("hosted_budget_pages", NETWORK_SHARE);
    int fit = (int) (pages / NET_PAGES);
    NetBackend[] backends = new NetBackend[fit + 1];
    for (int i = 0; i < backends.length; i++) {
      backends[i] = new NetBackend(domain, i);
      backends[i].createNodes();
      backends[i].start();
      domain.addPeer(backends[i]);
    }
    domain.boot(HostedDomain.Service.XENSTORE, HostedDomain.Service.NETFRONT);
    domain.settle();
    NetClient[] clients = new NetClient[backends.length];
    for (int i = 0; i < backends.length; i++) {
      clients[i] = NetClient.open(domain, i);
      domain.settle();
    }
    assertFalse(backends[fit].connected());
    clients[0].close();
    domain.advance(3_000_000_000L);
    assertTrue(backends[fit].connected(), domain.console());
  }
}
