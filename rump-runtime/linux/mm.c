/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * The memory system calls, over core/vm.h.
 *
 * Policy: a page of the program is never writable and executable at once (EACCES), as under
 * SELinux's execmem rule; mprotect may go from one to the other. Anonymous memory is demand-zero.
 * One process: MAP_SHARED and MAP_PRIVATE are the same for anonymous memory. Devices and memory
 * files map themselves; a private mapping of a regular file is a copy, or in place where the file
 * says that it stays as it is; a shared one goes by filemap.h.
 */
#include "core/log.h"
#include "core/memory.h"
#include "core/string.h"
#include "core/vm.h"
#include "linux/fdtable.h"
#include "linux/filemap.h"
#include "linux/memfd.h"
#include "linux/process.h"
#include "linux/syscall.h"
#include "linux/uaccess.h"

static bool unaligned(uintptr_t v)
{
    return v & PLAT_PAGE_MASK;
}

/* Length in whole pages; 0 when it overflows. */
static size_t page_round(size_t len)
{
    return (len + PLAT_PAGE_MASK) & ~(size_t)PLAT_PAGE_MASK;
}

/* On x86-64 every mapping that can be written or executed can be read. */
static unsigned plat_prot(unsigned prot)
{
    unsigned p = PLAT_PROT_NONE;

    if (prot & (PROT_READ | PROT_WRITE | PROT_EXEC))
        p |= PLAT_PROT_READ;
    if (prot & PROT_WRITE)
        p |= PLAT_PROT_WRITE;
    if (prot & PROT_EXEC)
        p |= PLAT_PROT_EXEC;
    return p;
}

static bool write_and_exec(unsigned prot)
{
    return (prot & PROT_WRITE) && (prot & PROT_EXEC);
}

/* Are all pages of the range mapped, whatever their protection? */
static bool range_mapped(uintptr_t va, size_t len)
{
    return vm_access_ok(va, len, PLAT_PROT_NONE);
}

static int fixed_range_check(uintptr_t va, size_t len)
{
    uintptr_t low, high;

    plat_program_range(&low, &high);
    if (unaligned(va))
        return -EINVAL;
    if (va < low)
        return -EPERM; /* the null page and what is near it */
    if (va >= high || len > high - va)
        return -ENOMEM;
    return 0;
}

/* The file's whole pages from off on that can be mapped where they lie: *data, and their bytes. */
static size_t pages_in_place(struct file *f, int64_t off, size_t len, const void **data)
{
    size_t there = 0;

    *data = f->ops->in_place != NULL ? f->ops->in_place(f, off, &there) : NULL;
    if (*data == NULL || unaligned((uintptr_t)*data))
        return 0;
    return (there < len ? there : len) & ~(size_t)PLAT_PAGE_MASK;
}

/* The file's bytes for the program alone: in place as far as that goes, else a copy. */
static intptr_t map_private(struct file *f, uintptr_t va, size_t len, unsigned prot,
                            unsigned vm_flags, int64_t off)
{
    const void *data;
    struct kiovec iov;
    size_t in_place;
    intptr_t at;
    long rc = 0;

    if (f->ops->readv == NULL || f->ops->seek == NULL)
        return -ENODEV;
    at = vm_map_anon(va, len, PLAT_PROT_READ | PLAT_PROT_WRITE, vm_flags);
    if (at < 0)
        return at;
    in_place = pages_in_place(f, off, len, &data);
    iov = (struct kiovec){(char *)at + in_place, len - in_place};
    off += (int64_t)in_place;
    if (iov.len > 0)
        rc = vm_populate((uintptr_t)iov.base, iov.len, true);
    if (rc == 0 && iov.len > 0)
        rc = f->ops->readv(f, &iov, 1, &off);
    if (rc >= 0 && iov.len > 0 && prot != (PLAT_PROT_READ | PLAT_PROT_WRITE))
        rc = vm_protect((uintptr_t)iov.base, iov.len, prot);
    if (rc >= 0 && in_place > 0) {
        intptr_t there = vm_map_ramdisk((uintptr_t)at, in_place, data, prot, VM_FIXED);

        rc = there < 0 ? there : 0;
    }
    if (rc < 0) {
        vm_unmap((uintptr_t)at, len);
        return rc;
    }
    return at;
}

