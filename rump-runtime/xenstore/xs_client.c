/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Blocking xenstore calls for kernel threads, and watches with call-backs. */
#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "xenstore/xenstore.h"
#include "xenstore/xs_ring.h"

#define VALUE_MAX 1024 /* of xs_printf */

/* ---- one request and its answer -------------------------------------------------------------- */

struct call {
    struct xs_request request;
    struct waitq answered;
    bool done;
    uint32_t type;
    char *body;
    size_t len;
};

static void call_done(struct xs_request *r, const struct xsd_sockmsg *hdr, char *body)
{
    struct call *c = container_of(r, struct call, request);

    c->type = hdr->type;
    c->body = body;
    c->len = hdr->len;
    c->done = true;
    waitq_wake_all(&c->answered);
}

/* Waits for the answer. On success the caller owns *body, a terminated kmalloc'ed text. */
static int call_finish(struct call *c, uint32_t type, char **body, size_t *len)
{
    int rc = 0;

    while (!c->done)
        waitq_wait(&c->answered, NO_DEADLINE);
    if (c->type == XS_ERROR)
        rc = xs_errno(c->body);
    else if (c->type != type)
        rc = -EPROTO;
    if (rc || body == NULL) {
        kfree(c->body);
    } else {
        *body = c->body;
        if (len != NULL)
            *len = c->len;
    }
    return rc;
}

static int call(uint32_t type, xs_tx_t tx, const struct xs_part *part, unsigned parts, char **body,
                size_t *len)
{
    struct call c = {.request = {.done = call_done}};
    size_t total = 0;

    for (unsigned i = 0; i < parts; i++)
        total += part[i].len;
    if (total > XENSTORE_PAYLOAD_MAX)
        return -E2BIG;
    waitq_init(&c.answered);
    xs_ring_send(&c.request, type, tx, part, parts);
    return call_finish(&c, type, body, len);
}

static struct xs_part text(const char *s)
{
    return (struct xs_part){s, strlen(s) + 1};
}

/* ---- the calls ------------------------------------------------------------------------------- */

int xs_read(xs_tx_t tx, const char *path, char **value, size_t *len)
{
    struct xs_part part = text(path);

    return call(XS_READ, tx, &part, 1, value, len);
}

int xs_read_many(xs_tx_t tx, const char *const paths[], size_t n, char *values[], size_t lens[])
{
    struct call *calls = kmalloc_wait(n * sizeof(*calls), MEM_XENSTORE);
    int first = 0;

    for (size_t i = 0; i < n; i++) {
        struct xs_part part = text(paths[i]);

        kassert(part.len <= XENSTORE_PAYLOAD_MAX);
        calls[i] = (struct call){.request = {.done = call_done}};
        waitq_init(&calls[i].answered);
        xs_ring_send(&calls[i].request, XS_READ, tx, &part, 1);
    }
    for (size_t i = 0; i < n; i++) {
        int rc = call_finish(&calls[i], XS_READ, &values[i], &lens[i]);

        if (rc) {
            values[i] = NULL;
            if (!first)
                first = rc;
        }
    }
    kfree(calls);
    return first;
}

int xs_read_u64(xs_tx_t tx, const char *path, uint64_t *value)
{
    char *s;
    int rc = xs_read(tx, path, &s, NULL);

    if (rc)
        return rc;
    if (!kparse_u64(s, 10, value))
        rc = -EINVAL;
    kfree(s);
    return rc;
}

int xs_write(xs_tx_t tx, const char *path, const char *value)
{
    struct xs_part part[] = {text(path), {value, strlen(value)}};

    return call(XS_WRITE, tx, part, 2, NULL, NULL);
}

int xs_printf(xs_tx_t tx, const char *path, const char *fmt, ...)
{
    char *value = kmalloc_wait(VALUE_MAX, MEM_XENSTORE);
    va_list ap;
    int rc;

    va_start(ap, fmt);
    rc = kvsnprintf(value, VALUE_MAX, fmt, ap) < VALUE_MAX ? 0 : -E2BIG;
    va_end(ap);
    if (!rc)
        rc = xs_write(tx, path, value);
    kfree(value);
    return rc;
}

int xs_rm(xs_tx_t tx, const char *path)
{
    struct xs_part part = text(path);

    return call(XS_RM, tx, &part, 1, NULL, NULL);
}

