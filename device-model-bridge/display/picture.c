/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* The thread between QEMU's VNC server and the two frontends: it is the server's only client. */
#include "display/picture.h"

#include "core/byte_queue.h"
#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "core/thread.h"
#include "display/key_numbers.h"
#include "display/pv_framebuffer.h"
#include "display/pv_keyboard.h"
#include "display/rfb_client.h"
#include "linux/abi.h"
#include "linux/poll.h"
#include "linux/rump/rump_glue.h"
#include "xenstore/xenstore.h"

#define SECONDS UINT64_C(1000000000)

/* QEMU takes a while until it listens, and it may end a session at any time. */
#define RETRY_FIRST_NS (SECONDS / 10)
#define RETRY_MAX_NS   (5 * SECONDS)

/*
 * When QEMU ends the session because the screen's mode changes, the next session waits so long:
 * QEMU frees the old picture before it makes the new one.
 */
#define MODE_CHANGE_NS (SECONDS / 100)

/* A server that is not ready for keys by then is not going to be. */
#define INPUT_WAIT_NS SECONDS

#define INPUT_ROOM ((size_t)16 << 10)
/* Input QEMU does not take is dropped when so much of it waits. */
#define OUTPUT_MAX ((size_t)4 << 10)
/* Requests are never dropped; a server that reads none of so many is none. */
#define UNREAD_MAX ((size_t)64 << 10)

/*
 * QEMU copies the whole picture for its client, and may send it byte for byte: for each there must
 * be room, and something left for everything else.
 */
#define MEMORY_MARGIN ((size_t)1 << 20)

/*
 * dom0's QEMU tells of a button first and of the pointer's place second. A button waits so long for
 * its place before QEMU here is told of it.
 */
#define PLACE_WAIT_NS (SECONDS / 50)

/*
 * How often QEMU is asked for what has changed. Its worker encodes a whole screen without a system
 * call in between, and nobody else has the processor meanwhile. So the guest's own work comes first
 * when nobody is at the keyboard: whether somebody looks is not told. A picture in which hardly
 * anything happens is asked for less and less often; each asking has QEMU look at the screen often
 * for a while, so a cursor that blinks would otherwise cost more than all the rest of an idle
 * guest.
 */
#define BUSY_NS       (5 * SECONDS) /* after input: as often as QEMU looks for changes */
#define ATTENTIVE_NS  (60 * SECONDS)
#define ATTENTIVE_GAP (SECONDS / 10)
#define IDLE_GAP      (SECONDS / 2)
#define QUIET_GAP     (3 * SECONDS) /* as rarely as QEMU itself looks for changes */
#define HARDLY_PIXELS 1024u         /* a text cursor blinks within so many */

/* Buttons of a mouse in Linux's numbers. */
enum { BTN_LEFT = 0x110, BTN_RIGHT, BTN_MIDDLE };

static struct picture {
    struct rfb_client rfb;
    struct byte_queue out;
    struct file *socket;
    uint8_t *input;
    struct waitq wait; /* woken by the frontends */
    bool poked;        /* they have woken it since the thread looked last */
    bool told;         /* about a picture that does not fit */
    bool ready;        /* the session takes keys */
    uint64_t patience; /* until when input waits for `ready` */

    uint64_t input_at; /* when the viewer did something last */
    uint64_t asked_at; /* when QEMU was asked for an update last */
    uint64_t ask_due;  /* when it is to be asked again, or NO_DEADLINE while it is asked */
    uint64_t gap;      /* between two askings when nobody is at the keyboard */
    uint64_t pixels;   /* that the update under way has changed, one counted as often as told */

    size_t free_before; /* bytes, before QEMU had anything to do for this session */

    unsigned width, height; /* of the picture */
    unsigned x, y, buttons; /* of the pointer */
    unsigned told_buttons;  /* what QEMU, and with it the guest, knows of them */
    uint64_t pointer_due;   /* when its state is told without a place, or NO_DEADLINE */
    uint32_t down[PV_KEYBOARD_CODES / 32]; /* keys QEMU was told are down */
} picture;

/* ---- from QEMU ------------------------------------------------------------------------------- */

