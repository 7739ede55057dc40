/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * fs COMMAND PATH: the program of `stubdom fs`, which runs on the process platform. It is no part
 * of the kernel: an ordinary program, on a file system that the kernel has mounted.
 *
 *   ls      a line for the file, or for each of a directory's: type, mode, size, time, name
 *   cat     the file's contents
 *   put     makes the file, or makes it anew, of what comes in
 *   mkdir   makes a directory
 *
 * What goes in and out does so through the host's files (boot/process_files.c): the console has the
 * kernel's messages, too. A failure is one line on the console and status 1.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOST_IN  "/dev/host/in"
#define HOST_OUT "/dev/host/out"

static char buffer[65536];

static int fail(const char *what)
{
    fprintf(stderr, "fs: %s: %s\n", what, strerror(errno));
    return 1;
}

static int copy(int from, int to, const char *what)
{
    ssize_t n;

    while ((n = read(from, buffer, sizeof(buffer))) > 0) {
        for (ssize_t at = 0, m; at < n; at += m) {
            m = write(to, buffer + at, (size_t)(n - at));
            if (m <= 0)
                return fail(what);
        }
    }
    return n < 0 ? fail(what) : 0;
}

static char type_of(mode_t mode)
{
    return S_ISDIR(mode) ? 'd' : S_ISLNK(mode) ? 'l' : S_ISREG(mode) ? '-' : '?';
}

static int show(FILE *out, const char *path, const char *name)
{
    struct stat st;

    if (lstat(path, &st) != 0)
        return fail(path);
    fprintf(out, "%c\t%04o\t%lld\t%lld\t%s\n", type_of(st.st_mode), (unsigned)st.st_mode & 07777,
            (long long)st.st_size, (long long)st.st_mtime, name);
    return 0;
}

static int list(const char *path)
{
    FILE *out = fopen(HOST_OUT, "w");
    DIR *directory;
    struct dirent *entry;
    int rc = 0;

    if (out == NULL)
        return fail(HOST_OUT);
    directory = opendir(path);
    if (directory == NULL && errno == ENOTDIR)
        rc = show(out, path, strrchr(path, '/') + 1);
    else if (directory == NULL)
        rc = fail(path);
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        static char child[PATH_MAX];

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(child, sizeof(child), "%s/%s", path, entry->d_name);
        rc |= show(out, child, entry->d_name);
    }
    if (fclose(out) != 0)
        rc = fail(HOST_OUT);
    return rc;
}

static int cat(const char *path)
{
    int from = open(path, O_RDONLY), to = open(HOST_OUT, O_WRONLY);

    return from < 0 || to < 0 ? fail(from < 0 ? path : HOST_OUT) : copy(from, to, path);
}

static int put(const char *path)
{
    int from = open(HOST_IN, O_RDONLY), to = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

    if (from < 0 || to < 0)
        return fail(from < 0 ? HOST_IN : path);
    if (copy(from, to, path) != 0)
        return 1;
    return fsync(to) != 0 || close(to) != 0 ? fail(path) : 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "ls") == 0)
        return list(argv[2]);
    if (argc == 3 && strcmp(argv[1], "cat") == 0)
        return cat(argv[2]);
    if (argc == 3 && strcmp(argv[1], "put") == 0)
        return put(argv[2]);
    if (argc == 3 && strcmp(argv[1], "mkdir") == 0)
        return mkdir(argv[2], 0755) != 0 ? fail(argv[2]) : 0;
    fprintf(stderr, "fs: usage: fs ls|cat|put|mkdir PATH\n");
    return 2;
}
