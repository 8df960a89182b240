/* SPDX-License-Identifier: MIT */
/*
 * vm_doorbell.c: vm_tool's "doorbells": verified reads with shadow doorbells and without, in turn; and
 * "db-count": how many doorbell writes the reads of a queue pair take.
 */
#include "covers.h"
#include "vm_tool.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

COVERS(ADMIN, DOORBELL_BUFFER);

enum { DEPTH = 32, BYTES = 4096, ROUND_MS = 700, UNITS = 512 };

struct count {
	uint64_t ios, doorbells, registers, ms;
};

/* Writes the units that are read afterwards. */
static void write_units(const char *address)
{
	struct drive drive = drive_open(address, 0);
	const struct nvu_ns *ns = drive_ns(&drive, 1);
	const uint32_t blocks = BYTES / nvu_ns_info(ns)->block_bytes;
	struct nvu_dma *buf = dma_alloc(&drive, UNITS * BYTES);

	for (uint32_t unit = 0; unit < UNITS; unit++) {
		fill_noise((char *)nvu_dma_addr(buf) + unit * BYTES, BYTES, unit + 1);
		must(nvu_write(drive.qpair, ns, (uint64_t)unit * blocks, blocks, buf,
			       (size_t)unit * BYTES, 0),
		     "queueing a write");
		drive_wait(&drive, 1);
	}
	must(nvu_dma_free(buf), "freeing memory");
	drive_close(&drive);
}

/* 8 bytes of each unit tell it from all others. */
static void check_unit(const char *memory, uint32_t unit)
{
	uint64_t expected;

	fill_noise(&expected, sizeof(expected), unit + 1);
	if (memcmp(memory, &expected, sizeof(expected)))
		die("unit %u brought back something else", unit);
}

/*
 * Slot n reads units n, n + DEPTH, and so on; user_data is the unit. Each read is submitted by itself:
 * of batches QEMU's controller requests a doorbell write for nearly each.
 */
static uint64_t read_units(struct drive *drive, const struct nvu_dma *buf)
{
	const struct nvu_ns *ns = drive_ns(drive, 1);
	const uint32_t blocks = BYTES / nvu_ns_info(ns)->block_bytes;
	const uint64_t begin_ms = now_ms();
	struct nvu_cpl cpls[DEPTH];
	uint64_t ios = 0;
	int reaped;

	for (uint32_t unit = 0; unit < DEPTH; unit++)
		must(nvu_read(drive->qpair, ns, (uint64_t)unit * blocks, blocks, buf,
			      (size_t)unit * BYTES, unit),
		     "queueing a read");
	while (now_ms() - begin_ms < ROUND_MS) {
		reaped = nvu_poll(drive->qpair, cpls, DEPTH);
		if (reaped < 0)
			must(reaped, "polling");
		for (int i = 0; i < reaped; i++) {
			uint32_t unit = (uint32_t)cpls[i].user_data;
			size_t at = (size_t)(unit % DEPTH) * BYTES;

			must(cpls[i].status, "a read");
			check_unit((char *)nvu_dma_addr(buf) + at, unit);
			unit = (unit + DEPTH) % UNITS;
			must(nvu_read(drive->qpair, ns, (uint64_t)unit * blocks, blocks, buf, at,
				      unit),
			     "queueing a read");
			must(nvu_submit(drive->qpair), "submitting");
			ios++;
		}
	}
	drive_wait(drive, DEPTH);
	return ios + DEPTH;
}

static void measure(const char *address, uint32_t flags, struct count *count)
{
	struct drive drive = drive_open_opts(address, NVU_CTRL_OPTS(.flags = flags), NULL);
	struct nvu_dma *buf = dma_alloc(&drive, DEPTH * BYTES);
	struct nvu_qpair_stats stats;
	const uint64_t begin_ms = now_ms();

	if (nvu_ctrl_info(drive.ctrl)->shadow_doorbells == !!flags)
		die("shadow doorbells are not as asked for");
	count->ios += read_units(&drive, buf);
	count->ms += now_ms() - begin_ms;
	nvu_qpair_stats(drive.qpair, &stats, sizeof(stats));
	count->doorbells += stats.sq_doorbells + stats.cq_doorbells;
	count->registers += stats.doorbell_registers;
	must(nvu_dma_free(buf), "freeing memory");
	drive_close(&drive);
}

