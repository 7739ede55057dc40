/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * session.h - many short QMP sessions of the toolstack over one lasting monitor of QEMU.
 *
 * libxl connects anew for every operation, and the proxy in dom0 neither marks the change nor
 * drains what the last client left. So every session gets a greeting of its own and negotiates with
 * us; commands go to QEMU as they are; answers go back only to the session that asked; events go
 * nowhere, because anything the client did not ask for may kill the proxy.
 *
 * The protocol alone, without rings or files: bytes in, bytes out. QMP is specified in QEMU's
 * docs/interop/qmp-spec.txt.
 */
#ifndef BRIDGE_QMP_SESSION_H
#define BRIDGE_QMP_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "monitor/json.h"
#include "monitor/media.h"

#define QMP_COMMAND_MAX ((size_t)64 << 10) /* longest command accepted from a client */
#define QMP_ANSWER_MAX  ((size_t)1 << 20)  /* longest answer passed on: libxl's own limit */
#define QMP_PENDING_MAX 16u                /* commands QEMU has not answered yet */
#define QMP_ID_MAX      96u                /* longest id repeated in an error of our own */
#define QMP_VERSION_MAX 512u
#define QMP_REFUSAL_MAX 512u /* an error's description, as JSON writes it */

/* A message being put together. */
struct qmp_text {
    char *bytes;
    size_t len, room, max;
    bool lost; /* too long, or memory was short: the rest is dropped */
};

struct qmp_pending {
    uint32_t session;
    uint16_t id_len;
    char id[QMP_ID_MAX];
};

/* Where the bytes go. Both take everything, or return a negative errno and nothing has gone. */
struct qmp_session_ops {
    int (*to_client)(void *arg, const char *bytes, size_t n);
    int (*to_qemu)(void *arg, const char *bytes, size_t n);
};

struct qmp_session {
    const struct qmp_session_ops *ops;
    void *arg;

    /*
     * QEMU's VNC server is for the bridge alone, the guest's is dom0's (display/picture.h): its
     * toolstack must not hear of the first, nor set a password there.
     */
    bool hides_vnc;
    media_letter_fn letter; /* of disks; NULL: media are QEMU's business alone */
    enum { QMP_NO_MONITOR, QMP_NEGOTIATING, QMP_READY, QMP_REFUSING } monitor;
    char version[QMP_VERSION_MAX]; /* the version object of QEMU's greeting */
    struct qmp_text answer;        /* line from QEMU under way */
    struct qmp_pending pending[QMP_PENDING_MAX];
    unsigned first_pending, n_pending;

    bool connected, greeted, negotiated;
    uint32_t number;               /* of the present session */
    bool refused;                  /* a command was answered with the refusal */
    char refusal[QMP_REFUSAL_MAX]; /* why, in QMP_REFUSING */
    bool broken;                   /* output was lost: the session must be closed */
    struct json_framer framer;
    struct qmp_text command; /* message from the client under way */
};

void qmp_session_init(struct qmp_session *s, const struct qmp_session_ops *ops, void *arg);

/* QEMU opened or closed its end. */
void qmp_session_monitor_opened(struct qmp_session *s);
void qmp_session_monitor_closed(struct qmp_session *s);

/*
 * QEMU ended before it was ready: every command, those it has not answered included, is answered
 * with an error whose description is `why` (ASCII; what does not fit is cut off). A client that
 * waits for the greeting gets one.
 */
void qmp_session_refuse(struct qmp_session *s, const char *why);

/* Bytes from QEMU; all are taken. */
void qmp_session_from_qemu(struct qmp_session *s, const char *bytes, size_t n);

/* A client came (whatever was before is over), or went. */
void qmp_session_client_came(struct qmp_session *s);
void qmp_session_client_went(struct qmp_session *s);

/*
 * Bytes from the client; returns how many were taken. Fewer than n while QEMU owes too many answers
 * or has not greeted yet: offer the rest again later.
 */
size_t qmp_session_from_client(struct qmp_session *s, const char *bytes, size_t n);

#endif