static int to_server(void *arg, const void *bytes, size_t n)
{
    struct picture *p = arg;

    return p->out.size > UNREAD_MAX ? -ENOBUFS : byte_queue_put(&p->out, bytes, n);
}

static size_t free_bytes(void)
{
    return pages_free_count() << PLAT_PAGE_SHIFT;
}

/* Better no picture than the one before. */
static void blank(struct picture *p)
{
    if (p->width == 0)
        return;
    pv_framebuffer_fill(0, 0, p->width, p->height, 0);
    pv_framebuffer_changed(0, 0, p->width, p->height);
    pv_framebuffer_tell();
}

static int too_little_memory(struct picture *p)
{
    if (!p->told)
        log_warning("picture: only %zu KiB are free, it is left out: raise stubdomain_memory",
                    free_bytes() >> 10);
    p->told = true;
    blank(p);
    return -ENOMEM;
}

/*
 * Is there memory for QEMU's copy of so many bytes, and for sending them? The copy may have been
 * made by now or not, so both are looked at: what was free without it, and what is left for
 * sending.
 */
static bool affordable(const struct picture *p, size_t bytes)
{
    return p->free_before >= 2 * bytes + MEMORY_MARGIN && free_bytes() >= bytes + MEMORY_MARGIN;
}

static int resize(void *arg, unsigned width, unsigned height)
{
    struct picture *p = arg;
    size_t bytes = (size_t)width * height * RFB_BYTES_PER_PIXEL;
    int rc = pv_framebuffer_resize(width, height);

    if (rc < 0) {
        if (!p->told && rc == -ENOSPC)
            log_warning(
                "picture: %ux%u needs %zu KiB, there are %zu: raise stubdomain_memory to see it",
                width, height, bytes >> 10, pv_framebuffer_room() >> 10);
        else if (!p->told)
            log_warning("picture: the backend cannot show %ux%u: it does not follow changes", width,
                        height);
        p->told = true;
        blank(p);
        return rc;
    }
    p->width = width;
    p->height = height;
    if (!affordable(p, bytes))
        return too_little_memory(p);
    p->told = false;
    return 0;
}

static void row(void *arg, unsigned y, size_t at, const uint8_t *bytes, size_t n)
{
    (void)arg;
    pv_framebuffer_write(y, at, bytes, n);
}

static void fill(void *arg, unsigned x, unsigned y, unsigned width, unsigned height,
                 rfb_pixel pixel)
{
    (void)arg;
    pv_framebuffer_fill(x, y, width, height, pixel);
}

static void changed(void *arg, unsigned x, unsigned y, unsigned width, unsigned height)
{
    struct picture *p = arg;

    p->pixels += (uint64_t)width * height;
    pv_framebuffer_changed(x, y, width, height);
}

/* How long after the last asking the next one is due, given what it brought. */
static uint64_t next_gap(struct picture *p, uint64_t now)
{
    uint64_t quiet = now - p->input_at, least = quiet < ATTENTIVE_NS ? ATTENTIVE_GAP : IDLE_GAP;

    if (p->pixels > HARDLY_PIXELS || quiet < BUSY_NS)
        p->gap = least;
    else
        p->gap = 2 * p->gap < QUIET_GAP ? 2 * p->gap : QUIET_GAP;
    if (p->gap < least)
        p->gap = least;
    return quiet < BUSY_NS ? 0 : p->gap;
}

static void updated(void *arg)
{
    struct picture *p = arg;

    pv_framebuffer_tell();
    if (!p->rfb.asked)
        p->ask_due = p->asked_at + next_gap(p, plat_monotonic());
    p->pixels = 0;
}

static void ask_when_due(struct picture *p)
{
    uint64_t now = plat_monotonic();

    if (p->ask_due > now)
        return;
    p->ask_due = NO_DEADLINE;
    p->asked_at = now;
    rfb_client_ask(&p->rfb);
}

static const struct rfb_client_ops rfb_ops = {
    .send = to_server,
    .resize = resize,
    .row = row,
    .fill = fill,
    .changed = changed,
    .updated = updated,
};

/* ---- to QEMU --------------------------------------------------------------------------------- */

