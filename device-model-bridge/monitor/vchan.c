/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * The transport under qmp_session.c: a libxenvchan server (<xen/io/libxenvchan.h>) with both rings
 * in its one control page. The client (vchan-socket-proxy in dom0) closes and opens the channel for
 * every operation of the toolstack, sometimes faster than we look; how that is noticed is in
 * look_for_client().
 */
#include "monitor/vchan.h"

#include "console/pv_console.h"
#include "core/byte_queue.h"
#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "core/thread.h"
#include "monitor/monitor.h"
#include "monitor/session.h"
#include "xenstore/xenstore.h"

#include <xen/io/libxenvchan.h>

#define CLIENT_DOMAIN 0

/*
 * The smallest rings there are; the client takes what the orders say. left: to us, right: from us.
 */
#define LEFT_ORDER  10
#define LEFT_SIZE   ((uint32_t)1 << LEFT_ORDER)
#define LEFT_AT     1024
#define RIGHT_ORDER 11
#define RIGHT_SIZE  ((uint32_t)1 << RIGHT_ORDER)
#define RIGHT_AT    2048

/* Values of the *_live bytes. SEEN is ours: clients write only 0 and 1 and never look. */
#define LIVE_GONE    0
#define LIVE_HERE    1
#define LIVE_WAITING 2
#define LIVE_SEEN    3

/* QEMU has to wait when so much lies here that the client did not fetch. */
#define BACKLOG_MAX ((size_t)256 << 10)

static struct vchan_server {
    volatile struct vchan_interface *shared;
    char *page; /* the same page as bytes */
    plat_grant_t grant;
    plat_port_t port;
    unsigned target;

    uint32_t left_cons,
        right_prod; /* our own indexes: the shared ones are only told, never asked */
    struct byte_queue out;
    struct qmp_session session;
    bool kicked; /* the client was told to go */

    struct waitq wait;
    bool poked;
    struct waitq fetched; /* woken when the client has read its refusal */
} server;

static void poke(struct vchan_server *v)
{
    v->poked = true;
    waitq_wake_all(&v->wait);
}

static void on_event(plat_port_t port, void *arg)
{
    (void)port;
    poke(arg);
}

/* After an action of the given kind: tell the client if it wants to know. */
static void tell_client(struct vchan_server *v, uint8_t action)
{
    uint8_t wanted = __atomic_fetch_and(&v->shared->srv_notify, (uint8_t)~action, __ATOMIC_SEQ_CST);

    if (wanted & action)
        (void)plat_evtchn_notify(v->port);
}

/* Nothing of an earlier client may reach the next one, in either direction. */
static void empty_rings(struct vchan_server *v)
{
    byte_queue_clear(&v->out);
    v->left_cons = v->shared->left.prod;
    v->shared->left.cons = v->left_cons;
    v->right_prod = v->shared->right.cons;
    v->shared->right.prod = v->right_prod;
}

static void set_server_live(struct vchan_server *v, bool live)
{
    v->kicked = !live;
    __atomic_store_n(&v->shared->srv_live, live ? LIVE_HERE : LIVE_GONE, __ATOMIC_SEQ_CST);
}

/* The only way to end a session from this side: the proxy closes, and libxl sees an end of file. */
static void kick_client(struct vchan_server *v, const char *why)
{
    if (v->kicked)
        return;
    log_warning("qmp: closing the toolstack's connection: %s", why);
    qmp_session_client_went(&v->session);
    byte_queue_clear(&v->out);
    set_server_live(v, false);
    (void)plat_evtchn_notify(v->port);
}

/*
 * A client that connects writes HERE, one that leaves writes GONE (or Xen does for it), and none
 * reads the byte. So it is ours to change: HERE becomes SEEN, and the next HERE is certainly
 * another client, even if GONE came and went unseen in between.
 */
