// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.blkfront;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rumpstubdom.tests.hosted.HostedDomain;

/** Backends that break the protocol. */
@Tag("hosted")
class BlkfrontLiesTest extends BlkfrontDisk {
  private void assertBrokenThenUsableAgain(String message) {
    domain.settle();
    assertTrue(domain.console().contains(message), domain.console());
    assertTrue(client.done(0));
    assertEquals(EIO, client.status(0));
    client.release(0);
    backend.automatic = true;
    domain.settle();
    assertTrue(client.live(), () -> domain.console());
    write(0, pattern(8, 4096));
    assertArrayEquals(pattern(8, 4096), read(0, 4096));
  }

  private void oneRequestPending() {
    connect();
    backend.automatic = false;
    client.submit(0, BlkEntries.READ, 0, 512, true);
    domain.settle();
    assertEquals(1, backend.pending.size());
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 31, 32, 0xffffffffL, 0x100000000L, Long.MIN_VALUE, -1})
  void anAnswerToNothing(long idChange) {
    oneRequestPending();
    backend.ring.respond(
        BlkBackend.response(backend.pending.get(0).id ^ idChange, BlkBackend.OP_READ, 0));
    backend.pushAnswers();
    assertBrokenThenUsableAgain("answer to a request that was not made");
  }

  @Test
  void aRepeatedAnswer() {
    oneRequestPending();
    client.submit(1, BlkEntries.READ, 0, 512, true);
    domain.settle();
    byte[] answer = BlkBackend.response(backend.pending.get(1).id, BlkBackend.OP_READ, 0);
    backend.ring.respond(answer);
    backend.ring.respond(answer);
    backend.pushAnswers();
    assertBrokenThenUsableAgain("answer to a request that was not made");
    assertEquals(0, client.status(1));
    client.release(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 33, 1000, -1, Integer.MIN_VALUE})
  void aWildIndex(int index) {
    oneRequestPending();
    backend.ring.forgeResponseIndex(index);
    domain.send(backend.port);
    assertBrokenThenUsableAgain("more answers than requests");
  }

  @Test
  void anAnswerToAnotherOperation() {
    oneRequestPending();
    backend.ring.respond(BlkBackend.response(backend.pending.get(0).id, BlkBackend.OP_WRITE, 0));
    backend.pushAnswers();
    assertBrokenThenUsableAgain("answer to another operation");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 12345, -3, -32768, 32767})
  void anUnknownStatusIsAnError(int status) {
    oneRequestPending();
    backend.answer(0, status);
    backend.pushAnswers();
    assertEquals(EIO, finish(0));
    client.release(0);
    backend.automatic = true;
    assertArrayEquals(new byte[512], read(0, 512));
  }

  @ParameterizedTest
  @CsvSource({
    "sectors,x",
    "sectors,-1",
    "sectors,18446744073709551615",
    "sector-size,0",
    "sector-size,513",
    "sector-size,8192",
    "sector-size,4294967296"
  })
  void propertiesThatMakeNoSenseAreRefused(String node, String value) {
    backend =
        new BlkBackend(domain, 768, options, disk) {
          @Override
          void writeProperties() {
            super.writeProperties();
            store.write(backend + "/" + node, value);
          }
        };
    backend.createNodes();
    backend.start();
    domain.addPeer(backend);
    domain.boot(HostedDomain.Service.XENSTORE, HostedDomain.Service.BLKFRONT);
    domain.settle();
    client = new DiskClient(domain, "xvda");
    assertFalse(client.live());
    assertTrue(domain.console().contains("make no sense"), domain.console());
  }

  @Test
  void aBackendThatBreaksTheProtocolOverAndOverIsLeftAlone() {
    connect();
    for (int i = 0; i < 20; i++) {
      if (client.live()) {
        backend.ring.forgeResponseIndex(77);
        domain.send(backend.port);
        domain.settle();
      }
    }
    assertFalse(client.live());
    assertEquals(EIO, client.submit(0, BlkEntries.READ, 0, 512, true));
    domain.advance(120 * SECOND); // pages that were mapped at the time have come back by then
    assertEquals(0, domain.grantCount());
  }
}
