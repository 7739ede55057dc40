/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Asynchronous I/O: io_setup(2) and its kin. Files that can begin a request (file_ops.start: disks)
 * answer when their other end did, without a thread that waits for it; all others are read and
 * written inside io_submit(), as Linux does with files in its cache.
 *
 * A context is a ring of events in the program's memory, whose address is the context's name. The
 * program may take events out of the ring by itself: then it moves `head`, which is the only word
 * of the ring that is read here. The ring's pages are the kernel's own; what the program does to
 * its mapping of them does not matter.
 *
 * Memory is bounded: events of all contexts together, requests under way, pages of a ring.
 */
#include "core/list.h"
#include "core/memory.h"
#include "core/string.h"
#include "core/vm.h"
#include "linux/abi.h"
#include "linux/eventfd.h"
#include "linux/fdtable.h"
#include "linux/io.h"
#include "linux/signal.h"
#include "linux/syscall.h"
#include "linux/time.h"
#include "linux/uaccess.h"

/* Linux has 65536 (/proc/sys/fs/aio-max-nr) on a machine with some GiB. */
#define EVENTS_MAX 8192u
/* More than Linux's arithmetic takes: the answer is another one. */
#define EVENTS_INVALID (0x10000000u / 64)
/*
 * Requests under way, of all contexts. A context that has none may always have one: QEMU waits for
 * an answer before it asks again.
 */
#define REQUESTS_MAX 256u
/* It may be a guest's data: without memory to begin with, it is tried for some ten seconds. */
#define PAUSES_MAX 1000u

#define EVENT_SIZE      sizeof(struct linux_io_event)
#define EVENTS_PER_PAGE ((unsigned)(PLAT_PAGE_SIZE / EVENT_SIZE))
_Static_assert(sizeof(struct linux_aio_ring) == EVENT_SIZE, "the header takes one event's place");
_Static_assert(sizeof(struct linux_iocb) == 64, "struct iocb of <linux/aio_abi.h>");

struct context {
    struct list link; /* contexts, until io_destroy() */
    uintptr_t id;     /* address of the ring in the program */
    unsigned refs;    /* the list, the mapping, each request and each sleeper */
    bool destroyed;
    unsigned promised;  /* events io_setup() was asked for */
    unsigned nr;        /* events the ring has place for */
    unsigned tail;      /* where the next one goes */
    unsigned in_flight; /* requests without an event */
    struct waitq wait;  /* woken at each event and at the end */
    size_t npages, mapped;
    void *pages[];
};

struct request {
    struct file_request file;
    struct context *ctx;
    struct file *f;
    struct file *eventfd; /* to be counted up at the end, or NULL */
    uint64_t data, obj;   /* the program's */
    struct user_hold hold;
    bool held;
    struct kiovec *iov; /* `small`, or kmalloc memory */
    struct kiovec small[UIO_FAST];
};

static struct list contexts = LIST_INIT(contexts);
static unsigned promised_events, requests;

/* ---- contexts -------------------------------------------------------------------------------- */

static void context_unref(struct context *ctx)
{
    if (--ctx->refs)
        return;
    for (size_t i = 0; i < ctx->npages; i++)
        pages_free(ctx->pages[i], 0, MEM_LINUX);
    kfree(ctx);
}

static struct context *context_find(uintptr_t id)
{
    list_for_each_safe(it, &contexts)
    {
        struct context *ctx = container_of(it, struct context, link);

        if (ctx->id == id)
            return ctx;
    }
    return NULL;
}

static struct linux_aio_ring *header(const struct context *ctx)
{
    return ctx->pages[0];
}

/* The place of event i; events follow the header, which is as large as one. */
static struct linux_io_event *event_at(const struct context *ctx, unsigned i)
{
    unsigned at = i + 1;

    return (struct linux_io_event *)ctx->pages[at / EVENTS_PER_PAGE] + at % EVENTS_PER_PAGE;
}

/* Where the program has got to. It can write there what it likes. */
static unsigned head_of(const struct context *ctx)
{
    return __atomic_load_n(&header(ctx)->head, __ATOMIC_RELAXED) % ctx->nr;
}

