/* SPDX-License-Identifier: MIT */
/*
 * vm_reset.c: vm_tool's "reset": two threads write, read back and compare while the main thread
 * resets the controller under them.
 */
#include "vm_tool.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <linux/pci_regs.h>

enum { WORKERS = 2, SLOTS = 16, UNIT_BYTES = 8192, LIMIT_MS = 60000, BETWEEN = 64, IDLE_POLLS = 3 };

/* A unit of the drive: written with its next generation, read back, and so on. */
struct slot {
	bool outstanding;
	bool reading;
	uint32_t generation; /* that is being written or read back */
};

struct worker {
	struct nvu_qpair *qpair;
	const struct nvu_ns *ns;
	struct nvu_dma *buf; /* a unit to write for each slot, then a unit to read */
	uint32_t first_unit;
	struct slot slots[SLOTS];
	atomic_ullong answers, canceled, retried;
	atomic_uint idle_polls; /* since an answer came, or since the main thread set it to 0 */
	atomic_bool stop;
	pthread_t thread;
};

static void fill_unit(void *memory, uint32_t unit, uint32_t generation)
{
	fill_noise(memory, UNIT_BYTES, ((uint64_t)generation << 32) + unit + 1);
}

static void compare_unit(const void *memory, uint32_t unit, uint32_t generation)
{
	static _Thread_local char expected[UNIT_BYTES];

	fill_unit(expected, unit, generation);
	if (memcmp(memory, expected, UNIT_BYTES))
		die("unit %u is not what was written last, generation %u", unit, generation);
}

static char *slot_memory(const struct worker *worker, uint32_t slot, bool reading)
{
	return (char *)nvu_dma_addr(worker->buf) + (slot + (reading ? SLOTS : 0)) * UNIT_BYTES;
}

static void begin(struct worker *worker, uint32_t idx)
{
	struct slot *slot = &worker->slots[idx];
	const uint32_t blocks = UNIT_BYTES / nvu_ns_info(worker->ns)->block_bytes;
	const uint32_t unit = worker->first_unit + idx;
	char *memory = slot_memory(worker, idx, slot->reading);
	const size_t offset = (size_t)(memory - (char *)nvu_dma_addr(worker->buf));
	int ret;

	if (slot->reading) {
		memset(memory, 0, UNIT_BYTES);
		ret = nvu_read(worker->qpair, worker->ns, (uint64_t)unit * blocks, blocks,
			       worker->buf, offset, idx);
	} else {
		fill_unit(memory, unit, slot->generation);
		ret = nvu_write(worker->qpair, worker->ns, (uint64_t)unit * blocks, blocks,
				worker->buf, offset, idx);
	}
	/* A queue pair that is being recovered is full. */
	if (ret != -EAGAIN)
		must(ret, "queueing");
	slot->outstanding = !ret;
}

static void take(struct worker *worker, const struct nvu_cpl *cpl)
{
	const uint32_t idx = (uint32_t)cpl->user_data;
	struct slot *slot = &worker->slots[idx];

	if (cpl->user_data >= SLOTS || !slot->outstanding)
		die("command %llu was answered twice", (unsigned long long)cpl->user_data);
	slot->outstanding = false;
	atomic_fetch_add(&worker->answers, 1);
	if (cpl->status == -ECANCELED) {
		worker->canceled++;
		return; /* the same once more */
	}
	must(cpl->status, "a command");
	if (slot->reading) {
		compare_unit(slot_memory(worker, idx, true), worker->first_unit + idx,
			     slot->generation);
		slot->generation++;
	}
	slot->reading = !slot->reading;
}

/* Starts what is to be started; false when nothing is outstanding or half done. */
static bool begin_all(struct worker *worker)
{
	const bool stop = atomic_load(&worker->stop);
	bool busy = false;

	for (uint32_t i = 0; i < SLOTS; i++) {
		struct slot *slot = &worker->slots[i];

		if (!slot->outstanding && (slot->reading || !stop))
			begin(worker, i);
		busy |= slot->outstanding || slot->reading || !stop;
	}
	return busy;
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	struct nvu_cpl cpls[SLOTS];
	struct nvu_qpair_stats stats;

	while (begin_all(worker)) {
		int reaped = nvu_poll(worker->qpair, cpls, SLOTS);

		if (reaped < 0)
			must(reaped, "polling");
		for (int i = 0; i < reaped; i++)
			take(worker, &cpls[i]);
		if (reaped)
			atomic_store(&worker->idle_polls, 0);
		else
			atomic_fetch_add(&worker->idle_polls, 1);
		nvu_qpair_stats(worker->qpair, &stats, sizeof(stats));
		atomic_store(&worker->retried, stats.retried);
	}
	nvu_qpair_stats(worker->qpair, &stats, sizeof(stats));
	if (stats.completed != atomic_load(&worker->answers))
		die("%llu answers, of which %llu came", (unsigned long long)stats.completed,
		    (unsigned long long)atomic_load(&worker->answers));
	return NULL;
}

