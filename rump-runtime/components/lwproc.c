/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* lwproc.c - processes and their threads of execution. */
#include "components/fs.h"
#include "components/kern.h"

static struct list procs = LIST_INIT(procs);
static int next_pid;

/* Takes references of cwd and root. */
static int proc_create(struct fdtable *fdt, struct node *cwd, struct node *root, uint32_t mask,
                       struct proc **pp)
{
    struct proc *p = kern_alloc(sizeof(*p));

    if (p == NULL)
        return NB_ENOMEM;
    list_init(&p->lwps);
    p->pid = next_pid++;
    p->fdt = fdt;
    node_ref(cwd);
    p->cwd = cwd;
    node_ref(root);
    p->root = root;
    p->umask = mask;
    list_add_tail(&procs, &p->link);
    *pp = p;
    return 0;
}

static void proc_free(struct proc *p)
{
    list_remove(&p->link);
    fdtable_put(p->fdt);
    fs_enter();
    node_unref(p->cwd);
    node_unref(p->root);
    fs_exit();
    kern_free(p, sizeof(*p));
}

/* Process 0 is the kernel's own, process 1 stands in for threads that never asked for one. */
void lwproc_init(void)
{
    for (int i = 0; i < 2; i++) {
        struct fdtable *fdt;
        struct proc *p;

        if (fdtable_create(&fdt) != 0)
            kern_panic("memory for the first processes");
        if (proc_create(fdt, fs_root(), fs_root(), 022, &p) != 0)
            kern_panic("memory for the first processes");
    }
}

static struct proc *proc_find(int pid)
{
    list_for_each(it, &procs)
    {
        struct proc *p = container_of(it, struct proc, link);

        if (p->pid == pid)
            return p;
    }
    return NULL;
}

int lwproc_newlwp(int pid, struct lwp **lp)
{
    struct proc *p = proc_find(pid);
    struct lwp *l;

    if (p == NULL)
        return NB_ESRCH;
    l = kern_alloc(sizeof(*l));
    if (l == NULL)
        return NB_ENOMEM;
    l->proc = p;
    list_add_tail(&p->lwps, &l->link);
    rumpuser_curlwpop(RUMPUSER_LWP_CREATE, l);
    *lp = l;
    return 0;
}

void lwproc_free(struct lwp *l)
{
    struct proc *p = l->proc;

    list_remove(&l->link);
    rumpuser_curlwpop(RUMPUSER_LWP_DESTROY, l);
    kern_free(l, sizeof(*l));
    if (list_empty(&p->lwps) && p->pid > 1)
        proc_free(p);
}

int lwproc_rfork(int flags, struct lwp **lp)
{
    struct proc *parent = curproc(), *p;
    struct fdtable *fdt = parent->fdt;
    int error = 0;

    if ((flags & RUMP_RFFDG) != 0 && (flags & RUMP_RFCFDG) != 0)
        return NB_EINVAL;
    if ((flags & RUMP_RFCFDG) != 0)
        error = fdtable_create(&fdt);
    else if ((flags & RUMP_RFFDG) != 0)
        error = fdtable_copy(parent->fdt, &fdt);
    else
        fdtable_ref(fdt);
    if (error != 0)
        return error;
    error = proc_create(fdt, parent->cwd, parent->root, parent->umask, &p);
    if (error != 0) {
        fdtable_put(fdt);
        return error;
    }
    error = lwproc_newlwp(p->pid, lp);
    if (error != 0)
        proc_free(p);
    return error;
}