/* The viewer did something, and wants to see what comes of it. */
static void touched(struct picture *p)
{
    p->input_at = plat_monotonic();
    if (p->ask_due != NO_DEADLINE)
        p->ask_due = p->input_at;
}

static bool has_room(const struct picture *p)
{
    return p->rfb.running && p->out.size < OUTPUT_MAX;
}

static void send_pointer(struct picture *p)
{
    p->pointer_due = NO_DEADLINE;
    if (has_room(p) && rfb_client_pointer(&p->rfb, p->x, p->y, p->buttons) == 0)
        p->told_buttons = p->buttons;
    else if (p->rfb.running)
        p->pointer_due = plat_monotonic() + PLACE_WAIT_NS; /* a button must come up again */
}

static void button(struct picture *p, unsigned mask, bool down)
{
    if (p->pointer_due != NO_DEADLINE)
        send_pointer(p); /* the last change got no place */
    p->buttons = down ? p->buttons | mask : p->buttons & ~mask;
    p->pointer_due = plat_monotonic() + PLACE_WAIT_NS;
}

/* Tells once more of all keys that QEMU was told are down. */
static void tell_keys(struct picture *p, bool down)
{
    for (unsigned i = 0; i < PV_KEYBOARD_CODES / 32; i++) {
        for (uint32_t left = p->down[i]; left != 0; left &= left - 1)
            (void)rfb_client_key(&p->rfb, key_number(32 * i + (unsigned)__builtin_ctz(left)), down);
    }
}

/* The viewers are gone: lets go of every key and button that they held down. */
static void release_all(struct picture *p)
{
    tell_keys(p, false);
    memset(p->down, 0, sizeof(p->down));
    p->buttons = 0;
    if (p->told_buttons != 0)
        send_pointer(p);
}

/* A key that goes up is told only if its going down was. */
static void key(void *arg, unsigned code, bool down)
{
    struct picture *p = arg;
    uint32_t *word = &p->down[code / 32], bit = UINT32_C(1) << code % 32;
    unsigned number = key_number(code);

    touched(p);
    switch (code) {
    case BTN_LEFT:
        button(p, RFB_BUTTON_LEFT, down);
        return;
    case BTN_RIGHT:
        button(p, RFB_BUTTON_RIGHT, down);
        return;
    case BTN_MIDDLE:
        button(p, RFB_BUTTON_MIDDLE, down);
        return;
    default:
        break;
    }
    if (number == 0 || (!down && (*word & bit) == 0))
        return;
    /* What QEMU believes to be down must be able to go up again, however much waits. */
    if (down && !has_room(p))
        return;
    if (rfb_client_key(&p->rfb, number, down) == 0)
        *word = down ? *word | bit : *word & ~bit;
}

/*
 * The new session goes on where the last one ended. QEMU has let the keys go when its client left,
 * but not the buttons, and takes the next client's for all up: it is told first what the guest
 * believes, then what is.
 */
static void take_up(struct picture *p)
{
    if (p->told_buttons != p->buttons)
        (void)rfb_client_pointer(&p->rfb, p->x, p->y, p->told_buttons);
    if (p->told_buttons != 0 || p->buttons != 0)
        send_pointer(p);
    tell_keys(p, true);
}

/* One step is one press of the wheel's button. */
static void turn_wheel(struct picture *p, int32_t steps)
{
    unsigned mask = steps < 0 ? RFB_BUTTON_WHEEL_UP : RFB_BUTTON_WHEEL_DOWN;
    uint32_t n = steps < 0 ? 0u - (uint32_t)steps : (uint32_t)steps;

    for (; n > 0 && has_room(p); n--) {
        (void)rfb_client_pointer(&p->rfb, p->x, p->y, p->buttons | mask);
        (void)rfb_client_pointer(&p->rfb, p->x, p->y, p->buttons);
    }
}

/* QEMU's VNC server counts a width in steps of so many pixels, and a height in single ones. */
#define WIDTH_STEP 16u

/*
 * The pixel that QEMU turns back into exactly this part of PV_KEYBOARD_RANGE, of `whole` pixels; it
 * rounds down.
 */
