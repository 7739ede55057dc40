/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* Starting the program. */
#include "core/elf.h"
#include "core/errno.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/ramdisk.h"
#include "core/string.h"
#include "linux/dev.h"
#include "linux/file.h"
#include "linux/linux.h"
#include "linux/process.h"
#include "linux/rump/rump_glue.h"
#include "linux/syscall.h"

/* Address space, as Linux's default limit; filled as it is used. */
#define MAIN_STACK ((size_t)8 << 20)
#define FIRST_FDS  3

int linux_init(void)
{
    struct file *console;

    process_init();
    dev_register();
    console = dev_console();
    if (console == NULL)
        return -ENOMEM;
    for (int fd = 0; fd < FIRST_FDS; fd++) {
        file_ref(console);
        fd_install_at(console, fd, false);
    }
    file_unref(console);
    return 0;
}

static void program_main(void *arg)
{
    struct elf_program prog = *(struct elf_program *)arg;

    kfree(arg);
    thread_current()->program_stack = prog.sp;
    plat_enter_program(prog.entry, prog.sp, thread_current()->stack_top);
}

static int load(const char *path, struct elf_program *prog)
{
    struct ramdisk_entry entry;
    const char *why = "unknown reason";
    int rc;

    while (*path == '/')
        path++;
    if (!ramdisk_find(path, &entry)) {
        log_error("program /%s: not in the ramdisk", path);
        return -ENOENT;
    }
    if ((uintptr_t)entry.data & PLAT_PAGE_MASK) {
        log_error("program /%s: its data in the ramdisk is not page-aligned", path);
        return -ENOEXEC;
    }
    rc = elf_load(entry.data, entry.size, prog, &why);
    if (rc < 0)
        log_error("program /%s: %s", path, why);
    return rc;
}

/* Everything up to a runnable first thread. 0 or a negative errno, said on the console. */
static int start(const char *path, const char *const argv[], const char *const envp[])
{
    struct elf_program *prog = kzalloc(sizeof(*prog), MEM_LINUX);
    const char *name = strrchr(path, '/');
    struct linux_thread *lt;
    struct thread *t;
    int rc;

    if (prog == NULL)
        return -ENOMEM;
    rc = load(path, prog);
    if (rc < 0) {
        kfree(prog);
        return rc;
    }
    prog->uid = (unsigned)sys_geteuid();
    prog->gid = (unsigned)sys_getegid();
    rc = elf_make_stack(prog, MAIN_STACK, argv, envp);
    if (rc < 0) {
        log_error("program %s: cannot make its stack: %s", path,
                  rc == -E2BIG ? "arguments are too long" : "out of memory");
        kfree(prog);
        return rc;
    }
    process.brk_start = process.brk = prog->brk;
    rump_layer_set_program(path);
    name = name != NULL ? name + 1 : path;
    t = thread_create(name, program_main, prog);
    lt = t != NULL ? linux_thread_attach(t, NULL) : NULL;
    if (lt == NULL)
        panic("out of memory: no room for the program's first thread");
    kstrlcpy(lt->comm, name, sizeof(lt->comm));
    return 0;
}

void linux_run_program(const char *path, const char *const argv[], const char *const envp[])
{
    if (start(path, argv, envp) < 0)
        linux_process_exit(LINUX_EXIT_CANNOT_RUN);
    for (;;) {
        thread_sleep_prepare();
        thread_sleep(NO_DEADLINE);
    }
}
