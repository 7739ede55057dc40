// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
//
// follow-port TERMINAL TEXT: follows a serial port that a device model offers as a pseudo-terminal,
// until that process ends. What the guest writes goes to standard output, what comes on standard
// input is typed. TEXT goes to standard error when nothing more can be lost.
//
// When a device model closes its side, the kernel hangs the terminal up and throws away what nobody
// has read: all that the guest wrote in its last moment, when the reader lags behind. So this
// program keeps the device model's own descriptor open beside it, learns of the end from the
// process and then takes the rest.
//
// Status 0 after the device model's end, 1 when there is no such port (any more). Ignores SIGTERM:
// what a guest said is to be taken even when it is clear that nothing follows.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#define PATH_SIZE  64
#define BLOCK_SIZE 4096

// The number of the terminal whose other side a descriptor of a process is; -1 for any other file.
// The kernel tells it for that side alone.
static int terminal_of(int process, int descriptor)
{
    static const char key[] = "tty-index:";
    char path[PATH_SIZE], line[PATH_SIZE];
    int number = -1;
    FILE *info;

    snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", process, descriptor);
    info = fopen(path, "re");
    if (info == NULL)
        return -1; // closed, or the process is gone
    while (fgets(line, sizeof(line), info) != NULL)
        if (strncmp(line, key, sizeof(key) - 1) == 0)
            number = (int)strtol(line + sizeof(key) - 1, NULL, 10);
    fclose(info);
    return number;
}

// The descriptor by which a process has the other side of a terminal; -1 when it has not.
static int other_side(int process, int number)
{
    char path[PATH_SIZE];
    struct dirent *entry;
    int found = -1;
    DIR *files;

    snprintf(path, sizeof(path), "/proc/%d/fdinfo", process);
    files = opendir(path);
    if (files == NULL)
        return -1;
    while (found < 0 && (entry = readdir(files)) != NULL) {
        int descriptor = (int)strtol(entry->d_name, NULL, 10);

        if (entry->d_name[0] != '.' && terminal_of(process, descriptor) == number)
            found = descriptor;
    }
    closedir(files);
    return found;
}

// Find the process that offers a terminal and keep its side of it open. Returns a descriptor that
// becomes readable when the process ends, -1 when there is none. The kept descriptor is never
// touched: its flags are the device model's.
static int hold(int number)
{
    struct dirent *entry;
    int process_end = -1;
    DIR *processes = opendir("/proc");

    if (processes == NULL)
        return -1;
    while (process_end < 0 && (entry = readdir(processes)) != NULL) {
        int process = (int)strtol(entry->d_name, NULL, 10);
        int descriptor = process > 0 ? other_side(process, number) : -1;

        if (descriptor < 0)
            continue;
        process_end = (int)syscall(SYS_pidfd_open, process, 0);
        if (process_end >= 0 && syscall(SYS_pidfd_getfd, process_end, descriptor, 0) < 0) {
            close(process_end);
            process_end = -1;
        }
    }
    closedir(processes);
    return process_end;
}

static int open_raw(const char *terminal)
{
    struct termios mode;
    int port = open(terminal, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

    if (port < 0 || tcgetattr(port, &mode) < 0)
        return -1;
    cfmakeraw(&mode);
    mode.c_cc[VMIN] = 1;
    mode.c_cc[VTIME] = 0;
    return tcsetattr(port, TCSANOW, &mode) < 0 ? -1 : port;
}

// Hand on what the guest wrote so far. The kernel moves all that is on its way to the reader before
// it says that there is nothing.
static void take(int port)
{
    unsigned char block[BLOCK_SIZE];
    ssize_t length;

    while ((length = read(port, block, sizeof(block))) > 0)
        for (ssize_t at = 0; at < length;) {
            ssize_t n = write(STDOUT_FILENO, block + at, (size_t)(length - at));

            if (n < 0 && errno != EINTR)
                exit(1); // nobody listens any more
            at += n < 0 ? 0 : n;
        }
}

static void follow(int port, int process_end)
{
    unsigned char typed[BLOCK_SIZE];
    ssize_t length = 0, at = 0;
    int input = STDIN_FILENO;

    for (;;) {
        struct pollfd files[3] = {
            {.fd = port, .events = (short)(at < length ? POLLIN | POLLOUT : POLLIN)},
            {.fd = process_end, .events = POLLIN},
            {.fd = at < length ? -1 : input, .events = POLLIN},
        };

        if (poll(files, 3, -1) < 0)
            continue;
        if (files[0].revents & POLLIN)
            take(port);
        if (files[0].revents & POLLOUT) {
            ssize_t n = write(port, typed + at, (size_t)(length - at));

            at += n < 0 ? 0 : n;
        }
        if (files[1].revents != 0 || (files[0].revents & (POLLHUP | POLLERR)) != 0) {
            take(port);
            return;
        }
        if (files[2].revents != 0) {
            at = 0;
            length = read(input, typed, sizeof(typed));
            if (length <= 0 && errno != EINTR)
                input = -1;
        }
    }
}

int main(int argc, char **argv)
{
    static const char directory[] = "/dev/pts/";
    int process_end, port;

    if (argc != 3 || strncmp(argv[1], directory, sizeof(directory) - 1) != 0) {
        fprintf(stderr, "usage: follow-port /dev/pts/NUMBER TEXT\n");
        return 2;
    }
    signal(SIGTERM, SIG_IGN);
    process_end = hold((int)strtol(argv[1] + sizeof(directory) - 1, NULL, 10));
    port = process_end < 0 ? -1 : open_raw(argv[1]);
    if (port < 0)
        return 1;
    fprintf(stderr, "%s", argv[2]);
    follow(port, process_end);
    return 0;
}
