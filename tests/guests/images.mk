# SPDX-License-Identifier: BSD-2-Clause
# Copyright 2026 The Rump Stubdom Authors
#
# The images of the guests and what is in them (arguments of tools/mkdisk).

# A guest's image is 16 MiB with the guest at its start unless said otherwise. Sector 2048 and up:
# the host's pattern; sector 8192 and up: for the guest to write to.
IMAGES = $(addsuffix .img,$(filter-out $(NO_IMAGE),$(GUESTS)))

MIB = 16
$(OUT)/%.img: $(OBJ)/%.bin tools/mkdisk tools/pattern images.mk
	@echo '  IMAGE $@'; tools/mkdisk $@ $(MIB) -b $< $(DISK)

$(OUT)/disk-bios.img: DISK = -d 2048:192:1
$(OUT)/disk-dma.img: DISK = -d 2048:1024:2 seed=4711
$(OUT)/disk-pio.img: DISK = -d 2048:64:3 seed=815

# The same guest with a false expectation: shows that the guest can fail.
IMAGES += disk-bios-wrong.img
$(OUT)/disk-bios-wrong.img: $(OBJ)/disk-bios.bin tools/mkdisk tools/pattern images.mk
	@echo '  IMAGE $@'; tools/mkdisk $@ $(MIB) -b $< data_lba=2048 data_sectors=64 data_crc=1

# The hardware addresses are those of the configurations.
$(OUT)/nic-e1000.img: DISK = mac=00:16:3e:5d:00:01
$(OUT)/nic-rtl8139.img: DISK = mac=00:16:3e:5d:00:02
$(OUT)/serial-echo.img: DISK = 'send=hello from the host, 0123456789'
$(OUT)/orders.img: DISK = -d 2048:128:11 mac=00:16:3e:5d:00:05
$(OUT)/days.img: DISK = mac=00:16:3e:5d:00:0a
$(OUT)/disk-ahci.img: DISK = -d 2048:256:4 seed=2001
$(OUT)/disk-scsi.img: DISK = -d 2048:256:5 seed=2002
$(OUT)/disk-truth.img: DISK = records=64 seed=1000
# The same guest with work for minutes: to be destroyed in the middle.
IMAGES += disk-truth-cut.img
$(OUT)/disk-truth-cut.img: $(OBJ)/disk-truth.bin tools/mkdisk images.mk
	@echo '  IMAGE $@'; tools/mkdisk $@ $(MIB) -b $< records=3000 seed=2000
$(OUT)/nic-two.img: DISK = mac0=00:16:3e:5d:00:03 mac1=00:16:3e:5d:00:04

# The same guest, which spins or powers off when it has said its last words.
$(OUT)/silent.img: DISK = then=spin
IMAGES += last-words.img
$(OUT)/last-words.img: $(OBJ)/silent.bin tools/mkdisk images.mk
	@echo '  IMAGE $@'; tools/mkdisk $@ $(MIB) -b $< then=off lines=200

# Its other disks are empty: it compares what it has written.
IMAGES += disk-flood-b.img disk-flood-c.img disk-flood-d.img
$(OUT)/disk-flood-%.img: tools/mkdisk images.mk
	@mkdir -p $(@D)
	@echo '  IMAGE $@'; tools/mkdisk $@ $(MIB)

# The CD of several guests: 4096 lines (64 KiB) of pattern 6 in the file DATA.TXT.
IMAGES += data.iso
CD_FILE = cd_bytes=65536 cd_crc=$$(tools/pattern 6 4096 | cksum | cut -d' ' -f1)
$(OUT)/data.iso: tools/mkcd tools/pattern images.mk
	@mkdir -p $(@D)
	@echo '  IMAGE $@'; tools/mkcd $@ 6 4096
$(OUT)/cdrom.img: DISK = $(CD_FILE) cd_sectors=$$(($$(wc -c <$(OUT)/data.iso) / 2048))
$(OUT)/cdrom.img: $(OUT)/data.iso

