/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * Interrupt descriptors, the 8259 pair, the PIT's tick, and BIOS calls (which need the former
 * put aside). Facts: Intel SDM vol. 3 chapter 6, Intel 8259A and 8254 data sheets.
 */

#include "guest.h"

#define PIC1         0x20
#define PIC2         0xa0
#define PIC_EOI      0x20
#define PIC_READ_ISR 0x0b
#define NMI          2
#define VECTOR_BASE  0x20
#define BIOS_VECTOR1 0x08
#define BIOS_VECTOR2 0x70

/* A line that fires more often than this, and for nothing, is stuck. */
#define STALE_MAX 100

#define PIT_CHANNEL0      0x40
#define PIT_COMMAND       0x43
#define PIT_RATE_2        0x34  /* channel 0, low then high byte, mode 2 */
#define PIT_DIVISOR_100HZ 11932 /* 1193182 Hz / 100 */

struct idt_gate {
    uint16_t offset_low, selector, flags, offset_high;
};

/* What boot.S leaves on the stack. */
struct frame {
    uint32_t edi, esi, ebp, esp, ebx, edx, ecx, eax;
    uint32_t vector, error, eip, cs, eflags;
};

extern const uint8_t interrupt_entries[48][16];
extern void bios_thunk(uint32_t vector);
extern struct bios_regs bios_frame;

void interrupt_dispatch(struct frame *f);

static struct idt_gate idt[48];
static volatile uint32_t counts[16];
static bool nmi_expected;
static uint32_t nmis;
static uint16_t mask;      /* of our lines; 1 = off */
static uint16_t bios_mask; /* as the BIOS left it */

static void pic_set_mask(uint16_t m)
{
    outb(PIC1 + 1, (uint8_t)m);
    outb(PIC2 + 1, (uint8_t)(m >> 8));
}

static void pic_setup(uint8_t vector1, uint8_t vector2, uint16_t m)
{
    outb(PIC1, 0x11); /* edge-triggered, cascaded, ICW4 follows */
    outb(PIC2, 0x11);
    outb(PIC1 + 1, vector1);
    outb(PIC2 + 1, vector2);
    outb(PIC1 + 1, 0x04); /* slave on line 2 */
    outb(PIC2 + 1, 0x02);
    outb(PIC1 + 1, 0x01); /* 8086 mode */
    outb(PIC2 + 1, 0x01);
    pic_set_mask(m);
}

void irq_init(void)
{
    for (unsigned i = 0; i < 48; i++) {
        uintptr_t entry = (uintptr_t)interrupt_entries[i];
        idt[i].offset_low = (uint16_t)entry;
        idt[i].selector = 0x08;
        idt[i].flags = 0x8e00; /* present, 32-bit interrupt gate */
        idt[i].offset_high = (uint16_t)(entry >> 16);
    }
    struct __attribute__((packed)) {
        uint16_t limit;
        uint32_t base;
    } pointer = {sizeof(idt) - 1, (uintptr_t)idt};
    __asm__ volatile("lidt %0" : : "m"(pointer));

    bios_mask = (uint16_t)(inb(PIC1 + 1) | inb(PIC2 + 1) << 8);
    mask = 0xfffa; /* the tick and the cascade */
    outb(PIT_COMMAND, PIT_RATE_2);
    outb(PIT_CHANNEL0, PIT_DIVISOR_100HZ & 0xff);
    outb(PIT_CHANNEL0, PIT_DIVISOR_100HZ >> 8);
    pic_setup(VECTOR_BASE, VECTOR_BASE + 8, mask);
}

void irq_enable(unsigned irq)
{
    mask &= (uint16_t)(~(1u << irq));
    pic_set_mask(mask);
}

void irq_disable(unsigned irq)
{
    mask |= (uint16_t)(1u << irq);
    pic_set_mask(mask);
}

void irq_window(void)
{
    __asm__ volatile("sti; nop; nop; cli" : : : "memory");
}

uint32_t irq_arm(unsigned irq)
{
    uint32_t first = counts[irq], seen;
    do {
        seen = counts[irq];
        if (seen - first >= STALE_MAX) {
            check(false, "line %u does not rest", irq);
            break;
        }
        irq_enable(irq);
        irq_window();
    } while (counts[irq] != seen);
    return seen;
}

uint32_t irq_count(unsigned irq)
{
    return counts[irq];
}

/* Line 7 of a controller also fires when a request went away again; then its bit is not set. */
static bool spurious(unsigned irq)
{
    if (irq != 7 && irq != 15)
        return false;
    uint16_t pic = irq < 8 ? PIC1 : PIC2;
    outb(pic, PIC_READ_ISR);
    if (inb(pic) & 0x80)
        return false;
    if (irq == 15)
        outb(PIC1, PIC_EOI); /* the cascade line is in service all the same */
    return true;
}

void nmi_expect(void)
{
    nmi_expected = true;
}

uint32_t nmi_count(void)
{
    return nmis;
}

void interrupt_dispatch(struct frame *f)
{
    if (f->vector == NMI && nmi_expected) {
        nmis++;
        return;
    }
    if (f->vector < VECTOR_BASE)
        test_error("exception %u, error code %x, at %08x", f->vector, f->error, f->eip);
    unsigned irq = f->vector - VECTOR_BASE;
    if (spurious(irq))
        return;
    counts[irq]++;
    if (irq != 0)
        irq_disable(irq);
    if (irq >= 8)
        outb(PIC2, PIC_EOI);
    outb(PIC1, PIC_EOI);
}

void cpu_wait(void)
{
    __asm__ volatile("sti; hlt; cli" : : : "memory");
}

void cpu_stop(void)
{
    for (;;)
        __asm__ volatile("cli; hlt" : : : "memory");
}

uint32_t time_ticks(void)
{
    return counts[0];
}

void time_sleep(uint32_t ms)
{
    uint32_t end = time_ticks() + ms / 10 + 2;
    while ((int32_t)(time_ticks() - end) < 0)
        cpu_wait();
}

void bios_call(uint8_t vector, struct bios_regs *r)
{
    pic_setup(BIOS_VECTOR1, BIOS_VECTOR2, bios_mask);
    bios_frame = *r;
    bios_thunk(vector);
    *r = bios_frame;
    pic_setup(VECTOR_BASE, VECTOR_BASE + 8, mask);
}
