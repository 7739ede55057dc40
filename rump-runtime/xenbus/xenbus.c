/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * The bus thread: watch callbacks only mark what has to be looked at, the thread looks. So a burst
 * of events costs one look, and a callback never waits for an answer from the daemon that delivers
 * the events.
 */
#include "xenbus/xenbus.h"

#include <stdarg.h>

#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"

static struct list drivers = LIST_INIT(drivers);
static struct waitq work_wait = WAITQ_INIT(work_wait);
static bool work, started;

static void have_work(void)
{
    work = true;
    waitq_wake_all(&work_wait);
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static char *read_text(const char *dir, const char *node)
{
    char path[XENBUS_PATH_MAX + 64];
    char *value = NULL;

    ksnprintf(path, sizeof(path), "%s/%s", dir, node);
    return xs_read(XS_NO_TX, path, &value, NULL) == 0 ? value : NULL;
}

static uint64_t read_number(const char *dir, const char *node, uint64_t absent)
{
    char *text = read_text(dir, node);
    uint64_t value = absent;

    if (text != NULL && !kparse_u64(text, 10, &value))
        value = absent;
    kfree(text);
    return value;
}

uint64_t xenbus_backend_number(struct xenbus_device *dev, const char *node, uint64_t absent)
{
    return dev->backend[0] != '\0' ? read_number(dev->backend, node, absent) : absent;
}

uint64_t xenbus_frontend_number(struct xenbus_device *dev, const char *node, uint64_t absent)
{
    return read_number(dev->frontend, node, absent);
}

char *xenbus_frontend_text(struct xenbus_device *dev, const char *node)
{
    return read_text(dev->frontend, node);
}

char *xenbus_backend_text(const struct xenbus_device *dev, const char *node)
{
    return dev->backend[0] != '\0' ? read_text(dev->backend, node) : NULL;
}

int xenbus_write(struct xenbus_device *dev, const char *node, const char *fmt, ...)
{
    char path[XENBUS_PATH_MAX + 64], value[64];
    va_list ap;

    ksnprintf(path, sizeof(path), "%s/%s", dev->frontend, node);
    va_start(ap, fmt);
    kvsnprintf(value, sizeof(value), fmt, ap);
    va_end(ap);
    return xs_write(XS_NO_TX, path, value);
}

void xenbus_remove(struct xenbus_device *dev, const char *node)
{
    char path[XENBUS_PATH_MAX + 64];

    ksnprintf(path, sizeof(path), "%s/%s", dev->frontend, node);
    (void)xs_rm(XS_NO_TX, path);
}

int xenbus_set_state(struct xenbus_device *dev, enum xenbus_state state)
{
    int rc = xenbus_write(dev, "state", "%d", (int)state);

    if (rc == 0)
        dev->state = state;
    else
        log_warning("%s: cannot write state %d: %s", dev->frontend, (int)state, errno_name(rc));
    return rc;
}

/* ---- devices --------------------------------------------------------------------------------- */

void xenbus_kick(struct xenbus_device *dev)
{
    dev->dirty = true;
    have_work();
}

static void backend_event(struct xs_watch *w, const char *path)
{
    (void)path;
    xenbus_kick(container_of(w, struct xenbus_device, watch));
}

static void forget_backend(struct xenbus_device *dev)
{
    if (dev->watching)
        xs_watch_remove(&dev->watch);
    dev->watching = false;
    dev->backend[0] = '\0';
    dev->backend_state = XENBUS_UNKNOWN;
}

/*
 * The toolstack may point us to another backend. True when there was one before, and is not any
 * more.
 */
static bool find_backend(struct xenbus_device *dev)
{
    bool gone = false;
    char *path = read_text(dev->frontend, "backend");
    uint64_t id = read_number(dev->frontend, "backend-id", UINT64_MAX);

    if (path == NULL || strlen(path) >= sizeof(dev->backend) || id > 0x7fef) {
        gone = dev->backend[0] != '\0';
        forget_backend(dev); /* 0x7ff0 and above are reserved ids */
    } else if (strcmp(path, dev->backend) != 0 || id != dev->backend_id || !dev->watching) {
        int rc;

        gone = dev->backend[0] != '\0';
        forget_backend(dev);
        kstrlcpy(dev->backend, path, sizeof(dev->backend));
        dev->backend_id = (plat_domid_t)id;
        dev->watch.path = dev->backend;
        dev->watch.fn = backend_event;
        list_init(&dev->watch.link);
        rc = xs_watch_add(&dev->watch);
        dev->watching = rc == 0;
        if (rc != 0)
            log_error("%s: cannot watch %s: %s", dev->frontend, dev->backend, errno_name(rc));
    }
    kfree(path);
    return gone;
}

static void look_at_device(struct xenbus_device *dev)
{
    uint64_t state;

    if (!dev->present)
        return;
    if (dev->rebind) {
        dev->rebind = false;
        /* Ours, or the toolstack's for a new device that took the old one's place unseen. */
        dev->state = (enum xenbus_state)xenbus_frontend_number(dev, "state", XENBUS_UNKNOWN);
        if (find_backend(dev))
            dev->driver->changed(
                dev); /* ring and grants are the old one's: as if it had vanished */
    }
    state = xenbus_backend_number(dev, "state", XENBUS_UNKNOWN);
    dev->backend_state = state <= XENBUS_RECONFIGURED ? (enum xenbus_state)state : XENBUS_UNKNOWN;
    dev->driver->changed(dev);
}

static struct xenbus_device *device_by_id(struct xenbus_driver *driver, uint32_t id)
{
    list_for_each(it, &driver->devices)
    {
        struct xenbus_device *dev = container_of(it, struct xenbus_device, link);

        if (dev->id == id)
            return dev;
    }
    return NULL;
}

static void device_appeared(struct xenbus_driver *driver, uint32_t id)
{
    struct xenbus_device *dev = device_by_id(driver, id);

    if (dev == NULL) {
        dev = driver->add(driver, id);
        if (dev == NULL)
            return;
        dev->driver = driver;
        dev->id = id;
        ksnprintf(dev->frontend, sizeof(dev->frontend), "device/%s/%u", driver->type, id);
        list_add_tail(&driver->devices, &dev->link);
    }
    dev->present = true;
    dev->dirty = dev->rebind = true;
}

static void scan(struct xenbus_driver *driver)
{
    char **names = NULL;
    size_t count = 0;
    int rc = xs_directory(XS_NO_TX, driver->path, &names, &count);

    if (rc != 0 && rc != -ENOENT) {
        log_error("%s: cannot list: %s", driver->path, errno_name(rc));
        return;
    }
    list_for_each(it, &driver->devices)
    {
        struct xenbus_device *dev = container_of(it, struct xenbus_device, link);
        bool found = false;

        for (size_t i = 0; i < count && !found; i++) {
            uint64_t id;

            found = kparse_u64(names[i], 10, &id) && id == dev->id;
        }
        if (found || !dev->present)
            continue;
        dev->present = false;
        forget_backend(dev);
        driver->removed(dev);
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t id;

        if (kparse_u64(names[i], 10, &id) && id <= UINT32_MAX)
            device_appeared(driver, (uint32_t)id);
    }
    kfree(names);
}

/* Our own writes below a device are events too: only the directory itself and `backend` matter. */
static void directory_event(struct xs_watch *w, const char *path)
{
    struct xenbus_driver *driver = container_of(w, struct xenbus_driver, watch);
    const char *rest = strstr(path, driver->path);

    if (rest != NULL) {
        const char *node;

        rest += strlen(driver->path);
        if (*rest == '/')
            rest++;
        node = strchr(rest, '/');
        if (node != NULL && strcmp(node, "/backend") != 0)
            return;
    }
    driver->dirty = true;
    have_work();
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void serve(struct xenbus_driver *driver)
{
    bool scanning = driver->dirty;

    if (!driver->watching) {
        int rc = xs_watch_add(&driver->watch);

        if (rc != 0)
            log_error("%s: cannot watch: %s", driver->path, errno_name(rc));
        driver->watching = scanning = true; /* without a watch at least see what is there now */
    }
    if (scanning) {
        driver->dirty = false;
        scan(driver);
    }
    list_for_each(it, &driver->devices)
    {
        struct xenbus_device *dev = container_of(it, struct xenbus_device, link);

        if (!dev->dirty)
            continue;
        dev->dirty = false;
        look_at_device(dev);
    }
    if (scanning && !driver->scanned) {
        driver->scanned = true;
        waitq_wake_all(&driver->scanned_wait);
    }
}

static void bus_thread(void *arg)
{
    (void)arg;
    for (;;) {
        while (!work)
            (void)waitq_wait(&work_wait, NO_DEADLINE);
        work = false;
        list_for_each(it, &drivers) serve(container_of(it, struct xenbus_driver, link));
    }
}

int xenbus_register(struct xenbus_driver *driver)
{
    list_init(&driver->devices);
    waitq_init(&driver->scanned_wait);
    ksnprintf(driver->path, sizeof(driver->path), "device/%s", driver->type);
    driver->watch.path = driver->path;
    driver->watch.fn = directory_event;
    list_init(&driver->watch.link);
    list_add_tail(&drivers, &driver->link);
    if (!started && thread_create("xenbus", bus_thread, NULL) == NULL)
        return -ENOMEM;
    started = true;
    have_work();
    return 0;
}
