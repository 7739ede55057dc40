// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
//
// The lab's agent: first process of dom0 once its init script is through. It serves one control
// channel (a virtio-serial port) on which the host runs commands in dom0, feeds their standard
// input and receives their output and exit status. It interprets nothing itself: files are
// pushed and pulled by running cat.
//
// Wire format, both directions: a header of four little-endian fields (u32 type, u32 id, u32
// length, u32 zero, u64 time), then `length` bytes. `id` is chosen by the host, one per command.
// `time` is dom0's monotonic clock in nanoseconds when the frame was made (0 from the host). The
// clock is the emulated one, so that the host measures in the lab's time and not in its own.
//
// When the host closes the channel (it ended, or was killed) the agent powers the machine off. The
// host does not count on that: a write at that very moment may never return.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum frame_type {
    // From the host.
    F_RUN = 1,     // payload: argument strings, each with its NUL
    F_RUN_TTY = 2, // the same, with a pseudo-terminal as its standard streams
    F_INPUT = 3,   // payload: bytes for standard input
    F_INPUT_END = 4,
    F_SIGNAL = 5, // payload: u32 signal, for the command's process group
    F_WINDOW = 6, // payload: u32 rows, u32 columns, for a command with a terminal
    F_HELLO = 7,  // answered by F_READY; shows that the agent listens
    // As F_RUN, but started when another command writes something: u32 id of that command, the
    // text with its NUL, then the argument strings. Status 125 when that command ends without it.
    // A chain of such commands runs without the host, whose delays would show in the times.
    F_RUN_AFTER = 8,
    // To the host.
    F_READY = 16,
    F_OUTPUT = 17,
    F_ERRORS = 18,
    F_EXIT = 19 // payload: u32 status: exit code, or 128 + signal; the last frame of its id
};

struct header {
    uint32_t type, id, length, zero;
    uint64_t time;
};

#define MAX_COMMANDS     64
#define MAX_PAYLOAD      (1u << 20) // of one frame; larger means a broken stream
#define MAX_ARGUMENTS    128        // of one command, the final NULL included
#define MAX_AWAITED      64         // bytes of a text another command is to write
#define NOT_STARTED      125        // status of a command whose turn never came
#define INPUT_HIGH_WATER (4u << 20) // unread standard input at which the port is left alone

struct command {
    int used;
    uint32_t id;
    pid_t pid;        // 0 once it was reaped
    int status;       // valid when pid is 0
    int in, out, err; // our ends; -1 when closed; a terminal has in == out
    int end_input;    // close `in` when `pending` has been written
    unsigned char *pending;
    size_t pending_start, pending_end, pending_size;
};

// A command that waits for its turn.
struct successor {
    int used;
    uint32_t id;
    uint32_t awaited_id; // the command whose output starts it
    char text[MAX_AWAITED];
    char seen[MAX_AWAITED]; // the end of that output so far
    size_t seen_length;
    char *arguments; // as in F_RUN, allocated
    size_t length;
};

static struct command commands[MAX_COMMANDS];
static struct successor successors[MAX_COMMANDS];
static int port = -1; // the control channel

static void power_off(const char *why)
{
    dprintf(2, "lab agent: %s; powering off\n", why);
    reboot(RB_POWER_OFF);
    _exit(1); // only when the kernel refused
}

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// Read or write the whole of a buffer on the port, which is a blocking descriptor.
static void port_write(const void *data, size_t length)
{
    const unsigned char *p = data;

    while (length > 0) {
        ssize_t n = write(port, p, length);

        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n <= 0)
            power_off("the control channel is closed");
        p += n;
        length -= (size_t)n;
    }
}

static void port_read(void *data, size_t length)
{
    unsigned char *p = data;

    while (length > 0) {
        ssize_t n = read(port, p, length);

        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n <= 0)
            power_off("the control channel is closed");
        p += n;
        length -= (size_t)n;
    }
}

