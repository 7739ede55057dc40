/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/* socket.h - numbers of Linux sockets, and what socket.c and sockmsg.c share. */
#ifndef LINUX_RUMP_SOCKET_H
#define LINUX_RUMP_SOCKET_H

#include "core/errno.h"
#include "linux/abi.h"
#include "linux/rump/rumpfile.h"

#define AF_UNSPEC 0
#define AF_UNIX   1
#define AF_INET   2
#define AF_INET6  10

#define SOCK_STREAM    1
#define SOCK_DGRAM     2
#define SOCK_RAW       3
#define SOCK_SEQPACKET 5
#define SOCK_TYPE_MASK 0xf
#define SOCK_NONBLOCK  O_NONBLOCK
#define SOCK_CLOEXEC   O_CLOEXEC

#define SOL_SOCKET      1
#define SCM_RIGHTS      1
#define SCM_CREDENTIALS 2

#define MSG_OOB          0x1u
#define MSG_PEEK         0x2u
#define MSG_DONTROUTE    0x4u
#define MSG_CTRUNC       0x8u
#define MSG_TRUNC        0x20u
#define MSG_DONTWAIT     0x40u
#define MSG_EOR          0x80u
#define MSG_WAITALL      0x100u
#define MSG_NOSIGNAL     0x4000u
#define MSG_MORE         0x8000u
#define MSG_WAITFORONE   0x10000u
#define MSG_CMSG_CLOEXEC 0x40000000u

struct linux_msghdr {
    uint64_t msg_name;
    uint32_t msg_namelen;
    uint32_t pad0;
    uint64_t msg_iov;
    uint64_t msg_iovlen;
    uint64_t msg_control;
    uint64_t msg_controllen;
    int32_t msg_flags;
    uint32_t pad1;
};
_Static_assert(sizeof(struct linux_msghdr) == 56, "struct msghdr");

struct linux_mmsghdr {
    struct linux_msghdr msg_hdr;
    uint32_t msg_len;
    uint32_t pad0;
};

struct linux_cmsghdr {
    uint64_t cmsg_len; /* header included */
    int32_t cmsg_level;
    int32_t cmsg_type;
};
#define CMSG_ALIGNED(n) (((n) + 7u) & ~(size_t)7)

/* An address in NetBSD's form; room for the longest local path of either world. */
union rump_address {
    struct nb_sockaddr sa;
    struct nb_sockaddr_un un;
    uint8_t bytes[NB_SOCK_MAXADDRLEN + 1];
};

/* From the program's form; *rlen is its length there. -EINVAL, -EAFNOSUPPORT, -EFAULT. */
long address_from_user(uintptr_t uaddr, unsigned len, union rump_address *addr, uint32_t *rlen);
/*
 * To the program: as much as *room bytes take. Returns the true length (0 when rlen is 0), or
 * -EFAULT. named_only: an unnamed local address counts as none, as recvfrom has it.
 */
long address_to_user(uintptr_t uaddr, uint32_t room, const union rump_address *addr, uint32_t rlen,
                     bool named_only);

/* The socket of a descriptor with a reference to its file; -EBADF, -ENOTSOCK. */
long socket_get(int fd, struct file **fp, struct rump_file **rfp);

#endif