static intptr_t map_file(struct file *f, uintptr_t va, size_t len, unsigned prot, unsigned vm_flags,
                         int64_t off, bool shared)
{
    int64_t end;

    if (!file_can_read(f))
        return -EACCES;
    if (shared && (prot & PROT_WRITE) && !file_can_write(f))
        return -EACCES;
    if (__builtin_add_overflow(off, (int64_t)len, &end))
        return -EOVERFLOW;
    /* A private mapping of a memory file must not show later writes to the file's own pages. */
    if (f->ops->mmap != NULL && (shared || !file_is_memfd(f)))
        return f->ops->mmap(f, va, len, plat_prot(prot), vm_flags, off);
    if (shared)
        return filemap_mmap(f, va, len, plat_prot(prot), vm_flags, off);
    if (filemap_count)
        filemap_flush(f); /* the copy shows what shared mappings wrote */
    return map_private(f, va, len, plat_prot(prot), vm_flags, off);
}

long sys_mmap(uintptr_t va, size_t len, unsigned prot, unsigned flags, int fd, int64_t off)
{
    unsigned type = flags & MAP_TYPE, vm_flags = 0;
    struct file *f;
    intptr_t at;
    int rc;

    if (len == 0 || unaligned((uintptr_t)off) || off < 0)
        return -EINVAL;
    if (type != MAP_SHARED && type != MAP_PRIVATE && type != MAP_SHARED_VALIDATE)
        return -EINVAL;
    len = page_round(len);
    if (len == 0)
        return -ENOMEM;
    if (flags & MAP_HUGETLB)
        return -ENOMEM; /* no huge pages are set aside */
    if (write_and_exec(prot))
        return -EACCES;
    if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
        rc = fixed_range_check(va, len);
        if (rc < 0)
            return rc;
        vm_flags |= VM_FIXED;
        if (flags & MAP_FIXED_NOREPLACE)
            vm_flags |= VM_NOREPLACE;
        else
            user_leave(va, len);
    } else {
        va &= ~(uintptr_t)PLAT_PAGE_MASK;
    }
    if (flags & MAP_ANONYMOUS) {
        if ((flags & MAP_POPULATE) && prot)
            vm_flags |= VM_POPULATE;
        return vm_map_anon(va, len, plat_prot(prot), vm_flags);
    }
    f = fd_get(fd);
    if (f == NULL)
        return -EBADF;
    at = map_file(f, va, len, prot, vm_flags, off, type != MAP_PRIVATE);
    file_unref(f);
    return at;
}

long sys_munmap(uintptr_t va, size_t len)
{
    uintptr_t low, high;

    if (unaligned(va) || len == 0)
        return -EINVAL;
    len = page_round(len);
    plat_program_range(&low, &high);
    if (len == 0 || va >= high || len > high - va)
        return -EINVAL;
    if (va < low) { /* nothing can be mapped there: fine as long as the rest is */
        if (len <= low - va)
            return 0;
        len -= low - va;
        va = low;
    }
    user_leave(va, len);
    return vm_unmap(va, len);
}

long sys_mprotect(uintptr_t va, size_t len, unsigned prot)
{
    if (unaligned(va))
        return -EINVAL;
    if (prot & (PROT_GROWSDOWN | PROT_GROWSUP))
        return -EINVAL;
    if (len == 0)
        return 0;
    len = page_round(len);
    if (len == 0 || va + len < va)
        return -ENOMEM;
    if (prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC))
        return -EINVAL;
    if (!range_mapped(va, len))
        return -ENOMEM;
    if (write_and_exec(prot))
        return -EACCES;
    user_leave(va, len);
    return vm_protect(va, len, plat_prot(prot));
}

long sys_brk(uintptr_t want)
{
    uintptr_t old = process.brk, start = process.brk_start;
    uintptr_t old_end = page_round(old), new_end = page_round(want);

    if (want < start || new_end < want)
        return (long)old;
    if (new_end > old_end) {
        if (vm_map_anon(old_end, new_end - old_end, PLAT_PROT_READ | PLAT_PROT_WRITE,
                        VM_FIXED | VM_NOREPLACE) < 0)
            return (long)old;
    } else if (new_end < old_end) {
        user_leave(new_end, old_end - new_end);
        if (vm_unmap(new_end, old_end - new_end) < 0)
            return (long)old;
    }
    process.brk = want;
    return (long)want;
}