// Header and payload leave in one write: every write to the port is a round trip to the host.
static void send_frame(enum frame_type type, uint32_t id, const void *data, size_t length)
{
    static unsigned char buffer[sizeof(struct header) + 65536];
    struct header h = {type, id, (uint32_t)length, 0, now_ns()};

    memcpy(buffer, &h, sizeof(h));
    if (length > 0)
        memcpy(buffer + sizeof(h), data, length);
    port_write(buffer, sizeof(h) + length);
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void send_status(uint32_t id, uint32_t status)
{
    send_frame(F_EXIT, id, &status, sizeof(status));
}

static void start_command(uint32_t id, char *payload, size_t length, int terminal);

static void remove_successor(struct successor *s)
{
    free(s->arguments);
    memset(s, 0, sizeof(*s));
}

// Look for awaited text in what a command wrote, also across the border to what came before.
static void start_successors(uint32_t id, const unsigned char *data, size_t length)
{
    static unsigned char joined[MAX_AWAITED + 65536];

    for (size_t i = 0; i < MAX_COMMANDS; i++) {
        struct successor *s = &successors[i];
        size_t n, keep;

        if (!s->used || s->awaited_id != id)
            continue;
        memcpy(joined, s->seen, s->seen_length);
        memcpy(joined + s->seen_length, data, length);
        n = s->seen_length + length;
        if (memmem(joined, n, s->text, strlen(s->text)) != NULL) {
            start_command(s->id, s->arguments, s->length, 0);
            remove_successor(s);
            continue;
        }
        keep = n < MAX_AWAITED ? n : MAX_AWAITED;
        memcpy(s->seen, joined + n - keep, keep);
        s->seen_length = keep;
    }
}

static void add_successor(uint32_t id, const char *payload, size_t length)
{
    struct successor *s = NULL;
    size_t text_length;

    for (size_t i = 0; i < MAX_COMMANDS && s == NULL; i++)
        if (!successors[i].used)
            s = &successors[i];
    text_length = length > sizeof(uint32_t) ? strlen(payload + sizeof(uint32_t)) : MAX_AWAITED;
    if (s == NULL || text_length >= MAX_AWAITED) {
        send_status(id, NOT_STARTED);
        return;
    }
    s->used = 1;
    s->id = id;
    memcpy(&s->awaited_id, payload, sizeof(s->awaited_id));
    memcpy(s->text, payload + sizeof(uint32_t), text_length + 1);
    s->length = length - sizeof(uint32_t) - text_length - 1;
    s->arguments = calloc(1, s->length + 1);
    if (s->arguments == NULL)
        power_off("out of memory");
    memcpy(s->arguments, payload + length - s->length, s->length);
}

static void drop_successors(uint32_t id)
{
    for (size_t i = 0; i < MAX_COMMANDS; i++)
        if (successors[i].used && successors[i].awaited_id == id) {
            uint32_t own = successors[i].id;

            remove_successor(&successors[i]);
            send_status(own, NOT_STARTED);
            drop_successors(own);
        }
}

// A command ends when its process is reaped and its output is at its end. A daemon it left behind
// may hold the output open: the agent then waits for the process only (see drain()).
static void finish_if_done(struct command *c)
{
    uint32_t status;

    if (!c->used || c->pid != 0 || c->out >= 0 || c->err >= 0)
        return;
    status = WIFEXITED(c->status) ? (uint32_t)WEXITSTATUS(c->status)
                                  : 128u + (uint32_t)WTERMSIG(c->status);
    close_fd(&c->in);
    free(c->pending);
    send_status(c->id, status);
    drop_successors(c->id);
    memset(c, 0, sizeof(*c));
}

static void close_output(struct command *c, int *fd)
{
    if (c->in == *fd)
        c->in = -1; // a terminal: one descriptor for both directions
    close_fd(fd);
}

static void pump_output(struct command *c, int *fd, enum frame_type type)
{
    unsigned char buffer[65536];
    ssize_t n = read(*fd, buffer, sizeof(buffer));

    if (n > 0) {
        send_frame(type, c->id, buffer, (size_t)n);
        start_successors(c->id, buffer, (size_t)n);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        close_output(c, fd); // a terminal whose last user is gone answers EIO
    }
}

static void flush_input(struct command *c)
{
    while (c->in >= 0 && c->pending_start < c->pending_end) {
        ssize_t n = write(c->in, c->pending + c->pending_start, c->pending_end - c->pending_start);

        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            // Nobody reads any more; that is the command's own affair.
            if (c->in != c->out)
                close_fd(&c->in);
            break;
        }
        c->pending_start += (size_t)n;
    }
    c->pending_start = c->pending_end = 0;
    if (c->end_input && c->in >= 0 && c->in != c->out)
        close_fd(&c->in);
}

