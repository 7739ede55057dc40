/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * rumppoll.c - how files of the rump kernel take part in native poll, and how blocking on them is
 * done.
 *
 * Each stream has a wait queue that is woken when poll's answer may have changed. Two ways lead
 * there:
 *  - the rump kernel calls us (rump_stubdom_pollnotify(), the bundled kernel's extension). Costs
 *    nothing;
 *  - without that, a helper thread of our own sits in the rump kernel's pollts over all streams
 *    somebody waits for at the moment ("armed"), plus a pipe that tells it that the set changed. A
 *    stream that is found ready is disarmed until somebody waits for it again. This works with any
 *    rump kernel; the parameter RUMP_STUBDOM_POLL=thread selects it for tests.
 */
#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "linux/abi.h"
#include "linux/rump/rumpfile.h"
#include "linux/rump/socket.h"
#include "linux/signal.h"

#define HELPER_ROOM 64u /* streams in one pollts, at first */

/* ---- with the extension ----------------------------------------------------------------------.
 */
#define NB_ALL_EVENTS \
    (NB_POLLIN | NB_POLLPRI | NB_POLLOUT | NB_POLLRDNORM | NB_POLLRDBAND | NB_POLLWRBAND)

static void stream_changed(void *arg)
{
    struct rump_file *rf = arg;

    waitq_wake_all(&rf->changed);
}

static bool hook_wanted(void)
{
    char value[16];

    return rump_stubdom_pollnotify != NULL &&
           (rumpuser_getparam("RUMP_STUBDOM_POLL", value, sizeof(value)) != 0 ||
            strcmp(value, "thread") != 0);
}

/* ---- the helper thread ----------------------------------------------------------------------- */

static struct {
    bool running, kicked;
    int wake_read, wake_write; /* rump descriptors of the pipe */
    struct list armed;         /* struct rump_file.armed */
    unsigned room;             /* streams in one pollts; without memory further ones wait */
    struct rump_file **slots;
    struct nb_pollfd *fds; /* room for the pipe, too */
} helper = {.armed = LIST_INIT(helper.armed)};

static void disarm(struct rump_file *rf)
{
    list_remove(&rf->armed);
    rf->armed_events = 0;
}

/* Room for so many streams. False when there is no memory for it; then all is as it was. */
static bool helper_make_room(unsigned room)
{
    struct rump_file **slots = kmalloc(room * sizeof(struct rump_file *), MEM_LINUX);
    struct nb_pollfd *fds = kmalloc((room + 1) * sizeof(*fds), MEM_LINUX);

    if (slots == NULL || fds == NULL) {
        kfree(slots);
        kfree(fds);
        return false;
    }
    kfree(helper.slots);
    kfree(helper.fds);
    helper.slots = slots;
    helper.fds = fds;
    helper.room = room;
    return true;
}

static unsigned helper_collect(void)
{
    unsigned n = 0;

    list_for_each(it, &helper.armed) n++;
    if (n > helper.room)
        (void)helper_make_room(n + HELPER_ROOM);
    n = 0;
    list_for_each(it, &helper.armed)
    {
        struct rump_file *rf = container_of(it, struct rump_file, armed);

        if (n == helper.room)
            break;
        rf->armed_slot = (int)n;
        helper.slots[n] = rf;
        helper.fds[n + 1] = (struct nb_pollfd){.fd = rf->fd, .events = rf->armed_events};
        n++;
    }
    helper.fds[0] = (struct nb_pollfd){.fd = helper.wake_read, .events = NB_POLLIN};
    return n;
}

static void helper_deliver(unsigned n)
{
    const struct nb_pollfd *fds = helper.fds;
    void (*noticed)(void) = NULL;

    for (unsigned i = 0; i < n; i++) {
        struct rump_file *rf = helper.slots[i];

        if (rf == NULL)
            continue; /* closed meanwhile */
        rf->armed_slot = -1;
        if (fds[i + 1].revents == 0) {
            /* To the end: where there is not room for all, each gets its turn. */
            if (!list_empty(&rf->armed)) {
                list_remove(&rf->armed);
                list_add_tail(&helper.armed, &rf->armed);
            }
            continue;
        }
        disarm(rf);
        waitq_wake_all(&rf->changed);
        if (rf->noticed != NULL)
            noticed = rf->noticed;
    }
    if (noticed != NULL)
        noticed(); /* last: files may go with it */
}

static void helper_main(void *arg)
{
    char drain[64];

    (void)arg;
    rump_attach();
    for (;;) {
        unsigned n = helper_collect();
        int rc = rump___sysimpl_pollts50(helper.fds, n + 1, NULL, NULL);

        if (rc < 0) {
            log_warning("rump kernel: pollts failed with NetBSD error %d", rumpuser_errno());
            for (unsigned i = 0; i < n; i++)
                helper.fds[i + 1].revents = NB_POLLERR; /* let the waiters look for themselves */
        }
        helper_deliver(n);
        if (helper.kicked) {
            helper.kicked = false;
            (void)rump___sysimpl_read(helper.wake_read, drain, sizeof(drain));
        }
    }
}

static int helper_start(void)
{
    int fds[2];

    if (helper.running)
        return 0;
    if (helper.room == 0 && !helper_make_room(HELPER_ROOM))
        return -ENOMEM;
    if (rump___sysimpl_pipe2(fds, NB_O_NONBLOCK) != 0)
        return (int)rump_result(-1);
    helper.wake_read = fds[0];
    helper.wake_write = fds[1];
    if (thread_create("rump-poll", helper_main, NULL) == NULL) {
        (void)rump___sysimpl_close(fds[0]);
        (void)rump___sysimpl_close(fds[1]);
        return -ENOMEM;
    }
    helper.running = true;
    return 0;
}

/* Make the helper look at the set anew. */
static void helper_kick(void)
{
    if (helper.kicked)
        return;
    helper.kicked = true;
    (void)rump___sysimpl_write(helper.wake_write, "", 1);
}

/* Have `changed` woken once one of the events holds. */
static void arm(struct rump_file *rf, int16_t events)
{
    if (rf->has_hook || (rf->armed_events & events) == events)
        return;
    if (helper_start() != 0) {
        log_warning("rump kernel: no memory for the poll thread");
        waitq_wake_all(&rf->changed); /* better a wake too many than none */
        return;
    }
    if (list_empty(&rf->armed))
        list_add_tail(&helper.armed, &rf->armed);
    rf->armed_events |= events;
    helper_kick();
}

void rump_poll_again(struct rump_file *rf, int16_t events)
{
    if (!list_empty(&rf->changed.waiters))
        arm(rf, events);
}

void rump_poll_notice(struct rump_file *rf, void (*noticed)(void))
{
    rf->noticed = noticed;
    arm(rf, NB_POLLIN);
}

/* ---- for the file operations ----------------------------------------------------------------- */

void rump_poll_init(struct rump_file *rf)
{
    waitq_init(&rf->changed);
    list_init(&rf->armed);
    rf->armed_slot = -1;
    rf->has_hook = hook_wanted() && rump_stubdom_pollnotify(rf->fd, stream_changed, rf) == 0;
}

void rump_poll_release(struct rump_file *rf)
{
    if (rf->has_hook) {
        (void)rump_stubdom_pollnotify(rf->fd, NULL, NULL);
        return;
    }
    disarm(rf);
    if (rf->armed_slot >= 0) {
        helper.slots[rf->armed_slot] = NULL;
        helper_kick(); /* it must not go on waiting for a number that may soon mean another file */
    }
}

/* Most bits are the same numbers; the rest differs in meaning. */
static unsigned events_to_linux(const struct rump_file *rf, bool write_end, unsigned nb)
{
    unsigned ev =
        nb & (POLLIN | POLLPRI | POLLOUT | POLLERR | POLLHUP | POLLNVAL | POLLRDNORM | POLLRDBAND);

    if ((nb & NB_POLLOUT) != 0)
        ev |= POLLWRNORM;
    if ((nb & NB_POLLWRBAND) != 0)
        ev |= POLLWRBAND;
    if ((nb & NB_POLLHUP) != 0 && rf->is_socket)
        ev |= POLLRDHUP;
    /* A pipe nobody reads: NetBSD says hang-up, Linux error and (vainly) writable. */
    if ((nb & NB_POLLHUP) != 0 && write_end)
        ev = (ev & ~POLLHUP) | POLLERR | POLLOUT | POLLWRNORM;
    return ev;
}

/*
 * What NetBSD's sockets do not report, in Linux's numbers: that the other end is gone, or will send
 * no more. Who has no other end any more has no peer with a name; a reader at the end gets nothing.
 */
static unsigned socket_ends(const struct rump_file *rf, int16_t revents)
{
    bool connects = rf->type == SOCK_STREAM || rf->type == SOCK_SEQPACKET;
    struct nb_sockaddr name;
    uint32_t len = sizeof(name);
    char c;

    if (rf->has_hook || !rf->is_socket || !connects || rf->is_listening ||
        (revents & (NB_POLLIN | NB_POLLOUT)) == 0)
        return 0;
    if (rump___sysimpl_getpeername(rf->fd, &name, &len) != 0)
        return rumpuser_errno() == NB_ENOTCONN ? POLLHUP | POLLRDHUP : 0;
    if (rf->type != SOCK_STREAM || (revents & NB_POLLIN) == 0 ||
        rump___sysimpl_recvfrom(rf->fd, &c, 1, NB_MSG_PEEK | NB_MSG_DONTWAIT, NULL, NULL) != 0)
        return 0;
    return rf->sends_no_more ? POLLHUP | POLLRDHUP : POLLRDHUP;
}

unsigned rump_poll(struct file *f, struct poll_table *pt)
{
    struct rump_file *rf = f->priv;
    struct nb_pollfd pfd = {.fd = rf->fd, .events = NB_ALL_EVENTS};
    static const struct nb_timespec now;
    bool write_end;

    rump_attach();
    poll_wait(pt, &rf->changed);
    if (rump___sysimpl_pollts50(&pfd, 1, &now, NULL) < 0)
        return POLLERR;
    /* Pollers that were woken for nothing register again without a table. */
    if (pt != NULL || !list_empty(&rf->changed.waiters))
        arm(rf, (int16_t)(NB_ALL_EVENTS & ~pfd.revents));
    write_end = !rf->is_socket && (f->flags & O_ACCMODE) == O_WRONLY;
    return events_to_linux(rf, write_end, (uint16_t)pfd.revents) | socket_ends(rf, pfd.revents);
}

uint64_t rump_deadline(uint64_t timeout)
{
    return timeout == 0 ? NO_DEADLINE : plat_monotonic() + timeout;
}

#define RETRY_NS UINT64_C(2000000)

long rump_wait_writable(struct rump_file *rf, bool addressed, uint64_t deadline)
{
    bool message = rf->is_socket && rf->type != SOCK_STREAM;
    int rc;
    uint64_t now;
    uint64_t retry;

    if (!message || (rf->has_hook && !addressed))
        return rump_wait_ready(rf, NB_POLLOUT, deadline);
    now = plat_monotonic();
    if (now >= deadline)
        return -EAGAIN;
    retry = deadline - now < RETRY_NS ? deadline : now + RETRY_NS;
    rc = signal_waitq_wait(&rf->changed, retry);
    return rc == -ETIMEDOUT ? 0 : rc;
}

long rump_wait_ready(struct rump_file *rf, int16_t events, uint64_t deadline)
{
    int rc;

    arm(rf, events);
    rc = signal_waitq_wait(&rf->changed, deadline);
    return rc == -ETIMEDOUT ? -EAGAIN : rc;
}
