/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Breaks the rule its argument names. A domain must end with a report that names what happened; the
 * program itself says only that it goes to do it, and complains when it comes back.
 */
#define _GNU_SOURCE
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE        4096ul
#define KERNEL_TEXT 0xffffffff80000000ul
#define SMALL_STACK (256ul << 10)
#define RET         ((char)0xc3)

/* The compiler must neither see what these are nor leave an access out. */
static volatile char *volatile nowhere;
static volatile uintptr_t sink;

static char *pages(size_t n, int prot)
{
    char *p = mmap(NULL, n * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED) {
        puts("no memory to break a rule with");
        exit(1);
    }
    return p;
}

static void jump_to(uintptr_t address)
{
    void (*function)(void);

    memcpy(&function, &address, sizeof function);
    function();
}

static void read_null(void)
{
    sink = (uintptr_t)nowhere[8];
}

static void write_null(void)
{
    nowhere[0] = 1;
}

static void jump_null(void)
{
    jump_to((uintptr_t)nowhere);
}

static void read_unmapped(void)
{
    char *p = pages(1, PROT_READ);

    munmap(p, PAGE);
    sink = (uintptr_t)(*(volatile char *)p);
}

static void write_text(void)
{
    *(volatile char *)(uintptr_t)write_text = RET;
}

static void write_constant(void)
{
    static const char constant[] = "constant";

    *(volatile char *)(uintptr_t)constant = 'C';
}

static void jump_stack(void)
{
    volatile char code[16] = {RET};

    jump_to((uintptr_t)code);
}

static void jump_data(void)
{
    char *p = pages(1, PROT_READ | PROT_WRITE);

    p[0] = RET;
    jump_to((uintptr_t)p);
}

static void write_guard(void)
{
    *(volatile char *)pages(1, PROT_NONE) = 1;
}

static void write_kernel_text(void)
{
    *(volatile char *)KERNEL_TEXT = RET;
}

/* Where the kernel's data begin is for the test to say: the kernel's ELF file has it. */
static void jump_kernel_data(void)
{
    jump_to(strtoul(getenv("KERNEL_DATA"), NULL, 0));
}

static void bad_instruction(void)
{
    __asm__ volatile("ud2");
}

static void divide(void)
{
    sink = 100 / sink;
}

static void not_canonical(void)
{
    *(volatile char *)0x8000000000000000ul = 1;
}

/*
 * Small frames and a system call in each. The end is there for the compiler, no stack is that deep.
 */
static int deep_calls(unsigned depth)
{
    volatile char frame[300];

    if (depth == UINT_MAX)
        return 0;
    frame[0] = (char)depth;
    syscall(SYS_getppid);
    return deep_calls(depth + 1) + frame[0];
}

/* Small frames and a page fault in each. */
static int deep_faults(volatile char *touch)
{
    volatile char frame[300];

    if (touch == NULL)
        return 0;
    frame[0] = touch[0];
    return deep_faults(touch + 5 * PAGE) + frame[0];
}

/* Nothing in between: the kernel never sees it coming. */
static int deep_alone(unsigned depth)
{
    volatile char frame[300];

    if (depth == UINT_MAX)
        return 0;
    frame[0] = (char)depth;
    return deep_alone(depth + 1) + frame[0];
}

static void overflow_with_calls(void)
{
    sink = (uintptr_t)deep_calls(0);
}

static void overflow_alone(void)
{
    sink = (uintptr_t)deep_alone(0);
}

static void on_thread(void *(*run)(void *), size_t stack_size)
{
    pthread_attr_t attr;
    pthread_t t;

    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, stack_size);
    pthread_create(&t, &attr, run, NULL);
    pthread_join(t, NULL);
}

static void *call_deep(void *arg)
{
    (void)arg;
    overflow_with_calls();
    return NULL;
}

static void overflow_in_thread(void)
{
    on_thread(call_deep, 128 << 10);
}

/*
 * Every level touches memory that was not there: address space for more levels than the stack has
 * room for.
 */
static void *fault_deep(void *arg)
{
    (void)arg;
    sink = (uintptr_t)deep_faults(pages(SMALL_STACK / 300 * 5, PROT_READ | PROT_WRITE));
    return NULL;
}

static void overflow_with_faults(void)
{
    on_thread(fault_deep, SMALL_STACK);
}

static const struct {
    const char *name;
    void (*run)(void);
} faults[] = {
    {"read-null", read_null},
    {"write-null", write_null},
    {"jump-null", jump_null},
    {"read-unmapped", read_unmapped},
    {"write-text", write_text},
    {"write-constant", write_constant},
    {"jump-stack", jump_stack},
    {"jump-data", jump_data},
    {"write-guard", write_guard},
    {"write-kernel-text", write_kernel_text},
    {"jump-kernel-data", jump_kernel_data},
    {"bad-instruction", bad_instruction},
    {"divide", divide},
    {"not-canonical", not_canonical},
    {"overflow-with-calls", overflow_with_calls},
    {"overflow-with-faults", overflow_with_faults},
    {"overflow-in-thread", overflow_in_thread},
    {"overflow-alone", overflow_alone},
};

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; argc >= 2 && i < sizeof faults / sizeof faults[0]; i++) {
        if (strcmp(argv[1], faults[i].name))
            continue;
        printf("about to %s\n", argv[1]);
        if (argc > 2)
            sleep((unsigned)atoi(argv[2]));
        faults[i].run();
        printf("%s was allowed\n", argv[1]);
        return 0;
    }
    puts("no such fault");
    return 0;
}
