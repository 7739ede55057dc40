// SPDX-License-Identifier: BSD-2-Clause
// Copyright 2026 The Rump Stubdom Authors
package org.rumpstubdom.tests.lab;

import java.io.IOException;

/**
 * What guests could leave behind in dom0, as text to compare: each source counts for itself, none
 * asks libxl or the device model.
 */
final class Dom0State {
  private static final int TRIES = 40;

  /**
   * The hypervisor's own account of dom0's event channels and of all grants and domains, by its
   * debug keys; xenstore, and the watches xenstored holds by its own account of its memory (a
   * control command on a raw connection: type 0, request, transaction, length); processes, files,
   * block and network devices of dom0's kernel.
   */
  private static final String SCRIPT =
      """
      xl list | awk '{ print "domain", $1 }'
      xl info | grep '^free_memory'
      xl dmesg -c >/dev/null
      xl debug-keys e
      xl debug-keys g
      xl dmesg -c | awk '
        /Event channel information for domain/ { domain = $NF }
        domain == "0:" && / s=[1-6] / { channels++ }
        /grant-table for remote/ || /maptrack frames/ || /\\[0x/ { print "grants", $0 }
        END { print "event channels of dom0", channels }'
      xenstore-ls -f / | sed 's/^/store /'
      rm -f /run/memory-report
      exec 3<>/dev/xen/xenbus
      printf '\\0\\0\\0\\0\\1\\0\\0\\0\\0\\0\\0\\0\\035\\0\\0\\0memreport\\0/run/memory-report\\0' >&3
      head -c 19 <&3 >/dev/null
      exec 3>&-
      echo "watches $(grep -c 'struct watch ' /run/memory-report)"
      for name in xenstored xenconsoled; do
        echo "$name has $(ls /proc/$(pidof $name)/fd | wc -l) files open"
      done
      for link in /proc/[0-9]*/exe; do readlink $link; done | sort | grep -v busybox |
        sed 's/^/process /'
      ls -d /sys/bus/xen-backend/devices/* /sys/class/net/* /var/run/xen/* /var/lib/xen/* 2>/dev/null
      /usr/sbin/losetup --noheadings -a -O BACK-FILE | sed 's/^/loop /'
      """;

  private Dom0State() {}

  static String of(XlHost host) throws IOException {
    return host.dom0().sh(SCRIPT);
  }

  /**
   * The same once it is as expected or does not change any more: the kernel clears up by itself.
   */
  static String settled(XlHost host, String expected) throws IOException {
    String last = "";
    for (int i = 0; i < TRIES; i++) {
      String now = of(host);
      if (now.equals(expected) || (expected.isEmpty() && now.equals(last))) {
        return now;
      }
      last = now;
      host.dom0().run("sleep", "0.5");
    }
    return last;
  }
}
