/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

#include "i8042.h"

#define STATUS_IN   0x02
#define TO_MOUSE    0xd4
#define QUEUE_BYTES 64 /* more than any controller keeps */

void i8042_command(uint8_t c)
{
    (void)wait_for(!(inb(I8042_STATUS) & STATUS_IN), 500);
    outb(I8042_STATUS, c);
}

void i8042_write(uint8_t v)
{
    (void)wait_for(!(inb(I8042_STATUS) & STATUS_IN), 500);
    outb(I8042_DATA, v);
}

void i8042_write_mouse(uint8_t v)
{
    i8042_command(TO_MOUSE);
    i8042_write(v);
}

int i8042_read(void)
{
    if (!wait_for(inb(I8042_STATUS) & I8042_STATUS_OUT, 1000))
        return I8042_NOTHING;
    return inb(I8042_DATA);
}

void i8042_expect(int want, const char *what)
{
    int got = i8042_read();
    check(got == want, "%s: %d, expected %d", what, got, want);
}

void i8042_drain(void)
{
    for (unsigned i = 0; i < QUEUE_BYTES && (inb(I8042_STATUS) & I8042_STATUS_OUT); i++)
        (void)inb(I8042_DATA);
}
