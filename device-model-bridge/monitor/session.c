/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Sessions of QMP: greets each client, passes commands on, and answers only who asked. */
#include "monitor/session.h"

#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"

#define TEXT_FIRST_ROOM ((size_t)1024)
#define TEXT_KEEP_ROOM  ((size_t)16 << 10) /* larger buffers are given back after use */

/* ---- growing texts --------------------------------------------------------------------------- */

static void text_add(struct qmp_text *t, const char *bytes, size_t n)
{
    if (t->lost || n == 0)
        return;
    if (n > t->max - t->len) {
        t->lost = true;
        return;
    }
    if (n > t->room - t->len) {
        size_t room = t->room > 0 ? t->room : TEXT_FIRST_ROOM;
        char *bigger;

        while (room < t->len + n)
            room *= 2;
        bigger = kmalloc(room, MEM_BRIDGE);
        if (bigger == NULL) {
            t->lost = true;
            return;
        }
        if (t->len > 0)
            memcpy(bigger, t->bytes, t->len);
        kfree(t->bytes);
        t->bytes = bigger;
        t->room = room;
    }
    memcpy(t->bytes + t->len, bytes, n);
    t->len += n;
}

static void text_clear(struct qmp_text *t)
{
    t->len = 0;
    t->lost = false;
    if (t->room > TEXT_KEEP_ROOM) {
        kfree(t->bytes);
        t->bytes = NULL;
        t->room = 0;
    }
}

/* ---- to the client --------------------------------------------------------------------------- */

static void send_part(struct qmp_session *s, const char *bytes, size_t n)
{
    if (!s->broken && s->ops->to_client(s->arg, bytes, n) < 0)
        s->broken = true;
}

/* Every message to libxl must end in CR LF. */
static void send_to_client(struct qmp_session *s, const char *bytes, size_t n)
{
    send_part(s, bytes, n);
    send_part(s, "\r\n", 2);
}

static void greet(struct qmp_session *s)
{
    char text[QMP_VERSION_MAX + 64];
    int n = ksnprintf(text, sizeof(text), "{\"QMP\": {\"version\": %s, \"capabilities\": []}}",
                      s->version);

    s->greeted = true;
    send_to_client(s, text, (size_t)n);
}

/*
 * An answer of our own: `body` is the "return" or "error" member; the id as the client gave it, if
 * any.
 */
static void answer(struct qmp_session *s, struct json_span id, const char *body)
{
    char head[QMP_ID_MAX + 16];
    int n;

    if (id.len > 0 && id.len <= QMP_ID_MAX)
        n = ksnprintf(head, sizeof(head), "{\"id\": %.*s, ", (int)id.len, id.text);
    else
        n = ksnprintf(head, sizeof(head), "{");
    send_part(s, head, (size_t)n);
    send_part(s, body, strlen(body));
    send_to_client(s, "}", 1);
}

#define QMP_ERROR(class, desc) "\"error\": {\"class\": \"" class "\", \"desc\": \"" desc "\"}"

static void refuse(struct qmp_session *s, struct json_span id)
{
    char body[QMP_REFUSAL_MAX + 64];

    ksnprintf(body, sizeof(body), QMP_ERROR("GenericError", "%s"), s->refusal);
    answer(s, id, body);
    s->refused = true;
}

/* ---- from the client ------------------------------------------------------------------------- */

/* Was a capability asked for? We offer none. */
static bool asks_for_capability(struct json_span message)
{
    struct json_span arguments, enable;

    if (!json_member(message, "arguments", &arguments) || arguments.text[0] != '{' ||
        !json_member(arguments, "enable", &enable))
        return false;
    return memchr(enable.text, '"', enable.len) != NULL;
}

static void negotiate(struct qmp_session *s, struct json_span message, struct json_span id)
{
    if (s->negotiated) {
        answer(s, id, QMP_ERROR("CommandNotFound", "Capabilities negotiation is already complete"));
    } else if (asks_for_capability(message)) {
        answer(s, id, QMP_ERROR("GenericError", "No such capability"));
    } else {
        s->negotiated = true;
        answer(s, id, "\"return\": {}");
    }
}

/* What the toolstack asks of media comes from the disks there are (media.h). */
static void tell_media(struct qmp_session *s, struct json_span id)
{
    char body[MEDIA_LIST_MAX + 16];
    size_t n = (size_t)ksnprintf(body, sizeof(body), "\"return\": ");

    media_list(body + n, sizeof(body) - n, s->letter);
    answer(s, id, body);
}

static void pass_on(struct qmp_session *s, struct json_span message, struct json_span id);