static void add_input(struct command *c, const unsigned char *data, size_t length)
{
    if (c->in < 0)
        return;
    if (c->pending_end + length > c->pending_size) {
        size_t size = c->pending_end + length + 65536;
        unsigned char *bigger = realloc(c->pending, size);

        if (bigger == NULL)
            power_off("out of memory");
        c->pending = bigger;
        c->pending_size = size;
    }
    memcpy(c->pending + c->pending_end, data, length);
    c->pending_end += length;
    flush_input(c);
}

static void child_exec(char **argv, const int *streams, int terminal)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setsid();
    for (int i = 0; i < 3; i++)
        dup2(streams[i], i);
    if (terminal)
        ioctl(0, TIOCSCTTY, 0);
    execvp(argv[0], argv);
    dprintf(2, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

static int open_terminal(struct command *c, int *streams)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    const char *name;

    if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
        return -1;
    name = ptsname(master);
    streams[0] = name == NULL ? -1 : open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (streams[0] < 0)
        return -1;
    streams[1] = streams[2] = streams[0];
    c->in = c->out = master;
    c->err = -1;
    return 0;
}

static int open_pipes(struct command *c, int *streams)
{
    int in[2], out[2], err[2];

    if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)
        return -1;
    streams[0] = in[0];
    streams[1] = out[1];
    streams[2] = err[1];
    c->in = in[1];
    c->out = out[0];
    c->err = err[0];
    fcntl(c->in, F_SETFL, O_NONBLOCK);
    fcntl(c->out, F_SETFL, O_NONBLOCK);
    fcntl(c->err, F_SETFL, O_NONBLOCK);
    return 0;
}

static void start_command(uint32_t id, char *payload, size_t length, int terminal)
{
    static const char busy[] = "lab agent: too many commands at a time\n";
    struct command *c = NULL;
    char *argv[MAX_ARGUMENTS];
    size_t count = 0;
    int streams[3];

    for (size_t i = 0; i < MAX_COMMANDS && c == NULL; i++)
        if (!commands[i].used)
            c = &commands[i];
    for (size_t at = 0; at < length && count < MAX_ARGUMENTS - 1; at += strlen(payload + at) + 1)
        argv[count++] = payload + at; // the caller put a NUL after the last byte
    argv[count] = NULL;
    if (c == NULL || count == 0) {
        send_frame(F_ERRORS, id, busy, sizeof(busy) - 1);
        send_status(id, NOT_STARTED);
        return;
    }
    memset(c, 0, sizeof(*c));
    c->used = 1;
    c->id = id;
    if ((terminal ? open_terminal(c, streams) : open_pipes(c, streams)) < 0)
        power_off("no file descriptors left");
    c->pid = fork();
    if (c->pid < 0)
        power_off("cannot fork");
    if (c->pid == 0)
        child_exec(argv, streams, terminal);
    close(streams[0]);
    if (!terminal) {
        close(streams[1]);
        close(streams[2]);
    }
}

static struct command *find_command(uint32_t id)
{
    for (size_t i = 0; i < MAX_COMMANDS; i++)
        if (commands[i].used && commands[i].id == id)
            return &commands[i];
    return NULL;
}

static void handle_frame(void)
{
    static unsigned char payload[MAX_PAYLOAD + 1];
    struct header h;
    struct command *c;
    uint32_t value[2] = {0, 0};

    port_read(&h, sizeof(h));
    if (h.length > MAX_PAYLOAD)
        power_off("a frame is too long");
    port_read(payload, h.length);
    payload[h.length] = 0;
    memcpy(value, payload, h.length < sizeof(value) ? h.length : sizeof(value));
    c = find_command(h.id);
    switch (h.type) {
    case F_HELLO:
        send_frame(F_READY, h.id, NULL, 0);
        break;
    case F_RUN:
    case F_RUN_TTY:
        start_command(h.id, (char *)payload, h.length, h.type == F_RUN_TTY);
        break;
    case F_RUN_AFTER:
        add_successor(h.id, (char *)payload, h.length);
        break;
    case F_INPUT:
        if (c != NULL)
            add_input(c, payload, h.length);
        break;
    case F_INPUT_END:
        if (c != NULL) {
            c->end_input = 1;
            flush_input(c);
        }
        break;
    case F_SIGNAL:
        if (c != NULL && c->pid > 0)
            kill(-c->pid, (int)value[0]);
        break;
    case F_WINDOW:
        if (c != NULL && c->in >= 0) {
            struct winsize w = {.ws_row = (unsigned short)value[0],
                                .ws_col = (unsigned short)value[1]};

            ioctl(c->in, TIOCSWINSZ, &w);
        }
        break;
    default:
        power_off("a frame of an unknown type");
    }
}

