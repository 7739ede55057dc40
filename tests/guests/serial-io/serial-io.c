/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * serial-io: the emulated UART is a 16550A that works, without help from outside.
 *
 * In loopback mode (MCR bit 4) the transmitter feeds the receiver:
 *  - scratch register and divisor latch keep what is written; the FIFO identifies as a 16550A's
 *  - modem outputs come back as modem inputs
 *  - a byte of every value, and a full FIFO of 16 bytes, come back in order
 *  - received data and an empty transmitter each raise the interrupt with the right cause
 * The output of all this is itself the other half of the test: the lines arrive through the UART.
 *
 * Parameters: port, irq: of another port than COM1, which then only tells.
 */

#include "guest.h"

const char test_name[] = "serial-io";
const char test_title[] = "16550A UART: registers, loopback, FIFO, interrupts";

#define RBR 0
#define THR 0
#define DLL 0
#define IER 1
#define DLM 1
#define IIR 2
#define FCR 2
#define LCR 3
#define MCR 4
#define LSR 5
#define MSR 6
#define SCR 7

#define MCR_LOOP 0x10
#define MCR_OUT2 0x08 /* gates the interrupt line on a PC */
#define LSR_DR   0x01
#define LSR_TEMT 0x40
#define FIFO     16

static uint16_t port;
static unsigned line;

static uint8_t get(unsigned reg)
{
    return inb((uint16_t)(port + reg));
}

static void put(unsigned reg, uint8_t v)
{
    outb((uint16_t)(port + reg), v);
}

/* One fault per kind is noted here and printed after the loopback, when the line is ours again. */
struct findings {
    int modem, byte, byte_got, fifo_count, fifo_order;
    uint8_t iir_rx, iir_tx;
    uint32_t irq_rx, irq_tx;
};

static void modem_loopback(struct findings *f)
{
    /* DTR->DSR, RTS->CTS, OUT1->RI, OUT2->DCD */
    static const uint8_t pairs[][2] = {{0x01, 0x20}, {0x02, 0x10}, {0x04, 0x40}, {0x08, 0x80}};
    for (unsigned i = 0; i < ARRAY_SIZE(pairs); i++) {
        put(MCR, MCR_LOOP | pairs[i][0]);
        if ((get(MSR) & 0xf0) != pairs[i][1])
            f->modem = (int)i;
    }
}

static void data_loopback(struct findings *f)
{
    put(FCR, 0x07);
    for (int v = 0; v < 256 && f->byte < 0; v += 5) { /* every fifth: each bit is seen both ways */
        put(THR, (uint8_t)v);
        if (!wait_for(get(LSR) & LSR_DR, 1000) || (f->byte_got = get(RBR)) != v)
            f->byte = v;
    }
    /* The transmit FIFO must be empty before it is filled at once. */
    (void)wait_for(get(LSR) & LSR_TEMT, 1000);
    for (unsigned i = 0; i < FIFO; i++)
        put(THR, (uint8_t)(0xa0 + i));
    (void)wait_for(get(LSR) & LSR_TEMT, 1000);
    int n = 0;
    while (n < 2 * FIFO && (get(LSR) & LSR_DR)) {
        if (get(RBR) != 0xa0 + n)
            f->fifo_order = n;
        n++;
    }
    f->fifo_count = n;
}

static void interrupts(struct findings *f)
{
    put(FCR, 0x07); /* clear, trigger level 1 */
    put(MCR, MCR_LOOP | MCR_OUT2);
    (void)get(IIR);
    (void)get(MSR);

    uint32_t before = irq_arm(line);
    put(IER, 0x01);
    put(THR, 'i');
    (void)wait_for(irq_count(line) != before, 1000);
    f->irq_rx = irq_count(line) - before;
    f->iir_rx = get(IIR);
    (void)get(RBR);
    put(IER, 0);

    before = irq_arm(line);
    put(IER, 0x02); /* the transmitter is empty: the request comes at once */
    (void)wait_for(irq_count(line) != before, 1000);
    f->irq_tx = irq_count(line) - before;
    f->iir_tx = get(IIR);
    put(IER, 0);
    irq_disable(line);
}

void test_main(void)
{
    struct findings f = {.modem = -1, .byte = -1, .fifo_order = -1};
    port = (uint16_t)param_u32("port", COM1);
    line = param_u32("irq", COM1_IRQ);
    console_drain();
    if (port != COM1) {
        put(LCR, 0x03); /* 8n1 */
        put(FCR, 0x07); /* both FIFOs on and empty */
    }

    put(SCR, 0x5a);
    uint8_t scratch = get(SCR);
    uint8_t lcr = get(LCR);
    put(LCR, lcr | 0x80);
    put(DLL, 0x34);
    put(DLM, 0x12);
    uint8_t dll = get(DLL), dlm = get(DLM);
    put(DLL, 1);
    put(DLM, 0);
    put(LCR, lcr);
    uint8_t fifo = get(IIR) & 0xc0;

    modem_loopback(&f);
    data_loopback(&f);
    interrupts(&f);
    console_init();

    check(scratch == 0x5a, "scratch register: %02x", scratch);
    check(dll == 0x34 && dlm == 0x12, "divisor latch: %02x %02x", dlm, dll);
    check(fifo == 0xc0, "not a 16550A: FIFO bits %02x", fifo);
    check(f.modem < 0, "modem loopback of output %d", f.modem);
    check(f.byte < 0, "byte %02x came back as %02x", (unsigned)f.byte, (unsigned)f.byte_got);
    check(f.fifo_count == FIFO, "%d of 16 bytes came back from the FIFO", f.fifo_count);
    check(f.fifo_order < 0, "FIFO byte %d is wrong", f.fifo_order);
    check(f.irq_rx == 1, "received data: %u interrupts", f.irq_rx);
    check((f.iir_rx & 0x0f) == 0x04, "received data: cause %02x", f.iir_rx);
    check(f.irq_tx == 1, "empty transmitter: %u interrupts", f.irq_tx);
    check((f.iir_tx & 0x0f) == 0x02, "empty transmitter: cause %02x", f.iir_tx);
}