int xs_directory(xs_tx_t tx, const char *path, char ***names, size_t *count)
{
    struct xs_part part = text(path);
    size_t len, n = 0;
    char *body, *at;
    char **table;
    int rc = call(XS_DIRECTORY, tx, &part, 1, &body, &len);

    if (rc)
        return rc;
    for (size_t i = 0; i < len; i++)
        n += !body[i];
    if (len && body[len - 1])
        n++; /* an unterminated last name; call() terminated it */
    table = kmalloc_wait((n + 1) * sizeof(*table) + len + 1, MEM_XENSTORE);
    at = (char *)&table[n + 1];
    memcpy(at, body, len + 1);
    kfree(body);
    for (size_t i = 0; i < n; i++) {
        table[i] = at;
        at += strlen(at) + 1;
    }
    table[n] = NULL;
    *names = table;
    *count = n;
    return 0;
}

int xs_set_permissions(xs_tx_t tx, const char *path, const char *const perms[], size_t count)
{
    struct xs_part part[9];

    if (count > 8)
        return -E2BIG;
    part[0] = text(path);
    for (size_t i = 0; i < count; i++)
        part[i + 1] = text(perms[i]);
    return call(XS_SET_PERMS, tx, part, (unsigned)count + 1, NULL, NULL);
}

int xs_transaction_start(xs_tx_t *tx)
{
    struct xs_part part = text("");
    uint64_t id;
    char *body;
    int rc = call(XS_TRANSACTION_START, XS_NO_TX, &part, 1, &body, NULL);

    if (rc)
        return rc;
    if (kparse_u64(body, 10, &id) && id && id <= UINT32_MAX)
        *tx = (xs_tx_t)id;
    else
        rc = -EPROTO;
    kfree(body);
    return rc;
}

int xs_transaction_end(xs_tx_t tx, int abort)
{
    struct xs_part part = text(abort ? "F" : "T");

    return call(XS_TRANSACTION_END, tx, &part, 1, NULL, NULL);
}

/* ---- watches --------------------------------------------------------------------------------- */

struct event {
    struct list link;
    char *body; /* owns path */
    const char *path;
    uint32_t token;
};

static struct list watches = LIST_INIT(watches);
static struct list events = LIST_INIT(events);
static struct waitq event_came = WAITQ_INIT(event_came);
static struct waitq callback_ended = WAITQ_INIT(callback_ended);
static struct xs_watch *running; /* whose fn is being called */
static struct thread *watch_thread;
static uint32_t next_token = 1;

static struct xs_watch *find_watch(uint32_t token)
{
    list_for_each(it, &watches)
    {
        struct xs_watch *w = container_of(it, struct xs_watch, link);

        if (w->token == token)
            return w;
    }
    return NULL;
}

void xs_kernel_event(char *body, const char *path, const char *token)
{
    struct event *e;
    uint64_t number;

    if (!kparse_u64(token + 1, 10, &number) || find_watch((uint32_t)number) == NULL) {
        kfree(body); /* removed meanwhile */
        return;
    }
    e = kmalloc_wait(sizeof(*e), MEM_XENSTORE);
    *e = (struct event){.body = body, .path = path, .token = (uint32_t)number};
    list_add_tail(&events, &e->link);
    waitq_wake_one(&event_came);
}

/* Call-backs run here, not in the reader: they may make calls that need the reader. */
static void watcher(void *arg)
{
    (void)arg;
    for (;;) {
        struct event *e;
        struct xs_watch *w;

        while (list_empty(&events))
            waitq_wait(&event_came, NO_DEADLINE);
        e = container_of(events.next, struct event, link);
        list_remove(&e->link);
        w = find_watch(e->token);
        if (w != NULL) {
            running = w;
            w->fn(w, e->path);
            running = NULL;
            waitq_wake_all(&callback_ended);
        }
        kfree(e->body);
        kfree(e);
    }
}

static int watch_call(uint32_t type, const struct xs_watch *w)
{
    char token[16];
    struct xs_part part[2];

    ksnprintf(token, sizeof(token), "k%u", w->token);
    part[0] = text(w->path);
    part[1] = text(token);
    return call(type, XS_NO_TX, part, 2, NULL, NULL);
}

int xs_watch_add(struct xs_watch *w)
{
    int rc;

    w->token = next_token++;
    list_add_tail(&watches, &w->link);
    rc = watch_call(XS_WATCH, w);
    if (rc)
        list_remove(&w->link);
    return rc;
}

void xs_watch_remove(struct xs_watch *w)
{
    list_remove(&w->link);
    watch_call(XS_UNWATCH, w);
    /* A call-back may remove its own watch; anybody else waits for it to end. */
    while (running == w && thread_current() != watch_thread)
        waitq_wait(&callback_ended, NO_DEADLINE);
}

int xenstore_init(void)
{
    int rc = xs_ring_init();

    if (rc)
        return rc;
    watch_thread = thread_create("xenwatch", watcher, NULL);
    return watch_thread != NULL ? 0 : -ENOMEM;
}
