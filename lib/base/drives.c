/* SPDX-License-Identifier: MIT */
/*
 * drives.c: see drives.h; drives.def has the rows.
 */
#include "base/drives.h"

#include <stddef.h>

#define PLAIN_IDENTIFIERS DRIVE_PLAIN_IDENTIFIERS
#define WIDE_ENTRIES DRIVE_WIDE_ENTRIES
#define SLOW_STOP DRIVE_SLOW_STOP
#define NO_DESCRIPTORS DRIVE_NO_DESCRIPTORS
#define NO_LISTS DRIVE_NO_LISTS
#define NO_LOG_PAGES DRIVE_NO_LOG_PAGES
#define DMA_48 DRIVE_DMA_48
#define SHARED_IDENTIFIERS DRIVE_SHARED_IDENTIFIERS
#define ONE_COMMAND DRIVE_ONE_COMMAND
#define MEDIUM_PRIORITY DRIVE_MEDIUM_PRIORITY
#define NO_WRITE_ZEROES DRIVE_NO_WRITE_ZEROES
#define LAST_SLOT DRIVE_LAST_SLOT

static const struct {
	uint16_t vendor;
	uint16_t device;
	uint32_t quirks;
} drives[] = {
#define DRIVE(vendor, device, quirks, name, source) { (vendor), (device), (quirks) },
#include "base/drives.def"
#undef DRIVE
};

uint32_t drives_quirks(uint16_t vendor, uint16_t device)
{
	for (size_t i = 0; i < sizeof(drives) / sizeof(drives[0]); i++)
		if (drives[i].vendor == vendor && drives[i].device == device)
			return drives[i].quirks;
	return 0;
}
