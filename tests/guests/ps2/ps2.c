/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * ps2: keyboard controller, keyboard and mouse answer as an i8042 and its devices do.
 *
 *  - controller: self test, interface tests, command byte reads back
 *  - keyboard: reset with self test, identity, echo, LEDs accepted, interrupt line 1
 *  - mouse: reset with self test and identity, sample rate accepted, interrupt line 12
 */

#include "i8042.h"

const char test_name[] = "ps2";
const char test_title[] = "keyboard controller, keyboard and mouse";

#define BAT_OK    0xaa
#define KBD_IRQ   1
#define MOUSE_IRQ 12

static void controller(void)
{
    i8042_command(0xad); /* both ports off while the controller itself is asked */
    i8042_command(0xa7);
    i8042_drain();
    i8042_command(0xaa);
    i8042_expect(0x55, "controller self test");
    i8042_command(0xab);
    i8042_expect(0x00, "keyboard interface test");
    i8042_command(0xa9);
    i8042_expect(0x00, "mouse interface test");
    i8042_command(0x60);
    i8042_write(0x30); /* both ports off, no interrupts */
    i8042_command(0x20);
    i8042_expect(0x30, "command byte");
    i8042_command(0xae);
    i8042_command(0xa8);
}

static void keyboard(void)
{
    i8042_write(0xff);
    i8042_expect(I8042_ACK, "keyboard reset");
    i8042_expect(BAT_OK, "keyboard self test");
    i8042_write(0xf5); /* no scanning: a key would disturb the dialogue */
    i8042_expect(I8042_ACK, "scanning off");
    i8042_write(0xf2);
    i8042_expect(I8042_ACK, "keyboard identity");
    i8042_expect(0xab, "keyboard identity, first byte");
    int second = i8042_read();
    check(second == 0x83 || second == 0x41, "keyboard identity, second byte: %d", second);
    i8042_write(0xee);
    i8042_expect(0xee, "echo");
    i8042_write(0xed);
    i8042_expect(I8042_ACK, "LED command");
    i8042_write(0x07);
    i8042_expect(I8042_ACK, "LED value");
}

static void mouse(void)
{
    i8042_write_mouse(0xff);
    check(wait_for(inb(I8042_STATUS) & I8042_STATUS_OUT, 1000) &&
              (inb(I8042_STATUS) & I8042_STATUS_AUX),
          "the mouse's answer is not marked as its own");
    i8042_expect(I8042_ACK, "mouse reset");
    i8042_expect(BAT_OK, "mouse self test");
    i8042_expect(0x00, "mouse identity");
    i8042_write_mouse(0xf3);
    i8042_expect(I8042_ACK, "sample rate command");
    i8042_write_mouse(100);
    i8042_expect(I8042_ACK, "sample rate");
    i8042_write_mouse(0xe9);
    i8042_expect(I8042_ACK, "status request");
    (void)i8042_read();
    (void)i8042_read();
    i8042_expect(100, "sample rate in the status");
}

/* Sends the harmless command `send` with interrupts allowed; the answer must raise the line. */
static void interrupt(unsigned irq, uint8_t command_byte, bool to_mouse, uint8_t send)
{
    i8042_command(0x60);
    i8042_write(command_byte);
    uint32_t before = irq_arm(irq);
    if (to_mouse)
        i8042_write_mouse(send);
    else
        i8042_write(send);
    check(wait_for(irq_count(irq) != before, 1000), "no interrupt on line %u", irq);
    i8042_expect(I8042_ACK, "answer with interrupts on");
    irq_disable(irq);
    time_sleep(10);
    i8042_drain();
}

void test_main(void)
{
    controller();
    keyboard();
    mouse();
    interrupt(KBD_IRQ, 0x21, false, 0xf5);  /* line 1 on, mouse port off */
    interrupt(MOUSE_IRQ, 0x12, true, 0xf5); /* line 12 on, keyboard port off */
}
