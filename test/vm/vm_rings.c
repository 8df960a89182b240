// SPDX-License-Identifier: MIT
/*
 * vm_rings.c: many queue pairs, whose rings share huge pages where the guest has free ones. The kernel counts
 * mappings (dma_entry_limit) and locked memory; the suite sets both.
 */
#include "vm_tool.h"

#include <stdio.h>
#include <string.h>

enum { QUEUES_MAX = 64, DEPTH = 1024, PAGE_BYTES = 4096 };

static unsigned int in_huge_pages; /* queue pairs */

static void count(void *arg, int level, const char *line)
{
	(void)arg;
	(void)level;
	in_huge_pages += strstr(line, "rings of") && strstr(line, "in huge pages");
}

static void read_block(struct drive *drive, struct nvu_dma *buf)
{
	must(nvu_read(drive->qpair, drive_ns(drive, 1), 0, 1, buf, 0, 0), "queueing a read");
	drive_wait(drive, 1);
}

/* rings ADDRESS COUNT: COUNT queue pairs, a read through each, before and after a reset. */
int cmd_rings(int argc, char **argv)
{
	const uint64_t queues = number_of(argv[1]);
	struct nvu_qpair *qpairs[QUEUES_MAX];
	struct drive drive = { .ctrl = NULL };
	struct usage before, during, after;
	struct nvu_dma *buf;

	(void)argc;
	if (queues < 1 || queues > QUEUES_MAX)
		die("1 to %d queue pairs", QUEUES_MAX);
	nvu_set_log(2, count, NULL);
	must(nvu_ctrl_open(argv[0], NULL, &drive.ctrl), argv[0]);
	must(nvu_dma_alloc(drive.ctrl, PAGE_BYTES, &buf), "allocating memory");
	before = usage_now();
	for (uint64_t i = 0; i < queues; i++)
		must(nvu_qpair_create(drive.ctrl, NVU_QPAIR_OPTS(.depth = DEPTH, .pieces = 1),
				      &qpairs[i]),
		     "creating a queue pair");
	during = usage_now();
	for (int turn = 0; turn < 2; turn++) {
		for (uint64_t i = 0; i < queues; i++) {
			drive.qpair = qpairs[i];
			read_block(&drive, buf);
		}
		if (!turn)
			must(nvu_ctrl_reset(drive.ctrl), "reset");
	}
	for (uint64_t i = 0; i < queues; i++)
		nvu_qpair_destroy(qpairs[i]);
	after = usage_now();
	printf("# %u of %llu queue pairs in huge pages, of which they took %ld\n", in_huge_pages,
	       (unsigned long long)queues, before.free_hugepages - during.free_hugepages);
	if (after.free_hugepages != before.free_hugepages)
		die("%ld huge pages are free, of %ld", after.free_hugepages, before.free_hugepages);
	must(nvu_dma_free(buf), "freeing memory");
	nvu_ctrl_close(drive.ctrl);
	return 0;
}