// Take the output that is there and close: a daemon that inherited the pipe must not hold up the
// result of the command that started it.
static void drain(struct command *c, int *fd, enum frame_type type)
{
    struct pollfd p = {.fd = *fd, .events = POLLIN};

    while (*fd >= 0 && poll(&p, 1, 0) > 0)
        pump_output(c, fd, type);
    if (*fd >= 0)
        close_output(c, fd);
}

// Take over exit states, also those of orphans: the agent is process 1.
static void reap(void)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (size_t i = 0; i < MAX_COMMANDS; i++) {
            struct command *c = &commands[i];

            if (!c->used || c->pid != pid)
                continue;
            c->pid = 0;
            c->status = status;
            drain(c, &c->out, F_OUTPUT);
            drain(c, &c->err, F_ERRORS);
            finish_if_done(c);
        }
    }
}

static void serve(int signals)
{
    struct pollfd fds[2 + 3 * MAX_COMMANDS];
    struct signalfd_siginfo info;

    for (;;) {
        nfds_t n = 2;
        int full = 0;

        for (size_t i = 0; i < MAX_COMMANDS; i++)
            full |= commands[i].used &&
                    commands[i].pending_end - commands[i].pending_start > INPUT_HIGH_WATER;
        fds[0] = (struct pollfd){.fd = port, .events = full ? 0 : POLLIN};
        fds[1] = (struct pollfd){.fd = signals, .events = POLLIN};
        for (size_t i = 0; i < MAX_COMMANDS; i++) {
            struct command *c = &commands[i];
            short waiting = c->used && c->pending_start < c->pending_end ? POLLOUT : 0;

            fds[n++] = (struct pollfd){.fd = c->used && waiting ? c->in : -1, .events = waiting};
            fds[n++] = (struct pollfd){.fd = c->used ? c->out : -1, .events = POLLIN};
            fds[n++] = (struct pollfd){.fd = c->used ? c->err : -1, .events = POLLIN};
        }
        if (poll(fds, n, -1) < 0)
            continue;
        for (size_t i = 0; i < MAX_COMMANDS; i++) {
            struct command *c = &commands[i];
            struct pollfd *p = &fds[2 + 3 * i];

            if (c->used && p[0].revents != 0)
                flush_input(c);
            if (c->used && c->out >= 0 && p[1].revents != 0)
                pump_output(c, &c->out, F_OUTPUT);
            if (c->used && c->err >= 0 && p[2].revents != 0)
                pump_output(c, &c->err, F_ERRORS);
            finish_if_done(c);
        }
        if (fds[1].revents != 0) {
            while (read(signals, &info, sizeof(info)) > 0) {
            }
            reap();
        }
        if (fds[0].revents & POLLIN)
            handle_frame();
        else if (fds[0].revents & (POLLHUP | POLLERR))
            power_off("the control channel is closed");
    }
}

// Runs a program at the next multiple of some seconds of the clock that is at least one second
// ahead, after saying so. What is periodic in the machine then stands at the same point at the
// beginning of every measurement, whenever the host's command happened to arrive.
static int at_multiple(const char *seconds, char **argv)
{
    long step = strtol(seconds, NULL, 10);
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += 2;
    if (step > 1)
        t.tv_sec = (t.tv_sec + step - 1) / step * step;
    t.tv_nsec = 0;
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR) {
    }
    dprintf(2, "start\n");
    execvp(argv[0], argv);
    dprintf(2, "%s: %s\n", argv[0], strerror(errno));
    return 127;
}

int main(int argc, char **argv)
{
    sigset_t set;
    int signals;

    if (argc > 3 && strcmp(argv[1], "at-multiple") == 0)
        return at_multiple(argv[2], argv + 3);
    if (argc != 2) {
        dprintf(2, "usage: agent PORT | agent at-multiple SECONDS PROGRAM ARGUMENT...\n");
        return 2;
    }
    port = open(argv[1], O_RDWR | O_CLOEXEC);
    if (port < 0)
        power_off("cannot open the control channel");
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (signals < 0)
        power_off("no signalfd");
    send_frame(F_READY, 0, NULL, 0);
    serve(signals);
}