static void ring_unmapped(void *arg, uintptr_t va, size_t npages)
{
    struct context *ctx = arg;

    plat_unmap(va, npages); /* before the pages may go */
    ctx->mapped -= npages;
    if (ctx->mapped == 0)
        context_unref(ctx);
}

static const struct vm_foreign_ops ring_ops = {.unmap = ring_unmapped, .own_pages = true};

/* A context without a name, with one reference. NULL when memory is short. */
static struct context *context_create(unsigned promised)
{
    /* One place stays empty: a ring whose head is its tail has nothing. */
    size_t bytes = (promised + 2) * EVENT_SIZE;
    size_t npages = (bytes + PLAT_PAGE_MASK) >> PLAT_PAGE_SHIFT;
    struct context *ctx = kzalloc(sizeof(*ctx) + npages * sizeof(ctx->pages[0]), MEM_LINUX);

    if (ctx == NULL)
        return NULL;
    ctx->refs = 1;
    ctx->promised = promised;
    waitq_init(&ctx->wait);
    for (; ctx->npages < npages; ctx->npages++) {
        ctx->pages[ctx->npages] = page_alloc_zeroed(MEM_LINUX);
        if (ctx->pages[ctx->npages] == NULL) {
            context_unref(ctx);
            return NULL;
        }
    }
    ctx->nr = (unsigned)npages * EVENTS_PER_PAGE - 1;
    *header(ctx) = (struct linux_aio_ring){
        .nr = ctx->nr,
        .magic = AIO_RING_MAGIC,
        .compat_features = AIO_RING_COMPAT,
        .incompat_features = AIO_RING_INCOMPAT_NONE,
        .header_length = sizeof(struct linux_aio_ring),
    };
    return ctx;
}

/* Shows the ring to the program; its address becomes the context's name. */
static int context_map(struct context *ctx)
{
    unsigned prot = PLAT_PROT_READ | PLAT_PROT_WRITE;
    size_t len = ctx->npages << PLAT_PAGE_SHIFT;
    intptr_t at = vm_map_foreign(0, len, prot, 0, &ring_ops, ctx);

    if (at < 0)
        return -ENOMEM;
    ctx->refs++;
    ctx->mapped = ctx->npages;
    ctx->id = (uintptr_t)at;
    if (plat_map(ctx->id, ctx->pages, ctx->npages, prot) == 0)
        return 0;
    vm_unmap(ctx->id, len);
    return -ENOMEM;
}

static void context_destroy(struct context *ctx)
{
    list_remove(&ctx->link);
    ctx->destroyed = true;
    promised_events -= ctx->promised;
    waitq_wake_all(&ctx->wait);
    while (ctx->in_flight > 0)
        (void)waitq_wait(&ctx->wait, NO_DEADLINE); /* not interruptible: buffers are in use */
    /* What the program put in the ring's place meanwhile goes too, as on Linux. */
    vm_unmap(ctx->id, ctx->npages << PLAT_PAGE_SHIFT);
    context_unref(ctx);
}

long sys_io_setup(unsigned nr, uintptr_t uctx)
{
    struct context *ctx;
    uint64_t old;
    int rc = copy_from_user(&old, uctx, sizeof(old));

    if (rc < 0)
        return rc;
    if (old != 0 || nr == 0 || nr > EVENTS_INVALID)
        return -EINVAL;
    if (nr > EVENTS_MAX - promised_events)
        return -EAGAIN;
    ctx = context_create(nr);
    if (ctx == NULL)
        return -ENOMEM;
    rc = context_map(ctx);
    if (rc < 0) {
        context_unref(ctx);
        return rc;
    }
    promised_events += nr;
    list_add_head(&contexts, &ctx->link);
    rc = put_user_u64(uctx, ctx->id);
    if (rc < 0)
        context_destroy(ctx);
    return rc;
}

long sys_io_destroy(uintptr_t id)
{
    struct context *ctx = context_find(id);

    if (ctx == NULL)
        return -EINVAL;
    context_destroy(ctx);
    return 0;
}

/* ---- the end of a request -------------------------------------------------------------------- */

