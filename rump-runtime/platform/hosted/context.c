/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Thread contexts (platform.h) for the hosted platform: System V AMD64 callee-saved registers on
 * the suspended flow's own stack. AddressSanitizer has to be told the bounds of the stack that is
 * being entered; each suspended flow keeps them in a record at the top of its saved frame.
 */
#include "platform/platform.h"

#include "core/log.h"
#include "core/string.h"

#if defined(__SANITIZE_ADDRESS__)
#define HOSTED_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HOSTED_ASAN 1
#endif
#endif

#ifdef HOSTED_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

struct flow_stack {
    const void *bottom; /* lowest address */
    size_t size;
    void *fake_stack; /* AddressSanitizer's own, kept for it while suspended */
    void (*fn)(void *);
    void *arg;
};

/* Frame at context.sp, lowest address first; must match the assembly below. */
struct saved_frame {
    struct flow_stack *stack;
    uint64_t fp_control; /* mxcsr in the low half, x87 control word above it */
    uint64_t r15, r14, r13, r12, rbx, rbp;
    uint64_t rip;
};

/* The flow that was left by the switch under way: who arrives fills in where it lived. */
static struct flow_stack *left_flow;

void hosted_switch_stacks(void **save_sp, void *load_sp, struct flow_stack *stack);

/*
 * rdi: where to store the stack pointer, rsi: the one to load, rdx: our flow_stack. The three are
 * not preserved by a call, so nothing else has to be saved.
 */
__asm__(".pushsection .text\n"
        ".type hosted_switch_stacks, @function\n"
        ".hidden hosted_switch_stacks\n"
        "hosted_switch_stacks:\n"
        "    pushq %rbp\n"
        "    pushq %rbx\n"
        "    pushq %r12\n"
        "    pushq %r13\n"
        "    pushq %r14\n"
        "    pushq %r15\n"
        "    subq $8, %rsp\n"
        "    stmxcsr (%rsp)\n"
        "    fnstcw 4(%rsp)\n"
        "    pushq %rdx\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        "    addq $8, %rsp\n"
        "    ldmxcsr (%rsp)\n"
        "    fldcw 4(%rsp)\n"
        "    addq $8, %rsp\n"
        "    popq %r15\n"
        "    popq %r14\n"
        "    popq %r13\n"
        "    popq %r12\n"
        "    popq %rbx\n"
        "    popq %rbp\n"
        "    ret\n"
        ".size hosted_switch_stacks, . - hosted_switch_stacks\n"
        ".type first_entry, @function\n"
        "first_entry:\n" /* rbx: flow_stack of the new flow, placed there by plat_context_make() */
        "    xorl %ebp, %ebp\n"
        "    movq %rbx, %rdi\n"
        "    call hosted_flow_start\n"
        "    ud2\n"
        ".size first_entry, . - first_entry\n"
        ".popsection\n");

extern const char first_entry[] __attribute__((visibility("hidden")));

static void arrived(struct flow_stack *here)
{
#ifdef HOSTED_ASAN
    __sanitizer_finish_switch_fiber(here->fake_stack, &left_flow->bottom, &left_flow->size);
#else
    (void)here;
#endif
}

/* Called by first_entry only. */
__attribute__((visibility("hidden"), used, noreturn)) void hosted_flow_start(struct flow_stack *me);
void hosted_flow_start(struct flow_stack *me)
{
    arrived(me);
    me->fn(me->arg);
    panic("hosted: a flow of control returned from its first function");
}

void plat_context_make(struct plat_context *ctx, void *stack, size_t size, void (*fn)(void *),
                       void *arg)
{
    uintptr_t top = ((uintptr_t)stack + size) & ~(uintptr_t)15;
    struct flow_stack *me = (struct flow_stack *)((top - sizeof(*me)) & ~(uintptr_t)15);
    struct saved_frame *frame;

#ifdef HOSTED_ASAN
    /* The memory may have been the stack of a flow that ended with its frames still marked. */
    __asan_unpoison_memory_region(stack, size);
#endif
    *me = (struct flow_stack){.bottom = stack, .size = size, .fn = fn, .arg = arg};

    /* After `ret` to first_entry the stack pointer is `me`: 16-aligned, as before any call. */
    frame = (struct saved_frame *)((uintptr_t)me - sizeof(*frame));
    memset(frame, 0, sizeof(*frame));
    frame->stack = me;
    frame->fp_control = 0x1f80u | (uint64_t)0x037f << 32;
    frame->rbx = (uintptr_t)me;
    frame->rip = (uintptr_t)first_entry;
    ctx->sp = frame;
}

void plat_context_switch(struct plat_context *from, struct plat_context *to)
{
    struct flow_stack here = {0};
    const struct saved_frame *target = to->sp;

    left_flow = &here;
#ifdef HOSTED_ASAN
    __sanitizer_start_switch_fiber(&here.fake_stack, target->stack->bottom, target->stack->size);
#else
    (void)target;
#endif
    hosted_switch_stacks(&from->sp, to->sp, &here);
    arrived(&here);
}