# The same guest with the drive in other places.
IMAGES += cdrom-hda.img cdrom-hdb.img cdrom-hdd.img
CDROM = @echo '  IMAGE $@'; tools/mkdisk $@ $(MIB) -b $< $(CD_FILE) \
	cd_sectors=$$(($$(wc -c <$(OUT)/data.iso) / 2048))
$(OUT)/cdrom-hda.img: $(OBJ)/cdrom.bin $(OUT)/data.iso tools/mkdisk images.mk
	$(CDROM) channel=0 unit=0
$(OUT)/cdrom-hdb.img: $(OBJ)/cdrom.bin $(OUT)/data.iso tools/mkdisk images.mk
	$(CDROM) channel=0 unit=1
$(OUT)/cdrom-hdd.img: $(OBJ)/cdrom.bin $(OUT)/data.iso tools/mkdisk images.mk
	$(CDROM) channel=1 unit=1

# The same guest for other serial ports.
IMAGES += serial-io-2.img serial-io-4.img
$(OUT)/serial-io-2.img: $(OBJ)/serial-io.bin tools/mkdisk images.mk
	@echo '  IMAGE $@'; tools/mkdisk $@ $(MIB) -b $< port=0x2f8 irq=3
$(OUT)/serial-io-4.img: $(OBJ)/serial-io.bin tools/mkdisk images.mk
	@echo '  IMAGE $@'; tools/mkdisk $@ $(MIB) -b $< port=0x2e8 irq=3

NO_IMAGE += boot-cd linux-loader
IMAGES += boot-cd.iso
$(OUT)/boot-cd.iso: $(OBJ)/boot-cd.bin tools/mkcd tools/pattern images.mk
	@echo '  IMAGE $@'; tools/mkcd $@ 7 4096 $<

# hdb and hdd of multi-disk differ from each other and from hda in content and in size.
SUM = tools/pattern $(1) 512 | cksum | cut -d' ' -f1
IMAGES += multi-disk-b.img multi-disk-d.img
$(OUT)/multi-disk.img: DISK = -d 2048:16:8 hdb_crc=$$($(call SUM,9)) hdb_sectors=$$((17 * 2048)) \
	hdd_crc=$$($(call SUM,10)) hdd_sectors=$$((18 * 2048)) $(CD_FILE)
$(OUT)/multi-disk-b.img: tools/mkdisk tools/pattern images.mk
	@mkdir -p $(@D)
	@echo '  IMAGE $@'; tools/mkdisk $@ 17 -d 2048:16:9
$(OUT)/multi-disk-d.img: tools/mkdisk tools/pattern images.mk
	@mkdir -p $(@D)
	@echo '  IMAGE $@'; tools/mkdisk $@ 18 -d 2048:16:10

# Sparse: takes no space on a file system that can do holes.
IMAGES += disk-lba48-b.img
$(OUT)/disk-lba48.img: DISK = hdb_mib=163840
$(OUT)/disk-lba48-b.img: tools/mkdisk
	@mkdir -p $(@D)
	@echo '  IMAGE $@'; tools/mkdisk $@ 163840

IMAGES += scratch.img
$(OUT)/scratch.img: tools/mkdisk
	@mkdir -p $(@D)
	@echo '  IMAGE $@'; tools/mkdisk $@ 16

# The same guest for other devices.
IMAGES += pt-small.img
$(OUT)/pt-small.img: $(OBJ)/pt.bin tools/mkdisk images.mk
	@echo '  IMAGE $@'; tools/mkdisk $@ $(MIB) -b $< devices=ei

# What a network card's firmware loads whole to where a disk's first sector would be: the boot table,
# which an ISO has filled in, says that nothing is left to load.
IMAGES += pxe.bin
$(OUT)/pxe.bin: $(OBJ)/vga-text.bin images.mk
	@mkdir -p $(@D)
	@echo '  IMAGE $@'; cp $< $@.tmp && printf '\001' | dd of=$@.tmp bs=1 seek=12 conv=notrunc status=none && mv $@.tmp $@