static void print_count(const char *name, const struct count *count)
{
	printf("# %s: %llu IOPS, %.3f doorbell writes and %.3f register writes an I/O\n", name,
	       (unsigned long long)(count->ios * 1000 / count->ms),
	       (double)count->doorbells / (double)count->ios,
	       (double)count->registers / (double)count->ios);
}

int cmd_doorbells(int argc, char **argv)
{
	struct count shadow = { 0 }, plain = { 0 };
	double ratio;

	(void)argc;
	write_units(argv[0]);
	for (uint64_t i = number_of(argv[1]); i; i--) {
		measure(argv[0], 0, &shadow);
		measure(argv[0], NVU_CTRL_NO_SHADOW_DOORBELLS, &plain);
	}
	print_count("shadow doorbells", &shadow);
	print_count("plain doorbells", &plain);
	ratio = (double)(shadow.ios * plain.ms) / (double)(plain.ios * shadow.ms);
	printf("# IOPS with shadow doorbells / without: %.2f\n", ratio);
	if (plain.registers != plain.doorbells)
		die("plain doorbells: %llu doorbells, %llu register writes",
		    (unsigned long long)plain.doorbells, (unsigned long long)plain.registers);
	if (shadow.registers * plain.ios >= plain.registers * shadow.ios)
		die("shadow doorbells spare no register writes");
	return 0;
}

/* AT_ONCE reads by one doorbell write, and polls until all are answered: QEMU may answer them one by one. */
static void read_together(struct drive *drive, const struct nvu_dma *buf, uint32_t at_once)
{
	for (uint32_t i = 0; i < at_once; i++)
		must(nvu_read(drive->qpair, drive_ns(drive, 1), i, 1, buf, 0, i),
		     "queueing a read");
	must(nvu_submit(drive->qpair), "submitting");
	drive_wait(drive, at_once);
}

/* db-count ADDRESS ENTRIES AT_ONCE COUNT shadow|plain; ENTRIES 0: as many as the controller takes. */
int cmd_db_count(int argc, char **argv)
{
	const bool shadow = !strcmp(argv[4], "shadow");
	const uint64_t at_once = number_of(argv[2]), count = number_of(argv[3]);
	struct drive drive = { .ctrl = NULL };
	uint32_t entries = (uint32_t)number_of(argv[1]);
	struct nvu_qpair_stats stats;
	struct nvu_dma *buf;

	(void)argc;
	must(nvu_ctrl_open(argv[0],
			   NVU_CTRL_OPTS(.flags = shadow ? 0 : NVU_CTRL_NO_SHADOW_DOORBELLS),
			   &drive.ctrl),
	     argv[0]);
	if (nvu_ctrl_info(drive.ctrl)->shadow_doorbells != shadow)
		die("shadow doorbells are not as requested");
	if (!entries)
		entries = nvu_ctrl_info(drive.ctrl)->max_queue_entries;
	must(nvu_qpair_create(drive.ctrl, NVU_QPAIR_OPTS(.depth = entries), &drive.qpair),
	     "creating a queue pair");
	buf = dma_alloc(&drive, BYTES);
	for (uint64_t done = 0; done < count; done += at_once)
		read_together(&drive, buf, (uint32_t)at_once);
	nvu_qpair_stats(drive.qpair, &stats, sizeof(stats));
	printf("ios=%llu entries=%u sq_=%llu cq_=%llu registers=%llu\n",
	       (unsigned long long)stats.completed, entries, (unsigned long long)stats.sq_doorbells,
	       (unsigned long long)stats.cq_doorbells,
	       (unsigned long long)stats.doorbell_registers);
	must(nvu_dma_free(buf), "freeing memory");
	drive_close(&drive);
	return 0;
}