static unsigned unscale(int32_t part, unsigned whole)
{
    if (part <= 0)
        return 0;
    return (unsigned)(((uint64_t)part * whole + PV_KEYBOARD_RANGE - 1) / PV_KEYBOARD_RANGE);
}

static unsigned clamp(int64_t value, unsigned pixels)
{
    return value < 0 ? 0 : value >= pixels ? pixels - 1 : (unsigned)value;
}

static void position(void *arg, bool scaled, int32_t x, int32_t y, int32_t wheel)
{
    struct picture *p = arg;

    touched(p);
    if (!p->rfb.running)
        return;
    if (scaled) {
        x = (int32_t)unscale(x, (p->width + WIDTH_STEP - 1) / WIDTH_STEP * WIDTH_STEP);
        y = (int32_t)unscale(y, p->height);
    }
    p->x = clamp(x, p->width);
    p->y = clamp(y, p->height);
    send_pointer(p);
    turn_wheel(p, wheel);
}

static void motion(void *arg, int32_t dx, int32_t dy, int32_t wheel)
{
    struct picture *p = arg;

    position(arg, false, (int32_t)clamp((int64_t)p->x + dx, p->width),
             (int32_t)clamp((int64_t)p->y + dy, p->height), wheel);
}

static const struct pv_keyboard_ops keyboard_ops = {
    .key = key,
    .position = position,
    .motion = motion,
};

/* ---- the session ----------------------------------------------------------------------------- */

static void frontend_event(void)
{
    picture.poked = true;
    waitq_wake_all(&picture.wait);
}

/* What QEMU takes now. 0 or a negative errno. */
static int write_out(struct picture *p)
{
    while (p->out.size > 0) {
        struct kiovec iov;
        const void *front = byte_queue_front(&p->out, &iov.len);
        long rc;

        iov.base = (void *)(uintptr_t)front; /* only read */
        rc = p->socket->ops->writev(p->socket, &iov, 1, NULL);

        if (rc == -EAGAIN)
            return 0;
        if (rc < 0)
            return (int)rc;
        byte_queue_drop(&p->out, (size_t)rc);
    }
    return 0;
}

/* What QEMU has sent. 1 when there was something, 0, or a negative errno. */
static int read_in(struct picture *p)
{
    struct kiovec iov = {.base = p->input, .len = INPUT_ROOM};
    long rc = p->socket->ops->readv(p->socket, &iov, 1, NULL);

    if (rc == -EAGAIN)
        return 0;
    if (rc == 0)
        return -ECONNRESET;
    if (rc < 0)
        return (int)rc;
    rc = rfb_client_input(&p->rfb, p->input, (size_t)rc);
    return rc < 0 ? (int)rc : 1;
}

/*
 * What QEMU writes is looked at before it goes on: a change of the mode must be noticed before it
 * answers with all of a picture that does not fit (rfb_client.h).
 */
static void on_wake(struct waiter *w)
{
    thread_wake(w->thread);
    thread_yield_soon();
}

/* Sleeps until the socket or a frontend has something to do. */
static void wait_for_work(struct picture *p)
{
    uint64_t deadline = p->pointer_due < p->ask_due ? p->pointer_due : p->ask_due;
    struct poll_entry entries[2];
    struct poll_table table;
    unsigned events, wanted = POLLIN | POLLERR | POLLHUP;

    if (p->out.size > 0)
        wanted |= POLLOUT;
    poll_table_init(&table, on_wake, entries, 2);
    thread_sleep_prepare();
    poll_wait(&table, &p->wait);
    events = file_poll(p->socket, &table);
    if ((events & wanted) == 0 && !p->poked)
        (void)thread_sleep(table.failed ? plat_monotonic() + RETRY_FIRST_NS : deadline);
    poll_table_release(&table);
}

static void take_keyboard(struct picture *p)
{
    pv_keyboard_take(&keyboard_ops, p);
    if (!pv_keyboard_connected())
        release_all(p);
}

/*
 * Takes and tells what the backend says of keys and pointer, once QEMU is ready for it. 0 or the
 * error that ended the session.
 */
