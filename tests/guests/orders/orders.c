/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */

/*
 * orders: stays up and does what the host types, for tests of the toolstack around a running guest:
 * pause, save and restore, the power button, restarts.
 *
 * One line on the serial port is one order, answered by one DATA line "done=ORDER":
 *   disk    reads the host's pattern from hda by bus-master DMA and checks its sum
 *   net     exchanges frames with the host through the e1000 that was set up at the start
 *   work    until the next line: fills memory by DMA over and over, which no CPU of the guest
 *           writes to, and looks whether it stays, with frames in between; answers with that line
 *           instead
 *   reset   resets the machine by the keyboard controller
 *   cf9     resets it by the PCI host's reset control register
 *   triple  resets it by a triple fault
 *   soft    asks Xen for a soft reset, after which the guest goes on
 *   crash   tells Xen that the guest has crashed
 *   suspend enters S3; once woken, sets disk and card up again
 *   cpus    tells which CPUs the device model has plugged in, as a map of bits
 *   nmi     tells how many NMIs there were
 *   cd      tells of the CD drive hdc how many sectors its medium has, and the sum of the volume's
 *           descriptor; or that there is no medium
 *   events  tells the status bits of ACPI's fixed events, and clears them
 *   off     ends the guest
 * Memory, disk and card are set up once, before the first order: what works after a restore works
 * because their state came back. ACPI's power button ends the guest as "off" does.
 *
 * Parameters: data_lba, data_sectors, data_crc; ip, gw, mac as for nic-e1000.
 */

#include "ata.h"
#include "net.h"
#include "pattern.h"

const char test_name[] = "orders";
const char test_title[] = "does what the host types on the serial port";

#define PWRBTN_STS      (1u << 8)
#define SLPBTN_STS      (1u << 9)
#define KBD_COMMAND     0x64
#define KBD_PULSE_RESET 0xfe
#define RESET_CONTROL   0xcf9
#define CPU_MAP         0xaf00 /* the PC's hot-plug register for CPUs, docs/specs of QEMU */

/* Xen's public headers: arch-x86/cpuid.h, xen.h, sched.h. */
#define XEN_CPUID           0x40000000u
#define HYPERCALL_BYTES     32u
#define HYPERCALL_SCHED_OP  29u
#define SCHEDOP_SHUTDOWN    2u
#define SHUTDOWN_CRASH      3u
#define SHUTDOWN_SOFT_RESET 5u

static struct ata disk;
static struct nic nic;
static uint8_t *buffer;

static bool is(const char *line, const char *order)
{
    size_t n = strlen(order);
    return strlen(line) == n && memcmp(line, order, n) == 0;
}

static void read_disk(void)
{
    uint32_t lba = param_u32("data_lba", 0), sectors = param_u32("data_sectors", 0);
    memset(buffer, 0, sectors * SECTOR);
    check(ata_dma(&disk, ATA_READ_DMA, lba, sectors, ata_prd(buffer, sectors * SECTOR), false),
          "disk: status %x error %x", disk.status, disk.error);
    uint32_t crc = cksum_finish(cksum_feed(0, buffer, sectors * SECTOR), sectors * SECTOR);
    check(crc == param_u32("data_crc", 0), "disk: checksum %u", crc);
}

#define SLOTS     64u
#define ROTATIONS 8u

/*
 * Reads the pattern into one slot after the other, in each round from another place on, so that an
 * older content is seen. Only the disk ever writes to the slots: their pages arrive elsewhere as
 * they were only when the device model tells of what its devices write. So each slot is looked at
 * before it is filled anew.
 */
static void work(void)
{
    static uint8_t *slots;
    uint32_t lba = param_u32("data_lba", 0), sectors = param_u32("data_sectors", 0);
    uint32_t bytes = sectors * SECTOR, step = sectors / ROTATIONS, wrong = 0, n;
    if (!slots)
        slots = dma_alloc(SLOTS * bytes, 0x10000);
    read_disk();
    for (n = 0; !console_line(); n++) {
        uint8_t *slot = slots + n % SLOTS * bytes;
        uint32_t turn = n / SLOTS % ROTATIONS, old = (turn + ROTATIONS - 1) % ROTATIONS * step;
        if (n >= SLOTS && (memcmp(slot, buffer + old * SECTOR, (sectors - old) * SECTOR) != 0 ||
                           memcmp(slot + (sectors - old) * SECTOR, buffer, old * SECTOR) != 0))
            wrong++;
        uint32_t from = turn * step, first = sectors - from;
        check(
            ata_dma(&disk, ATA_READ_DMA, lba + from, first, ata_prd(slot, first * SECTOR), false) &&
                (from == 0 || ata_dma(&disk, ATA_READ_DMA, lba, from,
                                      ata_prd(slot + first * SECTOR, from * SECTOR), false)),
            "work: status %x error %x", disk.status, disk.error);
        if (n % SLOTS == SLOTS - 1)
            net_exchange(&nic, param_ip("ip", 0x0a090002), "mac");
    }
    data("filled=%u", n);
    check(wrong == 0, "work: %u times a slot was not what was read into it last", wrong);
}

