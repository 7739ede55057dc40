// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
//
// qmp SOCKET MILLISECONDS: gives a QEMU in dom0 the commands that stand on standard input, one JSON
// object a line, and prints the answers. Each command waits for the answer to the one before it,
// and then for that long. Ends with 1 at the first answer that is an error.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static char line[65536];

static void give(FILE *monitor, const char *command, const char *answer)
{
    fputs(command, monitor);
    fflush(monitor);
    do {
        if (fgets(line, sizeof(line), monitor) == NULL) {
            fprintf(stderr, "the monitor's connection ended after %s\n", command);
            exit(1);
        }
        if (strncmp(line, "{\"error\"", 8) == 0) {
            fprintf(stderr, "%s after %s\n", line, command);
            exit(1);
        }
    } while (strncmp(line, answer, strlen(answer)) != 0); // an event
}

int main(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int s = socket(AF_UNIX, SOCK_STREAM, 0);
    FILE *monitor;
    char command[4096];

    if (argc != 3 || strlen(argv[1]) >= sizeof(address.sun_path))
        return 2;
    strcpy(address.sun_path, argv[1]);
    if (connect(s, (struct sockaddr *)&address, sizeof(address)) != 0) {
        perror(argv[1]);
        return 1;
    }
    monitor = fdopen(s, "r+");
    give(monitor, "", "{\"QMP\"");
    give(monitor, "{\"execute\": \"qmp_capabilities\"}\n", "{\"return\"");
    while (fgets(command, sizeof(command), stdin) != NULL) {
        long pause = atol(argv[2]);

        give(monitor, command, "{\"return\"");
        fputs(line, stdout);
        fflush(stdout);
        nanosleep(&(struct timespec){pause / 1000, pause % 1000 * 1000000}, NULL);
    }
    return 0;
}
