/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * xenbus.h - what PV frontends share: finding their devices in xenstore and following the state of
 * the other end (<xen/io/xenbus.h>; libxl's layout device/<type>/<id> with `backend` and
 * `backend-id`).
 *
 * One thread serves all drivers, so a driver's callbacks never run concurrently with each other.
 * They may sleep; what they wait for must be bounded, because other devices wait meanwhile.
 */
#ifndef XENBUS_H
#define XENBUS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/list.h"
#include "core/thread.h"
#include "platform/platform.h"
#include "xenstore/xenstore.h"

/* XenbusState of <xen/io/xenbus.h>; XENBUS_UNKNOWN also stands for "there is no such node". */
enum xenbus_state {
    XENBUS_UNKNOWN = 0,
    XENBUS_INITIALISING = 1,
    XENBUS_INIT_WAIT = 2,
    XENBUS_INITIALISED = 3,
    XENBUS_CONNECTED = 4,
    XENBUS_CLOSING = 5,
    XENBUS_CLOSED = 6,
    XENBUS_RECONFIGURING = 7,
    XENBUS_RECONFIGURED = 8,
};

#define XENBUS_PATH_MAX 128

struct xenbus_driver;

struct xenbus_device {
    struct xenbus_driver *driver;
    uint32_t id;                    /* the number below device/<type>/ */
    char frontend[XENBUS_PATH_MAX]; /* relative path of our own directory */
    char backend[XENBUS_PATH_MAX];  /* absolute path of the other end's, "" when not known */
    plat_domid_t backend_id;
    enum xenbus_state state; /* ours, as last written */
    enum xenbus_state backend_state;
    bool present; /* our directory exists */
    /* private */
    struct list link;
    struct xs_watch watch;
    bool watching, dirty;
    bool rebind; /* our directory may name another backend */
};

struct xenbus_driver {
    const char *type; /* "vbd" */
    void *arg;        /* the driver's own */
    /*
     * A directory appeared. Returns the device (the driver's memory, for ever) or NULL to ignore
     * it.
     */
    struct xenbus_device *(*add)(struct xenbus_driver *driver, uint32_t id);
    /* Something below the backend's directory changed, or xenbus_kick() was called. */
    void (*changed)(struct xenbus_device *dev);
    /* The directory went away. It may come back: `changed` is called then. */
    void (*removed)(struct xenbus_device *dev);
    /* Set and woken when the devices that were there at the start have all been added. */
    bool scanned;
    struct waitq scanned_wait;
    /* private */
    struct list link;
    struct list devices;
    struct xs_watch watch;
    char path[XENBUS_PATH_MAX];
    bool dirty, watching;
};

/*
 * Starts looking for devices of the driver; returns at once. The structure stays for ever. 0 or
 * -ENOMEM.
 */
int xenbus_register(struct xenbus_driver *driver);

/* Have `changed` called again soon. From any context. */
void xenbus_kick(struct xenbus_device *dev);

/* Writes our state. 0 or a negative errno (the directory may be gone). */
int xenbus_set_state(struct xenbus_device *dev, enum xenbus_state state);

/* Writes a node of our directory. */
int xenbus_write(struct xenbus_device *dev, const char *node, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Removes a node of our directory; fine when there is none. */
void xenbus_remove(struct xenbus_device *dev, const char *node);

/* Reads a decimal number from the backend's directory; `absent` when it is missing or no number. */
uint64_t xenbus_backend_number(struct xenbus_device *dev, const char *node, uint64_t absent);

/* The same from our own directory. */
uint64_t xenbus_frontend_number(struct xenbus_device *dev, const char *node, uint64_t absent);

/* A node of our own directory as kmalloc memory the caller frees; NULL when it is missing. */
char *xenbus_frontend_text(struct xenbus_device *dev, const char *node);

/* The same from the backend's directory. */
char *xenbus_backend_text(const struct xenbus_device *dev, const char *node);

#endif
