// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.bridge;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.rumpstubdom.tests.bridge.BridgeDomain.EACCES;
import static org.rumpstubdom.tests.bridge.BridgeDomain.ENOTCONN;
import static org.rumpstubdom.tests.bridge.BridgeDomain.O_NONBLOCK;
import static org.rumpstubdom.tests.bridge.BridgeDomain.O_RDWR;
import static org.rumpstubdom.tests.bridge.BridgeDomain.POLLIN;
import static org.rumpstubdom.tests.bridge.BridgeDomain.POLLOUT;
import static org.rumpstubdom.tests.bridge.BridgeDomain.check;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.rumpstubdom.tests.hosted.HostedDomain;

/** Event channels, as QEMU sees them. */
@Tag("hosted")
class EvtchnDeviceTest extends XenDeviceFiles {
  /** Of enum budget_share, and what core/budget.c reckons with. */
  private static final int STACKS_SHARE = 2;

  private static final int STACK_PAGES = 26;
  private static final int BURST = 32;

  private static final long BIND_VIRQ = 0x44500;
  private static final long BIND_INTERDOMAIN = 0x84501;
  private static final long BIND_UNBOUND_PORT = 0x44502;
  private static final long UNBIND = 0x44503;
  private static final long NOTIFY = 0x44504;
  private static final long RESET = 0x4505;
  private static final long RESTRICT_DOMID = 0x24506;

  /** Binds and takes the event that Xen sends with each new binding. */
  private int bind(int fd, int remotePort) {
    domain.offerPort(GUEST, remotePort);
    int port = (int) check(bridge.ioctl(fd, BIND_INTERDOMAIN, bytes(GUEST, remotePort)), "bind");
    assertArrayEquals(bytes(port), fired(fd));
    unmask(fd, port);
    return port;
  }

  private byte[] fired(int fd) {
    return bridge.read(fd, 64);
  }

  private void unmask(int fd, int... ports) {
    ByteBuffer b = ByteBuffer.allocate(4 * ports.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int p : ports) {
      b.putInt(p);
    }
    assertEquals(b.capacity(), bridge.write(fd, b.array()));
  }

  @Test
  void aPortIsReadOnceAndSilentUntilWrittenBack() {
    int fd = open("/dev/xen/evtchn", O_RDWR | O_NONBLOCK);
    int port = bind(fd, 11);
    assertNull(fired(fd));
    assertEquals(POLLOUT, bridge.poll(fd));
    domain.send(port);
    domain.send(port);
    domain.run();
    assertEquals(POLLIN | POLLOUT, bridge.poll(fd));
    assertArrayEquals(bytes(port), fired(fd));
    domain.send(port);
    assertNull(fired(fd), "masked");
    unmask(fd, port);
    assertArrayEquals(bytes(port), fired(fd), "the event that came meanwhile is not lost");
    unmask(fd, port);
    assertNull(fired(fd), "and comes once");
  }

