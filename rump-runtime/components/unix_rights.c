/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * unix_rights.c - open files as cargo of messages (SCM_RIGHTS). References in flight are counted
 * and bounded; a socket that was sent over itself and then forgotten is not found again (NetBSD's
 * collector is not reproduced): the bound keeps such a loss small.
 */
#include "components/sock.h"

static unsigned in_flight;
static struct list dropped = LIST_INIT(dropped);

static struct rights *rights_alloc(void)
{
    struct rights *r = kern_alloc(sizeof(*r) + SOCK_MAX_RIGHTS * sizeof(r->files[0]));

    if (r != NULL)
        list_init(&r->link);
    return r;
}

void rights_drop(struct rights *r)
{
    if (r != NULL)
        list_add_tail(&dropped, &r->link);
}

void rights_reap(void)
{
    while (!list_empty(&dropped)) {
        struct rights *r = container_of(dropped.next, struct rights, link);

        list_remove(&r->link);
        for (unsigned i = 0; i < r->n; i++) {
            in_flight--;
            kfile_put(r->files[i]);
        }
        kern_free(r, sizeof(*r) + SOCK_MAX_RIGHTS * sizeof(r->files[0]));
    }
}

/* One header: bounds checked, *data and *n describe its descriptors. */
static int next_header(const uint8_t *control, size_t len, size_t *pos, const uint8_t **data,
                       size_t *n)
{
    struct nb_cmsghdr h;
    size_t step;

    if (len - *pos < sizeof(h))
        return NB_EINVAL;
    memcpy(&h, control + *pos, sizeof(h));
    if (h.cmsg_len < NB_CMSG_LEN(0) || h.cmsg_len > len - *pos)
        return NB_EINVAL;
    if (h.cmsg_level != NB_SOL_SOCKET || h.cmsg_type != NB_SCM_RIGHTS)
        return NB_EINVAL;
    *data = control + *pos + NB_CMSG_LEN(0);
    *n = (h.cmsg_len - NB_CMSG_LEN(0)) / sizeof(int);
    step = NB_CMSG_ALIGN(h.cmsg_len);
    *pos = step > len - *pos ? len : *pos + step;
    return 0;
}

int rights_import(const void *control, size_t len, struct rights **rp)
{
    struct rights *r = NULL;
    size_t pos = 0;
    int error = 0;

    *rp = NULL;
    if (len == 0)
        return 0;
    r = rights_alloc();
    if (r == NULL)
        return NB_ENOMEM;
    while (pos < len && error == 0) {
        const uint8_t *data;
        size_t n;

        error = next_header(control, len, &pos, &data, &n);
        if (error == 0 && (n > SOCK_MAX_RIGHTS - r->n || in_flight + n > SOCK_MAX_IN_FLIGHT))
            error = NB_ETOOMANYREFS;
        for (size_t i = 0; i < n && error == 0; i++) {
            int fd;

            memcpy(&fd, data + i * sizeof(fd), sizeof(fd));
            error = kfd_get(fd, &r->files[r->n]);
            if (error == 0) {
                r->n++;
                in_flight++;
            }
        }
    }
    if (error != 0 || r->n == 0) {
        rights_drop(r);
        rights_reap();
        r = NULL;
    }
    *rp = r;
    return error;
}

void rights_export(struct rights *r, void *control, uint32_t *len, bool cloexec, int *flags)
{
    uint8_t *out = control;
    unsigned room = 0, done = 0;

    if (r == NULL) {
        *len = 0;
        return;
    }
    if (control != NULL && *len >= NB_CMSG_LEN(sizeof(int)))
        room = (unsigned)((*len - NB_CMSG_LEN(0)) / sizeof(int));
    while (done < r->n && done < room) {
        struct kfile *f = r->files[done];
        int fd;

        kfile_ref(f);
        if (kfd_install(f, 0, cloexec, &fd) != 0)
            break;
        memcpy(out + NB_CMSG_LEN(done * sizeof(fd)), &fd, sizeof(fd));
        done++;
    }
    if (done < r->n)
        *flags |= NB_MSG_CTRUNC;
    if (done > 0) {
        struct nb_cmsghdr h = {.cmsg_len = (uint32_t)NB_CMSG_LEN(done * sizeof(int)),
                               .cmsg_level = NB_SOL_SOCKET,
                               .cmsg_type = NB_SCM_RIGHTS};

        memcpy(out, &h, sizeof(h));
        *len = *len < NB_CMSG_SPACE(done * sizeof(int))
                   ? *len
                   : (uint32_t)NB_CMSG_SPACE(done * sizeof(int));
    } else {
        *len = 0;
    }
    rights_drop(r);
    rights_reap();
}
