/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* The frontend of the PV keyboard: keys and pointer events from the shared ring. */
#include "display/pv_keyboard.h"

#include "core/string.h"
#include "display/display_link.h"
#include "xenbus/ring.h"

#include <xen/io/kbdif.h>

static struct keyboard {
    struct display_link link;
    struct xenbus_driver driver;
    void (*event)(void);
    bool scaled;      /* positions are parts of the whole */
    uint32_t in_cons; /* our own index: the shared one is only told, never asked */
} kbd;

static struct xenkbd_page *shared(void)
{
    return kbd.link.page;
}

static int offer(struct display_link *l)
{
    struct xenbus_device *dev = &l->dev;
    bool absolute = xenbus_backend_number(dev, XENKBD_FIELD_FEAT_ABS_POINTER, 0) != 0;
    int rc = 0;

    kbd.scaled = absolute && xenbus_backend_number(dev, XENKBD_FIELD_FEAT_RAW_POINTER, 0) != 0;
    kbd.in_cons = 0;
    memset(l->page, 0, PLAT_PAGE_SIZE);
    if (absolute)
        rc = xenbus_write(dev, XENKBD_FIELD_REQ_ABS_POINTER, "%d", 1);
    if (rc == 0 && kbd.scaled)
        rc = xenbus_write(dev, XENKBD_FIELD_REQ_RAW_POINTER, "%d", 1);
    return rc;
}

static void on_event(struct display_link *l)
{
    (void)l;
    kbd.event();
}

static const struct display_link_ops link_ops = {.offer = offer, .event = on_event};

int pv_keyboard_start(void (*event)(void))
{
    kbd.event = event;
    return display_link_start(&kbd.link, &kbd.driver, "vkbd", &link_ops);
}

bool pv_keyboard_connected(void)
{
    return kbd.link.connected && !kbd.link.broken;
}

static void take(const union xenkbd_in_event *event, const struct pv_keyboard_ops *ops, void *arg)
{
    switch (event->type) {
    case XENKBD_TYPE_KEY:
        if (event->key.keycode < PV_KEYBOARD_CODES && event->key.pressed <= 1)
            ops->key(arg, event->key.keycode, event->key.pressed != 0);
        else
            display_link_nonsense(&kbd.link, "names a key that does not exist");
        break;
    case XENKBD_TYPE_POS:
        ops->position(arg, kbd.scaled, event->pos.abs_x, event->pos.abs_y, event->pos.rel_z);
        break;
    case XENKBD_TYPE_MOTION:
        ops->motion(arg, event->motion.rel_x, event->motion.rel_y, event->motion.rel_z);
        break;
    default:
        display_link_nonsense(&kbd.link, "sends events of a kind nobody asked for");
    }
}

void pv_keyboard_take(const struct pv_keyboard_ops *ops, void *arg)
{
    uint32_t prod;

    if (!pv_keyboard_connected())
        return;
    prod = __atomic_load_n(&shared()->in_prod, __ATOMIC_ACQUIRE);
    if (prod - kbd.in_cons > XENKBD_IN_RING_LEN) {
        display_link_broken(&kbd.link, "input");
        return;
    }
    if (prod == kbd.in_cons)
        return;
    for (; kbd.in_cons != prod; kbd.in_cons++) {
        union xenkbd_in_event event = XENKBD_IN_RING_REF(shared(), kbd.in_cons);

        xen_rmb(); /* what is looked at from here on is the copy */
        take(&event, ops, arg);
    }
    __atomic_store_n(&shared()->in_cons, kbd.in_cons, __ATOMIC_RELEASE);
}
