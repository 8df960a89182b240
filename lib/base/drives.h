/* SPDX-License-Identifier: MIT */
/*
 * drives.h: the quirks of known drives, by PCI vendor and device; drives.def describes each. Pure. ctrl/
 * applies them; a mock with the identity of such a drive reports a violation if the driver does not. The
 * values are those of NVU_QUIRK_... in nvu/ctrl.h.
 */
#ifndef NVU_BASE_DRIVES_H
#define NVU_BASE_DRIVES_H

#include <stdint.h>

enum drive_quirk {
	DRIVE_PLAIN_IDENTIFIERS = 1 << 0,
	DRIVE_WIDE_ENTRIES = 1 << 1,
	DRIVE_SLOW_STOP = 1 << 2,
	DRIVE_NO_DESCRIPTORS = 1 << 3,
	DRIVE_NO_LISTS = 1 << 4,
	DRIVE_NO_LOG_PAGES = 1 << 5,
	DRIVE_DMA_48 = 1 << 6,
	DRIVE_SHARED_IDENTIFIERS = 1 << 7,
	DRIVE_ONE_COMMAND = 1 << 8,
	DRIVE_MEDIUM_PRIORITY = 1 << 9,
	DRIVE_NO_WRITE_ZEROES = 1 << 10,
	DRIVE_LAST_SLOT = 1 << 11,
};

/* DRIVE_... of the row; 0: the drive is not in the table. */
uint32_t drives_quirks(uint16_t vendor, uint16_t device);

#endif