static void start(struct worker *worker, struct nvu_ctrl *ctrl, uint32_t idx, uint32_t flags)
{
	worker->first_unit = idx * SLOTS;
	must(nvu_ns_get(ctrl, 1, &worker->ns), "namespace");
	must(nvu_dma_alloc(ctrl, 2ul * SLOTS * UNIT_BYTES, &worker->buf), "allocating memory");
	must(nvu_qpair_create(ctrl, NVU_QPAIR_OPTS(.depth = SLOTS + 1, .flags = flags),
			      &worker->qpair),
	     "creating a queue pair");
	if (pthread_create(&worker->thread, NULL, work, worker))
		die("no thread");
}

/* Until the worker has got more answers: both are in the midst of their I/O. */
static void wait_answers(struct worker *worker)
{
	const unsigned long long want = atomic_load(&worker->answers) + BETWEEN;
	const uint64_t begin_ms = now_ms();

	while (atomic_load(&worker->answers) < want)
		if (now_ms() - begin_ms > LIMIT_MS)
			die("%llu answers are not reached within %d ms", want, LIMIT_MS);
}

static uint64_t met_by_resets(const struct worker *worker)
{
	return atomic_load(&worker->canceled) + atomic_load(&worker->retried);
}

/*
 * Without bus mastering the controller neither fetches nor answers commands. A worker that has polled
 * several times in vain has started and published all that it may: a reset meets them, the main
 * thread's or one of the worker's own, because the controller says CSTS.CFS.
 */
static void hold_commands(struct worker *workers)
{
	const uint64_t begin_ms = now_ms();

	uint64_t met[WORKERS];

	for (uint32_t i = 0; i < WORKERS; i++)
		met[i] = met_by_resets(&workers[i]);
	set_command(PCI_COMMAND_MEMORY);
	for (uint32_t i = 0; i < WORKERS; i++)
		atomic_store(&workers[i].idle_polls, 0);
	for (uint32_t i = 0; i < WORKERS; i++)
		while (atomic_load(&workers[i].idle_polls) < IDLE_POLLS &&
		       met_by_resets(&workers[i]) == met[i])
			if (now_ms() - begin_ms > LIMIT_MS)
				die("a worker is not held up within %d ms", LIMIT_MS);
}

/* The controller is opened again: the drive holds what was verified last. */
static void check_drive(const char *address, const struct worker *workers)
{
	struct drive drive = drive_open(address, 0);
	const struct nvu_ns *ns = drive_ns(&drive, 1);
	const uint32_t blocks = UNIT_BYTES / nvu_ns_info(ns)->block_bytes;
	struct nvu_dma *buf = dma_alloc(&drive, UNIT_BYTES);

	for (uint32_t unit = 0; unit < WORKERS * SLOTS; unit++) {
		const struct slot *slot = &workers[unit / SLOTS].slots[unit % SLOTS];

		must(nvu_read(drive.qpair, ns, (uint64_t)unit * blocks, blocks, buf, 0, 0),
		     "queueing a read");
		drive_wait(&drive, 1);
		compare_unit(nvu_dma_addr(buf), unit, slot->generation - 1);
	}
	must(nvu_dma_free(buf), "freeing memory");
	drive_close(&drive);
}

int cmd_reset(int argc, char **argv)
{
	const uint64_t count = number_of(argv[1]);
	const bool retry = !strcmp(argv[2], "retry");
	static struct worker workers[WORKERS];
	uint64_t answers = 0, canceled = 0, retried = 0;
	struct nvu_ctrl *ctrl;

	(void)argc;
	must(nvu_ctrl_open(argv[0], NULL, &ctrl), argv[0]);
	for (uint32_t i = 0; i < WORKERS; i++)
		start(&workers[i], ctrl, i, retry ? NVU_QPAIR_RETRY : 0);
	for (uint64_t resets = 0; resets < count; resets++) {
		for (uint32_t w = 0; w < WORKERS; w++)
			wait_answers(&workers[w]);
		/* Every other time it meets commands for certain; else what chance leaves in flight. */
		if (resets % 2)
			hold_commands(workers);
		must(nvu_ctrl_reset(ctrl), "resetting");
	}
	for (uint32_t i = 0; i < WORKERS; i++) {
		struct worker *worker = &workers[i];

		wait_answers(worker);
		atomic_store(&worker->stop, true);
		(void)pthread_join(worker->thread, NULL);
		answers += atomic_load(&worker->answers);
		canceled += worker->canceled;
		retried += worker->retried;
		nvu_qpair_destroy(worker->qpair);
		must(nvu_dma_free(worker->buf), "freeing memory");
	}
	nvu_ctrl_close(ctrl);
	check_drive(argv[0], workers);
	printf("# %llu resets: %llu answers, %llu ended, %llu sent once more\n",
	       (unsigned long long)count, (unsigned long long)answers, (unsigned long long)canceled,
	       (unsigned long long)retried);
	if (retry ? retried < count / 2 : canceled < count / 2 || retried)
		die("of %llu resets not even every other one met a command in flight",
		    (unsigned long long)count);
	return 0;
}
