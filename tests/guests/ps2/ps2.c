/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * ps2: keyboard controller, keyboard and mouse answer as an i8042 and its devices do.
 *
 *  - controller: self test, interface tests, command byte reads back
 *  - keyboard: reset with self test, identity, echo, LEDs accepted, interrupt line 1
 *  - mouse: reset with self test and identity, sample rate accepted, interrupt line 12
 */

#include "guest.h"

const char test_name[] = "ps2";
const char test_title[] = "keyboard controller, keyboard and mouse";

#define DATA       0x60
#define STATUS     0x64
#define COMMAND    0x64
#define STATUS_OUT 0x01
#define STATUS_IN  0x02
#define STATUS_AUX 0x20
#define ACK        0xfa
#define BAT_OK     0xaa
#define KBD_IRQ    1
#define MOUSE_IRQ  12
#define NOTHING    (-1)

static void command(uint8_t c)
{
    (void)wait_for(!(inb(STATUS) & STATUS_IN), 500);
    outb(COMMAND, c);
}

static void write(uint8_t v)
{
    (void)wait_for(!(inb(STATUS) & STATUS_IN), 500);
    outb(DATA, v);
}

static int read(void)
{
    if (!wait_for(inb(STATUS) & STATUS_OUT, 1000))
        return NOTHING;
    return inb(DATA);
}

static void drain(void)
{
    for (unsigned i = 0; i < 64 && (inb(STATUS) & STATUS_OUT); i++)
        (void)inb(DATA);
}

static void expect(int want, const char *what)
{
    int got = read();
    check(got == want, "%s: %d, expected %d", what, got, want);
}

static void controller(void)
{
    command(0xad); /* both ports off while the controller itself is asked */
    command(0xa7);
    drain();
    command(0xaa);
    expect(0x55, "controller self test");
    command(0xab);
    expect(0x00, "keyboard interface test");
    command(0xa9);
    expect(0x00, "mouse interface test");
    command(0x60);
    write(0x30); /* both ports off, no interrupts */
    command(0x20);
    expect(0x30, "command byte");
    command(0xae);
    command(0xa8);
}

static void keyboard(void)
{
    write(0xff);
    expect(ACK, "keyboard reset");
    expect(BAT_OK, "keyboard self test");
    write(0xf5); /* no scanning: a key would disturb the dialogue */
    expect(ACK, "scanning off");
    write(0xf2);
    expect(ACK, "keyboard identity");
    expect(0xab, "keyboard identity, first byte");
    int second = read();
    check(second == 0x83 || second == 0x41, "keyboard identity, second byte: %d", second);
    write(0xee);
    expect(0xee, "echo");
    write(0xed);
    expect(ACK, "LED command");
    write(0x07);
    expect(ACK, "LED value");
}

static void mouse_write(uint8_t v)
{
    command(0xd4);
    write(v);
}

static void mouse(void)
{
    mouse_write(0xff);
    check(wait_for(inb(STATUS) & STATUS_OUT, 1000) && (inb(STATUS) & STATUS_AUX),
          "the mouse's answer is not marked as its own");
    expect(ACK, "mouse reset");
    expect(BAT_OK, "mouse self test");
    expect(0x00, "mouse identity");
    mouse_write(0xf3);
    expect(ACK, "sample rate command");
    mouse_write(100);
    expect(ACK, "sample rate");
    mouse_write(0xe9);
    expect(ACK, "status request");
    (void)read();
    (void)read();
    expect(100, "sample rate in the status");
}

/* Sends the harmless command `send` with interrupts allowed; the answer must raise the line. */
static void interrupt(unsigned irq, uint8_t command_byte, bool to_mouse, uint8_t send)
{
    command(0x60);
    write(command_byte);
    uint32_t before = irq_arm(irq);
    if (to_mouse)
        mouse_write(send);
    else
        write(send);
    check(wait_for(irq_count(irq) != before, 1000), "no interrupt on line %u", irq);
    expect(ACK, "answer with interrupts on");
    irq_disable(irq);
    time_sleep(10);
    drain();
}

void test_main(void)
{
    controller();
    keyboard();
    mouse();
    interrupt(KBD_IRQ, 0x21, false, 0xf5);  /* line 1 on, mouse port off */
    interrupt(MOUSE_IRQ, 0x12, true, 0xf5); /* line 12 on, keyboard port off */
}
