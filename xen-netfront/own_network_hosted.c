/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * Entries of the stub domain's own network for hosted tests (platform/hosted/hosted.h). The rump
 * kernel's TCP/IP is played here: it writes down which addresses it is given, and which frames.
 */
#include "core/errno.h"
#include "core/log.h"
#include "core/string.h"
#include "dhcp.h"
#include "netfront.h"
#include "own_network.h"
#include "platform/hosted/hosted.h"
#include "rumpuser/context.h"
#include "rumpuser/virtif.h"

HOSTED_API int64_t hosted_own_parse(uint64_t text, uint64_t out);
HOSTED_API int64_t hosted_own_start(void);
HOSTED_API int64_t hosted_own_told(uint64_t out, uint64_t size);
HOSTED_API int64_t hosted_own_dhcp(uint64_t frame, uint64_t len, uint64_t mac, uint64_t xid);

static struct {
    char told[4096]; /* a line for each call */
    size_t size;
    struct virtif_user *user;
} played;

static void tell(const char *what, const struct rump_inet *a, unsigned prefix)
{
    char line[128];
    int n = ksnprintf(line, sizeof(line), "%s", what);

    for (unsigned i = 0; a != NULL && i < a->size; i++)
        n += ksnprintf(line + n, sizeof(line) - (size_t)n, i == 0 ? " %02x" : "%02x", a->bytes[i]);
    if (prefix != 0)
        n += ksnprintf(line + n, sizeof(line) - (size_t)n, "/%u", prefix);
    if (played.size + (size_t)n + 2 > sizeof(played.told))
        return;
    memcpy(played.told + played.size, line, (size_t)n);
    played.size += (size_t)n;
    played.told[played.size++] = '\n';
}

int rump_if_create(const char *name)
{
    uint8_t mac[6] = {0};
    int error;

    rumpuser_enter_kernel();
    error = rumpcomp_virt_create(name + 4, NULL, mac, &played.user);
    rumpuser_leave_kernel();
    if (error == 0)
        tell(name, NULL, 0);
    return -error; /* all of them below 35, where Linux and NetBSD agree */
}

int rump_if_up(const char *name)
{
    (void)name;
    tell("up", NULL, 0);
    return 0;
}

int rump_if_add_address(const char *name, const struct rump_inet *address, unsigned prefix)
{
    (void)name;
    tell("add", address, prefix);
    return 0;
}

int rump_if_remove_address(const char *name, const struct rump_inet *address)
{
    (void)name;
    tell("remove", address, 0);
    return 0;
}

int rump_default_route(const struct rump_inet *gateway, bool add)
{
    tell(add ? "route" : "unroute", gateway, 0);
    return 0;
}

void rump_virtif_virt_deliverpkt(struct virtif_sc *sc, struct rumpuser_iovec *iov, size_t n)
{
    (void)sc, (void)iov, (void)n;
    tell("frame", NULL, 0);
}

/* The vif that is meant; what the words ask for are lines of text in out, which has 4 KiB. -EINVAL.
 */
int64_t hosted_own_parse(uint64_t text, uint64_t out)
{
    struct own_network net;

    if (!own_network_parse((const char *)(uintptr_t)text, &net))
        return -EINVAL;
    played.size = 0;
    if (net.dhcp)
        tell("dhcp", NULL, 0);
    for (const struct own_addresses *a = &net.inet;; a = &net.inet6) {
        if (a->has_address)
            tell("add", &a->address, a->prefix);
        if (a->has_gateway)
            tell("route", &a->gateway, 0);
        if (a == &net.inet6)
            break;
    }
    tell("", NULL, 0);
    played.told[played.size - 1] = '\0';
    kstrlcpy((char *)(uintptr_t)out, played.told, sizeof(played.told));
    played.size = 0;
    return (int64_t)net.vif;
}

/* As the boot sequence does it: the vifs it takes. */
int64_t hosted_own_start(void)
{
    return own_network_init();
}

/* Takes what was written down since the last call: lines of text. Their bytes. */
int64_t hosted_own_told(uint64_t out, uint64_t size)
{
    size_t n = played.size < size ? played.size : size;

    memcpy((void *)(uintptr_t)out, played.told, n);
    played.size = 0;
    return (int64_t)n;
}

/* dhcp_read() for a client of that address and exchange: enum dhcp_kind. */
int64_t hosted_own_dhcp(uint64_t frame, uint64_t len, uint64_t mac, uint64_t xid)
{
    struct dhcp_client client = {.xid = (uint32_t)xid};
    struct dhcp_lease lease;

    memcpy(client.mac, (const void *)(uintptr_t)mac, sizeof(client.mac));
    return dhcp_read(&client, (const uint8_t *)(uintptr_t)frame, len, &lease);
}
