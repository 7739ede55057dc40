/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * network.c - the stub domain's own network, on the TCP/IP of NetBSD's rump kernel: one of its vifs
 * gets an address and perhaps a way out, as the command line says:
 *
 *   rump.net=VIF,ADDRESS/LENGTH[,GATEWAY]      rump.net=1,192.0.2.7/24,192.0.2.1
 *
 * What goes wrong is said in the log; the device model works without a network.
 */
#include "core/errno.h"
#include "core/log.h"
#include "core/string.h"
#include "linux/rump/rump_glue.h"
#include "linux/rump/rumpfile.h"

#define NAME_SIZE   16
#define TEXT_SIZE   64
#define ROUTE_MAX   512
#define NB_IFF_UP   0x0001
#define NB_AF_ROUTE 34

/* ---- what the command line says -------------------------------------------------------------- */

/* Addresses as bytes on the wire. */
struct network {
    unsigned vif;
    uint8_t address[4], mask[4], gateway[4];
    unsigned length; /* of the prefix */
    bool has_gateway;
};

static bool number(const char **at, unsigned most, unsigned *value)
{
    unsigned v = 0, digits = 0;

    for (; **at >= '0' && **at <= '9' && digits < 5; (*at)++, digits++)
        v = 10 * v + (unsigned)(**at - '0');
    *value = v;
    return digits > 0 && v <= most;
}

static bool literal(const char **at, char c)
{
    if (**at != c)
        return false;
    (*at)++;
    return true;
}

static bool address(const char **at, uint8_t bytes[4])
{
    for (int i = 0; i < 4; i++) {
        unsigned value;

        if ((i > 0 && !literal(at, '.')) || !number(at, 255, &value))
            return false;
        bytes[i] = (uint8_t)value;
    }
    return true;
}

static bool parse(const char *at, struct network *net)
{
    memset(net, 0, sizeof(*net));
    if (!number(&at, 255, &net->vif) || !literal(&at, ',') || !address(&at, net->address) ||
        !literal(&at, '/') || !number(&at, 32, &net->length))
        return false;
    for (unsigned i = 0; i < net->length; i++)
        net->mask[i / 8] |= (uint8_t)(0x80 >> i % 8);
    net->has_gateway = literal(&at, ',');
    return (!net->has_gateway || address(&at, net->gateway)) && *at == '\0';
}

/* ---- NetBSD's structures --------------------------------------------------------------------- */

struct nb_sockaddr_in {
    uint8_t sin_len, sin_family;
    uint16_t sin_port;
    uint8_t sin_addr[4];
    uint8_t sin_zero[8];
};

struct nb_ifreq {
    char ifr_name[NAME_SIZE];
    union {
        int16_t flags;
        uint64_t space[16];
    } u;
};
_Static_assert(sizeof(struct nb_ifreq) == 144, "its size is in the requests' numbers");

struct nb_ifaliasreq {
    char ifra_name[NAME_SIZE];
    struct nb_sockaddr_in ifra_addr, ifra_broadaddr, ifra_mask;
};

#define NB_SIOCSIFFLAGS NB_IOC(NB_IOC_IN, 'i', 16, sizeof(struct nb_ifreq))
#define NB_SIOCGIFFLAGS NB_IOC(NB_IOC_IN | NB_IOC_OUT, 'i', 17, sizeof(struct nb_ifreq))
#define NB_SIOCAIFADDR  NB_IOC(NB_IOC_IN, 'i', 26, sizeof(struct nb_ifaliasreq))
#define NB_SIOCIFCREATE NB_IOC(NB_IOC_IN, 'i', 122, sizeof(struct nb_ifreq))

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
#define NB_RTF_UP      0x1
#define NB_RTF_GATEWAY 0x2
#define NB_RTF_STATIC  0x800
#define NB_RTA_DST     0x1
#define NB_RTA_GATEWAY 0x2
#define NB_RTA_NETMASK 0x4

static struct nb_sockaddr_in sockaddr_in(const uint8_t address[4])
{
    struct nb_sockaddr_in sin = {.sin_len = sizeof(sin), .sin_family = NB_AF_INET};

    memcpy(sin.sin_addr, address, sizeof(sin.sin_addr));
    return sin;
}

/* ---- setting up ------------------------------------------------------------------------------ */