static int take_input(struct picture *p)
{
    if (!p->ready && p->rfb.running && p->rfb.extended_keys) {
        p->ready = true;
        take_up(p);
    }
    if (p->ready || plat_monotonic() >= p->patience)
        take_keyboard(p);
    if (plat_monotonic() >= p->pointer_due)
        send_pointer(p);
    return p->rfb.why != NULL ? p->rfb.error : 0;
}

static int serve(struct picture *p)
{
    int rc = 0;

    while (rc >= 0 && pv_framebuffer_connected()) {
        p->poked = false;
        rc = take_input(p);
        if (rc == 0)
            ask_when_due(p);
        if (rc == 0)
            rc = write_out(p);
        if (rc == 0)
            rc = read_in(p);
        if (rc == 0)
            wait_for_work(p);
        else if (rc > 0)
            thread_yield();
    }
    return rc;
}

/*
 * One connection to QEMU from its beginning to its end. 0 when it got as far as a picture, or a
 * negative errno: why it did not, or could not go on with it; -ECONNABORTED for a change of the
 * mode.
 */
static int session(struct picture *p)
{
    int rc;

    p->free_before = free_bytes();
    if (p->free_before < pv_framebuffer_room() + MEMORY_MARGIN)
        return too_little_memory(p);
    rc = local_stream_connect(PICTURE_SOCKET, &p->socket);
    if (rc < 0)
        return rc;
    p->ready = false;
    p->patience = plat_monotonic() + INPUT_WAIT_NS;
    p->pointer_due = p->ask_due = NO_DEADLINE;
    p->asked_at = plat_monotonic();
    rfb_client_init(&p->rfb, &rfb_ops, p);
    rc = serve(p);
    p->rfb.running = false;
    byte_queue_clear(&p->out);
    file_unref(p->socket);
    if (rc == -EPROTO)
        log_warning("picture: QEMU's VNC server broke the protocol: %s", p->rfb.why);
    return p->rfb.why == NULL && p->rfb.width != 0 ? 0 : rc;
}

/* Input leads nowhere meanwhile. It is taken, or stays in its ring for the next session. */
static void pause_for(struct picture *p, uint64_t ns, bool take)
{
    uint64_t until = plat_monotonic() + ns;

    while (plat_monotonic() < until) {
        if (take)
            take_keyboard(p);
        (void)waitq_wait(&p->wait, until);
    }
}

static void picture_main(void *arg)
{
    struct picture *p = arg;
    uint64_t retry = RETRY_FIRST_NS;

    for (;;) {
        int rc;

        while (!pv_framebuffer_connected())
            (void)waitq_wait(&p->wait, NO_DEADLINE);
        rc = session(p);
        if (rc == 0 || rc == -ECONNABORTED)
            retry = RETRY_FIRST_NS;
        else if (rc == -ENOMEM || rc == -ENOSPC)
            retry = RETRY_MAX_NS; /* QEMU takes seconds to give back what it had for us */
        if (rc == -ECONNABORTED) {
            pause_for(p, MODE_CHANGE_NS, false);
            continue;
        }
        pause_for(p, retry, true);
        retry = retry * 2 < RETRY_MAX_NS ? retry * 2 : RETRY_MAX_NS;
    }
}

bool picture_wanted(void)
{
    size_t len;
    char *value;

    if (xs_read(XS_NO_TX, "device/vfb/0/backend", &value, &len) < 0)
        return false;
    kfree(value);
    return true;
}

int picture_start(void)
{
    struct picture *p = &picture;
    int rc;

    byte_queue_init(&p->out);
    waitq_init(&p->wait);
    p->input = kmalloc(INPUT_ROOM, MEM_BRIDGE);
    if (p->input == NULL)
        return -ENOMEM;
    p->pointer_due = NO_DEADLINE;
    p->input_at = plat_monotonic(); /* a guest that starts is looked at */
    if (thread_create("picture", picture_main, p) == NULL) {
        kfree(p->input);
        return -ENOMEM;
    }
    rc = pv_framebuffer_start(frontend_event);
    return rc == 0 ? pv_keyboard_start(frontend_event) : rc;
}
