/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * The small library under every micro-guest: endings, console, parameters, port I/O, interrupts,
 * time, PCI configuration, BIOS calls and memory for devices.
 *
 * A guest runs in 32-bit protected mode, flat, without paging, on one CPU. Interrupts are off
 * except inside cpu_wait() and irq_window(), so nothing asynchronous ever runs between two
 * statements of a test.
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a)     (sizeof(a) / sizeof((a)[0]))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* --- What a guest supplies ------------------------------------------------------------------ */

/* Name (as in guests.tsv) and one-line title. */
extern const char test_name[];
extern const char test_title[];

/* The test. Returning means SUCCESS if at least one check was made and none failed. */
void test_main(void);

/* --- Checks and endings --------------------------------------------------------------------- */

/*
 * Counts a check; when ok is false prints "FAIL name: text" and the ending becomes FAILURE.
 * Returns ok.
 */
bool check_that(bool ok, const char *fmt, ...) PRINTF(2, 3);

/* What the condition does is done before the text's values are read. */
#define check(ok, ...)                      \
    __extension__({                         \
        bool check_ok_ = (ok);              \
        check_that(check_ok_, __VA_ARGS__); \
    })

/* "NOTE name: text", for people. */
void note(const char *fmt, ...) PRINTF(1, 2);

/* "DATA name: key=value ...", for the harness. */
void data(const char *fmt, ...) PRINTF(1, 2);

/*
 * The endings. SKIP: the thing to test is absent. ERROR: the test itself could not be carried out.
 * FAILURE: the promise is broken. Each prints its reason, then the last line, and powers off.
 */
_Noreturn void test_skip(const char *fmt, ...) PRINTF(1, 2);
_Noreturn void test_error(const char *fmt, ...) PRINTF(1, 2);
_Noreturn void test_failure(const char *fmt, ...) PRINTF(1, 2);

/* Ends now with SUCCESS or FAILURE according to the checks made so far. */
_Noreturn void test_done(void);

/* --- Console (COM1, 115200 8n1) ------------------------------------------------------------- */

#define COM1     0x3f8
#define COM1_IRQ 4

void console_init(void);
void console_puts(const char *s);
/* Waits until the last byte has left the transmitter. */
void console_drain(void);
/*
 * The line that has come in by now, without its end, or NULL: there is none yet. Empty lines are
 * not told, long ones are cut. It stays until the next call.
 */
const char *console_line(void);
/* %s %c %d %u %x %p %%, field width, zero padding, and 64-bit %llx only (no 64-bit decimal). */
void print(const char *fmt, ...) PRINTF(1, 2);
void vprint(const char *fmt, va_list ap);

/* --- Parameters (sector 1 of the image) ----------------------------------------------------- */

/* Copies the value of key into out (NUL-terminated, cut at size); false if there is no such key. */
bool param(const char *key, char *out, size_t size);
/* Number in decimal or 0x notation; dflt if absent. ERROR ending if malformed. */
uint32_t param_u32(const char *key, uint32_t dflt);
/* IPv4 address a.b.c.d in host order; dflt if absent. ERROR ending if malformed. */
uint32_t param_ip(const char *key, uint32_t dflt);

/* --- Strings -------------------------------------------------------------------------------- */

void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);

/* --- CPU and ports -------------------------------------------------------------------------- */

static inline void outb(uint16_t port, uint8_t v)
{
    __asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port) : "memory");
}

static inline void outw(uint16_t port, uint16_t v)
{
    __asm__ volatile("outw %0, %1" : : "a"(v), "Nd"(port) : "memory");
}

static inline void outl(uint16_t port, uint32_t v)
{
    __asm__ volatile("outl %0, %1" : : "a"(v), "Nd"(port) : "memory");
}

static inline uint8_t inb(uint16_t port)
{
    uint8_t v;
    __asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port) : "memory");
    return v;
}

static inline uint16_t inw(uint16_t port)
{
    uint16_t v;
    __asm__ volatile("inw %1, %0" : "=a"(v) : "Nd"(port) : "memory");
    return v;
}

static inline uint32_t inl(uint16_t port)
{
    uint32_t v;
    __asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port) : "memory");
    return v;
}

/* String I/O: one instruction, hence one or few exits for a whole sector. n counts words. */
static inline void insw(uint16_t port, void *dst, uint32_t n)
{
    __asm__ volatile("rep insw" : "+D"(dst), "+c"(n) : "d"(port) : "memory");
}

static inline void outsw(uint16_t port, const void *src, uint32_t n)
{
    __asm__ volatile("rep outsw" : "+S"(src), "+c"(n) : "d"(port) : "memory");
}

static inline void insl(uint16_t port, void *dst, uint32_t n)
{
    __asm__ volatile("rep insl" : "+D"(dst), "+c"(n) : "d"(port) : "memory");
}

/*
 * A pointer to a physical address. The compiler must not see the number: it takes low addresses
 * for null pointer arithmetic.
 */
static inline void *phys(uint32_t addr)
{
    void *p;
    __asm__("" : "=r"(p) : "0"(addr));
    return p;
}

static inline uint32_t mmio_read32(uint32_t addr)
{
    return *(volatile uint32_t *)phys(addr);
}

static inline void mmio_write32(uint32_t addr, uint32_t v)
{
    *(volatile uint32_t *)phys(addr) = v;
}

/* Orders the compiler's memory accesses around a device's; x86 does the rest. */
static inline void barrier(void)
{
    __asm__ volatile("" : : : "memory");
}

static inline uint16_t swap16(uint16_t v)
{
    return (uint16_t)(v << 8 | v >> 8);
}

static inline uint32_t swap32(uint32_t v)
{
    return __builtin_bswap32(v);
}