static void look_for_client(struct vchan_server *v)
{
    uint8_t live = LIVE_HERE;

    if (__atomic_compare_exchange_n(&v->shared->cli_live, &live, LIVE_SEEN, false, __ATOMIC_SEQ_CST,
                                    __ATOMIC_SEQ_CST)) {
        empty_rings(v);
        set_server_live(v, true);
        qmp_session_client_came(&v->session);
    } else if (live == LIVE_GONE && (v->session.connected || v->kicked)) {
        qmp_session_client_went(&v->session);
        empty_rings(v);
        set_server_live(v, true);
    }
}

static void receive(struct vchan_server *v)
{
    char copy[256];

    /* Commands that a client sends without reading the answers stay in its ring. */
    while (!v->kicked && v->out.size < BACKLOG_MAX) {
        uint32_t ready = v->shared->left.prod - v->left_cons, n;
        size_t taken;

        if (ready > LEFT_SIZE) {
            kick_client(v, "its write index is out of range");
            return;
        }
        if (ready == 0)
            return;
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        n = ready < sizeof(copy) ? ready : (uint32_t)sizeof(copy);
        for (uint32_t i = 0; i < n; i++)
            copy[i] = v->page[LEFT_AT + ((v->left_cons + i) & (LEFT_SIZE - 1))];
        taken = qmp_session_from_client(&v->session, copy, n);
        if (taken == 0)
            return;
        v->left_cons += (uint32_t)taken;
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        v->shared->left.cons = v->left_cons;
        tell_client(v, VCHAN_NOTIFY_READ);
    }
}

static void fill_ring(struct vchan_server *v)
{
    char copy[256];

    if (v->out.size > 0 && !v->kicked) {
        /* An answer may say that the saved state is complete: it must be by the time it is read. */
        pv_console_settle();
    }
    while (v->out.size > 0 && !v->kicked) {
        uint32_t used = v->right_prod - v->shared->right.cons;
        size_t n = sizeof(copy);

        if (used > RIGHT_SIZE) {
            kick_client(v, "its read index is out of range");
            return;
        }
        if (n > RIGHT_SIZE - used)
            n = RIGHT_SIZE - used;
        if (n == 0)
            return;
        n = byte_queue_get(&v->out, copy, n);
        for (uint32_t i = 0; i < n; i++)
            v->page[RIGHT_AT + ((v->right_prod + i) & (RIGHT_SIZE - 1))] = copy[i];
        v->right_prod += (uint32_t)n;
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        v->shared->right.prod = v->right_prod;
        tell_client(v, VCHAN_NOTIFY_WRITE);
    }
}

static void send(struct vchan_server *v)
{
    fill_ring(v);
    qmp_monitor_wake();
}

/* Was a command refused, and does nothing of the answer lie here any more? */
static bool refusal_fetched(const struct vchan_server *v)
{
    return v->session.refused && v->out.size == 0 && v->right_prod == v->shared->right.cons;
}

/* What the client's watch waits for, in the order it needs: with the port both are there. */
static void publish(struct vchan_server *v)
{
    char path[64], owner[16];
    const char *perms[] = {owner, "r0"};
    uint64_t self;
    int rc = xs_read_u64(XS_NO_TX, "domid", &self);

    if (rc < 0)
        goto failed;
    ksnprintf(owner, sizeof(owner), "n%u", (unsigned)self);
    ksnprintf(path, sizeof(path), "device-model/%u/qmp-vchan/ring-ref", v->target);
    rc = xs_printf(XS_NO_TX, path, "%u", v->grant);
    if (rc == 0)
        rc = xs_set_permissions(XS_NO_TX, path, perms, 2);
    if (rc < 0)
        goto failed;
    ksnprintf(path, sizeof(path), "device-model/%u/qmp-vchan/event-channel", v->target);
    rc = xs_printf(XS_NO_TX, path, "%u", v->port);
    if (rc == 0)
        rc = xs_set_permissions(XS_NO_TX, path, perms, 2);
    if (rc == 0)
        return;
failed:
    log_error("qmp: cannot publish the monitor in xenstore (%s): the guest cannot be unpaused",
              errno_name(rc));
}