static long set_address(int fd, const char *name, const struct network *net)
{
    struct nb_ifaliasreq alias = {.ifra_addr = sockaddr_in(net->address),
                                  .ifra_mask = sockaddr_in(net->mask)};
    uint8_t all[4];

    for (int i = 0; i < 4; i++)
        all[i] = net->address[i] | (uint8_t)~net->mask[i];
    alias.ifra_broadaddr = sockaddr_in(all);
    kstrlcpy(alias.ifra_name, name, sizeof(alias.ifra_name));
    return rump_result(rump___sysimpl_ioctl(fd, NB_SIOCAIFADDR, &alias));
}

static long bring_up(int fd, const char *name)
{
    struct nb_ifreq request = {.ifr_name = ""};
    long rc;

    kstrlcpy(request.ifr_name, name, sizeof(request.ifr_name));
    rc = rump_result(rump___sysimpl_ioctl(fd, NB_SIOCGIFFLAGS, &request));
    if (rc < 0)
        return rc;
    request.u.flags |= NB_IFF_UP;
    return rump_result(rump___sysimpl_ioctl(fd, NB_SIOCSIFFLAGS, &request));
}

static long create(int fd, const char *name)
{
    struct nb_ifreq request = {.ifr_name = ""};

    kstrlcpy(request.ifr_name, name, sizeof(request.ifr_name));
    return rump_result(rump___sysimpl_ioctl(fd, NB_SIOCIFCREATE, &request));
}

static long add_default_route(const uint8_t gateway[4])
{
    static const uint8_t any[4];
    struct {
        struct nb_rt_msghdr header;
        struct nb_sockaddr_in destination, gateway, mask;
    } message = {
        .header = {.rtm_msglen = sizeof(message),
                   .rtm_version = NB_RTM_VERSION,
                   .rtm_type = NB_RTM_ADD,
                   .rtm_flags = NB_RTF_UP | NB_RTF_GATEWAY | NB_RTF_STATIC,
                   .rtm_addrs = NB_RTA_DST | NB_RTA_GATEWAY | NB_RTA_NETMASK,
                   .rtm_seq = 1},
        .destination = sockaddr_in(any),
        .gateway = sockaddr_in(gateway),
        .mask = sockaddr_in(any),
    };
    long rc = rump_result(rump___sysimpl_socket30(NB_AF_ROUTE, NB_SOCK_RAW, 0));
    int fd = (int)rc;

    if (rc < 0)
        return rc;
    rc = rump_result(rump___sysimpl_write(fd, &message, sizeof(message)));
    (void)rump___sysimpl_close(fd);
    return rc < 0 ? rc : 0;
}

static long set_up(const struct network *net, const char **step)
{
    long rc = rump_result(rump___sysimpl_socket30(NB_AF_INET, NB_SOCK_DGRAM, 0));
    char name[NAME_SIZE];
    int fd = (int)rc;

    *step = "make a socket (no inet in this rump kernel?)";
    if (rc < 0)
        return rc;
    ksnprintf(name, sizeof(name), "virt%u", net->vif);
    *step = "make the interface (no virtif in this rump kernel, or no such vif?)";
    rc = create(fd, name);
    if (rc == 0) {
        *step = "give the interface its address";
        rc = set_address(fd, name, net);
    }
    if (rc == 0)
        rc = bring_up(fd, name);
    (void)rump___sysimpl_close(fd);
    if (rc == 0 && net->has_gateway) {
        *step = "set the default route";
        rc = add_default_route(net->gateway);
    }
    return rc;
}

void rump_network_init(void)
{
    char text[TEXT_SIZE];
    struct network net;
    const char *step;
    long rc;

    if (rumpuser_getparam("net", text, sizeof(text)) != 0)
        return;
    if (!parse(text, &net)) {
        log_error("network: rump.net=%s: not VIF,ADDRESS/LENGTH[,GATEWAY]", text);
        return;
    }
    rump_attach();
    rc = set_up(&net, &step);
    if (rc < 0)
        log_error("network: cannot %s: %s", step, errno_name((int)rc));
    else
        log_info("network: vif %u is the stub domain's own, with %u.%u.%u.%u/%u", net.vif,
                 net.address[0], net.address[1], net.address[2], net.address[3], net.length);
}
