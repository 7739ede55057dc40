/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * /sys/bus/pci/devices/<address>/: config, resource, vendor, device, class and irq, as Linux'
 * sysfs has them (Documentation/ABI/testing/sysfs-bus-pci, Documentation/PCI/sysfs-pci.rst).
 */
#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "linux/abi.h"
#include "linux/file.h"
#include "passthrough/passthrough.h"
#include "passthrough/pci_devices.h"
#include "passthrough/pcifront.h"

#define SYSFS_PATH "/sys/bus/pci/devices/"

/*
 * Configuration space. QEMU's passthrough keeps to the conventional part but for one register: it
 * takes "device control 2" to be in every PCI Express capability, also in those of the first
 * version that end before it and near the end of that part, and fails when it cannot be read.
 * Nothing is written beyond; of a device that has no more the backend refuses the rest.
 */
#define CONFIG_SIZE       4096
#define CONFIG_WRITE_SIZE 256

/* Offsets in configuration space. */
#define VENDOR_ID          0x00u
#define DEVICE_ID          0x02u
#define CLASS_REVISION     0x08u
#define BASE_ADDRESSES     0x10u
#define BASE_ADDRESSES_END 0x28u
#define INTERRUPT_LINE     0x3cu

/* What a base address register says of its kind, beside the address. */
#define BASE_ADDRESS_KIND 0xfu

/* ---- config ---------------------------------------------------------------------------------- */

/* The largest access that begins at pos, is aligned to its size and has no more than len bytes. */
static unsigned access_size(int64_t pos, size_t len)
{
    if ((pos & 3) == 0 && len >= 4)
        return 4;
    return (pos & 1) == 0 && len >= 2 ? 2 : 1;
}

/* How many of len bytes at pos are before the end. */
static long config_len(int64_t pos, size_t len, long end)
{
    if (pos < 0)
        return -EINVAL;
    if (pos >= end)
        return 0;
    return len < (size_t)(end - pos) ? (long)len : end - (long)pos;
}

static bool is_base_address(int64_t pos)
{
    return pos >= BASE_ADDRESSES && pos < BASE_ADDRESSES_END;
}

/*
 * A base address register without the address, as after a reset. Where the host has the memory says
 * `resource`. QEMU shows a guest at first what `config` holds, and the firmware of guests does not
 * write the upper half of an address below 4 GiB: one above 4 GiB on the host would stay there.
 */
static int read_base_address(struct pci_device *dev, unsigned offset, uint32_t *value)
{
    int rc = pci_device_regions(dev);

    if (rc == 0)
        *value = (dev->regions[(offset - BASE_ADDRESSES) / 4].flags & BASE_ADDRESS_KIND) >>
                 (8 * (offset & 3));
    return rc;
}

static long config_readv(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    struct pci_device *dev = f->priv;
    struct iov_cursor to = iov_begin(iov, n);
    long len = config_len(*pos, kiovec_size(iov, n), CONFIG_SIZE), done = 0;

    if (len < 0)
        return len;
    while (done < len) {
        unsigned size = access_size(*pos, (size_t)(len - done));
        unsigned offset = (unsigned)*pos;
        uint32_t value;
        int rc = is_base_address(*pos) ? read_base_address(dev, offset, &value)
                                       : pcifront_read(&dev->shown, offset, size, &value);

        if (rc < 0)
            return done > 0 ? done : rc;
        iov_write(&to, &value, size);
        *pos += size;
        done += size;
    }
    return done;
}

static void tell_refusal(struct pci_device *dev, unsigned offset)
{
    if (dev->refusal_told)
        return;
    dev->refusal_told = true;
    log_warning("pci: dom0 refuses a write at %#x of %04x:%02x:%02x.%x; MSI and MSI-X need its "
                "address written to /sys/bus/pci/drivers/pciback/allow_interrupt_control there "
                "before the start, or permissive=1 in pci=[...]",
                offset, PCI_ADDRESS_ARGS(&dev->host));
}

static long config_writev(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    struct pci_device *dev = f->priv;
    struct iov_cursor from = iov_begin(iov, n);
    long len = config_len(*pos, kiovec_size(iov, n), CONFIG_WRITE_SIZE), done = 0;

    if (len < 0)
        return len;
    while (done < len) {
        unsigned size = access_size(*pos, (size_t)(len - done));
        uint32_t value = 0;
        int rc = 0;

        iov_read(&from, &value, size);
        /* The host does not move its devices; QEMU writes back what it has read. */
        if (!is_base_address(*pos))
            rc = pcifront_write(&dev->shown, (unsigned)*pos, size, value);
        if (rc == -EACCES)
            tell_refusal(dev, (unsigned)*pos);
        if (rc < 0)
            return done > 0 ? done : rc;
        *pos += size;
        done += size;
    }
    return done;
}

/* ---- text ------------------------------------------------------------------------------------ */

struct text {
    size_t size;
    char bytes[PCI_REGIONS * 57 + 1]; /* a line of `resource` has 57 */
};

static long text_readv(struct file *f, const struct kiovec *iov, int n, int64_t *pos)
{
    const struct text *text = f->priv;
    struct iov_cursor to = iov_begin(iov, n);
    size_t done;

    if (*pos < 0)
        return -EINVAL;
    if ((uint64_t)*pos >= text->size)
        return 0;
    done = iov_write(&to, text->bytes + *pos, text->size - (size_t)*pos);
    *pos += (int64_t)done;
    return (long)done;
}

static void text_release(struct file *f)
{
    kfree(f->priv);
}