/* Stops for good: Xen shuts a domain down whose last CPU halts with interrupts off. */
_Noreturn void cpu_stop(void);

/* --- Interrupts (8259 pair, vectors 0x20..0x2f) --------------------------------------------- */

void irq_init(void);
/*
 * Lets line irq through. A line is masked again as soon as it fired, so that a level-triggered
 * source cannot storm: acknowledge the device, then enable the line again.
 */
void irq_enable(unsigned irq);
void irq_disable(unsigned irq);
/*
 * As irq_enable, but first lets a stale request (an edge latched while the line was masked) fire;
 * returns the count to compare irq_count() with. The source must be quiet.
 */
uint32_t irq_arm(unsigned irq);
/*
 * Takes what is pending. A request must be taken before the device is told to withdraw it: Xen's
 * interrupt controller then forgets it, as a level that never was.
 */
void irq_window(void);
/* From here on an NMI is counted; before, it ends the guest as any exception does. */
void nmi_expect(void);
uint32_t nmi_count(void);
/* How often line irq has fired since the start. */
uint32_t irq_count(unsigned irq);
/* Halts until any interrupt, at the latest until the next clock tick (10 ms). */
void cpu_wait(void);

/* --- Time ----------------------------------------------------------------------------------- */

/* Ticks of 10 ms, from the PIT's interrupt. */
uint32_t time_ticks(void);
/* Idles (does not spin) for at least ms. */
void time_sleep(uint32_t ms);

/* Idles until cond holds or ms have passed; value: whether cond came true. */
#define wait_for(cond, ms)                                                      \
    __extension__({                                                             \
        uint32_t wait_end_ = time_ticks() + (ms) / 10 + 2;                      \
        bool wait_ok_;                                                          \
        while (!(wait_ok_ = (cond)) && (int32_t)(time_ticks() - wait_end_) < 0) \
            cpu_wait();                                                         \
        wait_ok_;                                                               \
    })

/* --- PCI configuration (mechanism #1, bus 0) ------------------------------------------------ */

struct pci_dev {
    uint8_t dev, fn;
    uint16_t vendor, device;
};

uint32_t pci_read32(const struct pci_dev *d, uint8_t reg);
uint16_t pci_read16(const struct pci_dev *d, uint8_t reg);
uint8_t pci_read8(const struct pci_dev *d, uint8_t reg);
void pci_write32(const struct pci_dev *d, uint8_t reg, uint32_t v);
void pci_write16(const struct pci_dev *d, uint8_t reg, uint16_t v);
void pci_write8(const struct pci_dev *d, uint8_t reg, uint8_t v);
/* nth (from 0) function with that vendor and device id; false if there is none. */
bool pci_find_id(uint16_t vendor, uint16_t device, unsigned nth, struct pci_dev *out);
/* nth function whose class code register is cls (24 bits, base class on top) under mask. */
bool pci_find_class(uint32_t cls, uint32_t mask, unsigned nth, struct pci_dev *out);
/* Address in base address register n, flag bits removed. */
uint32_t pci_bar(const struct pci_dev *d, unsigned n);
/* Switches on I/O, memory and bus mastering. */
void pci_enable(const struct pci_dev *d);

/* --- BIOS ----------------------------------------------------------------------------------- */

/* Layout known to boot.S. */
struct bios_regs {
    uint32_t eax, ebx, ecx, edx, esi, edi, ebp;
    uint16_t ds, es, flags, pad;
};
#define BIOS_CARRY 1

/*
 * Calls real-mode interrupt vector with *r and returns the resulting registers there. Pointers
 * handed to the BIOS must lie below 1 MiB (low_alloc).
 */
void bios_call(uint8_t vector, struct bios_regs *r);

/* The BIOS drive this guest was booted from, and whether its sectors have 2048 bytes (CD). */
extern uint8_t boot_drive;
extern uint8_t boot_from_cd;

/*
 * Moves count sectors between that drive and buf (low_alloc, on a 16-byte boundary). Returns 0 or
 * the BIOS error code.
 */
uint8_t bios_read(uint64_t lba, uint16_t count, void *buf);
uint8_t bios_write(uint64_t lba, uint16_t count, void *buf);

/* --- Memory --------------------------------------------------------------------------------- */

/* Zeroed memory, never freed; align is a power of two. Above 2 MiB, for devices ... */
void *dma_alloc(size_t size, size_t align);
/* ... or below 640 KiB, for the BIOS (at most 64 KiB in all, segment:offset expressible). */
void *low_alloc(size_t size);

/* --- ACPI ----------------------------------------------------------------------------------- */

struct acpi {
    uint16_t pm1a_evt; /* I/O ports; 0: absent */
    uint16_t pm1a_cnt;
    uint16_t pm1b_cnt;
    uint16_t pm_tmr;
    uint8_t pm_tmr_bits; /* 24 or 32 */
    uint8_t slp_typ_a;   /* SLP_TYPx values of \_S5 */
    uint8_t slp_typ_b;
    bool has_s5;
    bool has_reset; /* FADT reset register in I/O space */
    uint16_t reset_port;
    uint8_t reset_value;
    uint16_t smi_cmd;
    uint8_t acpi_enable;
    uint32_t facs; /* its address; 0: none */
    uint8_t s3_typ_a;
    bool has_s3;
};

/* Reads the tables the firmware left; NULL and a reason in *why if they are missing or damaged. */
const struct acpi *acpi_tables(const char **why);
/*
 * Enters S3 and comes back when the machine was woken: the interrupt controllers and the clock are
 * set up again, devices are as after a reset but for what their PCI functions were given (commands,
 * base addresses, lines). False at once if the machine has no S3.
 */
bool acpi_suspend(void);
/* Enters S5. Returns if that had no effect within two seconds, or at once without tables. */
void acpi_poweroff(void);

#endif
