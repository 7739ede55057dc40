/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright 2026 The Rump Stubdom Authors */
/*
 * netfront.h - Xen network frontends (<xen/io/netif.h>) as plain layer-2 pipes.
 *
 * Device N is "device/vif/N" of this domain. It is connected while somebody has it open: the tap
 * node (QEMU's emulated NIC) or the rump kernel's virt interface. Closing it disconnects it from
 * its backend, so that after the guest has unplugged its emulated NIC no second port with the
 * guest's MAC stays on the bridge.
 *
 * Frames are Ethernet frames without checksum at the end, as a tap device carries them; checksums
 * the backend left blank are filled in. No segmentation offload is offered. What the backend writes
 * is checked: a ring it breaks is disconnected with a log line, and frames in it are lost, nothing
 * else.
 *
 * Errors are negative Linux errno values.
 */
#ifndef NETFRONT_H
#define NETFRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/thread.h"
#include "linux/file.h"

/* Largest frame either way, bytes. */
#define NETFRONT_FRAME_MAX 65535u

/* Registers /dev/net/tun. Connects nothing. */
int netfront_init(void);

/*
 * Gives the stub domain a network of its own where the command line says so (own_network.h), in a
 * thread of its own; what fails is said in the log. After netfront_init(), once. Returns how many
 * vifs will be open that are not the program's: 0 or 1. Absent beside the bundled rump kernel.
 */
unsigned own_network_init(void) __attribute__((weak));

struct netfront;

/*
 * Open device `id` for exclusive use and start connecting it; does not wait for the backend. *nf
 * belongs to the caller until netfront_close(). Sleeps. -ENODEV: no such device; -EBUSY: open
 * already; -EINVAL: its address in xenstore is none.
 */
int netfront_open(unsigned id, struct netfront **nf);
/* Disconnects in the background; nf must not be used any more. */
void netfront_close(struct netfront *nf);

/* The address the toolstack gave the device. */
const uint8_t *netfront_mac(const struct netfront *nf);

/*
 * One frame out. The data are copied before the return. While the backend is away frames are
 * dropped, as on an unplugged cable. Returns the length, -EAGAIN when the ring is full (see
 * netfront_tx_wait), -EMSGSIZE when the frame is larger than the backend takes, -EINVAL when it is
 * shorter than an Ethernet header.
 */
long netfront_send(struct netfront *nf, const struct kiovec *iov, int n);
/*
 * Is there room for a frame? When not, and pt/waiters register first, tx_wait fires once there is.
 */
bool netfront_can_send(struct netfront *nf);
struct waitq *netfront_tx_wait(struct netfront *nf);

/*
 * One frame in, cut to the vector's size as a datagram. Returns its length (of what was copied), or
 * -EAGAIN. Not reading is backpressure: buffers go back to the backend as frames are taken.
 */
long netfront_receive(struct netfront *nf, const struct kiovec *iov, int n);
bool netfront_can_receive(struct netfront *nf);
struct waitq *netfront_rx_wait(struct netfront *nf);

#endif
