/* SPDX-License-Identifier: MIT */
/*
 * machine.h: what the kernel of this machine says about a drive, and how it hands one over. Names and contents of
 * sysfs are bounded and checked; what is not there is left out.
 */
#ifndef TOOLS_MACHINE_H
#define TOOLS_MACHINE_H

#include <nvu/discover.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where these file systems are; tests point them to trees of their own. */
extern const char *machine_sysfs, *machine_proc, *machine_dev, *machine_run;

enum { TEXT_BYTES = 64, USES_MAX = 16, USE_BYTES = 192, FOUND_MAX = 256 };

/* What uses a drive through the kernel's driver: a sentence each. */
struct uses {
	uint32_t count;
	char lines[USES_MAX][USE_BYTES];
};

/* What the kernel's driver says of a drive; empty if it has another driver. */
struct drive_text {
	char ctrl[TEXT_BYTES]; /* "nvme0" */
	char model[TEXT_BYTES];
	char serial[TEXT_BYTES];
};

void machine_read_text(const char *bdf, struct drive_text *ret);

/* Mounted file systems, swap, md, device mapper, btrfs, open files. */
void machine_read_uses(const char *bdf, struct uses *ret);

/*
 * "01:00.0" and "vfio:0000:01:00.0" as "0000:01:00.0", found on this machine. Returns 1 and the drive; 0: there is
 * none of this address; -errno of nvu_discover().
 */
int machine_find(const char *bdf, struct nvu_found *ret_found);

/* The first line of a file below a root, without its end; false: it cannot be read. */
bool machine_read(const char *root, const char *path, char *ret_text, size_t bytes);

/* Writes a text to a file of sysfs in one call; 0 or -errno. */
int machine_write(const char *path, const char *text);

/* Runs modprobe for a module; 0 or -errno. */
int machine_load(const char *module);

#endif
