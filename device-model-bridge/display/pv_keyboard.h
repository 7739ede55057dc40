/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * pv_keyboard.h - the frontend of device/vkbd/0 (<xen/io/kbdif.h>): what VNC viewers type and point
 * at.
 */
#ifndef BRIDGE_PV_KEYBOARD_H
#define BRIDGE_PV_KEYBOARD_H

#include <stdbool.h>
#include <stdint.h>

struct pv_keyboard_ops {
    /* A key or button of Linux's numbers (<linux/input-event-codes.h>) below PV_KEYBOARD_CODES. */
    void (*key)(void *arg, unsigned code, bool down);
    /*
     * The pointer is at (x, y): in parts of PV_KEYBOARD_RANGE of the picture's size when `scaled`,
     * else in pixels. wheel: steps, positive away from the user's view (down).
     */
    void (*position)(void *arg, bool scaled, int32_t x, int32_t y, int32_t wheel);
    /* It moved. */
    void (*motion)(void *arg, int32_t dx, int32_t dy, int32_t wheel);
};

#define PV_KEYBOARD_CODES 0x300u
#define PV_KEYBOARD_RANGE 0x7fff

/* Begins to look for the device; `event` is called when there may be input. 0 or -ENOMEM. */
int pv_keyboard_start(void (*event)(void));

/* Is anybody there who could let go of a key again? */
bool pv_keyboard_connected(void);

/* Takes all input there is. */
void pv_keyboard_take(const struct pv_keyboard_ops *ops, void *arg);

#endif