long sys_mremap(uintptr_t va, size_t old_len, size_t new_len, unsigned flags, uintptr_t new_va)
{
    bool fixed = flags & MREMAP_FIXED;
    int rc;

    if ((flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED)) || (fixed && !(flags & MREMAP_MAYMOVE)))
        return -EINVAL;
    if (unaligned(va))
        return -EINVAL;
    old_len = page_round(old_len);
    new_len = page_round(new_len);
    if (new_len == 0 || old_len == 0)
        return -EINVAL;
    if (fixed) {
        rc = fixed_range_check(new_va, new_len);
        if (rc < 0)
            return rc == -ENOMEM ? -EINVAL : rc;
        user_leave(new_va, new_len);
    }
    user_leave(va, old_len);
    if (!range_mapped(va, old_len))
        return -EFAULT;
    return vm_remap(va, old_len, new_len, flags & MREMAP_MAYMOVE, fixed, new_va);
}

/*
 * Writes every shared file mapping back: simpler than finding those in the range, and there are
 * hardly any.
 */
long sys_msync(uintptr_t va, size_t len, int flags)
{
    if (unaligned(va) || (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) ||
        (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC))
        return -EINVAL;
    if (len == 0)
        return 0;
    len = page_round(len);
    if (len == 0 || !range_mapped(va, len))
        return -ENOMEM;
    return filemap_count ? filemap_flush(NULL) : 0;
}

long sys_mincore(uintptr_t va, size_t len, uintptr_t uvec)
{
    if (unaligned(va))
        return -EINVAL;
    len = page_round(len);
    if (!range_mapped(va, len))
        return -ENOMEM;
    for (size_t i = 0; i < len >> PLAT_PAGE_SHIFT; i++) {
        unsigned char present = plat_present(va + (i << PLAT_PAGE_SHIFT));
        int rc = copy_to_user(uvec + i, &present, 1);

        if (rc < 0)
            return rc;
    }
    return 0;
}

static long discard(uintptr_t va, size_t len)
{
    int rc = vm_discard(va, len);

    /* Pages that belong to a file or another domain are not ours to drop. */
    return rc == -EINVAL ? 0 : rc;
}

long sys_madvise(uintptr_t va, size_t len, int advice)
{
    if (advice != MADV_DONTNEED && advice != MADV_FREE && advice > MADV_POPULATE_WRITE)
        return -EINVAL;
    if (advice < 0 || (advice > MADV_DONTNEED && advice < MADV_FREE) || unaligned(va))
        return -EINVAL;
    len = page_round(len);
    if (va + len < va)
        return -EINVAL;
    if (len == 0)
        return 0;
    if (!range_mapped(va, len))
        return -ENOMEM;
    switch (advice) {
    case MADV_DONTNEED:
    case MADV_FREE:
        return discard(va, len);
    case MADV_REMOVE:
        return -EINVAL;
    case MADV_POPULATE_READ:
        return vm_populate(va, len, false);
    case MADV_POPULATE_WRITE:
        return vm_populate(va, len, true);
    default:
        return 0; /* about swapping, forking, dumping, huge pages: no difference here */
    }
}

/* Memory is never paged out: once present it is locked. */
static long lock_range(uintptr_t va, size_t len, bool populate)
{
    uintptr_t start = va & ~(uintptr_t)PLAT_PAGE_MASK;

    len = page_round(len + (va - start));
    if (start + len < start)
        return -EINVAL;
    if (!range_mapped(start, len))
        return -ENOMEM;
    if (populate && vm_access_ok(start, len, PLAT_PROT_READ))
        return vm_populate(start, len, vm_access_ok(start, len, PLAT_PROT_WRITE));
    return 0;
}

long sys_mlock(uintptr_t va, size_t len)
{
    return lock_range(va, len, true);
}

long sys_mlock2(uintptr_t va, size_t len, unsigned flags)
{
    if (flags & ~MLOCK_ONFAULT)
        return -EINVAL;
    return lock_range(va, len, !(flags & MLOCK_ONFAULT));
}

long sys_munlock(uintptr_t va, size_t len)
{
    return lock_range(va, len, false);
}

/*
 * Does not fill what is mapped but untouched: with megabytes of reserved stacks that would be the
 * whole domain.
 */
long sys_mlockall(int flags)
{
    return flags == 0 || flags == MCL_ONFAULT || (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT))
               ? -EINVAL
               : 0;
}

long sys_munlockall(void)
{
    return 0;
}