static void put_event(struct context *ctx, const struct request *r, long result)
{
    unsigned next = ctx->tail + 1 == ctx->nr ? 0 : ctx->tail + 1;

    *event_at(ctx, ctx->tail) =
        (struct linux_io_event){.data = r->data, .obj = r->obj, .res = result};
    ctx->tail = next;
    __atomic_store_n(&header(ctx)->tail, next, __ATOMIC_RELEASE);
}

/* Frees what the request holds, and it. */
static void request_free(struct request *r)
{
    struct context *ctx = r->ctx;

    ctx->in_flight--;
    requests--;
    if (r->eventfd != NULL)
        file_unref(r->eventfd);
    if (r->f != NULL)
        file_unref(r->f);
    user_iov_free(r->small, r->iov);
    kfree(r);
    context_unref(ctx);
}

static void request_done(struct file_request *fr, long result)
{
    struct request *r = container_of(fr, struct request, file);
    struct context *ctx = r->ctx;

    if (r->held)
        (void)user_hold_end(&r->hold, result);
    put_event(ctx, r, result);
    if (r->eventfd != NULL)
        eventfd_signal(r->eventfd);
    ctx->refs++;
    request_free(r);
    waitq_wake_all(&ctx->wait);
    context_unref(ctx);
}

/* ---- its beginning --------------------------------------------------------------------------- */

/* A request that will have a place in the ring. NULL with *rc set. */
static struct request *request_create(struct context *ctx, int *rc)
{
    unsigned unread = (ctx->tail + ctx->nr - head_of(ctx)) % ctx->nr;
    struct request *r = NULL;

    *rc = -EAGAIN;
    if (ctx->in_flight + unread >= ctx->nr - 1 || (requests >= REQUESTS_MAX && ctx->in_flight > 0))
        return NULL;
    r = kmalloc(sizeof(*r), MEM_LINUX);
    if (r == NULL) {
        /* Memory comes back with an answer. */
        *rc = ctx->in_flight > 0 ? -EAGAIN : -ENOMEM;
        return NULL;
    }
    r->ctx = ctx;
    r->f = r->eventfd = NULL;
    r->held = false;
    r->iov = r->small;
    ctx->refs++;
    ctx->in_flight++;
    requests++;
    return r;
}

/* The file, and the event descriptor when there is one. */
static int take_files(struct request *r, const struct linux_iocb *cb)
{
    r->f = fd_get(cb->aio_fildes);
    if (r->f == NULL)
        return -EBADF;
    if (!(cb->aio_flags & IOCB_FLAG_RESFD))
        return 0;
    r->eventfd = fd_get(cb->aio_resfd);
    if (r->eventfd == NULL)
        return -EBADF;
    return file_is_eventfd(r->eventfd) ? 0 : -EINVAL;
}

static int prepare_sync(struct request *r, const struct linux_iocb *cb)
{
    if (cb->aio_buf || cb->aio_offset || cb->aio_nbytes || cb->aio_rw_flags ||
        r->f->ops->fsync == NULL)
        return -EINVAL;
    r->file = (struct file_request){.op = FILE_SYNC};
    return 0;
}

/* The vector, copied and checked; its pages are made present later. */
static int prepare_transfer(struct request *r, const struct linux_iocb *cb, bool write, bool vector)
{
    long rc = 0;

    if (cb->aio_rw_flags & ~(RWF_HIPRI | RWF_DSYNC | RWF_SYNC))
        return -EOPNOTSUPP;
    if (write ? !file_can_write(r->f) : !file_can_read(r->f))
        return -EBADF;
    if ((write ? r->f->ops->writev : r->f->ops->readv) == NULL)
        return -EINVAL;
    r->file.op = write ? FILE_WRITE : FILE_READ;
    r->file.pos = cb->aio_offset;
    r->file.n = 1;
    if (vector) {
        if (cb->aio_nbytes > UIO_MAXIOV)
            return -EINVAL;
        r->file.n = (int)cb->aio_nbytes;
        rc = user_iov_get(cb->aio_buf, r->file.n, !write, r->small, &r->iov);
    } else {
        size_t len = cb->aio_nbytes < RW_MAX ? cb->aio_nbytes : RW_MAX;

        r->small[0] = (struct kiovec){(void *)(uintptr_t)cb->aio_buf, len};
        rc = user_range(cb->aio_buf, len, !write);
    }
    if (rc >= 0 && cb->aio_offset < 0 && r->f->ops->seek != NULL)
        rc = -EINVAL;
    r->file.iov = r->iov;
    return rc < 0 ? (int)rc : 0;
}

