// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
//
// A plugin of the emulator that counts what the emulated host executes between the marks of those
// who measure. A mark is an instruction that does nothing, on every x86 processor: an eight-byte
// NOP whose displacement is MARK and one of
//
//   FIGURE  a figure begins: what was counted before is forgotten
//   OPEN    it counts from here; what was counted since an earlier OPEN without CLOSE is left out
//   CLOSE   what was counted since OPEN belongs to the figure
//   END     the figure is complete and goes into the file
//   GUEST   a guest has measured all it wanted to
//
// Argument out=FILE. Each figure appends to it a line "figure" and then, for each piece of code
// that was executed, a line "ADDRESS HOST COUNT": where its processor saw it and where the emulator
// has it in its own memory, in hexadecimal, and how many instructions of it were executed. A
// guest's end is a line "guest".
//
// The emulator's documentation has the interface ("QEMU TCG Plugins"); what is used of it is
// declared here. There is no C library of our own: the emulator's own may be an older one than this
// computer's.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

#define INTERFACE    1 // its version
#define NO_REGISTERS 0

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info;
typedef void (*translated_fn)(uint64_t id, struct qemu_plugin_tb *tb);
typedef void (*executed_fn)(unsigned cpu, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, translated_fn fn);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, executed_fn fn, int flags,
                                          void *data);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, executed_fn fn,
                                            int flags, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
void *qemu_plugin_insn_haddr(const struct qemu_plugin_insn *insn);

// NOP with a displacement of 32 bits: 0f 1f /0. tests/guests/lib/bench.h and profile-dom0.c have
// the same.
static const uint8_t nop[] = {0x0f, 0x1f, 0x84, 0x00};
#define MARK 0x52534200u
enum mark { FIGURE = 1, OPEN, CLOSE, END, GUEST };

// A piece of code without a jump but at its end, as the emulator translates it.
struct block {
    struct block *next; // in its bucket
    uint64_t address, host;
    uint32_t instructions;
    bool touched;     // in the list of those executed since OPEN
    uint64_t pending; // executions since OPEN
    uint64_t taken;   // of the figure
};

#define BUCKETS (1u << 18)
static struct block *buckets[BUCKETS];
static struct block **touched;
static size_t touched_count, touched_room;
static bool counting;
static const char *path;

static void stop(const char *why)
{
    fprintf(stderr, "profile: %s\n", why);
    abort();
}

static void executed(unsigned cpu, void *data)
{
    struct block *block = data;

    (void)cpu;
    if (!counting)
        return;
    block->pending++;
    if (block->touched)
        return;
    block->touched = true;
    if (touched_count == touched_room) {
        touched_room = touched_room ? 2 * touched_room : 4096;
        touched = realloc(touched, touched_room * sizeof(*touched));
        if (touched == NULL)
            stop("no memory");
    }
    touched[touched_count++] = block;
}

static void settle(bool take)
{
    for (size_t i = 0; i < touched_count; i++) {
        if (take)
            touched[i]->taken += touched[i]->pending;
        touched[i]->pending = 0;
        touched[i]->touched = false;
    }
    touched_count = 0;
}

static void clear(void)
{
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct block *block = buckets[i]; block != NULL; block = block->next)
            block->taken = 0;
}

static void write_line(const char *line)
{
    FILE *file = fopen(path, "a");

    if (file == NULL || fprintf(file, "%s\n", line) < 0 || fclose(file) != 0)
        stop("the file cannot be written");
}

static void write_figure(void)
{
    FILE *file;

    write_line("figure");
    file = fopen(path, "a");
    if (file == NULL)
        stop("the file cannot be written");
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct block *block = buckets[i]; block != NULL; block = block->next)
            if (block->taken != 0)
                fprintf(file, "%llx %llx %llu\n", (unsigned long long)block->address,
                        (unsigned long long)block->host,
                        (unsigned long long)block->taken * block->instructions);
    if (fclose(file) != 0)
        stop("the file cannot be written");
}

static void marked(unsigned cpu, void *data)
{
    (void)cpu;
    switch ((uintptr_t)data) {
    case FIGURE:
        counting = false;
        settle(false);
        clear();
        break;
    case OPEN:
        settle(false);
        counting = true;
        break;
    case CLOSE:
        counting = false;
        settle(true);
        break;
    case END:
        counting = false;
        settle(false);
        write_figure();
        clear();
        break;
    case GUEST:
        write_line("guest");
        break;
    }
}

static uintptr_t mark_of(const struct qemu_plugin_insn *insn)
{
    const uint8_t *data = qemu_plugin_insn_data(insn);
    uint32_t displacement;

    if (qemu_plugin_insn_size(insn) != sizeof(nop) + sizeof(displacement) ||
        memcmp(data, nop, sizeof(nop)) != 0)
        return 0;
    memcpy(&displacement, data + sizeof(nop), sizeof(displacement));
    return displacement > MARK && displacement <= MARK + GUEST ? displacement - MARK : 0;
}

// The emulator translates a piece of code again whenever it has forgotten it.
static struct block *block_of(uint64_t address, uint64_t host, uint32_t instructions)
{
    uint64_t hash = (address ^ host * 31 ^ instructions) * 0x9e3779b97f4a7c15ull;
    struct block **bucket = &buckets[hash >> 46];
    struct block *block;

    for (block = *bucket; block != NULL; block = block->next)
        if (block->address == address && block->host == host && block->instructions == instructions)
            return block;
    block = calloc(1, sizeof(*block));
    if (block == NULL)
        stop("no memory");
    block->address = address;
    block->host = host;
    block->instructions = instructions;
    block->next = *bucket;
    *bucket = block;
    return block;
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
    size_t count = qemu_plugin_tb_n_insns(tb);
    uint64_t host = (uintptr_t)qemu_plugin_insn_haddr(qemu_plugin_tb_get_insn(tb, 0));

    (void)id;
    qemu_plugin_register_vcpu_tb_exec_cb(tb, executed, NO_REGISTERS,
                                         block_of(qemu_plugin_tb_vaddr(tb), host, (uint32_t)count));
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uintptr_t mark = mark_of(insn);
        if (mark != 0)
            qemu_plugin_register_vcpu_insn_exec_cb(insn, marked, NO_REGISTERS, (void *)mark);
    }
}

EXPORT int qemu_plugin_version = INTERFACE;

EXPORT int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc, char **argv);
EXPORT int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++)
        if (strncmp(argv[i], "out=", 4) == 0)
            path = strdup(argv[i] + 4);
    if (path == NULL) {
        fprintf(stderr, "profile: out=FILE is missing\n");
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return 0;
}