static void reset(const char *how)
{
    if (is(how, "reset")) {
        outb(KBD_COMMAND, KBD_PULSE_RESET);
    } else if (is(how, "cf9")) {
        outb(RESET_CONTROL, 0x02); /* a hard reset, at the change of bit 2 */
        outb(RESET_CONTROL, 0x06);
    } else {
        static const struct __attribute__((packed)) {
            uint16_t limit;
            uint32_t base;
        } empty = {0, 0};
        __asm__ volatile("lidt %0; int3" : : "m"(empty));
    }
    time_sleep(5000);
    test_failure("still running five seconds after the reset request");
}

static void cpuid(uint32_t leaf, uint32_t r[4])
{
    __asm__ volatile("cpuid" : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3]) : "a"(leaf), "c"(0));
}

/* Tells Xen why the guest ends. Returns what the hypercall does; -1 when there is no Xen. */
static int32_t shutdown(uint32_t reason)
{
    static uint8_t *page;
    uint32_t r[4];
    int32_t rc = -1;
    for (uint32_t base = XEN_CPUID; base < XEN_CPUID + 0x10000; base += 0x100) {
        cpuid(base, r);
        if (memcmp(&r[1], "XenVMMXenVMM", 12) != 0)
            continue;
        if (!page)
            page = dma_alloc(4096, 4096);
        cpuid(base + 2, r);
        __asm__ volatile("wrmsr" : : "c"(r[1]), "a"((uint32_t)(uintptr_t)page), "d"(0) : "memory");
        __asm__ volatile("call *%1"
                         : "=a"(rc)
                         : "r"(page + HYPERCALL_SCHED_OP * HYPERCALL_BYTES), "b"(SCHEDOP_SHUTDOWN),
                           "c"(&reason)
                         : "memory");
        break;
    }
    return rc;
}

static void read_cd(void)
{
    static const uint8_t ready[12] = {0x00}, sense[12] = {0x03, 0, 0, 0, 18};
    static const uint8_t capacity[12] = {0x25}, descriptor[12] = {0x28, 0, 0, 0, 0, 16, 0, 0, 1};
    static struct ata drive;
    static uint8_t *buf;
    if (!buf)
        buf = dma_alloc(2048, 16);
    ata_need(&drive, 1, 0, true);
    /* A new medium is told as an error, once or twice. */
    for (unsigned i = 0; !atapi_packet(&drive, ready, buf, 0, false, NULL); i++) {
        check(atapi_packet(&drive, sense, buf, 18, false, NULL), "cd: no sense: status %x",
              drive.status);
        if (buf[12] == 0x3a && i >= 3) {
            data("cd=none");
            return;
        }
        if (!check(i < 10, "cd: not ready: sense %x/%02x", buf[2] & 15u, buf[12]))
            return;
    }
    if (!check(atapi_packet(&drive, capacity, buf, 8, false, NULL), "cd: no capacity"))
        return;
    uint32_t sectors = ((uint32_t)buf[0] << 24 | buf[1] << 16 | buf[2] << 8 | buf[3]) + 1;
    if (check(atapi_packet(&drive, descriptor, buf, 2048, false, NULL), "cd: status %x error %x",
              drive.status, drive.error))
        data("cd=%u:%u", sectors, cksum_finish(cksum_feed(0, buf, 2048), 2048));
}

static void open_devices(void)
{
    ata_need(&disk, 0, 0, false);
    if (!e1000_open(&nic, 0))
        test_error("no e1000");
}

/* Returns false when the guest is to end. */
static bool obey(const char *line)
{
    if (is(line, "off"))
        return false;
    if (is(line, "disk"))
        read_disk();
    else if (is(line, "net"))
        net_exchange(&nic, param_ip("ip", 0x0a090002), "mac");
    else if (is(line, "work"))
        work();
    else if (is(line, "reset") || is(line, "cf9") || is(line, "triple"))
        reset(line);
    else if (is(line, "soft"))
        check(shutdown(SHUTDOWN_SOFT_RESET) == 0, "the hypercall failed");
    else if (is(line, "crash"))
        check(shutdown(SHUTDOWN_CRASH) == 0, "the hypercall failed");
    else if (is(line, "suspend")) {
        if (check(acpi_suspend(), "no S3"))
            open_devices();
    } else if (is(line, "cpus"))
        data("cpus=%x", inb(CPU_MAP));
    else if (is(line, "nmi"))
        data("nmi=%u", nmi_count());
    else if (is(line, "cd"))
        read_cd();
    else if (is(line, "events")) {
        uint16_t events = inw(acpi_tables(NULL)->pm1a_evt);
        outw(acpi_tables(NULL)->pm1a_evt, events & (uint16_t)~PWRBTN_STS);
        data("sleep_button=%u", !!(events & SLPBTN_STS));
    } else
        test_failure("no such order: %s", line);
    data("done=%s", line);
    return true;
}

void test_main(void)
{
    const char *why = "";
    const struct acpi *a = acpi_tables(&why);
    if (!a || !a->pm1a_evt)
        test_error("no power button: %s", why);
    open_devices();
    nmi_expect();
    buffer = dma_alloc(param_u32("data_sectors", 0) * SECTOR, 0x10000);
    outw(a->pm1a_evt, PWRBTN_STS);
    note("ready");
    for (;;) {
        const char *line = console_line();
        if (line && !obey(line))
            break;
        if (inw(a->pm1a_evt) & PWRBTN_STS) {
            outw(a->pm1a_evt, PWRBTN_STS);
            note("power button");
            break;
        }
        cpu_wait();
    }
    check(true, "ended as ordered");
}