/* With the name of a disk where the toolstack wrote that of a descriptor set of ours. */
static void change_medium(struct qmp_session *s, struct json_span message, struct json_span id)
{
    char path[MEDIA_PATH_MAX], *changed;
    struct json_span name;
    size_t before, after;
    int n;

    if (!media_filename(message, s->letter, &name, path)) {
        pass_on(s, message, id);
        return;
    }
    before = (size_t)(name.text - message.text);
    after = message.len - before - name.len;
    changed = kmalloc(message.len + MEDIA_PATH_MAX + 2, MEM_BRIDGE);
    if (changed == NULL) {
        answer(s, id, QMP_ERROR("GenericError", "The stub domain is short of memory"));
        return;
    }
    memcpy(changed, message.text, before);
    n = ksnprintf(changed + before, MEDIA_PATH_MAX + 2, "\"%s\"", path);
    memcpy(changed + before + n, name.text + name.len, after);
    pass_on(s, (struct json_span){changed, before + (size_t)n + after}, id);
    kfree(changed);
}

static void pass_on(struct qmp_session *s, struct json_span message, struct json_span id)
{
    struct qmp_pending *p = &s->pending[(s->first_pending + s->n_pending) % QMP_PENDING_MAX];

    if (s->ops->to_qemu(s->arg, message.text, message.len) < 0) {
        answer(s, id, QMP_ERROR("GenericError", "The stub domain is short of memory"));
        return;
    }
    p->session = s->number;
    p->id_len = id.len <= QMP_ID_MAX ? (uint16_t)id.len : 0;
    memcpy(p->id, id.text, p->id_len);
    s->n_pending++;
}

/*
 * A whole message. Only well-formed objects reach QEMU: it answers each of them exactly once, and
 * answers are matched to questions by their order.
 */
static void handle_command(struct qmp_session *s, struct json_span message)
{
    struct json_span execute = {"", 0}, id = {"", 0};

    if (!json_is_object(message)) {
        answer(s, id, QMP_ERROR("GenericError", "This is not a JSON object"));
        return;
    }
    (void)json_member(message, "id", &id);
    if (json_member(message, "execute", &execute) && json_is_string(execute, "qmp_capabilities"))
        negotiate(s, message, id);
    else if (!s->negotiated)
        answer(s, id, QMP_ERROR("CommandNotFound", "Expecting qmp_capabilities first"));
    else if (s->monitor == QMP_REFUSING)
        refuse(s, id);
    else if (s->hides_vnc && json_is_string(execute, "query-vnc"))
        answer(s, id, "\"return\": {\"enabled\": false}");
    else if (s->hides_vnc && json_is_string(execute, "change-vnc-password"))
        answer(s, id, "\"return\": {}"); /* dom0's QEMU gets it, too, and asks for it */
    else if (s->letter != NULL && json_is_string(execute, "query-fdsets"))
        tell_media(s, id);
    else if (s->letter != NULL && json_is_string(execute, "remove-fd") && media_is_set(message))
        answer(s, id, "\"return\": {}"); /* there was never a descriptor */
    else if (s->letter != NULL && json_is_string(execute, "blockdev-change-medium"))
        change_medium(s, message, id);
    else
        pass_on(s, message, id);
}

static void finish_command(struct qmp_session *s)
{
    if (s->command.lost)
        answer(s, (struct json_span){"", 0}, QMP_ERROR("GenericError", "The command is too long"));
    else
        handle_command(s, (struct json_span){s->command.bytes, s->command.len});
    text_clear(&s->command);
}

size_t qmp_session_from_client(struct qmp_session *s, const char *bytes, size_t n)
{
    size_t start = 0, i;

    for (i = 0; i < n && s->greeted && !s->broken && s->n_pending < QMP_PENDING_MAX; i++) {
        switch (json_framer_byte(&s->framer, bytes[i])) {
        case JSON_SKIP:
            start = i + 1;
            break;
        case JSON_INSIDE:
            break;
        case JSON_LAST:
            text_add(&s->command, bytes + start, i + 1 - start);
            finish_command(s);
            start = i + 1;
            break;
        }
    }
    text_add(&s->command, bytes + start, i - start);
    return i;
}

static void start_afresh(struct qmp_session *s)
{
    s->greeted = false;
    s->negotiated = false;
    s->broken = false;
    json_framer_reset(&s->framer);
    text_clear(&s->command);
}

void qmp_session_client_came(struct qmp_session *s)
{
    start_afresh(s);
    s->connected = true;
    s->number++;
    if (s->monitor == QMP_READY || s->monitor == QMP_REFUSING)
        greet(s);
}

void qmp_session_client_went(struct qmp_session *s)
{
    start_afresh(s);
    s->connected = false;
    s->number++;
}

