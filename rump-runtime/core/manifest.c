/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Reads the manifest line by line from a copy of its own. The text comes from the ramdisk: nothing
 * in it is believed before it was looked at.
 */
#include "core/manifest.h"

#include "core/errno.h"
#include "core/memory.h"
#include "core/string.h"

#define MANIFEST_MAX ((size_t)64 << 10)

/* The value when `line` is "key value", else NULL. */
static char *value_of(char *line, const char *key)
{
    size_t n = strlen(key);

    return !strncmp(line, key, n) && line[n] == ' ' ? line + n + 1 : NULL;
}

static const char *take_line(struct manifest *m, char *line)
{
    char *value;

    if (!line[0] || line[0] == '#')
        return NULL;
    if ((value = value_of(line, "arg")) != NULL) {
        m->args[m->arg_count++] = value;
    } else if ((value = value_of(line, "env")) != NULL) {
        if (strchr(value, '=') == NULL)
            return "env needs NAME=VALUE";
        m->env[m->env_count++] = value;
    } else if ((value = value_of(line, "program")) != NULL) {
        if (value[0] != '/')
            return "program needs an absolute path";
        m->program = value;
    } else if ((value = value_of(line, "mode")) != NULL) {
        if (strcmp(value, "plain") && strcmp(value, "device-model"))
            return "mode is plain or device-model";
        m->device_model = value[0] == 'd';
    } else {
        return "unknown key";
    }
    return NULL;
}

int manifest_parse(const char *text, size_t size, struct manifest *m, const char **why,
                   unsigned *line)
{
    size_t lines = 1;
    char *copy, *at;

    *line = 0;
    *why = "larger than 64 KiB";
    if (size > MANIFEST_MAX)
        return -EINVAL;
    *why = "no memory";
    copy = kmalloc(size + 1, MEM_CORE);
    if (copy == NULL)
        return -ENOMEM;
    memcpy(copy, text, size);
    copy[size] = '\0';
    for (size_t i = 0; i < size; i++)
        lines += copy[i] == '\n';
    *m = (struct manifest){.args = kzalloc((lines + 1) * sizeof(*m->args), MEM_CORE),
                           .env = kzalloc((lines + 1) * sizeof(*m->env), MEM_CORE)};
    if (m->args == NULL || m->env == NULL)
        return -ENOMEM;
    for (at = copy; at != NULL;) {
        char *end = strchr(at, '\n');

        if (end != NULL)
            *end++ = '\0';
        ++*line;
        *why = take_line(m, at);
        if (*why != NULL)
            return -EINVAL;
        at = end;
    }
    *line = 0;
    *why = "no program line";
    return m->program != NULL ? 0 : -EINVAL;
}
