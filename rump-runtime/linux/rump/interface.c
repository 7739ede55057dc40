/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * interface.c - network interfaces of the rump kernel: their addresses, and the routes out. The
 * requests and messages are NetBSD's, of <sys/sockio.h>, <net/if.h>, <netinet6/in6_var.h> and
 * <net/route.h>.
 */
#include "core/errno.h"
#include "core/string.h"
#include "linux/rump/rump_glue.h"
#include "linux/rump/rumpfile.h"

#define NAME_SIZE   16
#define INET_SIZE   4
#define INET6_SIZE  16
#define NB_IFF_UP   0x0001
#define NB_AF_ROUTE 34

struct nb_sockaddr_in {
    uint8_t sin_len, sin_family;
    uint16_t sin_port;
    uint8_t sin_addr[INET_SIZE];
    uint8_t sin_zero[8];
};

struct nb_sockaddr_in6 {
    uint8_t sin6_len, sin6_family;
    uint16_t sin6_port;
    uint32_t sin6_flowinfo;
    uint8_t sin6_addr[INET6_SIZE];
    uint32_t sin6_scope_id;
};

struct nb_ifreq {
    char ifr_name[NAME_SIZE];
    union {
        int16_t flags;
        struct nb_sockaddr_in addr;
        uint64_t space[16];
    } u;
};
_Static_assert(sizeof(struct nb_ifreq) == 144, "its size is in the requests' numbers");

struct nb_ifaliasreq {
    char ifra_name[NAME_SIZE];
    struct nb_sockaddr_in ifra_addr, ifra_broadaddr, ifra_mask;
};
_Static_assert(sizeof(struct nb_ifaliasreq) == 64, "its size is in the requests' numbers");

struct nb_in6_aliasreq {
    char ifra_name[NAME_SIZE];
    struct nb_sockaddr_in6 ifra_addr, ifra_dstaddr, ifra_prefixmask;
    int32_t ifra_flags;
    int64_t ia6t_expire, ia6t_preferred;
    uint32_t ia6t_vltime, ia6t_pltime; /* seconds */
};
_Static_assert(sizeof(struct nb_in6_aliasreq) == 128, "its size is in the requests' numbers");

#define NB_SIOCSIFFLAGS    NB_IOC(NB_IOC_IN, 'i', 16, sizeof(struct nb_ifreq))
#define NB_SIOCGIFFLAGS    NB_IOC(NB_IOC_IN | NB_IOC_OUT, 'i', 17, sizeof(struct nb_ifreq))
#define NB_SIOCDIFADDR     NB_IOC(NB_IOC_IN, 'i', 25, sizeof(struct nb_ifreq))
#define NB_SIOCAIFADDR     NB_IOC(NB_IOC_IN, 'i', 26, sizeof(struct nb_ifaliasreq))
#define NB_SIOCAIFADDR_IN6 NB_IOC(NB_IOC_IN, 'i', 107, sizeof(struct nb_in6_aliasreq))
#define NB_SIOCIFCREATE    NB_IOC(NB_IOC_IN, 'i', 122, sizeof(struct nb_ifreq))
#define NB_ND6_FOR_EVER    UINT32_MAX

/* Version 4 of the routing messages, in all releases since 6. */
struct nb_rt_msghdr {
    uint16_t rtm_msglen __attribute__((aligned(8)));
    uint8_t rtm_version, rtm_type;
    uint16_t rtm_index;
    int32_t rtm_flags, rtm_addrs, rtm_pid, rtm_seq, rtm_errno, rtm_use, rtm_inits;
    uint64_t rtm_rmx[10];
};
#define NB_RTM_VERSION 4
#define NB_RTM_ADD     1
#define NB_RTM_DELETE  2
#define NB_RTF_UP      0x1
#define NB_RTF_GATEWAY 0x2
#define NB_RTF_STATIC  0x800
#define NB_RTA_DST     0x1
#define NB_RTA_GATEWAY 0x2
#define NB_RTA_NETMASK 0x4

/* ---- addresses ------------------------------------------------------------------------------- */

static struct nb_sockaddr_in sockaddr_in(const uint8_t *address)
{
    struct nb_sockaddr_in sin = {.sin_len = sizeof(sin), .sin_family = NB_AF_INET};

    memcpy(sin.sin_addr, address, sizeof(sin.sin_addr));
    return sin;
}

static struct nb_sockaddr_in6 sockaddr_in6(const uint8_t *address)
{
    struct nb_sockaddr_in6 sin6 = {.sin6_len = sizeof(sin6), .sin6_family = NB_AF_INET6};

    memcpy(sin6.sin6_addr, address, sizeof(sin6.sin6_addr));
    return sin6;
}

static void prefix_mask(unsigned prefix, uint8_t *mask, size_t size)
{
    memset(mask, 0, size);
    for (unsigned i = 0; i < prefix && i < 8 * size; i++)
        mask[i / 8] |= (uint8_t)(0x80 >> i % 8);
}

/* ---- requests -------------------------------------------------------------------------------- */

