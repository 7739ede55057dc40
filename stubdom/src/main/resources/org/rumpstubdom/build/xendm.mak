# SPDX-License-Identifier: BSD-2-Clause
# Copyright 2026 The Rump Stubdom Authors
#
# QEMU's device set (Kconfig) for the device model of a Xen HVM guest: what libxl can put on
# the command line of a stub domain, and nothing else. All defaults are off, see SUPPORT.md for
# what is left out and why.

# The machine: xenfv is i440FX. libxl never asks for q35.
CONFIG_I440FX=y
CONFIG_ISAPC=n
CONFIG_Q35=n
CONFIG_MICROVM=n

# Disks: PIIX3 IDE and the floppy controller come with the machine; hdtype="ahci"; vdev=sd*.
CONFIG_AHCI_ICH9=y
CONFIG_LSI_SCSI_PCI=y

# Network cards: model= of a vif.
CONFIG_RTL8139_PCI=y
CONFIG_E1000_PCI=y
# e1000e sits on the conventional bus as well, but is only built along with PCI Express.
CONFIG_PCI_EXPRESS=y
CONFIG_E1000E_PCI_EXPRESS=y
CONFIG_NE2000_PCI=y
CONFIG_PCNET_PCI=y
CONFIG_EEPRO100_PCI=y
CONFIG_VMXNET3_PCI=y
CONFIG_TULIP=y
CONFIG_VIRTIO_PCI=y
CONFIG_VIRTIO_NET=y

# Display: vga= stdvga and cirrus (qxl cannot be built without spice).
CONFIG_VGA_PCI=y
CONFIG_VGA_CIRRUS=y

# USB: usbversion= 1, 2, 3; usbdevice=; storage by device_add.
CONFIG_USB_UHCI=y
CONFIG_USB_EHCI_PCI=y
CONFIG_USB_XHCI_PCI=y
CONFIG_USB_XHCI_NEC=y
CONFIG_USB_STORAGE_BOT=y
CONFIG_USB_STORAGE_CLASSIC=y
CONFIG_USB_STORAGE_UAS=y
CONFIG_USB_TABLET_WACOM=y

# Serial, parallel; the absolute VMware mouse QEMU's PC offers by default.
CONFIG_SERIAL_ISA=y
CONFIG_PARALLEL=y
CONFIG_VMPORT=y
CONFIG_VMMOUSE=y

# Sound: soundhw=.
CONFIG_AC97=y
CONFIG_ES1370=y
CONFIG_HDA=y
CONFIG_SB16=y
CONFIG_ADLIB=y
CONFIG_GUS=y
CONFIG_CS4231A=y

# Needed by QEMU's own endianness test; never instantiated by libxl.
CONFIG_ISA_TESTDEV=y