static int write_resource(struct pci_device *dev, struct text *text)
{
    int rc = pci_device_regions(dev);

    for (unsigned i = 0; rc == 0 && i < PCI_REGIONS; i++) {
        const struct pci_region *r = &dev->regions[i];
        uint64_t last = r->size > 0 ? r->start + r->size - 1 : 0;

        text->size += (size_t)ksnprintf(text->bytes + text->size, sizeof(text->bytes) - text->size,
                                        "0x%016lx 0x%016lx 0x%016lx\n", (unsigned long)r->start,
                                        (unsigned long)last, (unsigned long)r->flags);
    }
    return rc;
}

/* The bits of a register from `shift` on, in that format. */
static int write_register(const struct pci_device *dev, struct text *text, unsigned offset,
                          unsigned size, unsigned shift, const char *format)
    __attribute__((format(printf, 6, 0)));

static int write_register(const struct pci_device *dev, struct text *text, unsigned offset,
                          unsigned size, unsigned shift, const char *format)
{
    uint32_t value;
    int rc = pcifront_read(&dev->shown, offset, size, &value);

    if (rc == 0)
        text->size = (size_t)ksnprintf(text->bytes, sizeof(text->bytes), format, value >> shift);
    return rc;
}

static int write_text(struct pci_device *dev, const char *name, struct text *text)
{
    if (strcmp(name, "resource") == 0)
        return write_resource(dev, text);
    if (strcmp(name, "vendor") == 0)
        return write_register(dev, text, VENDOR_ID, 2, 0, "0x%04x\n");
    if (strcmp(name, "device") == 0)
        return write_register(dev, text, DEVICE_ID, 2, 0, "0x%04x\n");
    if (strcmp(name, "class") == 0)
        return write_register(dev, text, CLASS_REVISION, 4, 8, "0x%06x\n");
    /* The backend answers with the number the interrupt has on the host, as xen-pciback does. */
    if (strcmp(name, "irq") == 0)
        return write_register(dev, text, INTERRUPT_LINE, 1, 0, "%u\n");
    return -ENOENT;
}

/* ---- files ----------------------------------------------------------------------------------- */

static int64_t node_seek(struct file *f, int64_t off, int whence)
{
    int64_t to;

    if (whence != SEEK_SET && whence != SEEK_CUR)
        return -EINVAL;
    if (__builtin_add_overflow(whence == SEEK_CUR ? f->pos : 0, off, &to) || to < 0)
        return -EINVAL;
    return to;
}

static void fill_stat(struct linux_stat *st, bool config)
{
    memset(st, 0, sizeof(*st));
    st->st_mode = S_IFREG | (config ? 0600 : 0400);
    st->st_nlink = 1;
    st->st_size = config ? CONFIG_SIZE : (int64_t)PLAT_PAGE_SIZE;
    st->st_blksize = PLAT_PAGE_SIZE;
}

static long config_stat(struct file *f, struct linux_stat *st)
{
    (void)f;
    fill_stat(st, true);
    return 0;
}

static long text_stat(struct file *f, struct linux_stat *st)
{
    (void)f;
    fill_stat(st, false);
    return 0;
}

static const struct file_ops config_ops = {
    .name = "pci config",
    .readv = config_readv,
    .writev = config_writev,
    .seek = node_seek,
    .stat = config_stat,
};

static const struct file_ops text_ops = {
    .name = "pci attribute",
    .readv = text_readv,
    .seek = node_seek,
    .stat = text_stat,
    .release = text_release,
};

/* The device of a path below SYSFS_PATH, and the name of its file. */
static struct pci_device *find(const char *rest, const char **name)
{
    struct pci_address address;

    if (!pci_address_parse(rest, &address, name) || *(*name)++ != '/')
        return NULL;
    return pci_device_find(&address);
}

static int open_file(const struct file_ops *ops, void *priv, unsigned flags, struct file **file)
{
    *file = file_create(ops, priv, flags);
    if (*file == NULL)
        return -ENOMEM;
    (*file)->has_pos = true;
    return 0;
}

static int open_text(struct pci_device *dev, const char *name, unsigned flags, struct file **file)
{
    struct text *text;
    int rc;

    text = kzalloc(sizeof(*text), MEM_BRIDGE);
    if (text == NULL)
        return -ENOMEM;
    rc = write_text(dev, name, text);
    if (rc == 0 && (flags & O_ACCMODE) != O_RDONLY)
        rc = -EACCES;
    if (rc == 0)
        rc = open_file(&text_ops, text, flags, file);
    if (rc < 0)
        kfree(text);
    return rc;
}

/*
 * The toolstack tells QEMU of a device when the backend is ready, and again for some seconds while
 * QEMU finds no file.
 */
static int node_open(struct device *d, const char *rest, unsigned flags, struct file **file)
{
    const char *name;
    struct pci_device *dev = find(rest, &name);

    (void)d;
    if (dev == NULL) {
        log_info("pci: %s%s: there is no such device (yet)", SYSFS_PATH, rest);
        return -ENOENT;
    }
    if (strcmp(name, "config") != 0)
        return open_text(dev, name, flags, file);
    log_info("pci: device %04x:%02x:%02x.%x opened, %04x:%02x:%02x.%x for the backend",
             PCI_ADDRESS_ARGS(&dev->host), PCI_ADDRESS_ARGS(&dev->shown));
    return open_file(&config_ops, dev, flags, file);
}

static int node_stat(struct device *d, const char *rest, struct linux_stat *st)
{
    static const char *const names[] = {"config", "resource", "vendor", "device", "class", "irq"};
    const char *name;

    (void)d;
    if (find(rest, &name) == NULL)
        return -ENOENT;
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) == 0) {
            fill_stat(st, i == 0);
            return 0;
        }
    }
    return -ENOENT;
}

void pci_sysfs_register(void)
{
    static struct device device = {
        .path = SYSFS_PATH,
        .prefix = true,
        .open = node_open,
        .stat = node_stat,
    };

    device_register(&device);
}