/* One ioctl on a socket made for it. */
static int request(int domain, unsigned long number, void *argument)
{
    long rc;
    int fd;

    rump_attach();
    rc = rump_result(rump___sysimpl_socket30(domain, NB_SOCK_DGRAM, 0));
    if (rc < 0)
        return (int)rc;
    fd = (int)rc;
    rc = rump_result(rump___sysimpl_ioctl(fd, number, argument));
    (void)rump___sysimpl_close(fd);
    return rc < 0 ? (int)rc : 0;
}

static struct nb_ifreq ifreq(const char *name)
{
    struct nb_ifreq req;

    memset(&req, 0, sizeof(req));
    kstrlcpy(req.ifr_name, name, sizeof(req.ifr_name));
    return req;
}

int rump_if_create(const char *name)
{
    struct nb_ifreq req = ifreq(name);

    return request(NB_AF_INET, NB_SIOCIFCREATE, &req);
}

int rump_if_up(const char *name)
{
    struct nb_ifreq req = ifreq(name);
    int rc = request(NB_AF_INET, NB_SIOCGIFFLAGS, &req);

    if (rc < 0)
        return rc;
    req.u.flags |= NB_IFF_UP;
    return request(NB_AF_INET, NB_SIOCSIFFLAGS, &req);
}

static int add_inet(const char *name, const uint8_t *address, unsigned prefix)
{
    struct nb_ifaliasreq req;
    uint8_t mask[INET_SIZE], all[INET_SIZE];

    memset(&req, 0, sizeof(req));
    kstrlcpy(req.ifra_name, name, sizeof(req.ifra_name));
    prefix_mask(prefix, mask, sizeof(mask));
    for (int i = 0; i < INET_SIZE; i++)
        all[i] = address[i] | (uint8_t)~mask[i];
    req.ifra_addr = sockaddr_in(address);
    req.ifra_broadaddr = sockaddr_in(all);
    req.ifra_mask = sockaddr_in(mask);
    return request(NB_AF_INET, NB_SIOCAIFADDR, &req);
}

static int add_inet6(const char *name, const uint8_t *address, unsigned prefix)
{
    struct nb_in6_aliasreq req;
    uint8_t mask[INET6_SIZE];

    memset(&req, 0, sizeof(req));
    kstrlcpy(req.ifra_name, name, sizeof(req.ifra_name));
    prefix_mask(prefix, mask, sizeof(mask));
    req.ifra_addr = sockaddr_in6(address);
    req.ifra_prefixmask = sockaddr_in6(mask);
    req.ia6t_vltime = req.ia6t_pltime = NB_ND6_FOR_EVER;
    return request(NB_AF_INET6, NB_SIOCAIFADDR_IN6, &req);
}

int rump_if_add_address(const char *name, const struct rump_inet *address, unsigned prefix)
{
    return address->size == INET_SIZE ? add_inet(name, address->bytes, prefix)
                                      : add_inet6(name, address->bytes, prefix);
}

int rump_if_remove_address(const char *name, const struct rump_inet *address)
{
    struct nb_ifreq req = ifreq(name);

    if (address->size != INET_SIZE)
        return -EOPNOTSUPP;
    req.u.addr = sockaddr_in(address->bytes);
    return request(NB_AF_INET, NB_SIOCDIFADDR, &req);
}

/* ---- routes ---------------------------------------------------------------------------------- */

int rump_default_route(const struct rump_inet *gateway, bool add)
{
    static const uint8_t any[INET6_SIZE];
    bool inet = gateway->size == INET_SIZE;
    struct {
        struct nb_rt_msghdr header;
        union {
            struct {
                struct nb_sockaddr_in destination, gateway, mask;
            } inet;
            struct { /* each begins at a multiple of eight */
                struct nb_sockaddr_in6 destination;
                uint32_t pad1;
                struct nb_sockaddr_in6 gateway;
                uint32_t pad2;
                struct nb_sockaddr_in6 mask;
                uint32_t pad3;
            } inet6;
        } u;
    } message;
    long rc;
    int fd;

    memset(&message, 0, sizeof(message));
    if (inet) {
        message.u.inet.destination = message.u.inet.mask = sockaddr_in(any);
        message.u.inet.gateway = sockaddr_in(gateway->bytes);
    } else {
        message.u.inet6.destination = message.u.inet6.mask = sockaddr_in6(any);
        message.u.inet6.gateway = sockaddr_in6(gateway->bytes);
    }
    message.header = (struct nb_rt_msghdr){
        .rtm_msglen = (uint16_t)(sizeof(message.header) +
                                 (inet ? sizeof(message.u.inet) : sizeof(message.u.inet6))),
        .rtm_version = NB_RTM_VERSION,
        .rtm_type = add ? NB_RTM_ADD : NB_RTM_DELETE,
        .rtm_flags = NB_RTF_UP | NB_RTF_GATEWAY | NB_RTF_STATIC,
        .rtm_addrs = NB_RTA_DST | NB_RTA_GATEWAY | NB_RTA_NETMASK,
        .rtm_seq = 1,
    };
    rump_attach();
    rc = rump_result(rump___sysimpl_socket30(NB_AF_ROUTE, NB_SOCK_RAW, 0));
    if (rc < 0)
        return (int)rc;
    fd = (int)rc;
    rc = rump_result(rump___sysimpl_write(fd, &message, message.header.rtm_msglen));
    (void)rump___sysimpl_close(fd);
    return rc < 0 ? (int)rc : 0;
}
