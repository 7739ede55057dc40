/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * scm.c - open files of the Linux layer as cargo of rump sockets (SCM_RIGHTS).
 *
 * The rump kernel can only carry descriptors of its own, but the file may be a native one, and even
 * a rump file has a Linux side (flags, the other end's identity) that must arrive as the same open
 * file. Since there is one process, whatever is sent comes back to this layer. So a file travels as
 * a stand-in: one end of a rump socket pair, the carrier, in whose queue a random token lies. The
 * other end, the keeper, stays here beside the file. Who receives a descriptor peeks for a token;
 * if it is one of ours, the file behind it is installed. If the message is thrown away unread, the
 * carrier is closed with it, the keeper sees the end, and scm_reap() lets go of the file: at once
 * where a socket was closed, or when the keeper is noticed, as NetBSD closes what was in flight in
 * a thread of its own, later.
 */
#include "core/errno.h"
#include "core/memory.h"
#include "core/string.h"
#include "linux/abi.h"
#include "linux/rump/rumpfile.h"

struct parcel {
    struct list link;
    uint8_t token[16];
    struct rump_file keeper;
    struct file *file; /* referenced */
};

static struct list parcels = LIST_INIT(parcels);

static void parcel_free(struct parcel *p)
{
    struct file *f = p->file;

    list_remove(&p->link);
    rump_poll_release(&p->keeper);
    (void)rump___sysimpl_close(p->keeper.fd);
    kfree(p);
    file_unref(f); /* last: it may come back here through scm_reap() */
}

int scm_pack(struct file *f, int *carrier)
{
    struct parcel *p = kzalloc(sizeof(*p), MEM_LINUX);
    int ends[2];
    long rc;

    if (p == NULL)
        return -ENOMEM;
    if (rump___sysimpl_socketpair(NB_AF_LOCAL,
                                  (int)(NB_SOCK_STREAM | NB_SOCK_NONBLOCK | NB_SOCK_NOSIGPIPE), 0,
                                  ends) != 0) {
        kfree(p);
        return (int)rump_result(-1);
    }
    plat_random(p->token, sizeof(p->token));
    rc = rump_result(rump___sysimpl_write(ends[0], p->token, sizeof(p->token)));
    if (rc != (long)sizeof(p->token)) {
        (void)rump___sysimpl_close(ends[0]);
        (void)rump___sysimpl_close(ends[1]);
        kfree(p);
        return rc < 0 ? (int)rc : -ENOBUFS;
    }
    p->keeper.fd = ends[0];
    rump_poll_init(&p->keeper);
    rump_poll_notice(&p->keeper, scm_reap);
    p->file = f;
    file_ref(f);
    list_add_tail(&parcels, &p->link);
    *carrier = ends[1];
    return 0;
}

static struct parcel *parcel_of(int carrier)
{
    uint8_t token[sizeof(((struct parcel *)NULL)->token)];

    if (rump___sysimpl_recvfrom(carrier, token, sizeof(token), NB_MSG_PEEK | NB_MSG_DONTWAIT, NULL,
                                NULL) != (intptr_t)sizeof(token))
        return NULL;
    list_for_each(it, &parcels)
    {
        struct parcel *p = container_of(it, struct parcel, link);

        if (memcmp(p->token, token, sizeof(token)) == 0)
            return p;
    }
    return NULL;
}

/* A descriptor that did not come from here (a rump client beside the program): as what it is. */
static int wrap_foreign(int fd, struct file **fp)
{
    struct nb_stat st;
    int flags = rump___sysimpl_fcntl(fd, NB_F_GETFL, NULL);
    bool known = rump___sysimpl_fstat50(fd, &st) == 0;
    bool socket = known && (st.st_mode & NB_S_IFMT) == NB_S_IFSOCK;
    bool stream = socket || (known && (st.st_mode & NB_S_IFMT) == NB_S_IFIFO);
    unsigned linux_flags;
    int rc;

    if (flags < 0) {
        (void)rump___sysimpl_close(fd);
        return -EBADF;
    }
    if (stream)
        (void)rump___sysimpl_fcntl(fd, NB_F_SETFL, (void *)(intptr_t)(flags | NB_O_NONBLOCK));
    linux_flags = (unsigned)flags & O_ACCMODE; /* the same numbers */
    if ((flags & NB_O_NONBLOCK) != 0)
        linux_flags |= O_NONBLOCK;
    if ((flags & NB_O_APPEND) != 0)
        linux_flags |= O_APPEND;
    rc = rump_file_create(stream ? &rump_stream_ops : &rump_file_ops, fd, linux_flags, fp);
    if (rc == 0 && socket) {
        rump_file_of(*fp)->is_socket = true;
        rump_file_of(*fp)->closed = scm_reap;
    }
    return rc;
}

int scm_unpack(int carrier, struct file **fp)
{
    struct parcel *p = parcel_of(carrier);

    if (p == NULL)
        return wrap_foreign(carrier, fp);
    (void)rump___sysimpl_close(carrier);
    file_ref(p->file);
    *fp = p->file;
    parcel_free(p);
    return 0;
}

void scm_reap(void)
{
    static const struct nb_timespec now;
    /*
     * Letting go of a socket leads back here for what lay in its queue: the outermost call takes
     * that on.
     */
    static bool reaping;

    if (reaping)
        return;
    reaping = true;
    for (;;) {
        struct parcel *lost = NULL;

        list_for_each(it, &parcels)
        {
            struct parcel *p = container_of(it, struct parcel, link);
            struct nb_pollfd pfd = {.fd = p->keeper.fd, .events = NB_POLLIN};

            if (rump___sysimpl_pollts50(&pfd, 1, &now, NULL) > 0) {
                lost = p;
                break;
            }
        }
        if (lost == NULL)
            break;
        parcel_free(lost); /* may change the list: start again */
    }
    reaping = false;
}
