// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors

/**
 * The ground floor of the emulated Xen host: what it boots from, put together from Debian's binary
 * packages and kept in the cache. It starts nothing.
 *
 * <p>In reading order: {@link org.rumpstubdom.lab.root.LabRoot} (the finished files; the only class
 * other packages need for them), {@link org.rumpstubdom.lab.root.LabRootBuilder} (makes them),
 * {@link org.rumpstubdom.build.source.DebianPackages} (what from), {@link
 * org.rumpstubdom.lab.root.LabEmulator} (the program that emulates the host), {@link
 * org.rumpstubdom.lab.root.SystemTree} (a small system picked out of a large one), {@link
 * org.rumpstubdom.lab.root.SharedLibraries} (which libraries its programs need), {@link
 * org.rumpstubdom.lab.root.PeerImage} (the Linux stub domain ours is compared with). The resources
 * beside them, init, agent.c, follow-port.c, meter.c and peer-init, are what runs inside.
 */
package org.rumpstubdom.lab.root;