static int prepare(struct request *r, const struct linux_iocb *cb)
{
    bool write = cb->aio_lio_opcode == IOCB_CMD_PWRITE || cb->aio_lio_opcode == IOCB_CMD_PWRITEV;

    switch (cb->aio_lio_opcode) {
    case IOCB_CMD_PREAD:
    case IOCB_CMD_PWRITE:
        return prepare_transfer(r, cb, write, false);
    case IOCB_CMD_PREADV:
    case IOCB_CMD_PWRITEV:
        return prepare_transfer(r, cb, write, true);
    case IOCB_CMD_FSYNC:
    case IOCB_CMD_FDSYNC:
        return prepare_sync(r, cb);
    default:
        return -EINVAL;
    }
}

/* Does the request now; the result is its event's. */
static long in_line(struct request *r, const struct linux_iocb *cb)
{
    struct file *f = r->f;
    int64_t pos = r->file.pos;
    bool data_only = cb->aio_lio_opcode == IOCB_CMD_FDSYNC;
    long rc;

    if (r->file.op != FILE_SYNC) {
        rc = io_transfer(f, r->file.op == FILE_WRITE ? WRITE : READ, r->iov, r->file.n,
                         f->ops->seek != NULL ? &pos : NULL);
        if (r->file.op == FILE_READ || rc <= 0 || !(cb->aio_rw_flags & (RWF_DSYNC | RWF_SYNC)))
            return rc;
        data_only = !(cb->aio_rw_flags & RWF_SYNC);
    } else {
        rc = 0;
    }
    if (f->ops->fsync != NULL) {
        long synced = f->ops->fsync(f, data_only);

        if (synced < 0)
            return synced;
    }
    return rc;
}

/* Whoever serves the file hears of what was begun, if there is such a file. */
static void push(struct file **started)
{
    if (*started == NULL)
        return;
    (*started)->ops->push(*started);
    file_unref(*started);
    *started = NULL;
}

/*
 * Begins a prepared request, or does it at once. started: the file whose other end has not heard of
 * all that was begun.
 */
static int begin(struct request *r, const struct linux_iocb *cb, struct file **started)
{
    struct file *f = r->f;
    int rc;

    if (*started != f)
        push(started);
    if (f->ops->start != NULL && !(cb->aio_rw_flags & (RWF_DSYNC | RWF_SYNC))) {
        bool sync = r->file.op == FILE_SYNC;

        rc = sync ? 0 : user_iov_fill(r->iov, r->file.n, r->file.op == FILE_READ);
        if (rc < 0)
            return rc;
        if (*started == NULL) {
            file_ref(f);
            *started = f;
        }
        if (!sync) {
            r->held = true;
            user_hold_begin(&r->hold, NULL, r->iov, r->file.n);
        }
        if (f->ops->start(f, &r->file))
            return 0;
        if (r->held)
            (void)user_hold_end(&r->hold, 0);
        r->held = false;
    }
    push(started); /* before anything that may sleep */
    request_done(&r->file, in_line(r, cb));
    return 0;
}

static int submit_one(struct context *ctx, uintptr_t ucb, struct file **started)
{
    struct linux_iocb cb;
    struct request *r;
    int rc = copy_from_user(&cb, ucb, sizeof(cb));

    if (rc < 0)
        return rc;
    if (cb.aio_reserved2 || cb.aio_nbytes > INT64_MAX)
        return -EINVAL;
    r = request_create(ctx, &rc);
    if (r == NULL)
        return rc;
    r->data = cb.aio_data;
    r->obj = ucb;
    rc = take_files(r, &cb);
    if (rc == 0)
        rc = put_user_u32(ucb + offsetof(struct linux_iocb, aio_key), 0);
    if (rc == 0)
        rc = prepare(r, &cb);
    if (rc == 0) {
        r->file.done = request_done;
        rc = begin(r, &cb, started);
    }
    if (rc == -ENOMEM && ctx->in_flight > 1)
        rc = -EAGAIN; /* as in request_create() */
    if (rc < 0)
        request_free(r);
    return rc;
}