/* ---- from QEMU ------------------------------------------------------------------------------- */

static void take_greeting(struct qmp_session *s, struct json_span greeting)
{
    static const char hello[] = "{\"execute\": \"qmp_capabilities\"}\n";
    struct json_span version;

    if (s->monitor != QMP_NO_MONITOR)
        return;
    if (!json_member(greeting, "version", &version) || version.len >= sizeof(s->version)) {
        log_error("qmp: QEMU's greeting names no version");
        return;
    }
    memcpy(s->version, version.text, version.len);
    s->version[version.len] = '\0';
    if (s->ops->to_qemu(s->arg, hello, sizeof(hello) - 1) < 0)
        log_error("qmp: no memory to answer QEMU's greeting");
    else
        s->monitor = QMP_NEGOTIATING;
}

/* The answer to the oldest question. */
static void take_answer(struct qmp_session *s)
{
    struct qmp_pending *p = &s->pending[s->first_pending];

    if (s->monitor == QMP_NEGOTIATING) {
        s->monitor = QMP_READY;
        if (s->connected)
            greet(s);
        return;
    }
    if (s->n_pending == 0) {
        log_warning("qmp: QEMU answered what nobody asked");
        return;
    }
    s->first_pending = (s->first_pending + 1) % QMP_PENDING_MAX;
    s->n_pending--;
    if (p->session != s->number || !s->connected)
        return;
    if (s->answer.lost)
        answer(s, (struct json_span){p->id, p->id_len},
               QMP_ERROR("GenericError", "The answer is too long"));
    else
        send_to_client(s, s->answer.bytes, s->answer.len);
}

static void finish_answer(struct qmp_session *s)
{
    struct qmp_text *t = &s->answer;
    struct json_span line, value;

    while (t->len > 0 && t->bytes[t->len - 1] == '\r')
        t->len--;
    line = (struct json_span){t->bytes, t->len};
    /* Of a line that was lost the beginning is left, enough to tell an event from an answer. */
    if (t->len == 0 && !t->lost)
        return;
    if (!t->lost && json_member(line, "QMP", &value))
        take_greeting(s, value);
    else if (t->len == 0 || !json_member(line, "event", &value))
        take_answer(s);
    text_clear(t);
}

void qmp_session_from_qemu(struct qmp_session *s, const char *bytes, size_t n)
{
    while (n > 0) {
        const char *end = memchr(bytes, '\n', n);
        size_t part = end != NULL ? (size_t)(end - bytes) : n;

        text_add(&s->answer, bytes, part);
        if (end == NULL)
            return;
        finish_answer(s);
        bytes += part + 1;
        n -= part + 1;
    }
}

/* ---- the monitor's life ---------------------------------------------------------------------- */

void qmp_session_init(struct qmp_session *s, const struct qmp_session_ops *ops, void *arg)
{
    memset(s, 0, sizeof(*s));
    s->ops = ops;
    s->arg = arg;
    s->answer.max = QMP_ANSWER_MAX;
    s->command.max = QMP_COMMAND_MAX;
    json_framer_reset(&s->framer);
}

void qmp_session_monitor_opened(struct qmp_session *s)
{
    s->monitor = QMP_NO_MONITOR;
    s->n_pending = 0;
    text_clear(&s->answer);
}

/* The description as JSON writes it. */
static void quote(char *to, size_t size, const char *text)
{
    size_t at = 0;

    for (; *text != '\0' && at + 3 <= size; text++) {
        if (*text == '"' || *text == '\\')
            to[at++] = '\\';
        to[at++] = *text == '\n' ? ' ' : *text;
    }
    to[at] = '\0';
}

void qmp_session_refuse(struct qmp_session *s, const char *why)
{
    /* The toolstack looks for a version; this one is nobody's. */
    static const char no_version[] =
        "{\"qemu\": {\"micro\": 0, \"minor\": 0, \"major\": 0}, \"package\": \"\"}";

    quote(s->refusal, sizeof(s->refusal), why);
    if (s->monitor != QMP_READY) {
        memcpy(s->version, no_version, sizeof(no_version));
        if (s->connected)
            greet(s);
    }
    s->monitor = QMP_REFUSING;
    for (; s->n_pending > 0; s->n_pending--) {
        struct qmp_pending *p = &s->pending[s->first_pending];

        s->first_pending = (s->first_pending + 1) % QMP_PENDING_MAX;
        if (p->session == s->number && s->connected)
            refuse(s, (struct json_span){p->id, p->id_len});
    }
}

void qmp_session_monitor_closed(struct qmp_session *s)
{
    qmp_session_monitor_opened(s);
    /* Whoever is connected waits for answers that will not come. */
    if (s->connected)
        s->broken = true;
}
