/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * many-cpus: eight processors have port accesses under way at once, and each gets its own answer.
 *
 * Each processor has a page register of the DMA controllers to itself, which the device model keeps
 * and nothing else uses. It writes a byte and reads it back, so many times; what comes back must be
 * what it wrote. The processors start when all have come up.
 *
 * Facts: Intel SDM vol. 3 chapters 8.4 (starting processors) and 10.6 (the APIC's command
 * register); Intel 8237A and the PC/AT's page registers.
 */

#include "guest.h"

const char test_name[] = "many-cpus";
const char test_title[] = "port accesses of eight processors at once";

#define CPUS       8
#define ROUNDS     100
#define PAGE       4096
#define PATIENCE   20000 /* ms */
#define APIC_ICR   0xfee00300u
#define INIT_REST  0x000c4500u /* to all but this one */
#define START_REST 0x000c4600u

/* Ports of the page registers that a PC has. */
static const uint8_t registers[CPUS] = {0x81, 0x82, 0x83, 0x87, 0x89, 0x8a, 0x8b, 0x8f};

static volatile uint32_t up, done, go;
static volatile uint32_t wrong[CPUS];
uint8_t ap_stacks[CPUS][PAGE];
uint32_t ap_next;

_Noreturn void ap_main(uint32_t index);
extern const uint8_t ap_start[], ap_start_end[];

/* Where a processor begins, in real mode: this part is copied to a page of its own. */
__asm__("    .pushsection .real, \"awx\"\n"
        "    .code16\n"
        "ap_start:\n"
        "    cli\n"
        "    xorw %ax, %ax\n"
        "    movw %ax, %ds\n"
        "    lgdtl gdt_pointer\n"
        "    movl %cr0, %eax\n"
        "    orb $1, %al\n"
        "    movl %eax, %cr0\n"
        "    ljmpl $0x08, $1f\n"
        "ap_start_end:\n"
        "    .code32\n"
        "1:  movw $0x10, %ax\n"
        "    movw %ax, %ds\n"
        "    movw %ax, %es\n"
        "    movw %ax, %ss\n"
        "    movl $1, %eax\n"
        "    lock xaddl %eax, ap_next\n"
        "    cmpl $7, %eax\n"
        "    ja 2f\n"
        "    movl %eax, %ecx\n"
        "    incl %ecx\n"
        "    shll $12, %ecx\n"
        "    leal ap_stacks(%ecx), %esp\n"
        "    pushl %eax\n"
        "    pushl $0\n"
        "    jmp ap_main\n"
        "2:  hlt\n"
        "    jmp 2b\n"
        "    .popsection\n");

static void add(volatile uint32_t *to, uint32_t n)
{
    __asm__ volatile("lock addl %1, %0" : "+m"(*to) : "r"(n) : "memory");
}

static void work(uint32_t index)
{
    add(&up, 1);
    while (!go)
        __asm__ volatile("pause" : : : "memory");
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint8_t byte = (uint8_t)(i * 37 + index * 31 + 1);
        outb(registers[index], byte);
        if (inb(registers[index]) != byte)
            wrong[index]++;
    }
    add(&done, 1);
}

void ap_main(uint32_t index)
{
    work(index);
    for (;;)
        __asm__ volatile("cli; hlt");
}

void test_main(void)
{
    uintptr_t page = ((uintptr_t)low_alloc(2 * PAGE) + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
    memcpy((void *)page, ap_start, (size_t)(ap_start_end - ap_start));
    mmio_write32(APIC_ICR, INIT_REST);
    time_sleep(20);
    mmio_write32(APIC_ICR, START_REST | (uint32_t)(page >> 12));
    time_sleep(10);
    mmio_write32(APIC_ICR, START_REST | (uint32_t)(page >> 12));
    if (!wait_for(up == CPUS - 1, PATIENCE))
        test_error("%u processors came up besides this one, %u were expected", up, CPUS - 1);
    go = 1;
    work(CPUS - 1);
    check(wait_for(done == CPUS, PATIENCE), "%u of %u processors came to the end", done, CPUS);
    for (unsigned i = 0; i < CPUS; i++)
        check(wrong[i] == 0, "processor %u: %u of %u bytes came back wrong", i, wrong[i], ROUNDS);
}
