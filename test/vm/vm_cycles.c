/* SPDX-License-Identifier: MIT */
/*
 * vm_cycles.c: vm_tool's "cycles": opens and closes a controller many times, in steps too, and compares what the
 * kernel says of the process before and after.
 */
#include "covers.h"
#include "vm_tool.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

COVERS(ADMIN, IDENTIFY);
COVERS(ADMIN, CREATE_SQ);
COVERS(ADMIN, CREATE_CQ);
COVERS(ADMIN, DELETE_SQ);
COVERS(ADMIN, DELETE_CQ);

/* The number behind `key` in a file of "Key:   123 kB" lines; 0 when there is none. */
static long read_key(const char *path, const char *key)
{
	FILE *file = fopen(path, "r");
	char line[256];
	long value = 0;

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, key, strlen(key)))
			value = strtol(line + strlen(key), NULL, 10);
	if (file)
		(void)fclose(file);
	return value;
}

static long count_lines(const char *path)
{
	FILE *file = fopen(path, "r");
	long lines = 0;
	int c;

	while (file && (c = fgetc(file)) != EOF)
		lines += c == '\n';
	if (file)
		(void)fclose(file);
	return lines;
}

static long count_entries(const char *path)
{
	DIR *dir = opendir(path);
	long count = 0;

	while (dir && readdir(dir))
		count++;
	if (dir)
		(void)closedir(dir);
	return count;
}

struct usage usage_now(void)
{
	return (struct usage){
		.descriptors = count_entries("/proc/self/fd"),
		.mappings = count_lines("/proc/self/maps"),
		.locked_kib = read_key("/proc/self/status", "VmLck:"),
		.pinned_kib = read_key("/proc/self/status", "VmPin:"),
		.resident_kib = read_key("/proc/self/status", "VmRSS:"),
		.free_hugepages = read_key("/proc/meminfo", "HugePages_Free:"),
	};
}

static void same(long before, long after, const char *what)
{
	if (before != after)
		die("%s: %ld before, %ld after", what, before, after);
}

/* Where the guest has huge pages, a buffer of more than one must be made of them. */
static void check_huge_pages(long free_before)
{
	if (free_before >= 2 && read_key("/proc/meminfo", "HugePages_Free:") >= free_before)
		die("%ld huge pages are free, and none is used", free_before);
}

static void cycle(const char *address)
{
	const long free_hugepages = read_key("/proc/meminfo", "HugePages_Free:");
	struct drive drive = drive_open(address, 0);
	struct nvu_dma *small = dma_alloc(&drive, 5000);
	struct nvu_dma *large = dma_alloc(&drive, 3 << 20);

	check_huge_pages(free_hugepages);
	must(nvu_read(drive.qpair, drive_ns(&drive, 1), 0, 1, small, 0, 0), "queueing a read");
	drive_wait(&drive, 1);
	must(nvu_dma_free(small), "freeing memory");
	must(nvu_dma_free(large), "freeing memory");
	drive_close(&drive);
}

/* Opens in steps, and closes after this number of them at the latest. */
static void cycle_in_steps(const char *address, uint64_t steps)
{
	struct nvu_ctrl *ctrl;
	int ret = -EAGAIN;

	must(nvu_ctrl_open_start(address, NULL, &ctrl), "beginning to open");
	/* The program has other work for a millisecond. */
	for (uint64_t i = 0; i < steps && ret == -EAGAIN; i++) {
		ret = nvu_ctrl_open_step(ctrl);
		if (ret == -EAGAIN)
			(void)usleep(1000);
	}
	if (ret != -EAGAIN)
		must(ret, "opening in steps");
	nvu_ctrl_close(ctrl);
}

int cmd_cycles(int argc, char **argv)
{
	const uint64_t count = number_of(argv[1]);
	struct usage before, after;

	(void)argc;
	/* Some rounds first: allocator and libraries settle. */
	for (int i = 0; i < 3; i++)
		cycle(argv[0]);
	cycle_in_steps(argv[0], UINT64_MAX);
	before = usage_now();
	for (uint64_t i = 0; i < count; i++) {
		cycle(argv[0]);
		if (i % 4 == 0)
			cycle_in_steps(argv[0], i % 8 ? i : UINT64_MAX);
	}
	after = usage_now();

	same(before.descriptors, after.descriptors, "descriptors");
	same(before.mappings, after.mappings, "mappings");
	same(before.locked_kib, after.locked_kib, "locked KiB");
	same(before.pinned_kib, after.pinned_kib, "pinned KiB");
	same(before.free_hugepages, after.free_hugepages, "free huge pages");
	/* A page each would be seen; a few for the allocator are not a leak. */
	if (after.resident_kib > before.resident_kib + (long)count * 2)
		die("resident KiB: %ld before, %ld after", before.resident_kib, after.resident_kib);
	printf("# %llu cycles: %ld descriptors, %ld mappings, %ld KiB locked, %ld KiB resident\n",
	       (unsigned long long)count, after.descriptors, after.mappings, after.locked_kib,
	       after.resident_kib);
	return 0;
}