static void server_main(void *arg)
{
    struct vchan_server *v = arg;

    publish(v);
    for (;;) {
        v->poked = false;
        /* Asked for before looking: whatever the client does from here on comes as an event. */
        __atomic_fetch_or(&v->shared->cli_notify, VCHAN_NOTIFY_READ | VCHAN_NOTIFY_WRITE,
                          __ATOMIC_SEQ_CST);
        look_for_client(v);
        receive(v);
        send(v);
        if (v->session.broken)
            kick_client(v, "an answer was lost");
        if (refusal_fetched(v))
            waitq_wake_all(&v->fetched);
        while (!v->poked)
            (void)waitq_wait(&v->wait, NO_DEADLINE);
    }
}

/* ---- between the session and its two sides --------------------------------------------------- */

static int to_client(void *arg, const char *bytes, size_t n)
{
    struct vchan_server *v = arg;
    int rc = byte_queue_put(&v->out, bytes, n);

    poke(v);
    return rc;
}

static int to_qemu(void *arg, const char *bytes, size_t n)
{
    (void)arg;
    return qmp_monitor_send(bytes, n);
}

static const struct qmp_session_ops session_ops = {to_client, to_qemu};

static void monitor_opened(void)
{
    qmp_session_monitor_opened(&server.session);
}

static void monitor_closed(void)
{
    qmp_session_monitor_closed(&server.session);
    poke(&server);
}

static bool monitor_ready(void)
{
    return server.out.size < BACKLOG_MAX;
}

static void monitor_written(const char *bytes, size_t n)
{
    qmp_session_from_qemu(&server.session, bytes, n);
    /* An answer makes room for further commands that may lie in the ring. */
    poke(&server);
}

static const struct qmp_monitor_ops monitor_ops = {
    .opened = monitor_opened,
    .closed = monitor_closed,
    .ready = monitor_ready,
    .written = monitor_written,
};

void qmp_vchan_init(void)
{
    byte_queue_init(&server.out);
    waitq_init(&server.wait);
    waitq_init(&server.fetched);
    qmp_session_init(&server.session, &session_ops, &server);
    qmp_monitor_register(&monitor_ops);
}

void qmp_vchan_disks(media_letter_fn letter)
{
    server.session.letter = letter;
}

int qmp_vchan_start(unsigned target, bool hides_vnc)
{
    struct vchan_server *v = &server;
    int rc;

    v->target = target;
    v->session.hides_vnc = hides_vnc;
    v->page = page_alloc_zeroed(MEM_BRIDGE);
    if (v->page == NULL)
        return -ENOMEM;
    v->shared = (volatile struct vchan_interface *)(void *)v->page;
    v->shared->left_order = LEFT_ORDER;
    v->shared->right_order = RIGHT_ORDER;
    v->shared->cli_live = LIVE_WAITING;
    v->shared->srv_live = LIVE_HERE;
    v->shared->cli_notify = VCHAN_NOTIFY_WRITE;
    rc = plat_grant(CLIENT_DOMAIN, v->page, false, &v->grant);
    if (rc < 0)
        goto free_page;
    rc = plat_evtchn_alloc(CLIENT_DOMAIN, &v->port);
    if (rc < 0)
        goto end_grant;
    plat_evtchn_handler(v->port, on_event, v);
    if (thread_create("qmp-vchan", server_main, v) != NULL)
        return 0;
    rc = -ENOMEM;
    plat_evtchn_close(v->port);
end_grant:
    (void)plat_grant_end(v->grant);
free_page:
    pages_free(v->page, 0, MEM_BRIDGE);
    return rc;
}

bool qmp_vchan_refuse(const char *why, uint64_t deadline)
{
    struct vchan_server *v = &server;

    qmp_session_refuse(&v->session, why);
    poke(v);
    while (!refusal_fetched(v)) {
        if (waitq_wait(&v->fetched, deadline) == -ETIMEDOUT)
            return false;
    }
    return true;
}