long sys_io_submit(uintptr_t id, long n, uintptr_t ucbs)
{
    struct context *ctx = context_find(id);
    unsigned pauses = PAUSES_MAX;
    struct file *started = NULL;
    long i = 0;
    int rc = 0;

    if (ctx == NULL || n < 0)
        return -EINVAL;
    ctx->refs++; /* what is done in line may sleep */
    if (n > (long)ctx->nr)
        n = (long)ctx->nr;
    while (i < n) {
        uint64_t ucb;

        rc = copy_from_user(&ucb, ucbs + (size_t)i * sizeof(ucb), sizeof(ucb));
        if (rc == 0)
            rc = ctx->destroyed ? -EINVAL : submit_one(ctx, ucb, &started);
        if (rc == 0)
            i++;
        else if (rc == -ENOMEM && i == 0 && pauses-- > 0)
            memory_pause();
        else
            break;
    }
    push(&started);
    context_unref(ctx);
    return i > 0 ? i : rc;
}

/* Nothing that is served here can be taken back: as Linux answers for files and disks. */
long sys_io_cancel(uintptr_t id, uintptr_t ucb, uintptr_t uevent)
{
    uint32_t key;
    int rc = copy_from_user(&key, ucb + offsetof(struct linux_iocb, aio_key), sizeof(key));

    (void)id;
    (void)uevent;
    return rc < 0 ? rc : -EINVAL;
}

/* ---- events ---------------------------------------------------------------------------------- */

/* Takes up to max events out of the ring. How many, or -EFAULT. */
static long take_events(struct context *ctx, long max, uintptr_t uevents)
{
    unsigned head = head_of(ctx);
    long n = 0;

    while (n < max && head != ctx->tail) {
        if (copy_to_user(uevents + (size_t)n * EVENT_SIZE, event_at(ctx, head), EVENT_SIZE) < 0)
            return -EFAULT;
        head = head + 1 == ctx->nr ? 0 : head + 1;
        n++;
    }
    if (n > 0)
        __atomic_store_n(&header(ctx)->head, head, __ATOMIC_RELEASE);
    return n;
}

static long wait_for_events(struct context *ctx, long least, long most, uintptr_t uevents,
                            uint64_t deadline)
{
    long n = 0;

    for (;;) {
        long rc = take_events(ctx, most - n, uevents + (size_t)n * EVENT_SIZE);

        if (rc < 0)
            return n > 0 ? n : rc;
        n += rc;
        if (n >= least)
            return n;
        if (ctx->destroyed)
            return n > 0 ? n : -EINVAL;
        rc = deadline == 0 ? -ETIMEDOUT : signal_waitq_wait(&ctx->wait, deadline);
        if (rc < 0)
            return n > 0 || rc == -ETIMEDOUT ? n : rc;
    }
}

/* A time-out that is over is none, and not an error as for other calls. */
static int deadline_of(uintptr_t utimeout, uint64_t *deadline)
{
    struct linux_timespec ts;
    uint64_t ns;
    int rc = copy_from_user(&ts, utimeout, sizeof(ts));

    if (rc < 0)
        return rc;
    *deadline = 0;
    if (timespec_to_ns(&ts, &ns) == 0 && ns > 0)
        *deadline = deadline_after(ns);
    return 0;
}

long sys_io_getevents(uintptr_t id, long least, long most, uintptr_t uevents, uintptr_t utimeout)
{
    uint64_t deadline = NO_DEADLINE;
    struct context *ctx;
    long rc = utimeout ? deadline_of(utimeout, &deadline) : 0;

    if (rc < 0)
        return rc;
    ctx = context_find(id);
    if (ctx == NULL || least < 0 || least > most)
        return -EINVAL;
    ctx->refs++;
    rc = wait_for_events(ctx, least, most, uevents, deadline);
    context_unref(ctx);
    return rc;
}
