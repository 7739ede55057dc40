/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * manifest.h - what to run: the ramdisk's first file, "stubdom.manifest", plain text written by the
 * image builder. One "key value" per line; '#' starts a comment line.
 *
 *   program PATH             the executable (absolute)
 *   mode plain|device-model  plain: run it with the args; device-model: the bridge makes the args
 *   arg TEXT                 one argument, verbatim to the end of the line; repeated, in order
 *   env NAME=VALUE           repeated
 */
#ifndef CORE_MANIFEST_H
#define CORE_MANIFEST_H

#include <stddef.h>

struct manifest {
    const char *program;
    int device_model;  /* mode */
    const char **args; /* NULL-terminated, without argv[0] */
    size_t arg_count;
    const char **env; /* NULL-terminated */
    size_t env_count;
};

/*
 * Parses the text. Returns 0 and a manifest that lives for ever, or -EINVAL / -ENOMEM with *why a
 * static text and *line the line it is about (0: none).
 */
int manifest_parse(const char *text, size_t size, struct manifest *m, const char **why,
                   unsigned *line);

#endif
