// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.hosted;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The backend's half of a shared ring (xen/io/ring.h), over the frontend's granted pages. Entries
 * may lie across a page border, so they are copied.
 */
public final class BackRing {
  private static final int REQ_PROD = 0;
  private static final int REQ_EVENT = 4;
  private static final int RSP_PROD = 8;
  private static final int RSP_EVENT = 12;
  private static final int ENTRIES = 64;

  private final ByteBuffer ram;
  private final int[] pages;
  private final int entrySize;
  private final int size;
  private int reqCons;
  private int rspProd;

  /**
   * @param pages offsets of the ring's pages in {@code ram}
   * @param entrySize bytes of the larger of request and response
   */
  public BackRing(ByteBuffer ram, int[] pages, int entrySize) {
    this.ram = ram;
    this.pages = pages.clone();
    this.entrySize = entrySize;
    this.size =
        Integer.highestOneBit((pages.length * HostedDomain.PAGE_SIZE - ENTRIES) / entrySize);
  }

  /** How many entries the ring has. */
  public int size() {
    return size;
  }

  /** Requests the frontend has published and the backend has not taken. */
  public int unconsumed() {
    int n = get(REQ_PROD) - reqCons;
    if (n < 0 || n > size) {
      throw new ProtocolError("its request index is " + n + " ahead");
    }
    return n;
  }

  /** Takes the next request: a copy of the whole entry. */
  public ByteBuffer take() {
    return entry(reqCons++);
  }

  /** Asks to be notified of the next request; true when one is there already. */
  public boolean finalCheck() {
    put(REQ_EVENT, reqCons + 1);
    return unconsumed() > 0;
  }

  /** The number of the request taken last; responses that must stay in place go to the same. */
  public int consumed() {
    return reqCons;
  }

  /** Writes a response to the next slot; {@link #push} publishes it. */
  public void respond(byte[] response) {
    int at = ENTRIES + (rspProd & (size - 1)) * entrySize;
    for (int i = 0; i < response.length; i++) {
      ram.put(
          pages[(at + i) / HostedDomain.PAGE_SIZE] + (at + i) % HostedDomain.PAGE_SIZE,
          response[i]);
    }
    rspProd++;
  }

  /** Publishes the responses written; true when the frontend wants to be notified. */
  public boolean push() {
    int old = get(RSP_PROD);
    put(RSP_PROD, rspProd);
    return Integer.compareUnsigned(rspProd - get(RSP_EVENT), rspProd - old) < 0;
  }

  /** Responses written but not published, plus those published. */
  public int responses() {
    return rspProd;
  }

  /** What a lying backend does: any value as its index. */
  public void forgeResponseIndex(int value) {
    put(RSP_PROD, value);
  }

  /** Moves the backend's own idea of its index, as if it had written so many responses. */
  public void skipResponses(int n) {
    rspProd += n;
  }

  private ByteBuffer entry(int index) {
    int at = ENTRIES + (index & (size - 1)) * entrySize;
    byte[] copy = new byte[entrySize];
    for (int i = 0; i < entrySize; i++) {
      copy[i] =
          ram.get(pages[(at + i) / HostedDomain.PAGE_SIZE] + (at + i) % HostedDomain.PAGE_SIZE);
    }
    return ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN);
  }

  private int get(int field) {
    return ram.getInt(pages[0] + field);
  }

  private void put(int field, int value) {
    ram.putInt(pages[0] + field, value);
  }
}