  @Test
  void portsComeInTheOrderTheyFiredAndStayWithTheirFile() {
    int one = open("/dev/xen/evtchn", O_RDWR | O_NONBLOCK);
    int other = open("/dev/xen/evtchn", O_RDWR | O_NONBLOCK);
    List<Integer> ports = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      ports.add(bind(one, 20 + i));
    }
    int foreign = bind(other, 40);
    for (int i : new int[] {3, 1, 5}) {
      domain.send(ports.get(i));
      domain.run();
    }
    domain.send(foreign);
    assertArrayEquals(bytes(ports.get(3)), bridge.read(one, 7), "only whole numbers");
    assertArrayEquals(bytes(ports.get(1), ports.get(5)), fired(one));
    assertArrayEquals(bytes(foreign), fired(other));
    // Writing back what is another file's, or nobody's, or was not read, does nothing.
    unmask(one, foreign, 9999, ports.get(0));
    domain.send(foreign);
    assertNull(fired(other));
    assertEquals(0, bridge.readResult(one, 0));
  }

  /** With as many requests under way as have room the guest waits: it cannot start more. */
  @Test
  void theGuestsAccessesWaitWhileItsRequestsFillTheirShare() {
    long most = domain.call("hosted_budget_pages", STACKS_SHARE) / STACK_PAGES;
    int fd = open("/dev/xen/evtchn", O_RDWR | O_NONBLOCK);
    int port = bind(fd, 11);
    for (int i = 0; i <= most - BURST; i++) {
      assertEquals(0, domain.call("hosted_budget_request", 1));
    }
    domain.send(port);
    domain.settle();
    assertEquals(POLLOUT, bridge.poll(fd));
    assertNull(fired(fd));
    HostedDomain.Call poll = bridge.startPoll(fd, ARRAYS);
    domain.settle();
    assertFalse(poll.done());
    assertEquals(0, domain.call("hosted_budget_request", 0));
    domain.settle();
    assertEquals(1, poll.result());
    assertArrayEquals(bytes(port), fired(fd));
  }

  /** A disk has no more under way than its queue holds: with the only one there is room for all. */
  @Test
  void theOnlyDiskDoesNotStopTheGuest() {
    assertEquals(0, domain.call("hosted_budget_init", 0, 0, 1, 0, BURST));
    int fd = open("/dev/xen/evtchn", O_RDWR | O_NONBLOCK);
    int port = bind(fd, 11);
    for (int i = 0; i < BURST; i++) {
      assertEquals(0, domain.call("hosted_budget_request", 1));
    }
    domain.send(port);
    domain.settle();
    assertArrayEquals(bytes(port), fired(fd));
  }

  /** The same for a loop, whose polls are remembered from when requests were few. */
  @Test
  void aRepeatedPollIsWokenWhenTheGuestMayGoOn() {
    long most = domain.call("hosted_budget_pages", STACKS_SHARE) / STACK_PAGES;
    int fd = open("/dev/xen/evtchn", O_RDWR | O_NONBLOCK);
    int port = bind(fd, 11);
    for (int i = 0; i < 4; i++) {
      HostedDomain.Call poll = bridge.startPoll(fd, ARRAYS);
      domain.settle();
      assertFalse(poll.done());
      domain.send(port);
      domain.settle();
      assertEquals(1, poll.result());
      assertArrayEquals(bytes(port), fired(fd));
      assertEquals(4, bridge.write(fd, bytes(port)));
    }
    for (int i = 0; i <= most - BURST; i++) {
      assertEquals(0, domain.call("hosted_budget_request", 1));
    }
    HostedDomain.Call poll = bridge.startPoll(fd, ARRAYS);
    domain.send(port);
    domain.settle();
    assertFalse(poll.done());
    assertEquals(0, domain.call("hosted_budget_request", 0));
    domain.settle();
    assertEquals(1, poll.result());
  }

  @Test
  void aBlockedReaderIsWokenByTheEvent() {
    int fd = open("/dev/xen/evtchn", O_RDWR);
    int port = bind(fd, 11);
    HostedDomain.Call read = bridge.startRead(fd, ARRAYS, 4);
    domain.settle();
    assertFalse(read.done());
    domain.send(port);
    domain.settle();
    assertEquals(4, read.result());
    assertEquals(port, bridge.scratch().getInt(ARRAYS));
  }

  @Test
  void notifyReachesTheOtherEnd() {
    int fd = open("/dev/xen/evtchn", O_RDWR | O_NONBLOCK);
    int port = bind(fd, 11);
    domain.notified(port);
    assertEquals(0, bridge.ioctl(fd, NOTIFY, bytes(port)));
    assertEquals(1, domain.notified(port));
    int unbound = (int) check(bridge.ioctl(fd, BIND_UNBOUND_PORT, bytes(3)), "unbound");
    assertEquals(0, bridge.ioctl(fd, NOTIFY, bytes(unbound)));
    assertEquals(1, domain.notified(unbound));
    assertEquals(-ENOTCONN, bridge.ioctl(fd, NOTIFY, bytes(9999)));
  }

  @Test
  void unbindAndCloseGiveThePortsBack() {
    int before = domain.portCount();
    int fd = open("/dev/xen/evtchn", O_RDWR | O_NONBLOCK);
    int port = bind(fd, 11);
    int second = bind(fd, 12);
    check(bridge.ioctl(fd, BIND_VIRQ, bytes(1)), "virq");
    domain.send(port);
    domain.run();
    assertEquals(0, bridge.ioctl(fd, UNBIND, bytes(port)));
    assertNull(fired(fd), "an unbound port is forgotten");
    assertEquals(-ENOTCONN, bridge.ioctl(fd, UNBIND, bytes(port)));
    domain.send(second);
    domain.run();
    bridge.close(fd);
    domain.settle();
    assertEquals(before, domain.portCount());
  }

  @Test
  void resetForgetsWhatFired() {
    int fd = open("/dev/xen/evtchn", O_RDWR | O_NONBLOCK);
    int port = bind(fd, 11);
    domain.send(port);
    domain.run();
    assertEquals(0, bridge.ioctl(fd, RESET, 0));
    assertNull(fired(fd));
    unmask(fd, port);
    domain.send(port);
    assertArrayEquals(bytes(port), fired(fd));
  }

  @Test
  void aRestrictedFileServesOneDomain() {
    int fd = open("/dev/xen/evtchn", O_RDWR | O_NONBLOCK);
    assertEquals(0, bridge.ioctl(fd, RESTRICT_DOMID, bytes((short) GUEST)));
    assertEquals(-EACCES, bridge.ioctl(fd, RESTRICT_DOMID, bytes((short) GUEST)));
    assertEquals(-EACCES, bridge.ioctl(fd, BIND_INTERDOMAIN, bytes(0, 5)));
    assertEquals(-EACCES, bridge.ioctl(fd, BIND_VIRQ, bytes(1)));
    assertEquals(-EACCES, bridge.ioctl(fd, BIND_UNBOUND_PORT, bytes(0)));
    bind(fd, 11);
  }
}
